"""The PostgreSQL driver: how it is reached, and what its errors become."""

from __future__ import absolute_import

import getpass
import os
import urllib
import urlparse

from djwar_jdbc.drivers import Driver
from djwar_jdbc.errors import Errors

DRIVER = Driver('psycopg2', 'org.postgresql.Driver', 'org.postgresql:postgresql')


class _Details(object):
    """What psycopg2's errors carry beside the message."""

    pgcode = None
    pgerror = None
    cursor = None
    _server = None

    @property
    def diag(self):
        return Diagnostics(self._server)


class Diagnostics(object):
    """The fields of the server's message; None for what it did not say."""

    _FIELDS = {
        'severity': 'getSeverity', 'sqlstate': 'getSQLState', 'message_primary': 'getMessage',
        'message_detail': 'getDetail', 'message_hint': 'getHint', 'context': 'getWhere',
        'schema_name': 'getSchema', 'table_name': 'getTable', 'column_name': 'getColumn',
        'datatype_name': 'getDatatype', 'constraint_name': 'getConstraint', 'internal_query': 'getInternalQuery',
        'source_file': 'getFile', 'source_function': 'getRoutine',
    }

    def __init__(self, server):
        self._server = server

    def __getattr__(self, name):
        if name not in self._FIELDS:
            raise AttributeError(name)
        if self._server is None:
            return None
        value = getattr(self._server, self._FIELDS[name])()
        return value.encode('utf-8') if isinstance(value, unicode) else value


errors = Errors('psycopg2', StandardError, _Details)


class QueryCanceledError(errors.OperationalError):
    """The statement was cancelled, or took longer than `statement_timeout`."""


class TransactionRollbackError(errors.OperationalError):
    """A deadlock, or a transaction that can't be serialised."""


def translated(failure, cursor=None):
    """The DB-API exception for a SQLException of the driver."""
    state = failure.getSQLState()
    state = state and str(state)
    server = failure.getServerErrorMessage() if hasattr(failure, 'getServerErrorMessage') else None
    if state == '57014':
        kind = QueryCanceledError
    elif state and state.startswith('40'):
        kind = TransactionRollbackError
    else:
        kind = errors.of_state(state)
    message = failure.getMessage() or ''
    pgerror = None
    if server is not None:
        message = server.getMessage() or ''
        for label, part in (('DETAIL', server.getDetail()), ('HINT', server.getHint()), ('CONTEXT', server.getWhere())):
            if part:
                message += '\n%s:  %s' % (label, part)
        message += '\n'
        pgerror = ('%s:  %s' % (server.getSeverity(), message)).encode('utf-8')
    made = kind(message.encode('utf-8'))
    made.pgcode = state
    made.pgerror = pgerror
    made.cursor = cursor
    made._server = server
    return made


# libpq's words -> the driver's. Others are passed on as they are.
_NAMES = {'connect_timeout': 'connectTimeout', 'application_name': 'ApplicationName',
          'fallback_application_name': 'ApplicationName', 'keepalives': 'tcpKeepAlive', 'sslrootcert': 'sslrootcert'}
# Words of libpq that have no meaning here.
_IGNORED = frozenset(('client_encoding', 'keepalives_idle', 'keepalives_interval', 'keepalives_count',
                      'gssencmode', 'target_session_attrs', 'passfile', 'service', 'hostaddr'))


def parse_dsn(dsn):
    """`key=value` pairs or a `postgresql://` address, as a dict."""
    dsn = dsn.strip()
    if dsn.startswith(('postgres://', 'postgresql://')):
        return _parse_address(dsn)
    found = {}
    at = 0
    while at < len(dsn):
        if dsn[at].isspace():
            at += 1
            continue
        name, equals, _ = dsn[at:].partition('=')
        if not equals:
            raise errors.ProgrammingError('invalid dsn: missing "=" after "%s"' % dsn[at:].strip())
        at += len(name) + 1
        while at < len(dsn) and dsn[at].isspace():
            at += 1
        value, at = _dsn_value(dsn, at)
        found[name.strip()] = value
    return found


def _dsn_value(dsn, at):
    quoted = dsn[at:at + 1] == "'"
    at += quoted
    value = []
    while at < len(dsn):
        letter = dsn[at]
        if letter == '\\' and at + 1 < len(dsn):
            at += 1
            letter = dsn[at]
        elif quoted and letter == "'":
            return ''.join(value), at + 1
        elif not quoted and letter.isspace():
            break
        value.append(letter)
        at += 1
    if quoted:
        raise errors.ProgrammingError('invalid dsn: unterminated quoted string')
    return ''.join(value), at


def _parse_address(address):
    parts = urlparse.urlsplit(address)
    found = dict(urlparse.parse_qsl(parts.query))
    database = urllib.unquote(parts.path.lstrip('/'))
    for name, value in (('user', parts.username), ('password', parts.password), ('host', parts.hostname)):
        if value:
            found[name] = urllib.unquote(value)
    if parts.port:
        found['port'] = str(parts.port)
    if database:
        found['dbname'] = database
    return found


def make_dsn(dsn=None, **options):
    """The options, and those of `dsn`, as `key=value` pairs."""
    if 'database' in options:
        options['dbname'] = options.pop('database')
    found = parse_dsn(dsn) if dsn else {}
    found.update((name, value) for name, value in options.items() if value is not None)
    return ' '.join('%s=%s' % (name, _dsn_quoted(value)) for name, value in found.items())


def _dsn_quoted(value):
    value = value.encode('utf-8') if isinstance(value, unicode) else str(value)
    if value and not set(value) & set(" \t\n'\\"):
        return value
    return "'%s'" % value.replace('\\', '\\\\').replace("'", "\\'")


def _text(value):
    return value.decode('utf-8') if isinstance(value, str) else unicode(value)


def open_connection(options):
    """A java.sql.Connection for libpq's options."""
    user = options.pop('user', None) or os.environ.get('PGUSER') or getpass.getuser()
    database = options.pop('dbname', None) or os.environ.get('PGDATABASE') or user
    host = options.pop('host', None) or os.environ.get('PGHOST') or 'localhost'
    port = options.pop('port', None) or os.environ.get('PGPORT') or '5432'
    password = options.pop('password', None) or os.environ.get('PGPASSWORD')
    if host.startswith('/'):
        raise errors.OperationalError('HOST is `%s`, the folder of a Unix socket: PostgreSQL\'s JDBC driver speaks TCP '
                                      'only. Name a host, such as `localhost`' % host)
    if 'service' in options:
        raise errors.NotSupportedError('`service` is read by libpq, which is not here: give host, database and user')
    properties = {'user': _text(user), 'preferQueryMode': u'simple'}
    if password:
        properties['password'] = _text(password)
    for name, value in options.items():
        if name not in _IGNORED and value is not None:
            properties[_NAMES.get(name, name)] = u'true' if value is True else _text(value)
    address = u'jdbc:postgresql://%s/%s' % (
        u','.join(u'%s:%s' % (u'[%s]' % one if u':' in one else one, _text(port)) for one in _text(host).split(u',')),
        _text(urllib.quote(_text(database).encode('utf-8'), '')))
    return DRIVER.connect(address, properties)

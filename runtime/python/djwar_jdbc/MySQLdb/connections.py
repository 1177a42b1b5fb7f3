"""`MySQLdb.connections.Connection`."""

from __future__ import absolute_import

from java.sql import SQLException

from djwar_jdbc import connections, datasource
from MySQLdb import converters, cursors
from MySQLdb.driver import errors, open_connection, translated

# MySQLdb's words -> the driver's; and those that have no meaning here.
_NAMES = {'connect_timeout': 'connectTimeout', 'read_timeout': 'socketTimeout', 'init_command': 'initSql'}
_IGNORED = frozenset(('charset', 'use_unicode', 'client_flag', 'unix_socket', 'compress', 'named_pipe', 'read_default_file',
                      'read_default_group', 'cursorclass', 'local_infile', 'ssl', 'sql_mode', 'auth_plugin'))


def _text(value):
    return value.decode('utf-8') if isinstance(value, str) else unicode(value)


class Connection(object):
    errors.publish(locals())

    def __init__(self, host=None, user=None, passwd=None, db=None, port=3306, conv=None, **options):
        self._closed = True
        self.open = 0
        conv = converters.conversions if conv is None else conv
        self.encoders = dict((key, value) for key, value in conv.items() if not isinstance(key, int))
        self.converter = dict((key, value) for key, value in conv.items() if isinstance(key, int))
        self.cursorclass = options.get('cursorclass') or cursors.Cursor
        user = user or options.pop('username', None)
        passwd = passwd or options.pop('password', None)
        db = db or options.pop('database', None)
        if options.get('unix_socket'):
            raise errors.OperationalError(2002, 'HOST is the path of a Unix socket, and djwar reaches MySQL over TCP: name a host, '
                                                'such as `127.0.0.1`')
        try:
            name = datasource.name_for(options)
            if name is None:
                extra = dict((_NAMES.get(key, key), _text(value)) for key, value in options.items() if key not in _IGNORED)
                for key in ('connectTimeout', 'socketTimeout'):
                    if key in extra:
                        extra[key] = unicode(int(float(extra[key]) * 1000))
                if 'init_command' in options:
                    extra.pop('initSql')
                self._jdbc = open_connection(_text(host or 'localhost'), int(port), db and _text(db), user and _text(user),
                                             passwd and _text(passwd), extra)
            else:
                self._jdbc = datasource.connect(name)
            # PEP 249's default, and MySQLdb's.
            self._jdbc.setAutoCommit(False)
        except datasource.LookupFailed as failure:
            raise errors.OperationalError(2005, str(failure))
        except SQLException as failure:
            made = translated(failure)
            raise errors.OperationalError(*made.args)
        self._closed = False
        self.open = 1
        connections.opened(self)
        for command in ([options['init_command']] if 'init_command' in options else []) + (
                ["SET SESSION sql_mode = '%s'" % options['sql_mode']] if options.get('sql_mode') else []):
            self.query(command)

    def _check(self):
        if self._closed:
            raise errors.OperationalError(2006, 'MySQL server has gone away: the connection is closed')

    def _failed(self, failure):
        return translated(failure)

    def cursor(self, cursorclass=None):
        self._check()
        return (cursorclass or self.cursorclass)(self)

    def query(self, sql):
        self.cursor().execute(sql)

    def literal(self, value):
        return converters.escape(value, self.encoders)

    def escape(self, value, mapping=None):
        return converters.escape(value, mapping or self.encoders)

    def escape_string(self, value):
        return converters.escape_string(value)

    def string_literal(self, value, conv=None):
        return converters.string_literal(value)

    def _call(self, method, *arguments):
        self._check()
        try:
            return method(*arguments)
        except SQLException as failure:
            raise self._failed(failure)

    def autocommit(self, on):
        self._call(self._jdbc.setAutoCommit, bool(on))

    def get_autocommit(self):
        return self._call(self._jdbc.getAutoCommit)

    # As statements: JDBC's own do nothing while autocommit is on, and Django may have begun by SQL.
    def commit(self):
        self.query('COMMIT')

    def rollback(self):
        self.query('ROLLBACK')

    def begin(self):
        self.query('BEGIN')

    def ping(self, reconnect=False):
        if not self._call(self._jdbc.isValid, 5):
            raise errors.OperationalError(2006, 'MySQL server has gone away')

    def close(self):
        if self._closed:
            raise errors.ProgrammingError('closing a closed connection')
        self._closed = True
        self.open = 0
        connections.closed(self)
        try:
            if not self._jdbc.isClosed() and not self._jdbc.getAutoCommit():
                self._jdbc.rollback()
                # A pool's connection goes back as it came.
                self._jdbc.setAutoCommit(True)
            self._jdbc.close()
        except SQLException:
            self._jdbc.close()

    def get_server_info(self):
        self._check()
        return str(self._jdbc.getMetaData().getDatabaseProductVersion())

    def character_set_name(self):
        return 'utf8'

    def set_character_set(self, name):
        self._check()

    def select_db(self, name):
        self._call(self._jdbc.setCatalog, _text(name))

    def show_warnings(self):
        cursor = self.cursor()
        cursor.execute('SHOW WARNINGS')
        return cursor.fetchall()

    def warning_count(self):
        return 0

    def __enter__(self):
        return self.cursor()

    def __exit__(self, kind, value, traceback):
        if kind is None:
            self.commit()
        else:
            self.rollback()

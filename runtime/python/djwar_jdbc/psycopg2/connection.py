"""`psycopg2.extensions.connection`."""

from __future__ import absolute_import

import weakref

from java.lang import Class
from java.sql import Connection as JdbcConnection
from java.sql import SQLException

from djwar_jdbc import connections, datasource
from psycopg2.cursor import cursor as Cursor
from psycopg2.driver import errors, make_dsn, open_connection, parse_dsn, translated

ISOLATION_LEVEL_AUTOCOMMIT = 0
ISOLATION_LEVEL_READ_UNCOMMITTED = 4
ISOLATION_LEVEL_READ_COMMITTED = 1
ISOLATION_LEVEL_REPEATABLE_READ = 2
ISOLATION_LEVEL_SERIALIZABLE = 3
ISOLATION_LEVEL_DEFAULT = None

_LEVELS = {1: 'READ COMMITTED', 2: 'REPEATABLE READ', 3: 'SERIALIZABLE', 4: 'READ UNCOMMITTED'}

TRANSACTION_STATUS_IDLE = 0
TRANSACTION_STATUS_ACTIVE = 1
TRANSACTION_STATUS_INTRANS = 2
TRANSACTION_STATUS_INERROR = 3
TRANSACTION_STATUS_UNKNOWN = 4
_STATES = {'IDLE': TRANSACTION_STATUS_IDLE, 'OPEN': TRANSACTION_STATUS_INTRANS, 'FAILED': TRANSACTION_STATUS_INERROR}

STATUS_SETUP = 0
STATUS_READY = 1
STATUS_BEGIN = 2
STATUS_PREPARED = 5


def connect(dsn=None, connection_factory=None, cursor_factory=None, **options):
    """A connection. `datasource` among the options is the JNDI name of a DataSource."""
    asynchronous = options.pop('async', options.pop('async_', False))
    if asynchronous:
        raise errors.NotSupportedError('asynchronous connections are libpq\'s; there are none over JDBC')
    made = parse_dsn(dsn) if dsn else {}
    made.update(options)
    if 'database' in made:
        made['dbname'] = made.pop('database')
    opened = (connection_factory or connection)(made)
    if cursor_factory is not None:
        opened.cursor_factory = cursor_factory
    return opened


class connection(object):
    """A connection. JDBC's own autocommit stays on: transactions are begun and ended by SQL, as psycopg2 does."""

    cursor_factory = None
    errors.publish(locals())

    def __init__(self, options):
        if isinstance(options, str):
            options = parse_dsn(options)
        options = dict(options)
        self.string_types = {}
        self.binary_types = {}
        self.notices = []
        self.notifies = []
        self.closed = 0
        self._level = None
        self._readonly = None
        self._deferrable = None
        self._autocommit = False
        self._held = {}
        self._forgotten = []
        self._shown = make_dsn(**dict((name, 'xxx' if name == 'password' else value) for name, value in options.items()
                                      if isinstance(value, (basestring, int))))
        try:
            name = datasource.name_for(options)
            if name is None:
                self._pooled = self._jdbc = open_connection(options)
            else:
                self._pooled = datasource.connect(name)
                self._jdbc = _driver_connection(self._pooled)
            self._jdbc.setAutoCommit(True)
            # Texts only: a server-prepared statement would send some values in binary.
            self._jdbc.setPrepareThreshold(0)
        except datasource.LookupFailed as failure:
            raise errors.OperationalError(str(failure))
        except SQLException as failure:
            raise errors.OperationalError(translated(failure).args[0])
        connections.opened(self)

    def _check(self):
        if self.closed:
            raise errors.InterfaceError('connection already closed')

    def _failed(self, failure, cursor=None):
        """The exception for a failure; a connection that broke is closed from now on."""
        made = translated(failure, cursor)
        if not self.closed and (self._jdbc.isClosed() or (made.pgcode or '').startswith('08')):
            self.closed = 2
        return made

    def _usable(self):
        return self.get_transaction_status() in (TRANSACTION_STATUS_IDLE, TRANSACTION_STATUS_INTRANS)

    def _command(self, sql):
        try:
            statement = self._jdbc.createStatement()
            try:
                statement.execute(sql)
            finally:
                statement.close()
        except SQLException as failure:
            raise self._failed(failure)

    def _holds(self, cursor):
        """Remembers a cursor WITH HOLD. One that is forgotten and not closed would stay in the server for as long as
        the connection: CPython closes it at once, here it is closed some time after it was collected."""
        forgotten, name = self._forgotten, cursor._quoted_name()
        self._held[name] = weakref.ref(cursor, lambda reference: forgotten.append(name))

    def _close_forgotten(self):
        while self._forgotten:
            name = self._forgotten.pop()
            if self._held.pop(name, None) is not None:
                try:
                    self._command(u'CLOSE %s' % name)
                except errors.ProgrammingError:
                    pass  # its transaction was rolled back, and the cursor with it

    def _begin(self):
        if self._forgotten and self.get_transaction_status() == TRANSACTION_STATUS_IDLE:
            self._close_forgotten()
        if self._autocommit or self.get_transaction_status() != TRANSACTION_STATUS_IDLE:
            return
        words = ['BEGIN']
        if self._level is not None:
            words.append('ISOLATION LEVEL ' + _LEVELS[self._level])
        if self._readonly is not None:
            words.append('READ ONLY' if self._readonly else 'READ WRITE')
        if self._deferrable is not None:
            words.append('DEFERRABLE' if self._deferrable else 'NOT DEFERRABLE')
        self._command(' '.join(words))

    def cursor(self, name=None, cursor_factory=None, scrollable=None, withhold=False):
        self._check()
        factory = cursor_factory or self.cursor_factory or Cursor
        if name is None:
            return factory(self)
        made = factory(self, name)
        made.scrollable = scrollable
        made.withhold = withhold
        return made

    def commit(self):
        self._end('COMMIT')

    def rollback(self):
        self._end('ROLLBACK')

    def _end(self, how):
        self._check()
        if self.get_transaction_status() != TRANSACTION_STATUS_IDLE:
            self._command(how)

    def close(self):
        if self.closed and self._jdbc.isClosed():
            return
        self.closed = self.closed or 1
        connections.closed(self)
        try:
            if self._pooled is not self._jdbc and not self._jdbc.isClosed():
                # It goes back to a pool, for others: as it came.
                if self.get_transaction_status() != TRANSACTION_STATUS_IDLE:
                    self._command('ROLLBACK')
                self._command('RESET ALL')
            self._pooled.close()
        except (SQLException, errors.Error):
            self._pooled.close()

    def reset(self):
        self._check()
        self.rollback()
        self._command('RESET ALL')
        self._command('SET SESSION AUTHORIZATION DEFAULT')

    def cancel(self):
        self._jdbc.cancelQuery()

    # -- the session

    def _outside_of_transaction(self, what):
        self._check()
        if self.get_transaction_status() != TRANSACTION_STATUS_IDLE:
            raise errors.ProgrammingError('%s cannot be used inside a transaction' % what)

    @property
    def autocommit(self):
        return self._autocommit

    @autocommit.setter
    def autocommit(self, value):
        self._outside_of_transaction('autocommit')
        self._set_session(autocommit=bool(value))

    def set_session(self, isolation_level=None, readonly=None, deferrable=None, autocommit=None):
        self._outside_of_transaction('set_session')
        if isinstance(isolation_level, basestring):
            wanted = isolation_level.upper()
            found = [level for level, words in _LEVELS.items() if words == wanted]
            if not found and wanted != 'DEFAULT':
                raise ValueError('bad value for isolation_level: \'%s\'' % isolation_level)
            self._level = found[0] if found else None
        elif isolation_level is not None:
            if isolation_level not in _LEVELS:
                raise ValueError('isolation_level must be between 1 and 4')
            self._level = isolation_level
        if readonly is not None:
            self._readonly = None if readonly == 'default' else bool(readonly)
        if deferrable is not None:
            self._deferrable = None if deferrable == 'default' else bool(deferrable)
        self._set_session(autocommit)

    def _set_session(self, autocommit=None):
        """In autocommit mode there is no BEGIN that would say how, so the session's defaults do."""
        before = self._autocommit
        if autocommit is not None:
            self._autocommit = bool(autocommit)
        if not (before or self._autocommit):
            return
        for setting, value in (('isolation', self._level and _LEVELS[self._level].lower()),
                               ('read_only', self._readonly), ('deferrable', self._deferrable)):
            if value is not None:
                word = value if isinstance(value, str) else 'on' if value else 'off'
                self._command("SET default_transaction_%s TO %s" % (setting, "'%s'" % word if self._autocommit else 'DEFAULT'))

    @property
    def isolation_level(self):
        return self._level

    @isolation_level.setter
    def isolation_level(self, level):
        self._outside_of_transaction('isolation_level')
        self._level = level
        self._set_session()

    def set_isolation_level(self, level):
        self._check()
        self.rollback()
        if level == ISOLATION_LEVEL_AUTOCOMMIT:
            self.autocommit = True
        else:
            self._level = level
            self.autocommit = False

    @property
    def readonly(self):
        return self._readonly

    @readonly.setter
    def readonly(self, value):
        self.set_session(readonly='default' if value is None else value)

    @property
    def deferrable(self):
        return self._deferrable

    @deferrable.setter
    def deferrable(self, value):
        self.set_session(deferrable='default' if value is None else value)

    @property
    def status(self):
        return STATUS_READY if self.get_transaction_status() == TRANSACTION_STATUS_IDLE else STATUS_BEGIN

    def get_transaction_status(self):
        if self.closed:
            return TRANSACTION_STATUS_UNKNOWN
        return _STATES[str(self._jdbc.getTransactionState().name())]

    @property
    def encoding(self):
        return 'UTF8'

    def set_client_encoding(self, encoding):
        self._check()
        if encoding.upper().replace('-', '').replace('_', '') not in ('UTF8', 'UNICODE'):
            raise errors.NotSupportedError('the driver speaks UTF8, not %s' % encoding)

    def get_parameter_status(self, name):
        self._check()
        value = self._jdbc.getParameterStatus(name)
        return value and str(value)

    @property
    def server_version(self):
        self._check()
        words = (self.get_parameter_status('server_version') or '').split(' ')[0].split('.')
        numbers = [int(''.join(letter for letter in word if letter.isdigit()) or 0) for word in words] + [0, 0]
        if numbers[0] >= 10:
            return numbers[0] * 10000 + numbers[1]
        return numbers[0] * 10000 + numbers[1] * 100 + numbers[2]

    protocol_version = 3

    def get_backend_pid(self):
        return self._jdbc.getBackendPID()

    @property
    def dsn(self):
        return self._shown

    def get_dsn_parameters(self):
        return parse_dsn(self._shown)

    def xid(self, *_):
        raise errors.NotSupportedError('two-phase transactions are not there over JDBC')

    tpc_begin = tpc_prepare = tpc_commit = tpc_rollback = tpc_recover = xid

    def lobject(self, *_):
        raise errors.NotSupportedError('large objects are not there over JDBC: use a bytea column')

    def __enter__(self):
        self._check()
        return self

    def __exit__(self, kind, value, traceback):
        if kind is None:
            self.commit()
        else:
            self.rollback()


def _driver_connection(pooled):
    """The driver's own connection below a pool's. Its class may be of another class loader than this WAR's."""
    if hasattr(pooled, 'getTransactionState'):
        return pooled
    statement = pooled.createStatement()
    try:
        # A pool wraps results, but not what describes them: that knows the driver's class loader.
        metadata = statement.executeQuery('SELECT 1').getMetaData()
        loader = Class.getClassLoader(metadata.getClass())
        found = pooled.unwrap(Class.forName('org.postgresql.core.BaseConnection', True, loader))
    finally:
        statement.close()
    if not isinstance(found, JdbcConnection):
        raise errors.InterfaceError('the DataSource is not one of PostgreSQL\'s driver')
    return found

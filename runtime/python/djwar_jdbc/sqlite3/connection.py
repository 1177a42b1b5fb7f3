"""`sqlite3.Connection`."""

import re

from java.sql import SQLException

from djwar_jdbc import connections, datasource
from sqlite3 import functions
from sqlite3.cursor import Cursor
from sqlite3.driver import DRIVER, errors, translated

_TO_SAVEPOINT = re.compile(r'\bTO\b', re.IGNORECASE)


class Connection(object):
    """A connection. JDBC's own autocommit stays on: transactions are SQL statements, as in CPython's module."""

    def __init__(self, database, timeout=5.0, detect_types=0, isolation_level='', check_same_thread=True,
                 factory=None, cached_statements=100, **options):
        self.detect_types = detect_types
        self.row_factory = None
        self.text_factory = unicode
        self.in_transaction = False
        self._isolation_level = isolation_level
        self._closed = True
        try:
            name = datasource.name_for(options)
            if name is None:
                if isinstance(database, str):
                    database = database.decode('utf-8')
                self._pooled = self._jdbc = DRIVER.connect('jdbc:sqlite:' + database, {})
            else:
                self._pooled = datasource.connect(name)
                from org.sqlite import SQLiteConnection
                self._jdbc = self._pooled.unwrap(SQLiteConnection)
            self._jdbc.setAutoCommit(True)
            self._jdbc.setBusyTimeout(int(timeout * 1000))
        except datasource.LookupFailed as failure:
            raise errors.OperationalError(str(failure))
        except SQLException as failure:
            raise self._not_opened(failure)
        self._closed = False
        connections.opened(self)

    @staticmethod
    def _not_opened(failure):
        message = failure.getMessage() or ''
        if 'does not exist' in message or 'not writable' in message:
            # sqlite-jdbc looks at the folder itself, and says it in words of its own.
            return errors.OperationalError('unable to open database file (%s)' % message.encode('utf-8'))
        return translated(failure)

    # What the methods of Error classes look like on a connection (PEP 249, optional).
    errors.publish(locals())

    def _check(self):
        if self._closed:
            raise errors.ProgrammingError('Cannot operate on a closed database.')

    def cursor(self, factory=Cursor):
        self._check()
        return factory(self)

    @property
    def isolation_level(self):
        return self._isolation_level

    @isolation_level.setter
    def isolation_level(self, level):
        self._check()
        if level is None:
            # CPython: leaving the managed mode commits.
            self.commit()
        self._isolation_level = level

    def _command(self, sql):
        try:
            statement = self._jdbc.createStatement()
            try:
                statement.execute(sql)
            finally:
                statement.close()
        except SQLException as failure:
            raise translated(failure)

    def _before(self, word, changes):
        """CPython 2.7 begins before a change and commits before what is neither change nor query."""
        if self._isolation_level is None:
            return
        if changes:
            if not self.in_transaction:
                self._command('BEGIN ' + self._isolation_level)
                self.in_transaction = True
        elif self.in_transaction and word not in ('SELECT', 'WITH', 'VALUES', 'PRAGMA', 'EXPLAIN', 'COMMIT', 'ROLLBACK'):
            self.commit()

    def _after(self, word, sql):
        if word in ('BEGIN', 'SAVEPOINT'):
            self.in_transaction = True
        elif word in ('COMMIT', 'END') or word == 'ROLLBACK' and not _TO_SAVEPOINT.search(sql):
            self.in_transaction = False

    def commit(self):
        self._check()
        if self.in_transaction:
            self._end('COMMIT')

    def rollback(self):
        self._check()
        if self.in_transaction:
            self._end('ROLLBACK')

    def _end(self, how):
        try:
            self._command(how)
        except errors.OperationalError as failure:
            # Some errors end the transaction by themselves, and so does RELEASE of the outermost savepoint.
            if 'no transaction is active' not in str(failure):
                raise
        self.in_transaction = False

    def _last_row(self):
        statement = self._jdbc.createStatement()
        try:
            results = statement.executeQuery('SELECT last_insert_rowid()')
            results.next()
            return int(results.getLong(1))
        finally:
            statement.close()

    @property
    def total_changes(self):
        return self.execute('SELECT total_changes()').fetchone()[0]

    def close(self):
        if self._closed:
            return
        self._closed = True
        connections.closed(self)
        try:
            if self._pooled is not self._jdbc and self.in_transaction:
                self._command('ROLLBACK')
            self._pooled.close()
        except SQLException as failure:
            raise translated(failure)

    def execute(self, *arguments):
        return self.cursor().execute(*arguments)

    def executemany(self, *arguments):
        return self.cursor().executemany(*arguments)

    def executescript(self, script):
        return self.cursor().executescript(script)

    def create_function(self, name, arguments, function):
        self._create(functions.create_function, name, arguments, function)

    def create_aggregate(self, name, arguments, factory):
        self._create(functions.create_aggregate, name, arguments, factory)

    def create_collation(self, name, compare):
        self._create(functions.create_collation, name, compare)

    def _create(self, creator, *arguments):
        self._check()
        try:
            creator(self._jdbc, *arguments)
        except SQLException as failure:
            raise translated(failure)

    def interrupt(self):
        self._jdbc.getDatabase().interrupt()

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        if kind is None:
            self.commit()
        else:
            self.rollback()
        return False

"""`sqlite3.Cursor`."""

from java.sql import SQLException

from djwar_jdbc.cursor import Rows
from sqlite3 import adapters
from sqlite3.driver import errors, translated
from sqlite3.rows import Columns
from sqlite3.statements import first_word, named_parameters

_CHANGES = frozenset(('INSERT', 'UPDATE', 'DELETE', 'REPLACE'))
_READS = frozenset(('SELECT', 'WITH', 'VALUES', 'PRAGMA', 'EXPLAIN'))


class Cursor(Rows):
    def __init__(self, connection):
        Rows.__init__(self)
        self.connection = connection
        self.row_factory = connection.row_factory
        self.lastrowid = None
        self._closed = False

    def _check(self):
        if self._closed:
            raise errors.ProgrammingError('Cannot operate on a closed cursor.')
        self.connection._check()

    def execute(self, sql, parameters=()):
        self._execute(sql, (parameters,), False)
        return self

    def executemany(self, sql, parameters):
        self._execute(sql, parameters, True)
        return self

    def _execute(self, sql, sets, many):
        self._check()
        self._rows = None
        self._next = 0
        self._description = None
        self.rowcount = -1
        sql = _text(sql)
        word = first_word(sql)
        connection = self.connection
        changes = word in _CHANGES
        if many and not changes:
            raise errors.ProgrammingError('You can only execute SELECT statements in executemany()'
                                          if word in _READS else 'executemany() can only execute DML statements.')
        connection._before(word, changes)
        try:
            self._run(connection, sql, sets, changes, word)
        except SQLException as failure:
            raise translated(failure)
        connection._after(word, sql)

    def _run(self, connection, sql, sets, changes, word):
        statement = None
        names = None
        total = 0
        try:
            for parameters in sets:
                if statement is None:
                    if isinstance(parameters, dict) or hasattr(parameters, 'keys'):
                        sql, names = named_parameters(sql)
                    statement = connection._jdbc.prepareStatement(sql)
                    expected = statement.getParameterCount()
                _bind_all(statement, parameters, names, expected)
                if statement.execute():
                    results = statement.getResultSet()
                    columns = Columns(results.getMetaData(), connection.detect_types, connection.text_factory)
                    self._description = columns.description
                    rows = columns.read(results)
                    results.close()
                    factory = self.row_factory
                    self._rows = [factory(self, row) for row in rows] if factory is not None else rows
                elif changes:
                    total += max(0, statement.getUpdateCount())
                    if self._description is None and word in _READS:
                        self._rows = []
        finally:
            if statement is not None:
                statement.close()
        if changes:
            self.rowcount = total
            if word in ('INSERT', 'REPLACE'):
                self.lastrowid = connection._last_row()

    def executescript(self, script):
        self._check()
        self.connection.commit()
        try:
            statement = self.connection._jdbc.createStatement()
            try:
                statement.executeUpdate(_text(script))
            finally:
                statement.close()
        except SQLException as failure:
            raise translated(failure)
        return self

    def close(self):
        self._rows = None
        self._closed = True


def _text(sql):
    if isinstance(sql, unicode):
        return sql
    if isinstance(sql, str):
        return sql.decode('utf-8')
    raise ValueError('operation parameter must be str or unicode')


def _bind_all(statement, parameters, names, expected):
    if names is not None:
        try:
            parameters = [parameters[name] for name in names]
        except KeyError as missing:
            raise errors.ProgrammingError('You did not supply a value for binding %s.' % missing)
    count = len(parameters)
    if count != expected:
        raise errors.ProgrammingError('Incorrect number of bindings supplied. The current statement uses %d, and there '
                                      'are %d supplied.' % (expected, count))
    at = 0
    for value in parameters:
        at += 1
        adapters.bind(statement, at, value)

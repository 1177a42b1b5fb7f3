"""`MySQLdb.cursors`."""

from __future__ import absolute_import

from java.sql import SQLException, Statement, Types

from djwar_jdbc.binary import Binary
from djwar_jdbc.cursor import Rows
from MySQLdb.constants import FIELD_TYPE
from MySQLdb.driver import errors, translated

# JDBC's types as MySQL's; the names of blobs tell more.
_TYPES = {
    Types.TINYINT: FIELD_TYPE.TINY, Types.SMALLINT: FIELD_TYPE.SHORT, Types.INTEGER: FIELD_TYPE.LONG,
    Types.BIGINT: FIELD_TYPE.LONGLONG, Types.REAL: FIELD_TYPE.FLOAT, Types.FLOAT: FIELD_TYPE.FLOAT,
    Types.DOUBLE: FIELD_TYPE.DOUBLE, Types.DECIMAL: FIELD_TYPE.NEWDECIMAL, Types.NUMERIC: FIELD_TYPE.NEWDECIMAL,
    Types.DATE: FIELD_TYPE.DATE, Types.TIME: FIELD_TYPE.TIME, Types.TIMESTAMP: FIELD_TYPE.DATETIME,
    Types.CHAR: FIELD_TYPE.STRING, Types.VARCHAR: FIELD_TYPE.VAR_STRING, Types.LONGVARCHAR: FIELD_TYPE.BLOB,
    Types.CLOB: FIELD_TYPE.BLOB, Types.BINARY: FIELD_TYPE.STRING, Types.VARBINARY: FIELD_TYPE.VAR_STRING,
    Types.LONGVARBINARY: FIELD_TYPE.BLOB, Types.BLOB: FIELD_TYPE.BLOB, Types.BIT: FIELD_TYPE.BIT,
    Types.BOOLEAN: FIELD_TYPE.TINY, Types.NULL: FIELD_TYPE.NULL,
}
_BYTES = frozenset((Types.BINARY, Types.VARBINARY, Types.LONGVARBINARY, Types.BLOB, Types.BIT))
_TEXTS = frozenset((FIELD_TYPE.STRING, FIELD_TYPE.VAR_STRING, FIELD_TYPE.BLOB, FIELD_TYPE.NULL))


class Cursor(Rows):
    _defer_warnings = False

    def __init__(self, connection):
        Rows.__init__(self)
        self.connection = connection
        self.lastrowid = None
        self._executed = None
        self._closed = False

    # MySQLdb's cursors tell the last statement under both names; Django asks for the former.
    _last_executed = property(lambda self: self._executed)

    def _check(self):
        if self._closed:
            raise errors.ProgrammingError(2014, 'cursor closed')
        self.connection._check()

    def execute(self, query, args=None):
        self._check()
        sql = query.decode('utf-8') if isinstance(query, str) else query
        if args is not None:
            literal = self.connection.literal
            if isinstance(args, dict):
                values = dict((key, literal(value).decode('utf-8')) for key, value in args.items())
            else:
                values = tuple([literal(value).decode('utf-8') for value in args])
            try:
                sql = sql % values
            except TypeError as failure:
                raise errors.ProgrammingError(str(failure))
        return self._run(sql)

    def _run(self, sql):
        self._executed = sql.encode('utf-8')
        self._rows = None
        self._next = 0
        self._description = None
        self.rowcount = -1
        self.lastrowid = 0
        connection = self.connection
        try:
            statement = connection._jdbc.createStatement()
            try:
                statement.setEscapeProcessing(False)
                if statement.execute(sql, Statement.RETURN_GENERATED_KEYS):
                    self._read(statement.getResultSet())
                else:
                    self.rowcount = max(0, statement.getUpdateCount())
                    if self.rowcount:
                        keys = statement.getGeneratedKeys()
                        if keys.next():
                            self.lastrowid = int(keys.getLong(1))
            finally:
                statement.close()
        except SQLException as failure:
            raise connection._failed(failure)
        return self.rowcount

    def _read(self, results):
        metadata = results.getMetaData()
        columns = []
        description = []
        conv = self.connection.converter
        for at in range(1, metadata.getColumnCount() + 1):
            jdbc_type = metadata.getColumnType(at)
            code = _TYPES.get(jdbc_type, FIELD_TYPE.VAR_STRING)
            precision = metadata.getPrecision(at)
            description.append((metadata.getColumnLabel(at).encode('utf-8'), code, None, precision, precision,
                                metadata.getScale(at), metadata.isNullable(at) != 0))
            columns.append((at, jdbc_type in _BYTES, None if code in _TEXTS else conv.get(code)))
        rows = []
        text, content = results.getString, results.getBytes
        while results.next():
            row = []
            for at, is_bytes, function in columns:
                if is_bytes:
                    value = content(at)
                    row.append(None if value is None else Binary(value))
                else:
                    value = text(at)
                    row.append(value if value is None or function is None else function(value))
            rows.append(tuple(row))
        self._description = tuple(description)
        self._rows = rows
        self.rowcount = len(rows)

    def executemany(self, query, args):
        total = 0
        for one in args:
            total += self.execute(query, one)
        self.rowcount = total
        return total

    def callproc(self, name, args=()):
        self.execute('CALL %s(%s)' % (name, ','.join(['%s'] * len(args))), args)
        return args

    def fetchall(self):
        return tuple(Rows.fetchall(self))

    def fetchmany(self, size=None):
        return tuple(Rows.fetchmany(self, size))

    def nextset(self):
        return None

    def close(self):
        self._closed = True
        self._rows = None

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        self.close()


class DictCursor(Cursor):
    def _read(self, results):
        Cursor._read(self, results)
        names = [column[0] for column in self._description]
        self._rows = [dict(zip(names, row)) for row in self._rows]


# The difference is where the rows wait, and here it is always with the client.
SSCursor = Cursor
SSDictCursor = DictCursor

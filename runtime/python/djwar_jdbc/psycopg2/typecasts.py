"""From PostgreSQL's texts to Python's values: typecasters by the type's OID."""

from __future__ import absolute_import

import datetime
import decimal

from org.djwar.runtime.jdbc import PostgresTypes

from djwar_jdbc.binary import Binary
from psycopg2.arrays import parsed
from psycopg2.tz import FixedOffsetTimezone

TYPES = PostgresTypes(decimal.Decimal, datetime.date, datetime.time, datetime.datetime, datetime.timedelta, Binary)

# OID -> typecaster, for every connection; a connection and a cursor have their own on top.
string_types = {}
binary_types = {}


class Typecaster(object):
    """Called with the text as `str`, or None for NULL, and the cursor. `kind` is Java's number for builtin ones."""

    def __init__(self, values, name, function, kind=0):
        self.values = tuple(values)
        self.name = name
        self.kind = kind
        self._function = function

    def __call__(self, value, cursor=None):
        if self.kind:
            if value is None:
                return None
            text = value.decode('utf-8') if isinstance(value, str) else value
            return TYPES.value(self.kind, text, getattr(cursor, 'tzinfo_factory', FixedOffsetTimezone))
        return self._function(value, cursor)

    def __eq__(self, other):
        """A type object of PEP 249 equals the codes of its types."""
        if isinstance(other, Typecaster):
            return self.values == other.values and self.name == other.name
        return other in self.values

    def __ne__(self, other):
        return not self == other

    def __hash__(self):
        return hash(self.values)

    def __repr__(self):
        return "<psycopg2 type '%s'>" % self.name


def new_type(values, name, function):
    return Typecaster(values, name, function)


def new_array_type(values, name, base):
    def cast(value, cursor):
        return None if value is None else parsed(value, lambda item: base(item, cursor))
    return Typecaster(values, name, cast)


def register_type(caster, scope=None):
    if scope is None:
        registered = string_types
    else:
        registered = scope.string_types
    for value in caster.values:
        registered[value] = caster


def find(oid, connection, cursor):
    """The typecaster for a column: the cursor's, the connection's, everybody's, else text."""
    return (cursor.string_types.get(oid) or connection.string_types.get(oid) or string_types.get(oid)
            or string_types[705])


def _builtin(name, kind, *values):
    made = Typecaster(values, name, None, kind)
    register_type(made)
    return made


def _array(name, base, *values):
    made = new_array_type(values, name, base)
    register_type(made)
    return made


INTEGER = _builtin('INTEGER', PostgresTypes.INTEGER, 23, 21)
LONGINTEGER = _builtin('LONGINTEGER', PostgresTypes.INTEGER, 20)
ROWID = _builtin('ROWID', PostgresTypes.INTEGER, 26)
NUMBER = Typecaster((20, 23, 21, 701, 700, 1700), 'NUMBER', None, PostgresTypes.FLOAT)
FLOAT = _builtin('FLOAT', PostgresTypes.FLOAT, 701, 700)
DECIMAL = _builtin('DECIMAL', PostgresTypes.DECIMAL, 1700)
BOOLEAN = _builtin('BOOLEAN', PostgresTypes.BOOLEAN, 16)
STRING = _builtin('STRING', PostgresTypes.BYTES, 19, 18, 25, 1042, 1043, 705)
UNICODE = Typecaster(STRING.values, 'UNICODE', None, PostgresTypes.UNICODE)
BYTES = STRING
BINARY = _builtin('BINARY', PostgresTypes.BINARY, 17)
DATE = PYDATE = _builtin('DATE', PostgresTypes.DATE, 1082)
TIME = PYTIME = _builtin('TIME', PostgresTypes.TIME, 1083, 1266)
DATETIME = PYDATETIME = _builtin('DATETIME', PostgresTypes.TIMESTAMP, 1114)
DATETIMETZ = PYDATETIMETZ = _builtin('DATETIMETZ', PostgresTypes.TIMESTAMP, 1184)
INTERVAL = PYINTERVAL = _builtin('INTERVAL', PostgresTypes.INTERVAL, 1186)
DATETIME = Typecaster((1114, 1184, 704, 1186), 'DATETIME', None, PostgresTypes.TIMESTAMP)
register_type(PYDATETIME)

STRINGARRAY = _array('STRINGARRAY', STRING, 1002, 1003, 1009, 1014, 1015)
UNICODEARRAY = new_array_type(STRINGARRAY.values, 'UNICODEARRAY', UNICODE)
INTEGERARRAY = _array('INTEGERARRAY', INTEGER, 1005, 1006, 1007)
LONGINTEGERARRAY = _array('LONGINTEGERARRAY', LONGINTEGER, 1016)
ROWIDARRAY = _array('ROWIDARRAY', ROWID, 1028, 1013)
FLOATARRAY = _array('FLOATARRAY', FLOAT, 1021, 1022)
DECIMALARRAY = _array('DECIMALARRAY', DECIMAL, 1231)
BOOLEANARRAY = _array('BOOLEANARRAY', BOOLEAN, 1000)
BINARYARRAY = _array('BINARYARRAY', BINARY, 1001)
DATEARRAY = PYDATEARRAY = _array('DATEARRAY', DATE, 1182)
TIMEARRAY = PYTIMEARRAY = _array('TIMEARRAY', TIME, 1183, 1270)
DATETIMEARRAY = PYDATETIMEARRAY = _array('DATETIMEARRAY', PYDATETIME, 1115)
DATETIMETZARRAY = PYDATETIMETZARRAY = _array('DATETIMETZARRAY', DATETIMETZ, 1185)
INTERVALARRAY = PYINTERVALARRAY = _array('INTERVALARRAY', INTERVAL, 1187)
# The types of a network are text, and their arrays arrays of it.
_array('INETARRAY', STRING, 651, 1041, 1040)

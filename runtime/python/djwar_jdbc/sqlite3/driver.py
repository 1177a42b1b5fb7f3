"""sqlite-jdbc: the driver, the library's version, and its errors."""

import re

from djwar_jdbc.drivers import Driver
from djwar_jdbc.errors import Errors

DRIVER = Driver('sqlite3', 'org.sqlite.JDBC', 'org.xerial:sqlite-jdbc')
errors = Errors('sqlite3')

# By SQLite's primary result code, as CPython's _sqlite sorts them.
_BY_CODE = {2: 'InternalError', 12: 'InternalError', 11: 'DatabaseError', 18: 'DataError', 19: 'IntegrityError',
            20: 'IntegrityError', 21: 'ProgrammingError'}
_OPERATIONAL = frozenset((1, 3, 4, 5, 6, 8, 9, 10, 13, 14, 15, 16, 17))
# sqlite-jdbc says `[SQLITE_CONSTRAINT_UNIQUE] A UNIQUE constraint failed (UNIQUE constraint failed: t.c)`.
_DECORATED = re.compile(r'^\[SQLITE_\w+\]\s+.*?\((.*)\)$', re.DOTALL)


def translated(failure):
    """The DB-API exception for a SQLException of the driver."""
    code = failure.getErrorCode()
    if hasattr(failure, 'getResultCode'):
        code = failure.getResultCode().code
    code &= 0xff
    message = failure.getMessage() or ''
    found = _DECORATED.match(message)
    if found:
        message = found.group(1)
    message = message.encode('utf-8')
    if code == 7:
        return MemoryError(message)
    return getattr(errors, _BY_CODE.get(code, 'OperationalError' if code in _OPERATIONAL else 'DatabaseError'))(message)


def library_version():
    """SQLite's version: sqlite-jdbc has the same one, with a number of its own behind."""
    from org.sqlite import SQLiteJDBCLoader
    parts = str(SQLiteJDBCLoader.getVersion()).split('-')[0].split('.')
    return '.'.join(parts[:3])

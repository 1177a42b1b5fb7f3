"""The module that Django's sqlite3 backend imports."""

from djwar_jdbc.binary import Binary  # noqa: F401
from djwar_jdbc.moments import (  # noqa: F401
    Date, DateFromTicks, Time, TimeFromTicks, Timestamp, TimestampFromTicks,
)
from sqlite3.driver import DRIVER, errors, library_version

DRIVER.require()

from sqlite3.adapters import (  # noqa: E402,F401
    PrepareProtocol, adapted as adapt, register_adapter, register_converter,
)
from sqlite3.connection import Connection  # noqa: E402,F401
from sqlite3.cursor import Cursor  # noqa: E402,F401
from sqlite3.row import Row  # noqa: E402,F401
from sqlite3.rows import PARSE_COLNAMES, PARSE_DECLTYPES  # noqa: E402,F401

errors.publish(globals())

apilevel = '2.0'
paramstyle = 'qmark'
threadsafety = 1
version = '2.6.0'
version_info = (2, 6, 0)
sqlite_version = library_version()
sqlite_version_info = tuple(int(part) for part in sqlite_version.split('.'))
OptimizedUnicode = unicode


def connect(database, *arguments, **options):
    factory = options.get('factory') or Connection
    return factory(database, *arguments, **options)


def complete_statement(sql):
    return sql.rstrip().endswith(';')


def enable_callback_tracebacks(flag):
    """Nothing to do: an exception in a function of SQL is an OperationalError."""


def enable_shared_cache(enable):
    """Nothing to do: Django 1.11 shares no cache under Python 2."""

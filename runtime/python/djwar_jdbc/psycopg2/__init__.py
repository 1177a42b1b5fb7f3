"""`psycopg2` for Jython, over org.postgresql:postgresql."""

from __future__ import absolute_import

from psycopg2.driver import DRIVER, errors

DRIVER.require()
errors.publish(globals())

from djwar_jdbc.moments import (  # noqa: E402,F401
    Date, DateFromTicks, Time, TimeFromTicks, Timestamp, TimestampFromTicks,
)
from psycopg2.adapters import Binary  # noqa: E402,F401
from psycopg2.connection import connect  # noqa: E402,F401
from psycopg2.typecasts import BINARY, DATETIME, NUMBER, ROWID, STRING  # noqa: E402,F401
from psycopg2 import extensions  # noqa: E402,F401

# The last release for Python 2.7: what programs may expect of this module.
__version__ = '2.8.6 (djwar, JDBC)'
apilevel = '2.0'
paramstyle = 'pyformat'
threadsafety = 2

"""`MySQLdb` for Jython, over MariaDB's driver."""

from __future__ import absolute_import

from MySQLdb.driver import DRIVER, errors

DRIVER.require()
errors.publish(globals())
MySQLError = errors.Error

from djwar_jdbc.binary import Binary as _Binary  # noqa: E402
from djwar_jdbc.moments import (  # noqa: E402,F401
    Date, DateFromTicks, Time, TimeFromTicks, Timestamp, TimestampFromTicks,
)
from MySQLdb.connections import Connection  # noqa: E402
from MySQLdb.converters import escape, escape_string  # noqa: E402,F401

# The last MySQLdb for Python 2 whose users Django 1.11 knows (microseconds, for one).
version_info = (1, 4, 6, 'final', 0)
__version__ = '1.4.6'
apilevel = '2.0'
paramstyle = 'format'
threadsafety = 1


def Binary(value):
    return _Binary(value)


def connect(*arguments, **options):
    return Connection(*arguments, **options)


Connect = connect

"""MariaDB's driver: how it is reached, and what its errors become."""

from __future__ import absolute_import

import re
import urllib

from djwar_jdbc.drivers import Driver
from djwar_jdbc.errors import Errors

DRIVER = Driver('MySQLdb', 'org.mariadb.jdbc.Driver', 'org.mariadb.jdbc:mariadb-java-client')
errors = Errors('MySQLdb')

# By MySQL's number where the SQLSTATE does not tell, as MySQLdb sorts them.
_BY_NUMBER = {
    1007: 'ProgrammingError', 1049: 'OperationalError', 1054: 'OperationalError', 1046: 'OperationalError', 1044: 'OperationalError',
    1045: 'OperationalError', 1048: 'IntegrityError', 1062: 'IntegrityError', 1064: 'ProgrammingError', 1096: 'ProgrammingError', 1102: 'ProgrammingError',
    1103: 'ProgrammingError', 1111: 'ProgrammingError', 1112: 'ProgrammingError', 1146: 'ProgrammingError', 1149: 'ProgrammingError',
    1169: 'IntegrityError', 1171: 'OperationalError', 1196: 'NotSupportedError', 1215: 'IntegrityError', 1216: 'IntegrityError', 1217: 'IntegrityError',
    1222: 'ProgrammingError', 1227: 'OperationalError', 1235: 'NotSupportedError', 1261: 'DataError', 1263: 'DataError', 1264: 'DataError',
    1265: 'DataError', 1286: 'NotSupportedError', 1364: 'OperationalError', 1406: 'DataError', 1416: 'DataError', 1451: 'IntegrityError',
    1452: 'IntegrityError', 1557: 'IntegrityError', 1586: 'IntegrityError', 3819: 'OperationalError', 4025: 'OperationalError',
    2006: 'OperationalError', 2013: 'OperationalError',
}
# The driver puts its connection's number in front of what the server says.
_DECORATION = re.compile(r'^\((?:conn=\d+|conn:\d+)\)\s*')


def translated(failure):
    """The DB-API exception for a SQLException; its arguments are the number and the message."""
    number = failure.getErrorCode()
    state = failure.getSQLState() or u''
    message = _DECORATION.sub(u'', failure.getMessage() or u'').encode('utf-8')
    if state.startswith(u'08'):
        return errors.OperationalError(number if number > 1000 else 2006, message)
    name = _BY_NUMBER.get(number)
    if name is None:
        name = 'InternalError' if number < 1000 else 'OperationalError'
    return getattr(errors, name)(number, message)


def open_connection(host, port, database, user, password, options):
    properties = {
        # The module's values: a tinyint is a number, a year too, and an UPDATE counts what it found.
        'tinyInt1isBit': u'false', 'yearIsDateType': u'false', 'useAffectedRows': u'false',
        # One text may hold several statements, as with MySQLdb.
        'allowMultiQueries': u'true', 'characterEncoding': u'UTF-8',
    }
    if user:
        properties['user'] = user
    if password:
        properties['password'] = password
    properties.update(options)
    name = urllib.quote(database.encode('utf-8'), '') if database else ''
    return DRIVER.connect(u'jdbc:mariadb://%s:%d/%s' % (host, port, name), properties)

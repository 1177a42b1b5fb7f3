"""Python values as SQLite's, and back: adapters by type, converters by declared type."""

import datetime

from java.sql import Types

from djwar_jdbc.binary import Binary
from sqlite3.driver import errors

_adapters = {}
_converters = {}
_LONGS = (-1 << 63, (1 << 63) - 1)


class PrepareProtocol(object):
    """What `__conform__` is asked for."""


def register_adapter(type_, function):
    _adapters[type_] = function


def register_converter(name, function):
    _converters[name.upper()] = function


def converter(name):
    return _converters.get(name)


def adapted(value):
    """`value` after its adapter, if it has one. As CPython: by the exact type."""
    function = _adapters.get(type(value))
    if function is not None:
        return function(value)
    conform = getattr(value, '__conform__', None)
    if conform is not None:
        result = conform(PrepareProtocol)
        if result is not None:
            return result
    return value


_UNADAPTED = frozenset((int, long, float, unicode, Binary, type(None)))


def bind(statement, at, value):
    """Sets one parameter of a PreparedStatement."""
    kind = type(value)
    if kind not in _UNADAPTED or kind in _adapters:
        value = adapted(value)
        kind = type(value)
    if kind is unicode:
        statement.setString(at, value)
    elif kind is int or kind is bool:
        statement.setInt(at, value)
    elif value is None:
        statement.setNull(at, Types.NULL)
    else:
        _bind_other(statement, at, value)


def _bind_other(statement, at, value):
    if isinstance(value, (Binary, memoryview, bytearray)) or hasattr(value, 'tostring'):
        statement.setBytes(at, Binary(bytes(value) if isinstance(value, bytearray) else value))
    elif isinstance(value, unicode):
        statement.setString(at, unicode(value))
    elif isinstance(value, str):
        statement.setString(at, text(value))
    elif isinstance(value, (int, long)):
        if not _LONGS[0] <= value <= _LONGS[1]:
            raise OverflowError('Python int too large to convert to SQLite INTEGER')
        statement.setLong(at, long(value))
    elif isinstance(value, float):
        statement.setDouble(at, value)
    else:
        raise errors.InterfaceError('Error binding parameter %d - probably unsupported type: %s'
                                    % (at - 1, type(value).__name__))


def text(value):
    """A `str` as text. CPython refuses bytes outside of ASCII, and so do we."""
    try:
        return value.decode('ascii')
    except UnicodeDecodeError:
        raise errors.ProgrammingError(
            'You must not use 8-bit bytestrings unless you use a text_factory that can interpret 8-bit bytestrings '
            '(like text_factory = str). It is highly recommended that you instead just switch your application to '
            'Unicode strings.')


def _date(value):
    return datetime.date(*map(int, value.split('-')))


def _timestamp(value):
    day, time = value.split(' ')
    fields = map(int, day.split('-'))
    seconds, _, fraction = time.partition('.')
    fields.extend(map(int, seconds.split(':')))
    fields.append(int('{:0<6.6}'.format(fraction)) if fraction else 0)
    return datetime.datetime(*fields)


register_adapter(datetime.date, lambda value: value.isoformat())
register_adapter(datetime.datetime, lambda value: value.isoformat(' '))
register_converter('date', _date)
register_converter('timestamp', _timestamp)

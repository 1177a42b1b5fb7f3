"""From MySQL's texts to Python's values by FIELD_TYPE, and from values to literals by type."""

from __future__ import absolute_import

import array
import datetime
import decimal

from djwar_jdbc.binary import Binary
from MySQLdb.constants import FIELD_TYPE
from MySQLdb.driver import errors
from MySQLdb.times import Date_or_None, DateTime_or_None, TimeDelta_or_None, format_TIMEDELTA

_ESCAPES = ((u'\\', u'\\\\'), (u"'", u"\\'"), (u'"', u'\\"'), (u'\0', u'\\0'), (u'\n', u'\\n'), (u'\r', u'\\r'), (u'\x1a', u'\\Z'))


def _unicode(value):
    return value.decode('utf-8') if isinstance(value, str) else unicode(value)


def _escaped(text):
    for plain, safe in _ESCAPES:
        text = text.replace(plain, safe)
    return text


def escape_string(value):
    return _escaped(_unicode(value)).encode('utf-8')


def string_literal(value, conv=None):
    """Text between quotes, as `str`."""
    return ("'%s'" % _escaped(_unicode(value if isinstance(value, basestring) else str(value))).encode('utf-8'))


def Thing2Literal(value, conv=None):
    return string_literal(value, conv)


def Thing2Str(value, conv=None):
    return str(value)


def Bool2Str(value, conv=None):
    return str(int(value))


def Float2Str(value, conv=None):
    return '%.15g' % value if float('%.15g' % value) == value else repr(value)


def None2NULL(value, conv=None):
    return 'NULL'


def Binary2Literal(value, conv=None):
    content = Binary(bytes(value) if isinstance(value, bytearray) else value)
    return "X'%s'" % content.encode('hex')


def Unicode2Str(value, conv=None):
    return string_literal(value, conv)


def DateTime2literal(value, conv=None):
    return "'%s'" % value.isoformat(' ')


def Date2literal(value, conv=None):
    return "'%s'" % value.isoformat()


def DateTimeDelta2literal(value, conv=None):
    return "'%s'" % format_TIMEDELTA(value)


def escape_sequence(values, conv):
    return '(%s)' % ','.join(escape(value, conv) for value in values)


conversions = {
    type(None): None2NULL, int: Thing2Str, long: Thing2Str, bool: Bool2Str, float: Float2Str,
    str: string_literal, unicode: Unicode2Str, decimal.Decimal: Thing2Str,
    Binary: Binary2Literal, memoryview: Binary2Literal, bytearray: Binary2Literal, array.array: Binary2Literal,
    datetime.datetime: DateTime2literal, datetime.date: Date2literal, datetime.time: Date2literal,
    datetime.timedelta: DateTimeDelta2literal, list: escape_sequence, tuple: escape_sequence,
    FIELD_TYPE.TINY: int, FIELD_TYPE.SHORT: int, FIELD_TYPE.LONG: int, FIELD_TYPE.INT24: int, FIELD_TYPE.LONGLONG: int,
    FIELD_TYPE.YEAR: int, FIELD_TYPE.FLOAT: float, FIELD_TYPE.DOUBLE: float,
    FIELD_TYPE.DECIMAL: decimal.Decimal, FIELD_TYPE.NEWDECIMAL: decimal.Decimal,
    FIELD_TYPE.DATE: Date_or_None, FIELD_TYPE.TIME: TimeDelta_or_None,
    FIELD_TYPE.DATETIME: DateTime_or_None, FIELD_TYPE.TIMESTAMP: DateTime_or_None,
}


def escape(value, conv=conversions):
    """A value as a literal, as `str`."""
    for kind in type(value).__mro__:
        encoder = conv.get(kind)
        if encoder is not None:
            literal = encoder(value, conv)
            return literal.encode('utf-8') if isinstance(literal, unicode) else literal
    if isinstance(value, BaseException):
        raise errors.ProgrammingError(str(value))
    return string_literal(value, conv)

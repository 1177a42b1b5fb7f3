"""Python values as literals of SQL.

As psycopg2: values are put into the statement here, so that PostgreSQL itself decides on a literal's type. Bound
parameters would need a type for each, which Django's SQL does not name.
"""

from __future__ import absolute_import

import datetime
import decimal
import math

from djwar_jdbc import binary
from psycopg2.driver import errors


class ISQLQuote(object):
    """The protocol of what makes a literal: `getquoted()`, and `prepare(connection)` before if it is there."""

    def __init__(self, wrapped=None, **_):
        self._wrapped = wrapped


adapters = {}
# Builtin types whose literal needs no object; left when somebody registers another adapter for them.
_quick = {}


def register_adapter(type_, adapter):
    adapters[(type_, ISQLQuote)] = adapter
    _quick.pop(type_, None)


def adapt(value, protocol=ISQLQuote, alternate=None):
    """The adapter of a value, as psycopg2 finds it."""
    kind = type(value)
    found = adapters.get((kind, protocol))
    if found is not None:
        return found(value)
    for base in kind.__mro__[1:]:
        found = adapters.get((base, protocol))
        if found is not None:
            return found(value)
    conform = getattr(value, '__conform__', None)
    if conform is not None:
        result = conform(protocol)
        if result is not None:
            return result
    if hasattr(value, 'getquoted'):
        return value
    raise errors.ProgrammingError("can't adapt type '%s'" % kind.__name__)


def literal(value, connection):
    """The value as SQL, in Unicode."""
    quick = _quick.get(type(value))
    if quick is not None:
        return quick(value)
    if value is None:
        return u'NULL'
    adapter = adapt(value)
    if hasattr(adapter, 'prepare'):
        adapter.prepare(connection)
    quoted = adapter.getquoted()
    return quoted.decode('utf-8') if isinstance(quoted, str) else quoted


def quoted_text(text):
    """Text between quotes; an E'' literal when it has backslashes, whatever `standard_conforming_strings` says."""
    if u'\0' in text:
        raise ValueError('A string literal cannot contain NUL (0x00) characters.')
    text = text.replace(u"'", u"''")
    if u'\\' in text:
        return u" E'%s'" % text.replace(u'\\', u'\\\\')
    return u"'%s'" % text


def _unicode(value):
    return value.decode('utf-8') if isinstance(value, str) else unicode(value)


def _float(value):
    if math.isnan(value):
        return u"'NaN'::float"
    if math.isinf(value):
        return u"'Infinity'::float" if value > 0 else u"'-Infinity'::float"
    return _number(repr(value))


def _number(text):
    # `1 - -1` and not `1--1`, which is a comment.
    return u' ' + text if text.startswith('-') else unicode(text)


def _decimal(value):
    return _number(str(value)) if value.is_finite() else u"'NaN'::numeric"


def _interval(value):
    return u"'%d days %d.%06d seconds'::interval" % (value.days, value.seconds, value.microseconds)


def _timestamp(value):
    return u"'%s'::%s" % (value.isoformat(), 'timestamptz' if value.tzinfo is not None else 'timestamp')


def _time(value):
    return u"'%s'::%s" % (value.isoformat(), 'timetz' if value.tzinfo is not None else 'time')


def _bytes(value):
    return u"'\\x%s'::bytea" % binary.Binary(bytes(value) if isinstance(value, bytearray) else value).encode('hex')


_LITERALS = (
    (bool, lambda value: u'true' if value else u'false'),
    (int, lambda value: _number(str(value))),
    (long, lambda value: _number(str(value))),
    (float, _float),
    (decimal.Decimal, _decimal),
    (unicode, quoted_text),
    (str, lambda value: quoted_text(_unicode(value))),
    (datetime.datetime, _timestamp),
    (datetime.date, lambda value: u"'%s'::date" % value.isoformat()),
    (datetime.time, _time),
    (datetime.timedelta, _interval),
    (binary.Binary, _bytes),
    (memoryview, _bytes),
    (bytearray, _bytes),
)


class Adapter(object):
    """The base of the adapters here: a value, and its literal as bytes and as text."""

    make = staticmethod(unicode)

    def __init__(self, adapted):
        self.adapted = adapted

    def getquoted(self):
        return self.make(self.adapted).encode('utf-8')

    def __str__(self):
        return self.getquoted()

    def __unicode__(self):
        return self.getquoted().decode('utf-8')

    def __conform__(self, protocol):
        return self if protocol is ISQLQuote else None


def _adapter(name, make):
    return type(name, (Adapter,), {'make': staticmethod(make), '__module__': 'psycopg2.extensions'})


class AsIs(Adapter):
    def getquoted(self):
        return _unicode(self.adapted if isinstance(self.adapted, basestring) else str(self.adapted)).encode('utf-8')


class QuotedString(Adapter):
    encoding = 'utf-8'

    def getquoted(self):
        return quoted_text(_unicode(self.adapted)).encode('utf-8')


class Binary(binary.Binary):
    """psycopg2's Binary is an adapter, and here a value too, so that what was read can be written."""

    __slots__ = ()

    def __conform__(self, protocol):
        return self if protocol is ISQLQuote else None

    @property
    def adapted(self):
        return str(self)

    def getquoted(self):
        return str(_bytes(self))


class Prepared(Adapter):
    """An adapter whose parts are adapted with the connection at hand."""

    _connection = None

    def prepare(self, connection):
        self._connection = connection

    def _literal(self, value):
        return literal(value, self._connection)


class List(Prepared):
    def getquoted(self):
        if not self.adapted:
            return "'{}'"
        if all(isinstance(value, list) and not value for value in self.adapted):
            return "'{}'"
        return (u'ARRAY[%s]' % u','.join(self._inner(value) for value in self.adapted)).encode('utf-8')

    def _inner(self, value):
        # What is not a list is NULL or a literal; in a nested list the inner arrays need no word ARRAY, but may have it.
        return self._literal(value)


class SQL_IN(Prepared):
    def getquoted(self):
        return (u'(%s)' % u', '.join(self._literal(value) for value in self.adapted)).encode('utf-8')


Boolean = _adapter('Boolean', dict(_LITERALS)[bool])
Int = _adapter('Int', dict(_LITERALS)[int])
Float = _adapter('Float', _float)
Decimal = _adapter('Decimal', _decimal)
DateTime = _adapter('DateTime', _timestamp)
Date = _adapter('Date', dict(_LITERALS)[datetime.date])
Time = _adapter('Time', _time)
Interval = _adapter('Interval', _interval)
_Bytes = _adapter('Binary', _bytes)

for _type, _made in ((bool, Boolean), (int, Int), (long, Int), (float, Float), (decimal.Decimal, Decimal),
                     (unicode, QuotedString), (str, QuotedString), (datetime.datetime, DateTime),
                     (datetime.date, Date), (datetime.time, Time), (datetime.timedelta, Interval),
                     (binary.Binary, _Bytes), (Binary, _Bytes), (memoryview, _Bytes), (bytearray, _Bytes),
                     (list, List), (tuple, SQL_IN)):
    register_adapter(_type, _made)
_quick.update(_LITERALS)
_quick[Binary] = _bytes
_quick[type(None)] = lambda value: u'NULL'


def interpolated(sql, parameters, connection):
    """The statement with its parameters in it; `%s`, `%(name)s` and `%%` as in psycopg2."""
    if hasattr(parameters, 'keys'):
        return sql % _Literals(parameters, connection)
    if isinstance(parameters, basestring) or not hasattr(parameters, '__iter__'):
        raise TypeError('argument 2 must be a sequence or a mapping')
    return sql % tuple([literal(value, connection) for value in parameters])


class _Literals(object):
    def __init__(self, parameters, connection):
        self._parameters = parameters
        self._connection = connection

    def __getitem__(self, name):
        return literal(self._parameters[name], self._connection)

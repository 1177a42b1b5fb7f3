"""Ranges: `[1,10)` and their kin."""

from __future__ import absolute_import

import re

from psycopg2 import typecasts
from psycopg2.adapters import ISQLQuote, literal, register_adapter
from psycopg2.driver import errors

_TEXT = re.compile(r'^([\[(])(?:"((?:[^"]|"")*)"|([^",]*)),(?:"((?:[^"]|"")*)"|([^")\]]*))([\])])$')


class Range(object):
    """A range of values; None for a bound is infinity. Empty ranges have no bounds."""

    __slots__ = ('_lower', '_upper', '_bounds')

    def __init__(self, lower=None, upper=None, bounds='[)', empty=False):
        if bounds not in ('[)', '(]', '()', '[]'):
            raise ValueError('bound flags not valid: %r' % bounds)
        self._lower, self._upper, self._bounds = (None, None, None) if empty else (lower, upper, bounds)

    lower = property(lambda self: self._lower)
    upper = property(lambda self: self._upper)
    isempty = property(lambda self: self._bounds is None)
    lower_inf = property(lambda self: not self.isempty and self._lower is None)
    upper_inf = property(lambda self: not self.isempty and self._upper is None)
    lower_inc = property(lambda self: not self.isempty and self._lower is not None and self._bounds[0] == '[')
    upper_inc = property(lambda self: not self.isempty and self._upper is not None and self._bounds[1] == ']')

    def __repr__(self):
        name = type(self).__name__
        return '%s(empty=True)' % name if self.isempty else '%s(%r, %r, %r)' % (name, self._lower, self._upper, self._bounds)

    def __str__(self):
        return 'empty' if self.isempty else '%s%s, %s%s' % (self._bounds[0], self._lower, self._upper, self._bounds[1])

    def __contains__(self, value):
        if self.isempty:
            return False
        if self._lower is not None and (value < self._lower or value == self._lower and not self.lower_inc):
            return False
        return self._upper is None or value < self._upper or value == self._upper and self.upper_inc

    def _parts(self):
        return self._lower, self._upper, self._bounds

    def __eq__(self, other):
        return isinstance(other, Range) and self._parts() == other._parts()

    def __ne__(self, other):
        return not self == other

    def __hash__(self):
        return hash(self._parts())

    def __nonzero__(self):
        return not self.isempty

    def __lt__(self, other):
        return self._parts() < other._parts() if isinstance(other, Range) else NotImplemented

    def __le__(self, other):
        return self == other or self < other

    def __gt__(self, other):
        return other < self if isinstance(other, Range) else NotImplemented

    def __ge__(self, other):
        return self == other or self > other

    def __getstate__(self):
        return dict((name, getattr(self, name)) for name in Range.__slots__)

    def __setstate__(self, state):
        for name, value in state.items():
            setattr(self, name, value)


class NumericRange(Range):
    """int4range, int8range, numrange."""

    __slots__ = ()


class DateRange(Range):
    """daterange."""

    __slots__ = ()


class DateTimeRange(Range):
    """tsrange."""

    __slots__ = ()


class DateTimeTZRange(Range):
    """tstzrange."""

    __slots__ = ()


def _adapter(name):
    class RangeAdapter(object):
        """Numbers name no type, because PostgreSQL has three for them."""

        def __init__(self, adapted):
            self.adapted = adapted
            self._connection = None

        def prepare(self, connection):
            self._connection = connection

        def __conform__(self, protocol):
            return self if protocol is ISQLQuote else None

        def getquoted(self):
            value = self.adapted
            if value.isempty:
                return "'empty'" if name is None else "'empty'::%s" % name
            if name is None:
                lower, upper = ['' if bound is None else str(bound) for bound in (value.lower, value.upper)]
                return "'%s%s,%s%s'" % (value._bounds[0], lower, upper, value._bounds[1])
            return (u"%s(%s, %s, '%s')" % (name, literal(value.lower, self._connection),
                                          literal(value.upper, self._connection), value._bounds)).encode('utf-8')
    return RangeAdapter


def _caster(name, oid, range_type, bound):
    def cast(value, cursor):
        if value is None:
            return None
        if value == 'empty':
            return range_type(empty=True)
        found = _TEXT.match(value)
        if not found:
            raise errors.InterfaceError("failed to parse range: '%s'" % value)
        opening, lower_quoted, lower, upper_quoted, upper, closing = found.groups()
        texts = [quoted.replace('""', '"') if quoted is not None else plain or None
                 for quoted, plain in ((lower_quoted, lower), (upper_quoted, upper))]
        return range_type(*[None if text is None else bound(text, cursor) for text in texts], bounds=opening + closing)
    return typecasts.new_type((oid,), name.upper(), cast)


def _register(name, oid, array_oid, range_type, bound, scope=None):
    caster = _caster(name, oid, range_type, bound)
    typecasts.register_type(caster, scope)
    typecasts.register_type(typecasts.new_array_type((array_oid,), name.upper() + 'ARRAY', caster), scope)
    return caster


def register_builtin():
    for name, oid, array_oid, range_type, bound in (
            ('int4range', 3904, 3905, NumericRange, typecasts.INTEGER),
            ('int8range', 3926, 3927, NumericRange, typecasts.LONGINTEGER),
            ('numrange', 3906, 3907, NumericRange, typecasts.DECIMAL),
            ('daterange', 3912, 3913, DateRange, typecasts.DATE),
            ('tsrange', 3908, 3909, DateTimeRange, typecasts.PYDATETIME),
            ('tstzrange', 3910, 3911, DateTimeTZRange, typecasts.DATETIMETZ)):
        _register(name, oid, array_oid, range_type, bound)
    for name, range_type in ((None, NumericRange), ('daterange', DateRange), ('tsrange', DateTimeRange),
                             ('tstzrange', DateTimeTZRange)):
        register_adapter(range_type, _adapter(name))


def register_range(name, range_type, conn_or_curs, globally=False):
    """For a range type of the database's own; `range_type` is a subclass of Range, or its name."""
    connection = getattr(conn_or_curs, 'connection', conn_or_curs)
    cursor = connection.cursor()
    cursor.execute('SELECT rngtypid, typarray, rngsubtype FROM pg_range JOIN pg_type ON pg_type.oid = rngtypid '
                   'WHERE typname = %s', (name,))
    row = cursor.fetchone()
    if row is None:
        raise errors.ProgrammingError("PostgreSQL type '%s' not found" % name)
    if isinstance(range_type, basestring):
        range_type = type(str(range_type), (Range,), {'__slots__': ()})
    register_adapter(range_type, _adapter(name))
    bound = typecasts.find(row[2], connection, cursor)
    made = _register(name, row[0], row[1], range_type, bound, None if globally else conn_or_curs)
    made.range = range_type
    return made

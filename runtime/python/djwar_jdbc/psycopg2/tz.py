"""The time zones of values with one."""

from __future__ import absolute_import

import datetime

ZERO = datetime.timedelta(0)


class FixedOffsetTimezone(datetime.tzinfo):
    """So many minutes east of UTC."""

    _name = None
    _offset = ZERO

    def __init__(self, offset=None, name=None):
        if offset is not None:
            self._offset = datetime.timedelta(minutes=offset)
        if name is not None:
            self._name = name

    def __repr__(self):
        minutes = self._offset.days * 1440 + self._offset.seconds // 60
        return 'psycopg2.tz.FixedOffsetTimezone(offset=%r, name=%r)' % (minutes, self._name)

    def __eq__(self, other):
        return isinstance(other, FixedOffsetTimezone) and self._offset == other._offset

    def __ne__(self, other):
        return not self == other

    def __hash__(self):
        return hash(self._offset)

    def __getinitargs__(self):
        return self._offset.days * 1440 + self._offset.seconds // 60, self._name

    def utcoffset(self, moment):
        return self._offset

    def dst(self, moment):
        return ZERO

    def tzname(self, moment):
        if self._name is not None:
            return self._name
        minutes = self._offset.days * 1440 + self._offset.seconds // 60
        hours, rest = divmod(abs(minutes), 60)
        return ('-' if minutes < 0 else '+') + ('%02d:%02d' % (hours, rest) if rest else '%02d' % hours)

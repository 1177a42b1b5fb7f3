"""MySQL's texts of dates and times as Python's values, and back."""

from __future__ import absolute_import

import datetime


def Date_or_None(text):
    try:
        return datetime.date(*map(int, text.split('-')))
    except ValueError:
        return None


def DateTime_or_None(text):
    """None for what is no date, such as 0000-00-00: as MySQLdb."""
    day, _, clock = text.replace('T', ' ').partition(' ')
    try:
        fields = map(int, day.split('-'))
        seconds, _, fraction = clock.partition('.')
        if seconds:
            fields += map(int, seconds.split(':'))
        if fraction:
            fields.append(int((fraction + '000000')[:6]))
        return datetime.datetime(*fields)
    except (TypeError, ValueError):
        return None


def TimeDelta_or_None(text):
    sign = -1 if text.startswith('-') else 1
    try:
        hours, minutes, seconds = text.lstrip('-').split(':')
        seconds, _, fraction = seconds.partition('.')
        return sign * datetime.timedelta(hours=int(hours), minutes=int(minutes), seconds=int(seconds),
                                         microseconds=int((fraction + '000000')[:6]))
    except ValueError:
        return None


def format_TIMEDELTA(value):
    total = value.days * 86400 * 1000000 + value.seconds * 1000000 + value.microseconds
    seconds, micro = divmod(abs(total), 1000000)
    return '%s%02d:%02d:%02d.%06d' % ('-' if total < 0 else '', seconds // 3600, seconds // 60 % 60, seconds % 60, micro)

"""The text of an array: `{1,NULL,"a \\"b\\"",{2}}`."""

from __future__ import absolute_import

import re

from psycopg2.driver import errors

_ITEM = re.compile(r'"((?:[^"\\]|\\.)*)"|([^",{}]+)|([{},])', re.DOTALL)
_ESCAPED = re.compile(r'\\(.)', re.DOTALL)


def parsed(text, cast):
    """The array as lists; `cast` makes the value of an item's text, or of None."""
    start = text.find('{')
    if start < 0:
        raise errors.DataError('array does not start with \'{\'')
    levels = []
    done = None
    for token in _ITEM.finditer(text, start):
        quoted, plain, mark = token.groups()
        if mark == '{':
            levels.append([])
        elif mark == '}':
            done = levels.pop()
            if not levels:
                return done
            levels[-1].append(done)
        elif quoted is not None:
            levels[-1].append(cast(_ESCAPED.sub(r'\1', quoted)))
        elif plain is not None:
            levels[-1].append(cast(None if plain.upper() == 'NULL' else plain))
    raise errors.DataError('array does not end')

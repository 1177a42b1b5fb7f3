"""From a JDBC ResultSet to Python's rows."""

import re

from org.djwar.runtime.jdbc import SqliteRows

from djwar_jdbc.binary import Binary
from sqlite3 import adapters

PARSE_DECLTYPES = 1
PARSE_COLNAMES = 2
_IN_NAME = re.compile(r'\[(\w+)\]')


class Columns(object):
    """What the columns of a result are called, and how their values are converted."""

    def __init__(self, metadata, detect_types, text_factory):
        count = metadata.getColumnCount()
        names = [metadata.getColumnLabel(at) for at in range(1, count + 1)]
        self.converters = [None] * count
        if detect_types:
            self.converters = [self._converter(metadata, at, name, detect_types) for at, name in enumerate(names)]
        if detect_types & PARSE_COLNAMES:
            names = [name.split(' [')[0] for name in names]
        self.description = tuple((name.encode('utf-8'), None, None, None, None, None, None) for name in names)
        self._text_factory = None if text_factory is unicode else text_factory

    @staticmethod
    def _converter(metadata, at, name, detect_types):
        found = None
        if detect_types & PARSE_COLNAMES:
            kind = _IN_NAME.search(name)
            if kind:
                found = adapters.converter(kind.group(1).upper())
        if found is None and detect_types & PARSE_DECLTYPES:
            declared = metadata.getColumnTypeName(at + 1).split(' ')[0]
            found = adapters.converter(declared)
        return found

    def read(self, results):
        """Every row, as a tuple."""
        return SqliteRows.read(results, self.converters, self._text_factory, Binary)

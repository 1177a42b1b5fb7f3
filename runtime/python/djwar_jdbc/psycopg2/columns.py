"""The columns of a result: what they are, and their values."""

from __future__ import absolute_import

import collections

from jarray import array as java_array
from org.djwar.runtime.jdbc import PostgresRows
from org.python.core import Py, PyObject

from psycopg2 import typecasts

Column = collections.namedtuple('Column', 'name type_code display_size internal_size precision scale null_ok')

_NUMERIC = 1700
# How many bytes a value of the type takes; what is not here has no fixed size.
_SIZES = {16: 1, 18: 1, 19: 64, 20: 8, 21: 2, 23: 4, 26: 4, 700: 4, 701: 8, 1082: 4, 1083: 8, 1114: 8, 1184: 8,
          1186: 16, 1266: 12, 2950: 16}
_UNLIMITED = 0x7fffffff


def _column(metadata, at, oid):
    size = _SIZES.get(oid)
    precision = scale = None
    if size is None:
        limit = metadata.getPrecision(at)
        size = limit if 0 < limit < _UNLIMITED else -1
        if oid == _NUMERIC:
            precision = limit or 65535
            scale = metadata.getScale(at) if limit else 65535
    return Column(metadata.getColumnLabel(at).encode('utf-8'), oid, None, size, precision, scale, None)


def read(results, connection, cursor):
    """The description, and every row."""
    metadata = results.getMetaData()
    numbers = range(1, metadata.getColumnCount() + 1)
    oids = [results.getColumnOID(at) for at in numbers]
    casters = [typecasts.find(oid, connection, cursor) for oid in oids]
    zones = cursor.tzinfo_factory
    rows = PostgresRows.read(results, typecasts.TYPES, java_array([caster.kind for caster in casters], 'i'),
                             java_array([Py.java2py(caster) for caster in casters], PyObject), cursor, zones)
    return tuple([_column(metadata, at, oid) for at, oid in zip(numbers, oids)]), rows

"""What psycopg2 calls its extras: rows by name, uuid, json, ranges, hstore, networks."""

from __future__ import absolute_import

import collections
import re
import uuid

from psycopg2 import extensions
from psycopg2.adapters import ISQLQuote, literal, quoted_text, register_adapter
from psycopg2.cursor import cursor as _cursor
from psycopg2.connection import connection as _connection
from psycopg2.documents import (  # noqa: F401
    Json, register_default_json, register_default_jsonb, register_json,
)
from psycopg2.driver import errors
from psycopg2.ranges import (  # noqa: F401
    DateRange, DateTimeRange, DateTimeTZRange, NumericRange, Range, register_range,
)
from psycopg2.typecasts import new_array_type, new_type, register_type


# -- uuid

class UUID_adapter(object):
    def __init__(self, adapted):
        self._adapted = adapted

    def __conform__(self, protocol):
        return self if protocol is ISQLQuote else None

    def getquoted(self):
        return "'%s'::uuid" % self._adapted

    def __str__(self):
        return self.getquoted()


def register_uuid(oids=None, conn_or_curs=None):
    if oids is None:
        one, many = 2950, 2951
    elif isinstance(oids, (list, tuple)):
        one, many = oids
    else:
        one, many = oids, 2951
    made = new_type((one,), 'UUID', lambda value, cursor: value and uuid.UUID(value))
    register_type(made, conn_or_curs)
    register_type(new_array_type((many,), 'UUID[]', made), conn_or_curs)
    register_adapter(uuid.UUID, UUID_adapter)
    return made


# -- addresses

class Inet(object):
    """An address of a network, as the text it is."""

    def __init__(self, addr):
        self.addr = addr

    def __repr__(self):
        return '%s(%r)' % (type(self).__name__, self.addr)

    def __conform__(self, protocol):
        return self if protocol is ISQLQuote else None

    def getquoted(self):
        addr = self.addr.decode('utf-8') if isinstance(self.addr, str) else self.addr
        return quoted_text(addr).encode('utf-8') + '::inet'

    def __str__(self):
        return str(self.addr)


def register_inet(oid=None, conn_or_curs=None):
    made = new_type((oid or 869,), 'INET', lambda value, cursor: Inet(value) if value else None)
    register_type(made, conn_or_curs)
    register_type(new_array_type((1041,), 'INETARRAY', made), conn_or_curs)
    return made


# -- hstore

_PAIR = re.compile(r'"((?:[^"\\]|\\.)*)"\s*=>\s*(?:"((?:[^"\\]|\\.)*)"|NULL)\s*(?:,|$)\s*', re.DOTALL)
_ESCAPED = re.compile(r'\\(.)', re.DOTALL)


class HstoreAdapter(object):
    """A dict as an hstore."""

    def __init__(self, wrapped):
        self.wrapped = wrapped
        self._connection = None

    def prepare(self, connection):
        self._connection = connection

    def getquoted(self):
        if not self.wrapped:
            return "''::hstore"
        keys, values = zip(*self.wrapped.items())
        return (u'hstore(%s, %s)' % (literal(list(keys), self._connection),
                                    literal(list(values), self._connection))).encode('utf-8')

    @staticmethod
    def parse(text, cursor=None, text_of=str):
        if text is None:
            return None
        found = {}
        at = 0
        while at < len(text):
            pair = _PAIR.match(text, at)
            if pair is None:
                raise errors.InterfaceError("error parsing hstore pair at char %d" % at)
            key, value = [None if part is None else text_of(_ESCAPED.sub(r'\1', part)) for part in pair.groups()]
            found[key] = value
            at = pair.end()
        return found

    @classmethod
    def parse_unicode(cls, text, cursor):
        return cls.parse(text, cursor, lambda part: part.decode('utf-8'))

    @classmethod
    def get_oids(cls, conn_or_curs):
        """The OIDs of hstore in every schema, and those of its arrays."""
        connection = getattr(conn_or_curs, 'connection', conn_or_curs)
        fresh = connection.get_transaction_status() == extensions.TRANSACTION_STATUS_IDLE
        cursor = connection.cursor()
        cursor.execute("SELECT t.oid, typarray FROM pg_type t WHERE typname = 'hstore'")
        rows = cursor.fetchall()
        if fresh and not connection.autocommit:
            connection.rollback()
        return tuple(row[0] for row in rows), tuple(row[1] for row in rows)


def register_hstore(conn_or_curs, globally=False, unicode=False, oid=None, array_oid=None):
    if oid is None:
        oid, array_oid = HstoreAdapter.get_oids(conn_or_curs)
        if not oid:
            raise errors.ProgrammingError('hstore type not found in the database. please install it from your '
                                          "'contrib/hstore.sql' file")
    oid = (oid,) if isinstance(oid, (int, long)) else tuple(oid)
    array_oid = (array_oid,) if isinstance(array_oid, (int, long)) else tuple(array_oid or ())
    scope = None if globally else conn_or_curs
    made = new_type(oid, 'HSTORE', HstoreAdapter.parse_unicode if unicode else HstoreAdapter.parse)
    register_type(made, scope)
    register_adapter(dict, HstoreAdapter)
    if array_oid:
        register_type(new_array_type(array_oid, 'HSTOREARRAY', made), scope)


# -- rows that know their columns' names

class DictRow(list):
    """A list that is found by name too."""

    __slots__ = ('_index',)

    def __init__(self, names, values):
        list.__init__(self, values)
        self._index = names

    def __getitem__(self, key):
        return list.__getitem__(self, key if isinstance(key, (int, long, slice)) else self._index[key])

    def get(self, key, default=None):
        return self[key] if key in self._index else default

    def keys(self):
        return list(self._index)

    def values(self):
        return list(self)

    def items(self):
        return [(key, self[key]) for key in self._index]

    def has_key(self, key):
        return key in self._index

    def __contains__(self, key):
        return key in self._index


class _Named(_cursor):
    def _names(self):
        return [column[0] for column in self.description]

    def _run(self, sql):
        self.row_factory = None
        _cursor._run(self, sql)
        if self._rows:
            self._rows = self._named(self._rows)


class DictCursor(_Named):
    def _named(self, rows):
        index = collections.OrderedDict((name, at) for at, name in enumerate(self._names()))
        return [DictRow(index, row) for row in rows]


class RealDictCursor(_Named):
    def _named(self, rows):
        names = self._names()
        return [RealDictRow(zip(names, row)) for row in rows]


class RealDictRow(collections.OrderedDict):
    """A row as a dict of its columns' names."""


class NamedTupleCursor(_Named):
    def _named(self, rows):
        names = [name if re.match('[A-Za-z]', name) else 'f' + name for name in self._names()]
        return map(collections.namedtuple('Record', names, rename=True)._make, rows)


class DictConnection(_connection):
    cursor_factory = DictCursor


class RealDictConnection(_connection):
    cursor_factory = RealDictCursor


class NamedTupleConnection(_connection):
    cursor_factory = NamedTupleCursor


# -- many rows at once

def _pages(rows, size):
    page = []
    for row in rows:
        page.append(row)
        if len(page) == size:
            yield page
            page = []
    if page:
        yield page


def execute_batch(cur, sql, argslist, page_size=100):
    for page in _pages(argslist, page_size):
        cur.execute(';'.join(cur.mogrify(sql, arguments) for arguments in page))


def execute_values(cur, sql, argslist, template=None, page_size=100, fetch=False):
    sql = sql.encode('utf-8') if isinstance(sql, unicode) else sql
    before, values, after = sql.partition('%s')
    if not values:
        raise ValueError('the query doesn\'t contain the %s placeholder')
    found = []
    for page in _pages(argslist, page_size):
        shape = template or '(%s)' % ','.join(['%s'] * len(page[0]))
        cur.execute((before + ','.join(cur.mogrify(shape, arguments) for arguments in page) + after).replace('%%', '%'))
        if fetch:
            found.extend(cur.fetchall())
    return found if fetch else None

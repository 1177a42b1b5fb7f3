"""json and jsonb."""

from __future__ import absolute_import

import json

from psycopg2.adapters import ISQLQuote, quoted_text
from psycopg2.driver import errors
from psycopg2.typecasts import new_array_type, new_type, register_type


class Json(object):
    """A value to be written as JSON; `dumps`, or the method of a subclass, makes the text."""

    def __init__(self, adapted, dumps=None):
        self.adapted = adapted
        self._dumps = dumps or json.dumps

    def __conform__(self, protocol):
        return self if protocol is ISQLQuote else None

    def dumps(self, value):
        return self._dumps(value)

    def getquoted(self):
        text = self.dumps(self.adapted)
        return quoted_text(text.decode('utf-8') if isinstance(text, str) else text).encode('utf-8')

    def __str__(self):
        return self.getquoted()


def register_json(conn_or_curs=None, globally=False, loads=None, oid=None, array_oid=None, name='json'):
    if oid is None:
        if conn_or_curs is None:
            raise errors.ProgrammingError('conn_or_curs can be None only if its oid is given')
        oid, array_oid = _oids(conn_or_curs, name)
    read = loads or json.loads

    def cast(value, cursor):
        return None if value is None else read(value)

    document = new_type((oid,), name.upper(), cast)
    scope = None if globally else conn_or_curs
    register_type(document, scope)
    documents = None
    if array_oid is not None:
        documents = new_array_type((array_oid,), name.upper() + 'ARRAY', document)
        register_type(documents, scope)
    return document, documents


def register_default_json(conn_or_curs=None, globally=False, loads=None):
    return register_json(conn_or_curs, globally or conn_or_curs is None, loads, 114, 199)


def register_default_jsonb(conn_or_curs=None, globally=False, loads=None):
    return register_json(conn_or_curs, globally or conn_or_curs is None, loads, 3802, 3807, 'jsonb')


def _oids(conn_or_curs, name):
    cursor = conn_or_curs if hasattr(conn_or_curs, 'execute') else conn_or_curs.cursor()
    cursor.execute('SELECT oid, typarray FROM pg_type WHERE typname = %s', (name,))
    row = cursor.fetchone()
    if row is None:
        raise errors.ProgrammingError('%s data type not found' % name)
    return row

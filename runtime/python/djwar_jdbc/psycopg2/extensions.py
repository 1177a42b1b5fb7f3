"""What psycopg2 calls its extensions: types, adapters, constants."""

from __future__ import absolute_import

from psycopg2.adapters import (  # noqa: F401
    AsIs, Binary, Boolean, Date, DateTime, Decimal, Float, ISQLQuote, Int, Interval, List, QuotedString, SQL_IN, Time,
    adapt, adapters, register_adapter,
)
from psycopg2.connection import (  # noqa: F401
    ISOLATION_LEVEL_AUTOCOMMIT, ISOLATION_LEVEL_DEFAULT, ISOLATION_LEVEL_READ_COMMITTED,
    ISOLATION_LEVEL_READ_UNCOMMITTED, ISOLATION_LEVEL_REPEATABLE_READ, ISOLATION_LEVEL_SERIALIZABLE, STATUS_BEGIN,
    STATUS_PREPARED, STATUS_READY, STATUS_SETUP, TRANSACTION_STATUS_ACTIVE, TRANSACTION_STATUS_IDLE,
    TRANSACTION_STATUS_INERROR, TRANSACTION_STATUS_INTRANS, TRANSACTION_STATUS_UNKNOWN, connection,
)
from psycopg2.cursor import cursor  # noqa: F401
from psycopg2.driver import (  # noqa: F401
    Diagnostics, QueryCanceledError, TransactionRollbackError, make_dsn, parse_dsn,
)
from psycopg2.typecasts import *  # noqa: F401,F403
from psycopg2.typecasts import (  # noqa: F401
    binary_types, new_array_type, new_type, register_type, string_types,
)

STATUS_IN_TRANSACTION = STATUS_BEGIN
PYINTERVAL = INTERVAL  # noqa: F405
# Name of an encoding in PostgreSQL -> Python's; the driver speaks this one only.
encodings = {'UTF8': 'utf_8', 'UNICODE': 'utf_8'}


def quote_ident(name, scope=None):
    """A name between double quotes."""
    name = name.encode('utf-8') if isinstance(name, unicode) else name
    return '"%s"' % name.replace('"', '""')


def set_wait_callback(callback):
    if callback is not None:
        raise NotImplementedError('there is no waiting on sockets over JDBC')


def get_wait_callback():
    return None


def _register_defaults():
    """json and ranges are known without being registered, as in psycopg2."""
    from psycopg2 import documents, ranges
    documents.register_default_json(globally=True)
    documents.register_default_jsonb(globally=True)
    ranges.register_builtin()


_register_defaults()

"""`psycopg2.extensions.cursor`."""

from __future__ import absolute_import

from java.sql import SQLException

from djwar_jdbc.cursor import Rows
from psycopg2 import typecasts
from psycopg2.adapters import interpolated
from psycopg2.columns import read
from psycopg2.driver import errors, translated
from psycopg2.tz import FixedOffsetTimezone


class cursor(Rows):
    """A cursor whose rows are with the client, or a named one of the server."""

    itersize = 2000
    tzinfo_factory = FixedOffsetTimezone
    row_factory = None
    statusmessage = None
    lastrowid = 0
    rownumber = property(lambda self: self._next if self._rows is not None else None)

    def __init__(self, connection, name=None, scrollable=None, withhold=False):
        Rows.__init__(self)
        self.connection = connection
        self.name = name
        self.scrollable = scrollable
        self.withhold = withhold
        self.query = None
        self.string_types = {}
        self.closed = False
        self._declared = False

    def _check(self):
        if self.closed:
            raise errors.InterfaceError('cursor already closed')
        self.connection._check()

    def _no_rows(self):
        raise errors.ProgrammingError('no results to fetch')

    def execute(self, query, vars=None):
        self._check()
        sql = self._merged(query, vars)
        if self.name is None:
            self._run(sql)
            return
        if self._declared:
            raise errors.ProgrammingError("can't call .execute() on named cursors more than once")
        if self.connection.autocommit and not self.withhold:
            raise errors.ProgrammingError("can't use a named cursor outside of transactions")
        scroll = u'' if self.scrollable is None else u'SCROLL ' if self.scrollable else u'NO SCROLL '
        self._run(u'DECLARE %s %sCURSOR %s HOLD FOR %s'
                  % (self._quoted_name(), scroll, u'WITH' if self.withhold else u'WITHOUT', sql))
        self._declared = True
        self._rows = []
        if self.withhold:
            self.connection._holds(self)

    def _quoted_name(self):
        name = self.name.decode('utf-8') if isinstance(self.name, str) else self.name
        return u'"%s"' % name.replace(u'"', u'""')

    def _merged(self, query, parameters):
        if hasattr(query, 'as_string'):
            query = query.as_string(self)
        sql = query.decode('utf-8') if isinstance(query, str) else query
        if not isinstance(sql, unicode):
            raise TypeError('argument 1 must be a string or unicode object')
        if not sql.strip():
            raise errors.ProgrammingError("can't execute an empty query")
        # No parameters are not the same as none: Django's `%%` means one then too.
        if parameters is not None and (len(parameters) or u'%' in sql):
            sql = interpolated(sql, parameters, self.connection)
        return sql

    def _run(self, sql):
        """Runs it, and reads the rows of the last statement in it."""
        self.query = sql.encode('utf-8')
        self._rows = None
        self._next = 0
        self._description = None
        self.rowcount = -1
        connection = self.connection
        connection._begin()
        try:
            statement = connection._jdbc.createStatement()
            try:
                statement.setEscapeProcessing(False)
                has_rows = statement.execute(sql)
                while True:
                    if has_rows:
                        results = statement.getResultSet()
                        self._description, self._rows = read(results, connection, self)
                        results.close()
                        self.rowcount = len(self._rows)
                    else:
                        count = statement.getUpdateCount()
                        if count < 0:
                            break
                        self._rows = self._description = None
                        self.rowcount = count
                    has_rows = statement.getMoreResults()
            finally:
                statement.close()
        except SQLException as failure:
            raise connection._failed(failure, self)
        if self._rows is not None and self.row_factory is not None:
            self._rows = [self.row_factory(row) for row in self._rows]

    def executemany(self, query, vars_list):
        total = 0
        for parameters in vars_list:
            self.execute(query, parameters)
            total += max(self.rowcount, 0)
        self._rows = None
        self.rowcount = total

    def mogrify(self, query, vars=None):
        return self._merged(query, vars).encode('utf-8')

    def callproc(self, name, parameters=()):
        if hasattr(parameters, 'keys'):
            words = u','.join(u'"%s" := %%s' % key.replace('"', '""') for key in parameters)
            self.execute(u'SELECT * FROM %s(%s)' % (name, words), list(parameters.values()))
        else:
            self.execute(u'SELECT * FROM %s(%s)' % (name, u','.join([u'%s'] * len(parameters))), tuple(parameters))
        return parameters

    def cast(self, oid, value):
        return typecasts.find(oid, self.connection, self)(value, self)

    # -- fetching; a named cursor asks the server

    def _fetch(self, how):
        self._check()
        if not self._declared:
            self._no_rows()
        self._run(u'FETCH %s FROM %s' % (how, self._quoted_name()))
        return self._rows

    def fetchone(self):
        if self.name is None:
            return Rows.fetchone(self)
        rows = self._fetch(u'FORWARD 1')
        return rows[0] if rows else None

    def fetchmany(self, size=None):
        if self.name is None:
            return Rows.fetchmany(self, size)
        return self._fetch(u'FORWARD %d' % (self.arraysize if size is None else size))

    def fetchall(self):
        return Rows.fetchall(self) if self.name is None else self._fetch(u'FORWARD ALL')

    def __iter__(self):
        return self if self.name is None else self._stream()

    def _stream(self):
        while True:
            rows = self._fetch(u'FORWARD %d' % self.itersize)
            for row in rows:
                yield row
            if len(rows) < self.itersize:
                return

    def scroll(self, value, mode='relative'):
        if self.name is not None:
            self._check()
            self._run(u'MOVE %s %d FROM %s' % (u'ABSOLUTE' if mode == 'absolute' else u'RELATIVE', value, self._quoted_name()))
            return
        target = value if mode == 'absolute' else self._next + value
        if not 0 <= target < len(self._have()):
            raise IndexError('scroll destination out of bounds')
        self._next = target

    def close(self):
        if self.closed:
            return
        if self._declared and not self.connection.closed and self.connection._usable():
            self._run(u'CLOSE %s' % self._quoted_name())
            self.connection._held.pop(self._quoted_name(), None)
        self.closed = True
        self._rows = None

    def copy_expert(self, *_):
        raise errors.NotSupportedError('COPY is not there over JDBC: use INSERT, or psql')

    copy_from = copy_to = copy_expert

    def __enter__(self):
        return self

    def __exit__(self, kind, value, traceback):
        self.close()

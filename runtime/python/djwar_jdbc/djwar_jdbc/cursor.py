"""Rows that were fetched, handed out as PEP 249 wants."""


class Rows(object):
    """The fetching half of a cursor. A statement's rows are read at once and its JDBC objects closed:
    libpq and Django's sqlite3 backend do the same, and Jython closes nothing when a cursor is forgotten.
    """

    arraysize = 1

    def __init__(self):
        self._rows = None
        self._next = 0
        self._description = None
        self.rowcount = -1

    @property
    def description(self):
        return self._description

    def _check(self):
        """Raises when the cursor or its connection is closed."""

    def _no_rows(self):
        """What fetching gives when there was no statement with rows."""
        return []

    def _have(self):
        self._check()
        rows = self._rows
        return self._no_rows() if rows is None else rows

    def fetchone(self):
        rows = self._have()
        at = self._next
        if at >= len(rows):
            return None
        self._next = at + 1
        return rows[at]

    def fetchmany(self, size=None):
        rows = self._have()
        at = self._next
        end = min(len(rows), at + (self.arraysize if size is None else size))
        self._next = end
        return rows[at:end]

    def fetchall(self):
        rows = self._have()
        at = self._next
        self._next = len(rows)
        return rows[at:] if at else list(rows)

    def __iter__(self):
        return self

    def next(self):
        row = self.fetchone()
        if row is None:
            raise StopIteration
        return row

    def setinputsizes(self, sizes):
        pass

    def setoutputsize(self, size, column=None):
        pass

"""`sqlite3.Row`."""


class Row(object):
    """A row whose columns are found by number or name."""

    def __init__(self, cursor, values):
        self._names = [column[0].lower() for column in cursor.description]
        self._keys = [column[0] for column in cursor.description]
        self._values = values

    def __getitem__(self, key):
        if isinstance(key, basestring):
            try:
                return self._values[self._names.index(key.lower())]
            except ValueError:
                raise IndexError('No item with that key')
        return self._values[key]

    def keys(self):
        return list(self._keys)

    def __len__(self):
        return len(self._values)

    def __iter__(self):
        return iter(self._values)

    def __hash__(self):
        return hash(tuple(self._keys)) ^ hash(self._values)

    def __eq__(self, other):
        return isinstance(other, Row) and self._keys == other._keys and self._values == other._values

    def __ne__(self, other):
        return not self == other

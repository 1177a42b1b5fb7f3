"""The exceptions of PEP 249, one set for each module, and what a SQLException becomes."""

from java.lang import Throwable
from java.sql import SQLException

# SQLSTATE class (its first two characters) -> name of the exception. As psycopg2 sorts them.
_BY_CLASS = {
    '02': 'DataError', '08': 'OperationalError', '0A': 'NotSupportedError',
    '20': 'ProgrammingError', '21': 'ProgrammingError', '22': 'DataError', '23': 'IntegrityError',
    '24': 'InternalError', '25': 'InternalError', '26': 'OperationalError', '27': 'OperationalError',
    '28': 'OperationalError', '2B': 'InternalError', '2D': 'InternalError', '2F': 'InternalError',
    '34': 'OperationalError', '38': 'InternalError', '39': 'InternalError', '3B': 'InternalError',
    '3D': 'ProgrammingError', '3F': 'ProgrammingError', '40': 'OperationalError', '42': 'ProgrammingError',
    '44': 'ProgrammingError', '53': 'OperationalError', '54': 'OperationalError', '55': 'OperationalError',
    '57': 'OperationalError', '58': 'OperationalError', 'F0': 'InternalError', 'HV': 'OperationalError',
    'P0': 'InternalError', 'XX': 'InternalError',
}


class Errors(object):
    """The exceptions of one module, such as `psycopg2.IntegrityError`."""

    NAMES = ('Warning', 'Error', 'InterfaceError', 'DatabaseError', 'DataError', 'OperationalError',
             'IntegrityError', 'InternalError', 'ProgrammingError', 'NotSupportedError')

    def __init__(self, module, root=StandardError, mixin=None):
        def make(name, *bases):
            made = type(name, bases, {'__module__': module})
            setattr(self, name, made)
            return made
        make('Warning', StandardError)
        error = make('Error', *((mixin, root) if mixin else (root,)))
        make('InterfaceError', error)
        database = make('DatabaseError', error)
        for name in self.NAMES[4:]:
            make(name, database)

    def publish(self, namespace):
        """Puts the exceptions into a module's or a class's names."""
        for name in self.NAMES:
            namespace[name] = getattr(self, name)

    def of_state(self, state):
        """The exception for an SQLSTATE; DatabaseError when it says nothing."""
        return getattr(self, _BY_CLASS.get((state or '')[:2], 'DatabaseError'))


def first_sql_exception(throwable):
    """The SQLException in a chain of causes: pools wrap the driver's."""
    found = throwable
    while found is not None and not isinstance(found, SQLException):
        found = found.getCause()
    return found


def is_java(value):
    return isinstance(value, Throwable)

"""Python functions, aggregates and collations that SQL calls."""

from org.djwar.runtime.jdbc import SqliteAggregate, SqliteCollation, SqliteFunction
from org.sqlite import Collation, Function

from djwar_jdbc.binary import Binary


def create_function(connection, name, arguments, function):
    Function.create(connection, name, SqliteFunction(function, Binary), arguments, 0)


def create_aggregate(connection, name, arguments, factory):
    Function.create(connection, name, SqliteAggregate(factory, Binary), arguments, 0)


def create_collation(connection, name, compare):
    if compare is None:
        Collation.destroy(connection, name)
    else:
        Collation.create(connection, name, SqliteCollation(compare))

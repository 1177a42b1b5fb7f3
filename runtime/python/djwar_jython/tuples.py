"""``collections.namedtuple`` without its detour: Jython's writes a class as text, and parses and compiles it, at each start
for each named tuple of the standard library, Django and the project.

What comes out is the same (a test compares both). What is unusual (``verbose``, ``rename``, names that are refused) is the
original's.
"""

from __future__ import absolute_import

import collections
import re
import sys
from collections import OrderedDict
from keyword import iskeyword
from operator import itemgetter

from org.djwar.runtime.jython import TupleConstructor

_NAME = re.compile("[A-Za-z][A-Za-z0-9_]*$")
_original = collections.namedtuple
_constructor = TupleConstructor()


def namedtuple(typename, field_names, verbose=False, rename=False):
    """Returns a new subclass of tuple with named fields."""
    if not isinstance(field_names, basestring):
        field_names = list(field_names)
    fields = _plain(typename, field_names)
    if verbose or rename or fields is None:
        result = _original(typename, field_names, verbose, rename)
    else:
        result = _made(str(typename), fields)
    # For pickle: the module of the caller.
    result.__module__ = sys._getframe(1).f_globals.get("__name__", "__main__")
    return result


def _plain(typename, field_names):
    """The names, if there is nothing to say about them."""
    if isinstance(field_names, basestring):
        field_names = field_names.replace(",", " ").split()
    fields = tuple([str(name) for name in field_names])
    is_plain = all(_NAME.match(name) and not iskeyword(name) for name in fields + (typename,))
    return fields if is_plain and len(set(fields)) == len(fields) else None


def _made(typename, fields):
    listed = repr(fields).replace("'", "")[1:-1]
    shown = typename + "(" + ", ".join([name + "=%r" for name in fields]) + ")"

    def _make(cls, iterable, new=tuple.__new__, len=len):
        result = new(cls, iterable)
        if len(result) != len(fields):
            raise TypeError("Expected %d arguments, got %d" % (len(fields), len(result)))
        return result

    def __repr__(self):
        "Return a nicely formatted representation string"
        return shown % self

    def _asdict(self):
        "Return a new OrderedDict which maps field names to their values"
        return OrderedDict(zip(self._fields, self))

    def _replace(_self, **kwds):
        result = _self._make(map(kwds.pop, fields, _self))
        if kwds:
            raise ValueError("Got unexpected field names: %r" % kwds.keys())
        return result

    def __getnewargs__(self):
        "Return self as a plain tuple.  Used by copy and pickle."
        return tuple(self)

    _make.__doc__ = "Make a new %s object from a sequence or iterable" % typename
    _replace.__doc__ = "Return a new %s object replacing specified fields with new values" % typename
    namespace = {
        "__doc__": "%s(%s)" % (typename, listed),
        "__slots__": (),
        "_fields": fields,
        "__new__": _constructor.of(fields, "Create new instance of %s(%s)" % (typename, listed)),
        "_make": classmethod(_make),
        "__repr__": __repr__,
        "_asdict": _asdict,
        "__dict__": property(_asdict),
        "_replace": _replace,
        "__getnewargs__": __getnewargs__,
    }
    for index, name in enumerate(fields):
        namespace[name] = property(itemgetter(index), doc="Alias for field number %d" % index)
    return type(typename, (tuple,), namespace)


collections.namedtuple = namedtuple

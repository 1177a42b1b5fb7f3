"""``-m djwar_jython.compile``: byte code for a WAR, whose bytes depend on the sources alone.

Owns the entry point, and the same conversation as ``djwar_handler.compile``: one JSON object a line on standard input, one line
at the end on standard output; with two folders as arguments, all of the first is compiled into the second. The classes hold no time of their source, which Jython takes for "don't compare".
"""

from __future__ import absolute_import

import json
import os
import sys

from java.io import FileInputStream
from java.lang import Runtime, StackOverflowError, Throwable
from java.util.concurrent import Callable, Executors
from org.python.core import imp


def module_name(path):
    """What the class is called: ``pkg/__init__.py`` is ``pkg``. Only stack traces of Java show it."""
    parts = path[: -len(".py")].split("/")
    if parts[-1] == "__init__" and len(parts) > 1:
        parts.pop()
    return ".".join(parts)


def compile_file(source, name):
    """The bytes of ``name$py.class``. The import system puts the real path into code objects when it loads them."""
    return imp.compileSource(module_name(name), FileInputStream(source), name, imp.NO_MTIME)


class Task(Callable):
    """One file: nothing when it is compiled, else what the answer says of it."""

    def __init__(self, order):
        self.order = order

    def call(self):
        order = self.order
        try:
            data = compile_file(order["source"], order["name"])
        except (Exception, StackOverflowError, Throwable) as error:
            return {"name": order["name"], "error": " ".join(("%s: %s" % (type(error).__name__, error)).split())}
        with open(order["target"], "wb") as stream:
            stream.write(data.tostring())
        return None


def compile_all(lines):
    """Compiles what the lines name. What doesn't compile (templates, Python 3) is reported, and no failure."""
    orders = [json.loads(line) for line in lines if line.strip()]
    for folder in set(os.path.dirname(order["target"]) for order in orders):
        if not os.path.isdir(folder):
            os.makedirs(folder)
    pool = Executors.newFixedThreadPool(Runtime.getRuntime().availableProcessors())
    try:
        # In the order of the orders, whichever thread is done first.
        outcomes = [future.get() for future in [pool.submit(Task(order)) for order in orders]]
    finally:
        pool.shutdown()
    failed = [outcome for outcome in outcomes if outcome]
    return {"compiled": len(orders) - len(failed), "failed": failed}


def orders_for(folder, target):
    """An order, as a line, for each Python file below a folder: what a skeleton's Maven build asks for."""
    for parent, _, names in os.walk(folder):
        for name in names:
            if name.endswith(".py"):
                source = os.path.join(parent, name)
                path = os.path.relpath(source, folder).replace(os.sep, "/")
                compiled = os.path.join(target, path[: -len(".py")] + "$py.class")
                yield json.dumps({"source": source, "target": compiled, "name": path})


if __name__ == "__main__":
    result = compile_all(orders_for(*sys.argv[1:]) if sys.argv[1:] else sys.stdin)
    sys.stdout.write(json.dumps(result) + "\n")
    sys.stdout.flush()

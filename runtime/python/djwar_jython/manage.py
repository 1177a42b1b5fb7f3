"""``-m djwar_jython.manage ARGS``: a Django management command, as the project's own ``manage.py`` would run it.

Owns the entry point only. The caller sets ``DJANGO_SETTINGS_MODULE``, ``python.path`` and the working directory.
"""

from __future__ import absolute_import

import os
import sys
import types

from djwar_jython.project import on_settings_loaded, place_static_root


class OneProcess(types.ModuleType):
    """Stands in for ``multiprocessing``, which Jython has not: Django's test runner imports it, to ask how many processors there are."""

    def cpu_count(self):
        return 1

    def __getattr__(self, name):
        # Not for `__path__` and the like, which the import asks for.
        if name.startswith("__"):
            raise AttributeError(name)
        raise AttributeError("Jython has no `multiprocessing.%s`: run the tests in one process, without `--parallel`" % name)


def main(arguments):
    """Runs the command; the exit status. Django's commands end by ``SystemExit`` when they fail."""
    sys.dont_write_bytecode = True
    if not os.environ.get("DJANGO_SETTINGS_MODULE"):
        sys.stderr.write("error: DJANGO_SETTINGS_MODULE is not set\n")
        return 2
    try:
        from django.core.management import execute_from_command_line
    except ImportError as error:
        sys.stderr.write("error: Django can't be imported: %s\n" % error)
        return 1
    static_root = os.environ.pop("DJWAR_STATIC_ROOT", "")
    if static_root:
        # Mails and pages that a command renders may name static files, too.
        on_settings_loaded(lambda settings: place_static_root(settings, static_root))
    if arguments[:1] == ["test"]:
        sys.modules.setdefault("multiprocessing", OneProcess("multiprocessing"))
    # Django's usage lines and hints name argv[0].
    sys.argv = ["manage.py"] + arguments
    execute_from_command_line(sys.argv)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

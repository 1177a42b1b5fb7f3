"""``python -m djwar_handler.manage ARGS…``: a Django management command, as the project's own ``manage.py`` would run it.

Owns the entry point only. The caller sets ``DJANGO_SETTINGS_MODULE``, ``PYTHONPATH`` and the working directory.
"""

from __future__ import annotations

import importlib.util
import os
import sys

from djwar_handler.project import install_configurations, on_settings_loaded, place_static_root


def main(arguments: list[str]) -> int:
    """Runs the command; the exit status. Django's commands end by ``SystemExit`` when they fail."""
    if not os.environ.get("DJANGO_SETTINGS_MODULE"):
        print("error: DJANGO_SETTINGS_MODULE is not set", file=sys.stderr)
        return 2
    if importlib.util.find_spec("django") is None:
        print("error: Django is not among the project's packages", file=sys.stderr)
        return 1
    # Its `--configuration` is an option of every command.
    install_configurations(check_options=True)
    from django.core.management import execute_from_command_line

    # Mails and pages that a command renders may name static files, too.
    static_root = os.environ.pop("DJWAR_STATIC_ROOT", "")
    on_settings_loaded(lambda settings: place_static_root(settings, static_root) if static_root else None)

    # Django's usage lines and hints name argv[0].
    sys.argv = ["manage.py", *arguments]
    execute_from_command_line(sys.argv)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

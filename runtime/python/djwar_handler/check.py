"""``python -m djwar_handler.check``: Django's own ``check --deploy``, as data.

Owns the entry point and its one line of JSON on standard output; whatever the project prints goes to standard error.
"""

from __future__ import annotations

import inspect
import json
import os
import re
import sys
import traceback
from pathlib import Path
from typing import Any

from djwar_handler.channels import take_standard_streams
from djwar_handler.project import install_configurations

Message = dict[str, object]


def messages() -> list[Message]:
    """What Django finds; raises whatever the project raises."""
    install_configurations()
    import django
    from django.conf import settings
    from django.core import checks

    django.setup()
    found = checks.run_checks(include_deployment_checks=True)
    silenced = set(getattr(settings, "SILENCED_SYSTEM_CHECKS", []))
    return [_message(one) for one in found if one.id not in silenced and one.level >= checks.WARNING]


def _message(one: Any) -> Message:
    from django.core import checks

    path, line = _place(one)
    return {
        "id": one.id or "",
        "error": one.level >= checks.ERROR,
        "text": " ".join(str(one.msg).split()),
        "hint": " ".join(str(one.hint).split()) if one.hint else None,
        "path": path,
        "line": line,
    }


def _place(one: Any) -> tuple[str | None, int]:
    """The class that it is about; else the line of the setting that it names."""
    subject = one.obj if inspect.isclass(one.obj) else type(one.obj)
    if one.obj is not None and not isinstance(one.obj, str):
        try:
            place = _inside(inspect.getsourcefile(subject)), inspect.getsourcelines(subject)[1]
        except (OSError, TypeError):
            place = None, 1
        if place[0]:
            return place
    return _setting(str(one.msg))


def _setting(text: str) -> tuple[str | None, int]:
    from django.conf import settings

    module: Any = sys.modules.get(settings.SETTINGS_MODULE)
    file = getattr(module, "__file__", None)
    path = _inside(file)
    if not path or not file:
        return None, 1
    lines = Path(file).read_text(encoding="utf-8", errors="replace").splitlines()
    for name in re.findall(r"\b[A-Z][A-Z_]{3,}\b", text):
        for number, line in enumerate(lines, start=1):
            if re.match(rf"{name}\s*=", line):
                return path, number
    return path, 1


def _inside(file: str | None) -> str | None:
    """Relative to the project, which is the working directory; nothing for what lies elsewhere."""
    if not file:
        return None
    try:
        return Path(file).resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return None


def main() -> int:
    """Writes the line; 0, or 1 with an error in it."""
    _, output = take_standard_streams()
    status = 0
    result: dict[str, object]
    try:
        result = {"messages": messages()}
    except BaseException as error:
        # SystemExit too: settings may call sys.exit().
        line = " ".join(f"{type(error).__name__}: {error}".split())
        result = {"error": line, "traceback": traceback.format_exc()}
        status = 1
    with os.fdopen(output, "w", encoding="utf-8") as stream:
        stream.write(json.dumps(result) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main())

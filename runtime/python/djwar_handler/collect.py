"""``python -m djwar_handler.collect DEST``: Django's own collectstatic into a folder, while a WAR is built.

Owns the entry point and its one line of JSON on standard output; whatever the project prints goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from djwar_handler.channels import take_standard_streams
from djwar_handler.project import on_settings_loaded, place_static_root

NOTHING: dict[str, object] = {"static_url": None, "files": 0, "manifest": None}


def collect(destination: Path) -> dict[str, object]:
    """Collects; what the build has to know. Raises whatever the project raises."""
    on_settings_loaded(lambda settings: place_static_root(settings, str(destination)))
    import django
    from django.conf import settings

    django.setup()
    if "django.contrib.staticfiles" not in _installed_applications():
        return NOTHING
    from django.contrib.staticfiles.storage import staticfiles_storage
    from django.core.files.storage import FileSystemStorage
    from django.core.management import call_command

    storage: Any = staticfiles_storage
    # Touching the storage makes it, which an isinstance() of the lazy object alone does as well.
    if not isinstance(storage, FileSystemStorage):
        # A bucket, say: collecting would upload to it, from a build machine.
        name = f"{type(storage._wrapped).__module__}.{type(storage._wrapped).__qualname__}"
        return {**NOTHING, "static_url": settings.STATIC_URL, "remote_storage": name}
    destination.mkdir(parents=True, exist_ok=True)
    call_command("collectstatic", interactive=False, verbosity=0)
    manifest = getattr(storage, "manifest_name", None)
    if not manifest or not (destination / manifest).is_file():
        manifest = None
    else:
        _sort(destination / manifest)
    files = sum(path.is_file() for path in destination.rglob("*"))
    return {"static_url": settings.STATIC_URL, "files": files, "manifest": manifest}


def _sort(manifest: Path) -> None:
    # Django writes the names in the order in which the disk listed them: another folder, another WAR.
    manifest.write_text(json.dumps(json.loads(manifest.read_bytes()), sort_keys=True), encoding="utf-8")


def _installed_applications() -> set[str]:
    from django.apps import apps

    return {configuration.name for configuration in apps.get_app_configs()}


def main(arguments: list[str]) -> int:
    """Writes the line; 0, or 1 with an error in it."""
    _, output = take_standard_streams()
    status = 0
    try:
        (destination,) = arguments
        result = collect(Path(os.path.abspath(destination)))
    except BaseException as error:
        # SystemExit too: settings may call sys.exit().
        line = " ".join(f"{type(error).__name__}: {error}".split())
        result = {"error": line, "traceback": traceback.format_exc()}
        status = 1
    with os.fdopen(output, "w", encoding="utf-8") as stream:
        stream.write(json.dumps(result) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

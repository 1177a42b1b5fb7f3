"""``python -m djwar_handler.collect DEST [COMMANDS]``: collectstatic and the project's own steps, while a WAR is built.

COMMANDS is JSON: a list of management commands, each a list of words. ``["collectstatic"]`` among them says when the
static files are collected. Owns the entry point and its one line of JSON on standard output; whatever the project prints
goes to standard error.
"""

from __future__ import annotations

import json
import os
import sys
import traceback
from pathlib import Path
from typing import Any

from djwar_handler.built import Built
from djwar_handler.channels import take_standard_streams
from djwar_handler.project import install_configurations, on_settings_loaded, place_static_root
from djwar_handler.reads import Reads

COLLECT = ["collectstatic"]

NOTHING: dict[str, object] = {"static_url": None, "files": 0, "manifests": []}

Seen = dict[str, tuple[int, int]]


class StepError(Exception):
    """A management command failed; the message says which."""


def collect(destination: Path, commands: list[list[str]]) -> dict[str, object]:
    """Runs the commands; what the build has to know. Raises whatever the project raises."""
    reads = Reads(os.getcwd())
    roots: list[object] = []

    def place(settings: Any) -> None:
        roots.append(getattr(settings, "STATIC_ROOT", None))
        place_static_root(settings, str(destination))

    install_configurations()
    on_settings_loaded(place)
    import django
    from django.conf import settings

    django.setup()
    storage, remote = _storage()
    project = Path.cwd()
    built = None
    if storage is not None:
        destination.mkdir(parents=True, exist_ok=True)
        built = Built(project, roots[-1], destination)
    before = _seen(project)
    for command in commands:
        if command != COLLECT:
            _call(command)
        elif storage is not None:
            _call(["collectstatic", "--noinput", "--verbosity=0"])
    kept = built.keep() if built else []
    found = _written(storage, destination) if storage is not None else dict(NOTHING)
    if kept:
        found["kept"] = kept
    if storage is not None or remote:
        found["static_url"] = settings.STATIC_URL
    if remote:
        found["remote_storage"] = remote
    found["reads"] = reads.names()
    found["made"] = sorted(path for path, state in _seen(project).items() if before.get(path) != state)
    return found


def _storage() -> tuple[Any, str | None]:
    """The static files' storage if it is a folder; else what it is, if there is one."""
    from django.apps import apps

    if "django.contrib.staticfiles" not in {configuration.name for configuration in apps.get_app_configs()}:
        return None, None
    from django.contrib.staticfiles.storage import staticfiles_storage
    from django.core.files.storage import FileSystemStorage

    storage: Any = staticfiles_storage
    # Touching the storage makes it, which an isinstance() of the lazy object alone does as well.
    if isinstance(storage, FileSystemStorage):
        return storage, None
    # A bucket, say: collecting would upload to it, from a build machine.
    return None, f"{type(storage._wrapped).__module__}.{type(storage._wrapped).__qualname__}"


def _call(command: list[str]) -> None:
    from django.core.management import call_command

    try:
        call_command(*command)
    except (Exception, SystemExit) as error:
        if command[:1] == COLLECT:
            raise
        said = " ".join(f"{type(error).__name__}: {error}".split())
        raise StepError(f"`manage.py {' '.join(command)}` failed: {said}") from error


def _written(storage: Any, destination: Path) -> dict[str, object]:
    """What lies in the folder now."""
    manifests = [name for name in _manifests(storage) if (destination / name).is_file()]
    for name in manifests:
        _sort(destination / name)
    return {"files": sum(path.is_file() for path in destination.rglob("*")), "manifests": manifests}


def _manifests(storage: Any) -> list[str]:
    """The files below STATIC_ROOT that the running project reads: the storage's, and django-compressor's."""
    from django.conf import settings

    names = [getattr(storage, "manifest_name", None)]
    if hasattr(settings, "COMPRESS_OUTPUT_DIR"):
        name = getattr(settings, "COMPRESS_OFFLINE_MANIFEST", "manifest.json")
        names.append(f"{str(settings.COMPRESS_OUTPUT_DIR).strip('/')}/{name}")
    return [name for name in names if name]


def _sort(manifest: Path) -> None:
    # Django writes the names in the order in which the disk listed them: another folder, another WAR.
    manifest.write_text(json.dumps(json.loads(manifest.read_bytes()), sort_keys=True), encoding="utf-8")


def _seen(project: Path) -> Seen:
    """The project's files: their sizes and times."""
    seen: Seen = {}
    for folder, _, names in os.walk(project):
        for name in names:
            path = Path(folder, name)
            try:
                state = path.stat()
            except OSError:
                continue
            seen[path.relative_to(project).as_posix()] = (state.st_size, state.st_mtime_ns)
    return seen


def main(arguments: list[str]) -> int:
    """Writes the line; 0, or 1 with an error in it."""
    _, output = take_standard_streams()
    status = 0
    try:
        destination, *rest = arguments
        commands = json.loads(rest[0]) if rest else [COLLECT]
        result = collect(Path(os.path.abspath(destination)), commands)
    except BaseException as error:
        # SystemExit too: settings may call sys.exit().
        line = " ".join(str(error).split())
        if not isinstance(error, StepError):
            line = " ".join(f"{type(error).__name__}: {error}".split())
        result = {"error": line, "traceback": traceback.format_exc(), "step": isinstance(error, StepError)}
        status = 1
    with os.fdopen(output, "w", encoding="utf-8") as stream:
        stream.write(json.dumps(result) + "\n")
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

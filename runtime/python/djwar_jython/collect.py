"""``-m djwar_jython.collect DEST [COMMANDS]``: collectstatic and the project's own steps, while a WAR is built.

The arguments and the one line of JSON on standard output are those of ``djwar_handler.collect``; whatever the project prints
goes to standard error.
"""

from __future__ import absolute_import

import json
import os
import sys
import traceback

from djwar_jython.project import on_settings_loaded, place_static_root

COLLECT = ["collectstatic"]


class StepError(Exception):
    """A management command failed; the message says which."""


def collect(destination, commands):
    """Runs the commands; what the build has to know. Raises whatever the project raises."""
    on_settings_loaded(lambda settings: place_static_root(settings, destination))
    import django
    from django.conf import settings

    django.setup()
    storage, remote = _storage()
    if storage is not None and not os.path.isdir(destination):
        os.makedirs(destination)
    before = _seen(os.getcwd())
    for command in commands:
        if command != COLLECT:
            _call(command)
        elif storage is not None:
            _call(["collectstatic", "--noinput", "--verbosity=0"])
    found = {"static_url": None, "files": 0, "manifests": []}
    if storage is not None:
        found = _written(storage, destination)
    if storage is not None or remote:
        found["static_url"] = settings.STATIC_URL
    if remote:
        found["remote_storage"] = remote
    found["made"] = sorted(path for path, state in _seen(os.getcwd()).items() if before.get(path) != state)
    return found


def _storage():
    """The static files' storage if it is a folder; else what it is, if there is one."""
    from django.apps import apps

    if not apps.is_installed("django.contrib.staticfiles"):
        return None, None
    from django.contrib.staticfiles.storage import staticfiles_storage
    from django.core.files.storage import FileSystemStorage

    if isinstance(staticfiles_storage, FileSystemStorage):
        return staticfiles_storage, None
    kind = type(staticfiles_storage._wrapped)
    return None, "%s.%s" % (kind.__module__, kind.__name__)


def _call(command):
    from django.core.management import call_command

    try:
        call_command(*[str(word) for word in command])
    except (Exception, SystemExit) as error:
        if command[:1] == COLLECT:
            raise
        raise StepError("`manage.py %s` failed: %s" % (" ".join(command), _in_a_line(error)))


def _written(storage, destination):
    """What lies in the folder now."""
    names = [getattr(storage, "manifest_name", None)]
    from django.conf import settings

    if hasattr(settings, "COMPRESS_OUTPUT_DIR"):
        name = getattr(settings, "COMPRESS_OFFLINE_MANIFEST", "manifest.json")
        names.append("%s/%s" % (str(settings.COMPRESS_OUTPUT_DIR).strip("/"), name))
    manifests = [name for name in names if name and os.path.isfile(os.path.join(destination, name))]
    for name in manifests:
        _sort(os.path.join(destination, name))
    return {"files": sum(len(files) for _, _, files in os.walk(destination)), "manifests": manifests}


def _sort(manifest):
    # Django writes the names in the order in which the disk listed them: another folder, another WAR.
    with open(manifest, "rb") as stream:
        content = json.load(stream)
    with open(manifest, "wb") as stream:
        stream.write(json.dumps(content, sort_keys=True))


def _seen(project):
    """The project's files: their sizes and times."""
    seen = {}
    for folder, _, names in os.walk(project):
        for name in names:
            path = os.path.join(folder, name)
            try:
                state = os.stat(path)
            except OSError:
                continue
            seen[os.path.relpath(path, project).replace(os.sep, "/")] = (state.st_size, state.st_mtime)
    return seen


def _in_a_line(error):
    return " ".join(("%s: %s" % (type(error).__name__, error)).split())


def main(arguments):
    """Writes the line; 0, or 1 with an error in it."""
    output = sys.stdout
    sys.stdout = sys.stderr
    sys.dont_write_bytecode = True
    status = 0
    try:
        commands = json.loads(arguments[1]) if len(arguments) > 1 else [COLLECT]
        result = collect(os.path.abspath(arguments[0]), commands)
    except BaseException as error:
        # SystemExit too: settings may call sys.exit().
        is_step = isinstance(error, StepError)
        line = " ".join(str(error).split()) if is_step else _in_a_line(error)
        result = {"error": line, "traceback": traceback.format_exc(), "step": is_step}
        status = 1
    output.write(json.dumps(result) + "\n")
    output.flush()
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

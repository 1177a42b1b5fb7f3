"""A PEP 517 backend that runs `setup.py` under Jython and makes a wheel of what it installs.

What would be compiled is refused: the program then says so itself, or goes without, as many packages do.
"""

import base64
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import zipfile
from pathlib import Path

NATIVE_STATUS = 71
"""What `build.py` ends with when `setup.py` insists on C code."""

EPOCH = (1980, 1, 1, 0, 0, 0)


class Backend:
    def get_requires_for_build_wheel(self, config_settings=None):
        return []

    def prepare_metadata_for_build_wheel(self, metadata_directory, config_settings=None):
        wheel = self._wheel()
        with zipfile.ZipFile(wheel) as archive:
            inside = [name for name in archive.namelist() if name.split("/")[0].endswith(".dist-info")]
            archive.extractall(metadata_directory, inside)
        return inside[0].split("/")[0]

    def build_wheel(self, wheel_directory, config_settings=None, metadata_directory=None):
        wheel = self._wheel()
        shutil.copy(wheel, wheel_directory)
        return wheel.name

    def _wheel(self):
        out = Path(tempfile.mkdtemp(prefix="djwar-sdist-"))
        try:
            command = json.loads(os.environ["DJWAR_JYTHON"]) + [str(out)]
            # A build must not run into the host's own Python, nor into ours.
            environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
            done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
            sys.stderr.buffer.write(done.stdout)
            sys.stderr.flush()
            if done.returncode == NATIVE_STATUS:
                raise SystemExit("djwar: C code: %s" % _project())
            if done.returncode:
                raise SystemExit("djwar: setup.py failed under Jython: %s" % _project())
            return _pack(out, Path(os.environ["DJWAR_BUILT"]))
        finally:
            shutil.rmtree(out, ignore_errors=True)


def _project():
    """Name and version as the sdist itself says them, else its folder's name."""
    try:
        text = Path("PKG-INFO").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return Path.cwd().name
    found = dict(re.findall(r"^(Name|Version): *(.*?) *$", text, re.MULTILINE))
    return "%s %s" % (found.get("Name", Path.cwd().name), found.get("Version", ""))


def _pack(out, folder):
    library = out / "lib"
    (information,) = library.glob("*.egg-info")
    text, requirements = _metadata(information)
    name = re.search(r"^Name: *(.*?) *$", text, re.MULTILINE).group(1)
    version = re.search(r"^Version: *(.*?) *$", text, re.MULTILINE).group(1)
    stem = "%s-%s" % (re.sub(r"[^\w.]+", "_", name), re.sub(r"[^\w.!+]+", "_", version))
    dist_info = stem + ".dist-info"
    files = {}
    for path in sorted(library.rglob("*")):
        relative = path.relative_to(library)
        if path.is_file() and relative.parts[0] != information.name and not _is_byte_code(path.name):
            files[relative.as_posix()] = path.read_bytes()
    head, _, body = text.partition("\n\n")
    head = "\n".join([head.rstrip("\n")] + requirements)
    files[dist_info + "/METADATA"] = (head + "\n\n" + body).encode("utf-8")
    files[dist_info + "/WHEEL"] = b"Wheel-Version: 1.0\nGenerator: djwar\nRoot-Is-Purelib: true\nTag: py2-none-any\n"
    for extra in ("top_level.txt", "entry_points.txt"):
        if information.is_dir() and (information / extra).is_file():
            files[dist_info + "/" + extra] = (information / extra).read_bytes()
    record = dist_info + "/RECORD"
    lines = ["%s,sha256=%s,%d" % (name, _digest(content), len(content)) for name, content in sorted(files.items())]
    files[record] = ("\n".join(lines + [record + ",,"]) + "\n").encode("utf-8")
    wheel = folder / (stem + "-py2-none-any.whl")
    with zipfile.ZipFile(wheel, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name, EPOCH), content, zipfile.ZIP_DEFLATED)
    return wheel


def _metadata(information):
    """The text of PKG-INFO and, as `Requires-Dist` lines, what setuptools keeps in a file of its own."""
    if information.is_file():
        return information.read_text(encoding="utf-8", errors="replace"), []
    text = (information / "PKG-INFO").read_text(encoding="utf-8", errors="replace")
    requirements = []
    listed = information / "requires.txt"
    section = ""
    for line in listed.read_text(encoding="utf-8").splitlines() if listed.is_file() else []:
        line = line.strip()
        if line.startswith("["):
            section = line.strip("[]")
            if section.partition(":")[0]:
                requirements.append("Provides-Extra: " + section.partition(":")[0])
        elif line:
            extra, _, marker = section.partition(":")
            conditions = (["(%s)" % marker] if marker else []) + (['extra == "%s"' % extra] if extra else [])
            requirements.append("Requires-Dist: " + line + (" ; " + " and ".join(conditions) if conditions else ""))
    return text, requirements


def _is_byte_code(name):
    return name.endswith((".pyc", ".pyo", "$py.class"))


def _digest(content):
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode("ascii")


__legacy__ = Backend()
get_requires_for_build_wheel = __legacy__.get_requires_for_build_wheel
prepare_metadata_for_build_wheel = __legacy__.prepare_metadata_for_build_wheel
build_wheel = __legacy__.build_wheel

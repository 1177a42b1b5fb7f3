"""What lies in the project's STATIC_ROOT and collectstatic does not bring: a front end that was built into it, say.

Owns telling that from what an earlier collectstatic left. A deployment without djwar has both in the same folder, and serves
both.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

MANIFEST = "staticfiles.json"

COMPRESSED = (".gz", ".br", ".zst")

VERSION_CONTROL = {".git", ".hg", ".svn"}

AGE = 315_532_800
"""1980: collectstatic keeps a file that is no older than its source."""


class Built:
    """Those files, copied into the folder before anything is collected there."""

    def __init__(self, project: Path, static_root: object, destination: Path) -> None:
        self._destination = destination
        self._copied: list[str] = []
        self._is_told = False
        folder = _folder(project, static_root)
        if folder is None:
            return
        collected = _collected_before(folder)
        self._is_told = collected is not None
        for name in _names(folder):
            if name != MANIFEST and name not in (collected or ()) and _plain(name) not in (collected or ()):
                target = destination / name
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(folder / name, target)
                os.utime(target, (AGE, AGE))
                self._copied.append(name)

    def keep(self) -> list[str]:
        """The names of those which nothing replaced.

        Without a manifest of the earlier collectstatic, a folder that is collected into is taken to be collectstatic's: what
        else lies there is left from files that the project has no longer.
        """
        kept = [name for name in self._copied if self._is_as_copied(name)]
        if not self._is_told:
            others = set(_names(self._destination)) - set(kept)
            collected = {_top(name) for name in others}
            left = [name for name in kept if "/" in name and _top(name) in collected]
            for name in left:
                (self._destination / name).unlink()
            kept = list(set(kept) - set(left))
        return sorted(kept)

    def _is_as_copied(self, name: str) -> bool:
        try:
            return (self._destination / name).stat().st_mtime == AGE
        except OSError:
            return False


def _folder(project: Path, static_root: object) -> Path | None:
    """STATIC_ROOT, if it is a folder of the project that holds no code."""
    if not isinstance(static_root, (str, os.PathLike)) or not os.fspath(static_root):
        return None
    project, folder = project.resolve(), (project / static_root).resolve()
    if folder == project or project not in folder.parents or not folder.is_dir():
        return None
    if any((folder / name).is_file() for name in ("__init__.py", "manage.py")):
        return None
    return folder


def _names(folder: Path) -> Iterator[str]:
    """Its files; not those that editors and tools hide, as collectstatic. A hidden folder may be meant: Vite's manifest."""
    for path, folders, names in os.walk(folder):
        folders[:] = sorted(set(folders) - VERSION_CONTROL)
        for name in sorted(names):
            file = Path(path, name)
            if not name.startswith(".") and not name.endswith("~") and not file.is_symlink():
                yield file.relative_to(folder).as_posix()


def _collected_before(folder: Path) -> set[str] | None:
    """The names in the manifest of the earlier collectstatic."""
    try:
        paths = json.loads((folder / MANIFEST).read_bytes())["paths"]
        return {*paths, *paths.values()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _plain(name: str) -> str:
    """The name that a compressed copy belongs to."""
    return next((name[: -len(ending)] for ending in COMPRESSED if name.endswith(ending)), name)


def _top(name: str) -> str:
    return name.partition("/")[0]

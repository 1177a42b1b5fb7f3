"""Which files of a folder this process reads, by CPython's audit events (PEP 578).

Owns the hook. What it can't see (another process, a library in C that opens files itself) makes it say nothing, or is the
business of its reader.
"""

from __future__ import annotations

import os
import sys
from typing import Any

OTHERS = {"subprocess.Popen", "os.system", "os.exec", "os.fork", "os.forkpty", "os.posix_spawn", "os.spawn", "os.startfile"}
"""With these somebody else may read anything."""


class Reads:
    """The files below ``folder`` that were opened since it was made."""

    def __init__(self, folder: str) -> None:
        self._prefixes = {os.path.join(path, "") for path in (os.path.abspath(folder), os.path.realpath(folder))}
        self._found: set[str] = set()
        self._is_known = True
        sys.addaudithook(self._hear)

    def names(self) -> list[str] | None:
        """Relative to the folder, sorted; none when somebody else may have read more."""
        return sorted(self._found) if self._is_known else None

    def _hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event in OTHERS:
            self._is_known = False
        elif event == "open" and arguments and isinstance(arguments[0], (str, bytes, os.PathLike)):
            path = os.path.abspath(os.fsdecode(arguments[0]))
            for prefix in self._prefixes:
                # Python looks for byte code, and a WAR's own copy of the project has none.
                if path.startswith(prefix) and "__pycache__" not in path:
                    self._found.add(path[len(prefix) :].replace(os.sep, "/"))

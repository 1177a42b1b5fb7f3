"""``python -m djwar_handler.compile``: byte code for a WAR, whose bytes depend on the sources alone.

Owns the entry point: reads one JSON object a line, ``{"source": …, "target": …, "name": …}``, and answers with one line
``{"compiled": N, "failed": [{"name": …, "error": …}]}``. ``name`` becomes ``co_filename``, so that the build folder's path gets
into no file; the import system puts the real path in at load time.
"""

from __future__ import annotations

import json
import marshal
import sys
import warnings
from collections.abc import Iterable
from importlib.util import MAGIC_NUMBER, source_hash
from pathlib import Path
from typing import Any

UNCHECKED_HASH = 0b01
"""PEP 552: the source is not looked at, neither its time (which deploying changes) nor its content."""

CHECKED_HASH = 0b11
"""PEP 552: the source's content must be what was compiled. For the project's own files, which somebody may edit in a
skeleton or an unpacked WAR: old code would run, and nobody would know why."""


def compile_source(source: bytes, name: str, checked: bool = False) -> bytes:
    """The content of a ``.pyc``. Raises ``SyntaxError`` or ``ValueError`` for what is no Python of this version."""
    # No cached or optimised code is involved: marshal's reference flags follow the objects' reference counts, and those of
    # a code object that was just compiled are always the same. Sets are sorted by marshal since Python 3.11.
    code = compile(source, name, "exec", dont_inherit=True)
    flags = CHECKED_HASH if checked else UNCHECKED_HASH
    return MAGIC_NUMBER + flags.to_bytes(4, "little") + source_hash(source) + marshal.dumps(code)


def compile_all(lines: Iterable[str]) -> dict[str, Any]:
    """Compiles what the lines name. What doesn't compile (templates, Python 2) is reported, and no failure."""
    compiled = 0
    failed = []
    for line in lines:
        if not line.strip():
            continue
        order = json.loads(line)
        try:
            data = compile_source(Path(order["source"]).read_bytes(), order["name"], order.get("checked", False))
        except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
            failed.append({"name": order["name"], "error": " ".join(f"{type(error).__name__}: {error}".split())})
            continue
        target = Path(order["target"])
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        compiled += 1
    return {"compiled": compiled, "failed": failed}


def main() -> int:
    """The process."""
    # Invalid escape sequences of other people's packages are no news for who builds a WAR.
    warnings.simplefilter("ignore")
    result = compile_all(sys.stdin)
    sys.stdout.write(json.dumps(result) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""Which files of a folder are read."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

SCRIPT = """
import json, os, sys
from djwar_handler.reads import Reads
reads = Reads(sys.argv[1])
{work}
print(json.dumps(reads.names()))
"""


def names(folder: Path, work: str) -> str:
    # In a process of its own: an audit hook can't be taken away again.
    root = Path(__file__).parents[1]
    command = [sys.executable, "-c", SCRIPT.format(work=work), str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    return subprocess.run(command, check=True, capture_output=True, text=True, cwd=folder, env=environment).stdout.strip()


def test_what_is_opened_or_imported_is_named_and_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg/__init__.py").write_text("x = 1")
    (tmp_path / "read.txt").write_text("read")
    (tmp_path / "left.txt").write_text("left")
    work = "sys.dont_write_bytecode = True; sys.path.insert(0, os.getcwd()); import pkg; open('read.txt').read(); open(os.devnull)"
    assert names(tmp_path, work) == '["pkg/__init__.py", "read.txt"]'


def test_another_process_makes_it_unknown(tmp_path: Path) -> None:
    assert names(tmp_path, "import subprocess; subprocess.run([sys.executable, '-c', ''])") == "null"

"""Byte code whose bytes depend on the sources alone, and which Python takes."""

from __future__ import annotations

import importlib.util
import json
import pathlib
import subprocess
import sys
import traceback

import pytest
from engine import HANDLER

SOURCES = {
    "package/__init__.py": "",
    "package/sets.py": "def f(x):\n    return x in {'alpha', 'beta', 'gamma', 'delta'} and x in {1, 'a', b'c', None}\n",
    "package/doc.py": '"""Documented."""\n\ndef fail():\n    raise ValueError("here")\n',
    "package/latin.py": "# -*- coding: latin-1 -*-\nname = '\u00fc'\n",
}


def compile_in(folder: pathlib.Path, names: list[str], seed: str = "random") -> tuple[dict[str, object], dict[str, bytes]]:
    """Writes the sources, compiles them; the report, and the byte code by name."""
    orders = []
    for name in names:
        source = folder / "src" / name
        source.parent.mkdir(parents=True, exist_ok=True)
        source.write_bytes(SOURCES.get(name, "print 'python 2'").encode("latin-1" if "latin" in name else "utf-8"))
        orders.append(json.dumps({"source": str(source), "target": str(folder / "out" / f"{name}c"), "name": name}))
    result = subprocess.run(
        [sys.executable, "-s", "-B", "-m", "djwar_handler.compile"],
        input="\n".join(orders).encode(),
        capture_output=True,
        check=True,
        env={"PYTHONPATH": str(HANDLER), "PYTHONHASHSEED": seed},
    )
    assert result.stderr == b""
    return json.loads(result.stdout), {
        name: (folder / "out" / f"{name}c").read_bytes() for name in names if name in SOURCES
    }


def test_the_same_sources_give_the_same_bytes_in_another_folder_order_and_hash_seed(tmp_path: pathlib.Path) -> None:
    names = list(SOURCES)
    report, one = compile_in(tmp_path / "one", names, "1")
    _, other = compile_in(tmp_path / "another" / "place", names[::-1], "2")
    assert report == {"compiled": 4, "failed": []}
    assert one == other


def test_no_build_folder_is_in_the_bytes(tmp_path: pathlib.Path) -> None:
    _, compiled = compile_in(tmp_path, list(SOURCES))
    assert all(str(tmp_path).encode() not in data for data in compiled.values())
    assert b"package/doc.py" in compiled["package/doc.py"]


def test_the_byte_code_is_unchecked_and_tracebacks_name_the_deployed_file(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, compiled = compile_in(tmp_path, ["package/doc.py"])
    assert compiled["package/doc.py"][4:8] == b"\x01\0\0\0"
    deployed = tmp_path / "deployed" / "doc.py"
    deployed.parent.mkdir()
    deployed.write_text("raise RuntimeError('the source must not be used')")
    target = pathlib.Path(importlib.util.cache_from_source(str(deployed)))
    target.parent.mkdir()
    target.write_bytes(compiled["package/doc.py"])
    specification = importlib.util.spec_from_file_location("deployed_doc", deployed)
    assert specification and specification.loader
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    assert module.__doc__ == "Documented."
    with pytest.raises(ValueError, match="here") as caught:
        module.fail()
    assert traceback.extract_tb(caught.value.__traceback__)[-1].filename == str(deployed)


def test_what_does_not_compile_is_reported_and_the_rest_goes_on(tmp_path: pathlib.Path) -> None:
    report, compiled = compile_in(tmp_path, ["package/doc.py", "template/old.py", "package/latin.py"])
    assert report["compiled"] == 2 and len(compiled) == 2
    failed = report["failed"]
    assert isinstance(failed, list) and failed[0]["name"] == "template/old.py"
    assert failed[0]["error"].startswith("SyntaxError: ") and "\n" not in failed[0]["error"]
    assert not (tmp_path / "out/template/old.pyc").exists()

"""Log lines: one record is one line, written at once, with its level."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator

import pytest
from conftest import StartEngine
from djwar_handler import logs


@pytest.fixture
def written(monkeypatch: pytest.MonkeyPatch) -> Iterator[list[bytes]]:
    """The single writes to standard error."""
    writes: list[bytes] = []

    def write(descriptor: int, data: bytes) -> int:
        assert descriptor == 2
        writes.append(data)
        return len(data)

    monkeypatch.setattr(os, "write", write)
    yield writes


@pytest.mark.parametrize(
    ("level", "name"),
    [(0, "DEBUG"), (10, "DEBUG"), (19, "DEBUG"), (20, "INFO"), (25, "INFO"), (30, "WARNING"), (40, "ERROR"), (99, "CRITICAL")],
)
def test_levels_are_the_standard_ones(level: int, name: str) -> None:
    assert logs.encode_record(level, "a.b", "text") == f"\x1e{name}\x1fa.b\x1ftext\n".encode()


def test_line_ends_inside_a_record_are_kept_as_one_line() -> None:
    assert logs.encode_record(20, "a", "one\ntwo\r\nthree\rfour\n") == b"\x1eINFO\x1fa\x1fone\x1dtwo\x1dthree\x1dfour\n"


def test_lone_surrogates_can_be_logged() -> None:
    assert logs.encode_record(20, "a", "\udcff\u00fc") == b"\x1eINFO\x1fa\x1f\\udcff\xc3\xbc\n"


def test_a_text_that_is_too_long_loses_its_middle() -> None:
    record = logs.encode_record(20, "a", "begin" + "x" * 100_000 + "end")
    assert len(record) < 64 * 1024
    assert b"begin" in record and b"end\n" in record and b"characters left out" in record


def test_a_stream_writes_whole_lines_in_one_write(written: list[bytes]) -> None:
    stream = logs.LineStream()
    print("a", 1, file=stream)
    print("no end", end="", file=stream, flush=True)
    assert written == [b"a 1\n"]
    print("", file=stream)
    stream.write("two\nlines\nand")
    assert written == [b"a 1\n", b"no end\n", b"two\nlines\n"]
    stream.finish()
    assert written[3:] == [b"and\n"]


def test_a_line_without_an_end_does_not_grow_for_ever(written: list[bytes]) -> None:
    stream = logs.LineStream()
    for _ in range(10_000):
        stream.write(".")
    assert [len(data) for data in written] == [8194]


def test_a_stream_with_a_level_writes_records(written: list[bytes]) -> None:
    stream = logs.LineStream(logging.ERROR, "wsgi.errors")
    stream.writelines(["one\n", "two\nthree\n", "\n"])
    assert written == [b"\x1eERROR\x1fwsgi.errors\x1fone\n", b"\x1eERROR\x1fwsgi.errors\x1ftwo\x1dthree\n"]


def test_djwars_own_log_has_a_threshold(written: list[bytes]) -> None:
    log = logs.Log("djwar.x", logging.WARNING)
    log.debug("no")
    log.info("no")
    log.warning("yes")
    log.error("yes")
    assert written == [b"\x1eWARNING\x1fdjwar.x\x1fyes\n", b"\x1eERROR\x1fdjwar.x\x1fyes\n"]


def test_a_log_that_has_gone_breaks_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    def write(descriptor: int, data: bytes) -> int:
        raise BrokenPipeError

    monkeypatch.setattr(os, "write", write)
    logs.Log("x").error("text")


PROJECT = """
    import logging, logging.config, os, subprocess, sys, threading, warnings

    print("printed at import")
    os.write(1, b"written to descriptor 1\\n")
    logging.getLogger("early").warning("by the last resort")
    warnings.warn("beware")
    logging.config.dictConfig({
        "version": 1,
        "formatters": {"short": {"format": "<%(message)s>"}},
        "handlers": {"out": {"class": "logging.StreamHandler", "formatter": "short", "stream": "ext://sys.stdout"}},
        "root": {"handlers": ["out"], "level": "DEBUG"},
    })

    def fail():
        raise ValueError("in a thread")

    def application(environ, start_response):
        log = logging.getLogger("shop.views")
        log.debug("first\\nsecond")
        try:
            1 / 0
        except ZeroDivisionError:
            log.exception("division")
        late = logging.getLogger("late")
        late.propagate = False
        late.addHandler(logging.StreamHandler())
        late.critical("made at a request")
        print("to wsgi.errors", file=environ["wsgi.errors"])
        thread = threading.Thread(target=fail, name="mine")
        thread.start()
        thread.join()
        subprocess.run(["echo", "from a subprocess"])
        print("last", "line", file=sys.stderr)
        start_response("200 OK", [])
        return [b"ok"]
"""


def test_the_projects_log_reaches_the_engine_with_its_levels(start_engine: StartEngine) -> None:
    engine = start_engine(PROJECT)
    assert engine.event()["event"] == "ready"
    engine.worker().get()
    lines: list[str] = []
    while not lines or lines[-1] != "last line\n":
        line = engine.log_line()
        assert line is not None, lines
        lines.append(line.decode())
    text = "".join(lines)
    assert "\nwritten to descriptor 1\n" in "\n" + text and "printed at import\n" in lines
    assert "\x1eWARNING\x1fearly\x1fby the last resort\n" in lines
    assert any(line.startswith("\x1eWARNING\x1fpy.warnings\x1f") and "UserWarning: beware" in line for line in lines)
    assert "\x1eDEBUG\x1fshop.views\x1f<first\x1dsecond>\n" in lines
    (division,) = [line for line in lines if "division>" in line]
    assert division.startswith("\x1eERROR\x1fshop.views\x1f<division>\x1dTraceback (most recent call last):\x1d")
    assert division.endswith("ZeroDivisionError: division by zero\n")
    assert "\x1eCRITICAL\x1flate\x1fmade at a request\n" in lines
    assert "\x1eERROR\x1fwsgi.errors\x1fto wsgi.errors\n" in lines
    assert any(line.startswith("\x1eERROR\x1fdjwar\x1fexception in thread mine\x1dTraceback") for line in lines)
    assert "from a subprocess\n" in lines

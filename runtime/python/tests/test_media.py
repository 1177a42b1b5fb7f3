"""Uploaded files, served by djwar when it is asked to."""

from __future__ import annotations

import pathlib
import random

import pytest
from conftest import StartEngine
from django_project import start


def with_uploads(project: pathlib.Path) -> None:
    (project / "uploads/f").mkdir(parents=True)
    (project / "uploads/f/\u00fc.txt").write_bytes(b"0123456789")
    (project / "secret.txt").write_text("a secret")
    with (project / "site_settings.py").open("a") as settings:
        settings.write("\nMEDIA_URL = '/files/'\nMEDIA_ROOT = os.path.abspath('uploads')\n")


@pytest.mark.parametrize("context_path", ["", "/ctx"])
def test_uploaded_files_are_served_when_asked_for(
    start_engine: StartEngine, project: pathlib.Path, context_path: str
) -> None:
    with_uploads(project)
    engine = start(start_engine, context_path=context_path, media=True)
    assert engine.event()["event"] == "ready"
    side = engine.worker()
    name = "/files/f/\u00fc.txt"
    answer = side.get(name, SCRIPT_NAME=context_path)
    assert (answer.status, answer.body, answer.header("Content-Type")) == (200, b"0123456789", "text/plain")
    assert answer.header("X-Content-Type-Options") == "nosniff"
    modified = answer.header("Last-Modified")
    assert modified
    assert side.get(name, HTTP_IF_MODIFIED_SINCE=modified).status == 304
    head = side.get(name, REQUEST_METHOD="HEAD")
    assert (head.status, head.body, head.header("Content-Length")) == (200, b"", "10")
    part = side.get(name, REQUEST_METHOD="HEAD", HTTP_RANGE="bytes=2-4")
    assert (part.status, part.header("Content-Length"), part.header("Content-Range")) == (200, "10", None)
    ranges = {
        "bytes=2-4": (206, b"234", "bytes 2-4/10"),
        "bytes=8-": (206, b"89", "bytes 8-9/10"),
        "bytes=-3": (206, b"789", "bytes 7-9/10"),
        "bytes=5-99": (206, b"56789", "bytes 5-9/10"),
        "bytes=-99": (206, b"0123456789", "bytes 0-9/10"),
        "bytes=10-": (416, b"", "bytes */10"),
        "bytes=-0": (416, b"", "bytes */10"),
        "bytes=4-2": (200, b"0123456789", None),
        "bytes=0-1,4-5": (200, b"0123456789", None),
        "lines=1-2": (200, b"0123456789", None),
        "bytes=0-" + "9" * 4301: (200, b"0123456789", None),
    }
    for asked, wanted in ranges.items():
        answer = side.get(name, HTTP_RANGE=asked)
        assert (answer.status, answer.body, answer.header("Content-Range")) == wanted, asked
        assert answer.header("Content-Length") == str(len(wanted[1])), asked
    assert side.get(name, HTTP_RANGE="bytes=2-4", HTTP_IF_RANGE=modified).status == 206
    assert side.get(name, HTTP_RANGE="bytes=2-4", HTTP_IF_RANGE="Fri, 01 Jan 2021 00:00:00 GMT").status == 200


def test_an_uploaded_archive_arrives_as_it_is(start_engine: StartEngine, project: pathlib.Path) -> None:
    with_uploads(project)
    (project / "uploads/b.tar.gz").write_bytes(b"packed")
    engine = start(start_engine, media=True)
    assert engine.event()["event"] == "ready"
    answer = engine.worker().get("/files/b.tar.gz")
    assert (answer.body, answer.header("Content-Type")) == (b"packed", "application/gzip")
    assert answer.header("Content-Encoding") is None


def test_a_large_upload_and_its_ranges_cost_the_worker_nothing(
    start_engine: StartEngine, project: pathlib.Path
) -> None:
    with_uploads(project)
    content = random.Random(1).randbytes(1_000_000)
    (project / "uploads/film.mp4").write_bytes(content)
    engine = start(start_engine, media=True)
    assert engine.event()["event"] == "ready"
    side = engine.worker()
    answer = side.get("/files/film.mp4")
    assert (answer.kinds, answer.status, answer.body) == ("X", 200, content)
    answer = side.get("/files/film.mp4", HTTP_RANGE="bytes=100-600099")
    assert (answer.kinds, answer.status, answer.body) == ("X", 206, content[100:600_100])
    side.takes_files = False
    answer = side.get("/files/film.mp4", HTTP_RANGE="bytes=100-600099")
    assert (answer.status, answer.body) == (206, content[100:600_100])


def test_nothing_but_uploaded_files_is_served_as_such(start_engine: StartEngine, project: pathlib.Path) -> None:
    with_uploads(project)
    engine = start(start_engine, media=True)
    assert engine.event()["event"] == "ready"
    side = engine.worker()
    paths = ("/files/", "/files/f/", "/files/none", "/files/../secret.txt", "/files//etc/passwd")
    spellings = ("/files/f/\u00fc.txt/", "/files//f/\u00fc.txt", "/files/f/./\u00fc.txt")
    for path in (*paths, *spellings, "/files/" + "x" * 5000, "/filesystem"):
        answer = side.get(path)
        assert answer.status == 404, path
        assert b"secret" not in answer.body and b"root:" not in answer.body
    assert side.get("/name/files/").body == b"files"
    assert side.post("/files/f/\u00fc.txt", b"x").status == 404


def test_uploaded_files_are_the_projects_business_by_default(start_engine: StartEngine, project: pathlib.Path) -> None:
    with_uploads(project)
    engine = start(start_engine)
    engine.event()
    assert engine.worker().get("/files/f/\u00fc.txt").status == 404


def test_a_project_without_uploads_says_that_there_are_none(start_engine: StartEngine, project: pathlib.Path) -> None:
    engine = start(start_engine, media=True)
    assert engine.event()["event"] == "ready"
    assert "MEDIA_ROOT" in engine.log_until("nothing to serve")
    assert engine.worker().get("/name/a/").body == b"a"

"""Fixtures: a serving connection, and engines with a real parent process."""

from __future__ import annotations

import contextlib
import pathlib
import tempfile
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from doubles import Serving
from django_project import write_project
from djwar_handler.headers import drop_hop_by_hop
from engine import Engine

# The engine's first line says it to a real parent.
drop_hop_by_hop(["connection", "keep-alive", "te", "trailer", "transfer-encoding", "upgrade"])

StartEngine = Callable[..., Engine]
StartServing = Callable[..., Serving]


@pytest.fixture
def folder() -> Iterator[pathlib.Path]:
    """A short path: a Unix socket's is limited to about 108 bytes, and pytest's own folders are long."""
    with tempfile.TemporaryDirectory(prefix="djwar-") as name:
        yield pathlib.Path(name)


@pytest.fixture
def project(folder: pathlib.Path) -> pathlib.Path:
    """A small Django project."""
    return write_project(folder)


@pytest.fixture
def start_engine(folder: pathlib.Path) -> Iterator[StartEngine]:
    """Starts a parent for an application given as source."""
    with contextlib.ExitStack() as stack:

        def start(source: str, python_path: list[str] | None = None, **values: Any) -> Engine:
            (folder / "app.py").write_text(textwrap.dedent(source))
            engine = Engine(folder, [folder, *(python_path or [])], **values)
            stack.callback(engine.close)
            return engine

        yield start


@pytest.fixture
def serving() -> Iterator[StartServing]:
    """Serves an application on a socket pair, in a thread."""
    with contextlib.ExitStack() as stack:

        def start(application: Any, **values: Any) -> Serving:
            served = Serving(application, **values)
            stack.callback(served.close)
            return served

        yield start

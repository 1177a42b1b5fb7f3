"""Doubles: a log that remembers, a connection without a process."""

from __future__ import annotations

import logging
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any
from wsgiref.validate import validator

from djwar_handler.connection import Connection
from djwar_handler.logs import LineStream, Log
from djwar_handler.request import base_environ
from djwar_handler.serving import serve
from engine import TIMEOUT, EngineSide

StartResponse = Callable[..., Callable[[bytes], object]]
Environ = dict[str, Any]

PLAIN = [("Content-Type", "text/plain")]


class MemoryLog(Log):
    """Remembers what was logged."""

    def __init__(self) -> None:
        super().__init__("test", logging.DEBUG)
        self.records: list[tuple[int, str]] = []

    def write(self, level: int, text: str) -> None:
        self.records.append((level, text))

    def at(self, level: int) -> list[str]:
        """The texts of one level."""
        return [text for record_level, text in self.records if record_level == level]


class Serving(EngineSide):
    """The engine's side of a connection which an application is served on, by a thread of this process."""

    def __init__(self, application: Any, validated: bool = True) -> None:
        ours, theirs = socket.socketpair()
        super().__init__(ours)
        self.log = MemoryLog()
        self.is_anew: bool | None = None
        """What serve() said at its end."""
        self._connection = Connection(theirs)
        self._application = validator(application) if validated else application
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        base = base_environ("Test/1.0", 4, LineStream(logging.ERROR, "wsgi.errors"))
        try:
            self.is_anew = serve(self._connection, self._application, base, self.log)
        finally:
            self._connection.close()

    def finish(self) -> None:
        """Closes our end and waits for the serving thread."""
        super().close()
        self._thread.join(TIMEOUT)
        assert not self._thread.is_alive(), "the serving thread did not end"

    def close(self) -> None:
        self.finish()


class Closing:
    """An iterable that counts its close() calls."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self.closed = 0
        self.was_closed = threading.Event()

    def __iter__(self) -> Iterator[bytes]:
        return self._chunks

    def close(self) -> None:
        self.closed += 1
        self.was_closed.set()


class Handler:
    """A handler which is named by its class."""

    def __call__(self, environ: dict[str, object], start_response: object) -> list[bytes]:
        """A WSGI application."""
        return []

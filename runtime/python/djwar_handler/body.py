"""``wsgi.input``.

Owns how an application reads the request's body. Inline bodies are an ``io.BytesIO``; this module has the pulled ones.
Both read ``b""`` past the end (``wsgi.input_terminated``).
"""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from djwar_handler.connection import Connection

if TYPE_CHECKING:
    from typing_extensions import Buffer

BUFFER_SIZE = 64 * 1024


class PulledBody(io.RawIOBase):
    """Reads the body from the engine, which has spooled it: one question, one answer, so nothing is ever left over."""

    def __init__(self, connection: Connection) -> None:
        super().__init__()
        self._connection: Connection | None = connection
        self._failure: OSError | None = None
        self._at_end = False

    def readable(self) -> bool:
        """Always."""
        return True

    def readinto(self, target: Buffer, /) -> int:
        """One pull. A failure stays: the rest of the body must not look like its end."""
        if self._failure is not None:
            raise self._failure
        if self._connection is None:
            raise OSError("the request has ended, its body can't be read any more")
        view = memoryview(target).cast("B")
        if self._at_end or not len(view):
            return 0
        try:
            size = self._connection.pull(view)
        except OSError as error:
            self._failure = error
            raise
        self._at_end = size == 0
        return size

    def detach_connection(self) -> None:
        """At the request's end: a body that the application kept must not pull into the next request."""
        self._connection = None


def buffered(body: PulledBody) -> io.BufferedReader:
    """``read``, ``readline``, ``readlines`` and iteration, as PEP 3333 asks, at C's speed."""
    return io.BufferedReader(body, BUFFER_SIZE)

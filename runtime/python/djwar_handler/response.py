"""A response: from what the application returns to frames.

Owns PEP 3333's rules about ``start_response``, ``write`` and the iterable. Knows the connection only as something to send on.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, Protocol

from djwar_handler import frames
from djwar_handler.file_wrapper import FilePart, FileWrapper
from djwar_handler.headers import encode_headers, parse_status
from djwar_handler.logs import Log
from djwar_handler.request import describe_request

ExceptionInfo = Any
"""``sys.exc_info()``'s triple; PEP 3333 doesn't say more."""

INTERNAL_SERVER_ERROR = b"Internal Server Error\n"
INTERNAL_SERVER_ERROR_HEAD = b"Content-Type\0text/plain; charset=utf-8"

BODYLESS_STATUSES = frozenset({204, 304})

_pack_response_header = frames.RESPONSE_HEADER.pack


class Sender(Protocol):
    """What a response needs of a connection."""

    def send(self, data: bytes) -> None:
        """Sends whole frames."""

    def hand_over(self, offer: bytes) -> bool:
        """Offers a file; whether the engine sends it."""


class IncompleteResponse(Exception):
    """The application ended before it sent what its Content-Length promised."""


class Response:
    """One response."""

    __slots__ = (
        "_connection",
        "_environ",
        "_has_body",
        "_is_cut",
        "_log",
        "head",
        "is_complete",
        "is_started",
        "remaining",
        "status",
    )

    def __init__(self, connection: Sender, environ: dict[str, Any], log: Log) -> None:
        self._connection = connection
        self._environ = environ
        self._log = log
        self._has_body = environ.get("REQUEST_METHOD") != "HEAD"
        self._is_cut = False
        self.status = 0
        self.head = b""
        self.remaining: int | None = None
        self.is_started = False
        """Whether something was sent."""
        self.is_complete = False

    def start(
        self, status: str, headers: list[tuple[str, str]], exc_info: ExceptionInfo = None, /
    ) -> Callable[[bytes], object]:
        """``start_response``."""
        if exc_info:
            try:
                if self.is_started:
                    # PEP 3333: the headers have gone, so the application must be stopped by its own error.
                    raise exc_info[1].with_traceback(exc_info[2])
            finally:
                exc_info = None
        elif self.status:
            raise AssertionError("start_response() was called twice without exc_info (PEP 3333)")
        code = parse_status(status)
        self.head, self.remaining = encode_headers(headers, self._log.warning_once)
        self.status = code
        if code in BODYLESS_STATUSES:
            self._has_body = False
        return self.write

    def write(self, data: bytes) -> None:
        """PEP 3333's ``write()``: sent at once."""
        if not isinstance(data, bytes):
            raise TypeError(f"write() takes bytes, not {type(data).__name__}")
        if data:
            self._send_part(data)

    def deliver(self, result: Iterable[bytes]) -> None:
        """Sends what the application returned."""
        kind = type(result)
        if kind is list or kind is tuple:
            self._send_whole(b"".join(result))
        elif getattr(result, "streaming", True) is False:
            # Django's HttpResponse has its content already; its attribute says so since Django 1.5.
            self._send_whole(result.content)  # type: ignore[attr-defined]
        elif not ((kind is FileWrapper or kind is FilePart) and self._hand_over(result)):  # type: ignore[arg-type]
            self._send_chunks(result)

    def fail(self) -> None:
        """After a failure of the application: a plain 500 if nothing was sent, else a broken response."""
        if self.is_complete:
            return
        if self.is_started:
            self.is_complete = True
            self._connection.send(frames.TRUNCATED)
        else:
            self._send_full(500, INTERNAL_SERVER_ERROR_HEAD, INTERNAL_SERVER_ERROR)

    def _send_whole(self, body: bytes) -> None:
        size = len(body)
        if self.is_started or size > frames.FULL_LIMIT:
            # write() was used before, or it is too large for one frame.
            if body:
                self._send_part(body)
            self._end()
            return
        if not self.status:
            raise AssertionError("the application returned without calling start_response() (PEP 3333)")
        if self.remaining is not None and self.remaining != size and self._has_body:
            if size < self.remaining:
                raise IncompleteResponse(f"the application sent {size} bytes, Content-Length says {self.remaining}")
            self._cut()
            body = body[: self.remaining]
        self._send_full(self.status, self.head, body)

    def _send_chunks(self, result: Iterable[bytes]) -> None:
        for chunk in result:
            if not chunk:
                # PEP 3333: headers wait for the first chunk that is not empty.
                continue
            if self.is_complete:
                self._cut()
                break
            if not self.is_started:
                if not self._has_body and self.status:
                    # The engine would drop what follows (HEAD, 204, 304): don't produce it.
                    break
                if len(chunk) == self.remaining and len(chunk) <= frames.FULL_LIMIT and self.status:
                    self._send_full(self.status, self.head, chunk)
                    continue
            self._send_part(chunk)
            if self._is_cut:
                break
        if not self.is_complete:
            if not self.is_started and self._has_body:
                self._send_whole(b"")
            else:
                self._end()

    def _hand_over(self, file: FileWrapper | FilePart) -> bool:
        """Has the engine send a file that lies on disk as it is, so that a slow client does not hold this thread."""
        length = self.remaining
        # A smaller one is a single frame, which the engine takes at once.
        if not self.status or self.is_started or not self._has_body or length is None or length <= frames.PART_LIMIT:
            return False
        place = file.place(length)
        if place is None:
            return False
        head = self.head
        header = _pack_response_header(frames.FILE, 6 + len(head) + frames.FILE_PLACE.size, self.status, len(head))
        if not self._connection.hand_over(b"".join((header, head, frames.FILE_PLACE.pack(*place, length)))):
            return False
        self.is_started = self.is_complete = True
        return True

    def _send_full(self, status: int, head: bytes, body: bytes) -> None:
        size = len(head)
        header = _pack_response_header(frames.FULL, 6 + size + len(body), status, size)
        frame = b"".join((header, head, body))
        # Not before the frame is made: what is no bytes fails there, and must still become a 500.
        self.is_started = self.is_complete = True
        self._connection.send(frame)

    def _send_part(self, data: bytes) -> None:
        if not self.status:
            raise AssertionError("the application sent data before calling start_response() (PEP 3333)")
        if self.remaining is not None:
            if len(data) > self.remaining:
                self._cut()
                data = data[: self.remaining]
                if not data:
                    return
            self.remaining -= len(data)
        if len(data) <= frames.PART_LIMIT:
            self._send_frame(data)
            return
        with memoryview(data) as view:
            for start in range(0, len(data), frames.PART_LIMIT):
                self._send_frame(view[start : start + frames.PART_LIMIT])

    def _send_frame(self, data: bytes | memoryview) -> None:
        if self.is_started:
            self._connection.send(b"".join((frames.PART_HEADER.pack(frames.BODY, len(data)), data)))
            return
        head = self.head
        header = _pack_response_header(frames.START, 6 + len(head) + len(data), self.status, len(head))
        frame = b"".join((header, head, data))
        self.is_started = True
        self._connection.send(frame)

    def _end(self) -> None:
        if not self.is_started:
            if not self.status:
                raise AssertionError("the application returned without calling start_response() (PEP 3333)")
            # No body will follow; S and E, not F: a HEAD's length is not the length of its empty body.
            self._send_frame(b"")
        elif self.remaining and self._has_body:
            raise IncompleteResponse(f"the application ended {self.remaining} bytes before its Content-Length")
        self.is_complete = True
        self._connection.send(frames.END)

    def _cut(self) -> None:
        if not self._is_cut:
            self._is_cut = True
            name = describe_request(self._environ)
            self._log.warning(f"{name}: the application sent more than its Content-Length says; the rest is cut off")

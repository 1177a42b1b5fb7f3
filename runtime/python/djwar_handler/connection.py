"""A worker thread's connection to the engine.

Owns the socket, the buffer that frames are read into, and the knowledge whether the connection still stands. Knows no WSGI.
"""

from __future__ import annotations

import json
import os
import socket

from djwar_handler import PROTOCOL, frames

BUFFER_SIZE = 128 * 1024
"""More than any request whose body is inline needs, unless its headers are enormous."""


class Disconnected(ConnectionError):
    """The engine closed the connection, which is how a worker hears that the client has left."""


class Connection:
    """One connection; it serves one request at a time."""

    __slots__ = ("_receive_into", "_send_all", "_socket", "buffer", "is_broken", "view", "was_used")

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        self._receive_into = connected.recv_into
        self._send_all = connected.sendall
        self.buffer = bytearray(BUFFER_SIZE)
        self.view = memoryview(self.buffer)
        self.is_broken = False
        self.was_used = False
        """Whether something was sent since the hello."""

    @classmethod
    def open(cls, address: str, token: str, worker: int, thread: int) -> Connection:
        """Connects and says hello; ``OSError`` when nobody listens any more."""
        connected = _connect(address)
        hello = {"protocol": PROTOCOL, "token": token, "worker": worker, "pid": os.getpid(), "thread": thread}
        try:
            connected.sendall(frames.pack(frames.HELLO, json.dumps(hello).encode("ascii")))
        except OSError:
            connected.close()
            raise
        return cls(connected)

    def close(self) -> None:
        """Closes the socket; the engine sees end of file."""
        self.is_broken = True
        self._socket.close()

    def receive(self) -> int:
        """Reads the next frame to the start of the buffer; its whole size, or 0 when the engine has closed.

        Normally that is one system call: the engine sends a frame at once and nothing behind it before we answered.
        """
        try:
            size = self._receive_into(self.buffer)
            if size == 0:
                return 0
            while size < 5:
                size += self._receive_more(size)
            expected: int = 5 + frames.HEADER.unpack_from(self.buffer)[1]
            if size == expected:
                return size
            if size > expected or expected > frames.PAYLOAD_LIMIT + 5:
                raise Disconnected("the engine sent what is no frame")
            if expected > len(self.buffer):
                self._grow(expected)
            while size < expected:
                size += self._receive_more(size)
            return expected
        except OSError:
            self.is_broken = True
            raise

    def shrink(self) -> None:
        """Gives a large frame's memory back."""
        if len(self.buffer) > BUFFER_SIZE:
            self.view.release()
            self.buffer = bytearray(BUFFER_SIZE)
            self.view = memoryview(self.buffer)

    def send(self, data: bytes) -> None:
        """Sends whole frames; blocks while the client is slow, which is the backpressure."""
        if self.is_broken:
            raise Disconnected("the client has left")
        self.was_used = True
        try:
            self._send_all(data)
        except OSError as error:
            self.is_broken = True
            raise Disconnected("the client has left") from error

    def pull(self, target: memoryview) -> int:
        """Asks for a part of the request's body; how much came, 0 at its end. ``OSError`` when it can't be had."""
        wanted = min(len(target), frames.FULL_LIMIT)
        self.send(frames.PULL_FRAME.pack(frames.PULL, 4, wanted))
        try:
            header = bytearray(5)
            self._receive_exactly(memoryview(header))
            kind, size = frames.HEADER.unpack(header)
            if kind == frames.ABORT:
                self._receive_exactly(memoryview(bytearray(size)))
                raise InterruptedBody("the request's body can't be read: the client has left")
            if kind != frames.DATA or size > wanted:
                raise Disconnected("the engine sent no answer to a pull")
            self._receive_exactly(target[:size])
        except InterruptedBody:
            raise
        except OSError:
            self.is_broken = True
            raise
        return int(size)

    def hand_over(self, offer: bytes) -> bool:
        """Offers a file to the engine; whether it has opened it, so that nothing of it needs to be sent."""
        self.send(offer)
        try:
            header = bytearray(5)
            # Not a byte more: behind a consent the next request may follow at once.
            self._receive_exactly(memoryview(header))
            kind, size = frames.HEADER.unpack(header)
            if size or kind not in (frames.TAKEN, frames.REFUSED):
                raise Disconnected("the engine sent no answer to an offer")
        except OSError:
            self.is_broken = True
            raise
        return bool(kind == frames.TAKEN)

    def _receive_more(self, offset: int) -> int:
        size = self._receive_into(self.view[offset:])
        if size == 0:
            raise Disconnected("the engine closed in the middle of a frame")
        return size

    def _receive_exactly(self, target: memoryview) -> None:
        while len(target):
            size = self._receive_into(target)
            if size == 0:
                raise Disconnected("the engine closed in the middle of a frame")
            target = target[size:]

    def _grow(self, size: int) -> None:
        larger = bytearray(size)
        larger[: len(self.buffer)] = self.buffer
        self.view.release()
        self.buffer = larger
        self.view = memoryview(larger)


class InterruptedBody(OSError):
    """The engine answered a pull with an abort; the connection itself is sane."""


def _connect(address: str) -> socket.socket:
    if address.startswith("tcp:"):
        connected = socket.create_connection(("127.0.0.1", int(address[4:])))
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        # create_connection may have been given the project's default time-out; a worker waits for ever.
        connected.settimeout(None)
        return connected
    connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    connected.settimeout(None)
    try:
        connected.connect(address)
    except OSError:
        connected.close()
        raise
    return connected

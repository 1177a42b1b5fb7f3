"""A stand-in for the servlet side: a real Unix socket, real frames, and a real parent process."""

from __future__ import annotations

import dataclasses
import json
import os
import pathlib
import queue
import socket
import struct
import subprocess
import sys
import threading
from typing import Any

HANDLER = pathlib.Path(__file__).resolve().parent.parent
TIMEOUT = 60.0
"""Only so that a broken handler fails a test rather than hanging it."""


@dataclasses.dataclass
class Answer:
    """What the worker answered to one request."""

    kinds: str
    status: int
    headers: list[tuple[str, str]]
    body: bytes
    is_truncated: bool

    def header(self, name: str) -> str | None:
        """The first header of that name."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


class EngineSide:
    """The engine's end of one worker connection."""

    def __init__(self, connected: socket.socket) -> None:
        self.socket = connected
        self.socket.settimeout(TIMEOUT)
        self.pid = os.getpid()
        self.takes_files = True

    def receive_exactly(self, size: int) -> bytes:
        data = b""
        while len(data) < size:
            part = self.socket.recv(size - len(data))
            if not part:
                raise EOFError
            data += part
        return data

    def receive(self) -> tuple[str, bytes]:
        kind, size = struct.unpack(">cI", self.receive_exactly(5))
        return kind.decode(), self.receive_exactly(size)

    def send(self, kind: str, payload: bytes = b"") -> None:
        self.socket.sendall(struct.pack(">cI", kind.encode(), len(payload)) + payload)

    def hello(self) -> dict[str, Any]:
        kind, payload = self.receive()
        assert kind == "H"
        hello: dict[str, Any] = json.loads(payload)
        self.pid = hello["pid"]
        return hello

    def send_request(self, environ: dict[str, str], body: bytes = b"", pulled: bool = False) -> None:
        blob = "\0".join(f"{key}\0{value}" for key, value in environ.items()).encode("latin-1")
        payload = struct.pack(">IB", len(blob), pulled) + blob
        self.send("R", payload if pulled else payload + body)

    def answer(self, body: bytes | None = b"") -> Answer:
        """Reads to the response's end, feeding pulls from ``body``; ``None`` answers them with an abort."""
        kinds, status, headers, received, offset = "", 0, b"", b"", 0
        while True:
            kind, payload = self.receive()
            kinds += kind
            if kind == "P":
                if body is None:
                    self.send("A")
                    continue
                (wanted,) = struct.unpack(">I", payload)
                self.send("D", body[offset : offset + wanted])
                offset += wanted
            elif kind == "X":
                if not self.takes_files:
                    self.send("N")
                    continue
                status, size = struct.unpack_from(">HI", payload)
                headers = payload[6 : 6 + size]
                descriptor, position, length = struct.unpack_from(">IQQ", payload, 6 + size)
                with open(f"/proc/{self.pid}/fd/{descriptor}", "rb") as file:
                    self.send("Y")
                    file.seek(position)
                    received = file.read(length)
            elif kind in "FS":
                status, size = struct.unpack_from(">HI", payload)
                headers, received = payload[6 : 6 + size], payload[6 + size :]
            elif kind == "B":
                received += payload
            if kind in "FETX":
                parts = headers.decode("latin-1").split("\0") if headers else []
                pairs = list(zip(parts[::2], parts[1::2], strict=True))
                return Answer(kinds, status, pairs, received, kind == "T")

    def get(self, path: str = "/", **environ: str) -> Answer:
        self.send_request(environ_of(path, **environ))
        return self.answer()

    def post(self, path: str, body: bytes, pulled: bool = False, **environ: str) -> Answer:
        environ = {"REQUEST_METHOD": "POST", "CONTENT_LENGTH": str(len(body)), **environ}
        self.send_request(environ_of(path, **environ), body, pulled)
        return self.answer(body)

    def retire(self) -> None:
        """Tells the thread to end."""
        self.send("Q")
        self.close()

    def close(self) -> None:
        self.socket.close()


def environ_of(path: str = "/", script: str = "", **more: str) -> dict[str, str]:
    """What the engine sends for a plain GET."""
    path, _, query = path.partition("?")
    return {
        "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": script,
        "PATH_INFO": path.encode().decode("latin-1"),
        "QUERY_STRING": query,
        "SERVER_NAME": "testserver",
        "SERVER_PORT": "80",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        "HTTP_HOST": "testserver",
        "wsgi.url_scheme": "http",
        **more,
    }


class Engine:
    """Starts a parent, gives orders, collects events, log lines and connections."""

    def __init__(
        self,
        folder: pathlib.Path,
        python_path: list[pathlib.Path | str],
        environ: dict[str, str] | None = None,
        python: str = sys.executable,
        tcp: bool = False,
        **start: Any,
    ) -> None:
        if tcp:
            self.listener = socket.create_server(("127.0.0.1", 0))
            address = f"tcp:{self.listener.getsockname()[1]}"
        else:
            address = str(folder / "s")
            self.listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
            self.listener.bind(address)
            self.listener.listen(64)
        self.listener.settimeout(TIMEOUT)
        self._sides: list[EngineSide] = []
        self.start = {
            "protocol": 1,
            "socket": address,
            "token": "0" * 64,
            "wsgi": "app:application",
            "settings": "",
            "context_path": "",
            "threads": 1,
            "adapt_urls": True,
            "static_root": "",
            "software": "Test/1.0",
            "log_level": "debug",
            **start,
        }
        self.process = subprocess.Popen(
            [python, "-s", "-B", "-m", "djwar_handler"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=folder,
            env={
                "PATH": os.defpath,
                "PYTHONPATH": os.pathsep.join(map(str, [HANDLER, *python_path])),
                "PYTHONSAFEPATH": "1",
                "PYTHONUTF8": "1",
                "PYTHONNOUSERSITE": "1",
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONUNBUFFERED": "1",
                **(environ or {}),
            },
        )
        assert self.process.stdin and self.process.stdout and self.process.stderr
        self._events: queue.Queue[dict[str, Any] | None] = queue.Queue()
        self._lines: queue.Queue[bytes | None] = queue.Queue()
        self._readers = [
            threading.Thread(target=self._read_events, daemon=True),
            threading.Thread(target=self._read_log, daemon=True),
        ]
        for reader in self._readers:
            reader.start()
        self.order(json.dumps(self.start))

    def _read_events(self) -> None:
        assert self.process.stdout
        for line in self.process.stdout:
            self._events.put(json.loads(line))
        self._events.put(None)

    def _read_log(self) -> None:
        assert self.process.stderr
        for line in self.process.stderr:
            self._lines.put(line)
        self._lines.put(None)

    def order(self, line: str) -> None:
        assert self.process.stdin
        self.process.stdin.write(line.encode() + b"\n")
        self.process.stdin.flush()

    def event(self) -> dict[str, Any]:
        event = self._events.get(timeout=TIMEOUT)
        assert event is not None, f"no more events; log: {self.rest_of_log()}"
        return event

    def log_line(self) -> bytes | None:
        return self._lines.get(timeout=TIMEOUT)

    def log_until(self, text: str) -> str:
        """The first log line with a text in it, decoded, without its line end."""
        seen = []
        while (line := self.log_line()) is not None:
            decoded = line.decode().rstrip("\n")
            if text in decoded:
                return decoded
            seen.append(decoded)
        raise AssertionError(f"{text!r} is not in the log: {seen}")

    def rest_of_log(self) -> str:
        """Everything that is still to come, up to the end of all processes."""
        return b"".join(iter(self.log_line, None)).decode()

    def accept(self) -> EngineSide:
        connected, _ = self.listener.accept()
        side = EngineSide(connected)
        self._sides.append(side)
        return side

    def worker(self, number: int = 0) -> EngineSide:
        """Forks a worker and takes its first connection."""
        self.order(f"fork {number}")
        assert self.event()["event"] == "forked"
        side = self.accept()
        side.hello()
        return side

    def wait(self) -> int:
        return self.process.wait(TIMEOUT)

    def close(self) -> None:
        self.listener.close()
        for side in self._sides:
            side.close()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream
        for reader in self._readers:
            reader.join(TIMEOUT)
        for stream in (self.process.stdin, self.process.stdout, self.process.stderr):
            assert stream
            try:
                stream.close()
            except BrokenPipeError:
                pass

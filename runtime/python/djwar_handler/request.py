"""The WSGI environ of a request.

Owns the way from a request frame to the dictionary that the application gets. Pure: no socket, no clock.
"""

from __future__ import annotations

from typing import Any

from djwar_handler.file_wrapper import FileWrapper
from djwar_handler.logs import LineStream


def base_environ(software: str, threads: int, errors: LineStream) -> dict[str, Any]:
    """What is the same for all requests of a worker; PEP 3333, "environ Variables"."""
    return {
        "SERVER_SOFTWARE": software,
        "wsgi.version": (1, 0),
        "wsgi.url_scheme": "http",
        "wsgi.errors": errors,
        "wsgi.multithread": threads > 1,
        # Also with a single worker: while one is recycled there are two.
        "wsgi.multiprocess": True,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
        # The body's end is b"", whatever CONTENT_LENGTH says; werkzeug and others look for it.
        "wsgi.input_terminated": True,
    }


def build_environ(text: str, base: dict[str, Any]) -> dict[str, Any]:
    """The environ of one request: the engine's strings over the base. ``wsgi.input`` is the caller's to add."""
    environ = base.copy()
    parts = iter(text.split("\0"))
    environ.update(zip(parts, parts))
    return environ


def describe_request(environ: dict[str, Any]) -> str:
    """The request in one line, for the log."""
    path = f"{environ.get('SCRIPT_NAME', '')}{environ.get('PATH_INFO', '')}"
    try:
        # PEP 3333's "bytes as unicode", for people.
        path = path.encode("latin-1").decode("utf-8")
    except UnicodeError:
        pass
    # A line break in a path (%0A) must not look like another record.
    return f"{environ.get('REQUEST_METHOD')} {path if path.isprintable() else ascii(path)}"

"""Uploaded files, as nginx would serve them: ``MEDIA_URL`` from ``MEDIA_ROOT``, in front of the project (``djwar.media``).

Owns the WSGI middleware. Finding, typing and conditional requests are Django's own ``serve``; ranges are added here, because players
of videos insist on them. What is not there goes on to the project.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable
from typing import Any

from djwar_handler.file_wrapper import FilePart
from djwar_handler.logs import Log
from djwar_handler.serving import Application

# No file has more bytes than 18 digits say; Python refuses to read numbers of some thousand digits.
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})", re.ASCII)
_PACKED = {"gzip": "application/gzip", "bzip2": "application/x-bzip2", "xz": "application/x-xz"}
"""What a file is by its last ending, where Django's `serve` calls that an encoding of the transfer."""


def with_media(application: Application, context_path: str, log: Log) -> Application:
    """The application behind its uploaded files; itself, with a warning, where there is no folder or address to serve."""
    from django.conf import settings

    prefix = settings.MEDIA_URL
    if context_path and prefix.startswith(context_path + "/"):
        prefix = prefix[len(context_path) :]
    if not settings.MEDIA_ROOT or not prefix.startswith("/") or prefix.startswith("//") or not prefix.strip("/"):
        log.warning(
            f"`djwar.media` is set, and there is nothing to serve: MEDIA_URL is {settings.MEDIA_URL!r}, "
            f"MEDIA_ROOT {str(settings.MEDIA_ROOT)!r}"
        )
        return application
    return MediaFiles(application, prefix.rstrip("/") + "/", str(settings.MEDIA_ROOT))


class MediaFiles:
    """Answers GET and HEAD below a prefix with the files of a folder."""

    def __init__(self, application: Application, prefix: str, folder: str) -> None:
        """``prefix`` is below the context path, and ends in ``/``."""
        self._application = application
        self._prefix = prefix
        self._folder = folder

    def __call__(self, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        """The file, else what the project says."""
        path = environ.get("PATH_INFO", "")
        if path.startswith(self._prefix) and environ["REQUEST_METHOD"] in ("GET", "HEAD"):
            # PEP 3333: decoded bytes as Latin-1.
            name = path[len(self._prefix) :].encode("latin-1").decode("utf-8", "replace")
            response = self._find(environ, name)
            if response is not None:
                return _send(response, environ, start_response)
        body: Iterable[bytes] = self._application(environ, start_response)
        return body

    def _find(self, environ: dict[str, Any], name: str) -> Any:
        from django.core.exceptions import SuspiciousOperation
        from django.core.handlers.wsgi import WSGIRequest
        from django.http import Http404
        from django.views.static import serve

        if name.startswith("/") or posixpath.normpath(name) != name:
            # Django's `serve` takes `a.txt/` and `b//a.txt` for the file, which has one address.
            return None
        try:
            return serve(WSGIRequest(environ), name, document_root=self._folder)
        except (Http404, SuspiciousOperation, OSError, ValueError):
            # A name that is too long, a file that is not for us: the project's own 404 says it.
            return None


def _send(response: Any, environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
    # Uploaded by visitors: no browser may take it for a page or script that its name does not say.
    response["X-Content-Type-Options"] = "nosniff"
    if response.has_header("Content-Encoding"):
        # The visitor uploaded these very bytes: a client that decodes them would keep others.
        response["Content-Type"] = _PACKED.get(response["Content-Encoding"], "application/octet-stream")
        del response["Content-Encoding"]
    file = getattr(response, "file_to_stream", None)
    left = None
    if file is not None:
        response["Accept-Ranges"] = "bytes"
        # RFC 9110 14.2: a range is GET's alone.
        left = _take_range(response, environ, file) if environ["REQUEST_METHOD"] == "GET" else None
    start_response(f"{response.status_code} {response.reason_phrase}", list(response.items()))
    if environ["REQUEST_METHOD"] == "HEAD" or response.status_code in (304, 416):
        response.close()
        return []
    if left is not None:
        return FilePart(file, left)
    if file is not None:
        # Before `close` of the response, as Django's own handler does it: the wrapper closes the file.
        file.close = response.close
        body: Iterable[bytes] = environ["wsgi.file_wrapper"](file)
        return body
    found: Iterable[bytes] = response
    return found


def _take_range(response: Any, environ: dict[str, Any], file: Any) -> int | None:
    """Makes the response one of a single range (RFC 9110 14.2): the bytes to send, or None for the whole file."""
    asked = _RANGE.fullmatch(environ.get("HTTP_RANGE", "").strip())
    size = int(response["Content-Length"])
    if asked is None or not any(asked.groups()):
        return None
    if environ.get("HTTP_IF_RANGE", response["Last-Modified"]) != response["Last-Modified"]:
        return None
    first, last = asked.groups()
    if first:
        begin, end = int(first), min(int(last) if last else size - 1, size - 1)
        if last and int(last) < int(first):
            return None
    else:
        begin, end = max(size - int(last), 0), size - 1
    if begin >= size or begin > end:
        response.status_code = 416
        response["Content-Range"] = f"bytes */{size}"
        response["Content-Length"] = "0"
        return None
    response.status_code = 206
    response["Content-Range"] = f"bytes {begin}-{end}/{size}"
    response["Content-Length"] = str(end - begin + 1)
    file.seek(begin)
    return end - begin + 1

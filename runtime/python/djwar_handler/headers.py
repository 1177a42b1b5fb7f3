"""A response's status and headers.

Owns the checks of what an application gave to ``start_response`` and their encoding. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable

ORDINARY, CONTENT_LENGTH, HOP_BY_HOP = 0, 1, 2

_TOKEN = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+\Z")
_KINDS: dict[str, int] = {}
_KINDS_LIMIT = 512
_HOP_BY_HOP: set[str] = set()
_STATUSES: dict[str, int] = {}


class HeadersError(ValueError):
    """The application gave a status or headers which can't be sent."""


def drop_hop_by_hop(names: Iterable[str]) -> None:
    """From now on headers of these names, in lower case, are dropped. The engine's list is the only one."""
    _HOP_BY_HOP.update(names)


def parse_status(status: str) -> int:
    """The code of ``"200 OK"``."""
    code = _STATUSES.get(status)
    if code is not None:
        return code
    if not isinstance(status, str):
        raise HeadersError(f"the status must be a str, not {type(status).__name__}: {status!r}")
    digits, reason = status[:3], status[3:]
    if not (digits.isascii() and digits.isdecimal()) or (reason and reason[0] != " "):
        raise HeadersError(f"the status must be three digits, a blank and a reason: {status!r}")
    code = int(digits)
    if code < 200:
        # 1xx is the servlet container's province, and 0xx is nobody's.
        raise HeadersError(f"an application can't send this status: {status!r}")
    if len(_STATUSES) < _KINDS_LIMIT:
        _STATUSES[status] = code
    return code


def encode_headers(
    headers: list[tuple[str, str]], warn: Callable[[str], None]
) -> tuple[bytes, int | None]:
    """The frame's head and what Content-Length says. ``HeadersError`` for what PEP 3333 forbids.

    The checks look at all headers at once; only a failing one makes the slow search for the culprit.
    """
    length: int | None = None
    flat: list[str] = []
    try:
        for name, value in headers:
            kind = _KINDS.get(name)
            if kind != ORDINARY:
                if kind is None:
                    kind = _classify(name)
                if kind == HOP_BY_HOP:
                    # PEP 3333, "Other HTTP Features", lets a server raise an error. They are dropped instead: many applications
                    # send `Connection: keep-alive` with their event streams, and the servers they ran on let it pass.
                    warn(f"the header {name} is dropped: hop-by-hop headers are the servlet container's (PEP 3333)")
                    continue
                if kind == CONTENT_LENGTH:
                    if length is not None and length != _parse_length(value):
                        raise HeadersError("two headers Content-Length which differ")
                    length = _parse_length(value)
            flat += name, value
        text = "\0".join(flat)
        head = text.encode("latin-1")
    except HeadersError:
        raise
    except (TypeError, ValueError) as error:
        raise HeadersError(_explain(headers)) from error
    if "\n" in text or "\r" in text or (flat and text.count("\0") != len(flat) - 1):
        raise HeadersError(_explain(headers))
    return head, length


def _classify(name: str) -> int:
    if not isinstance(name, str) or not _TOKEN.match(name):
        raise HeadersError(f"not a header's name: {name!r}")
    lower = name.lower()
    kind = ORDINARY
    if lower == "content-length":
        kind = CONTENT_LENGTH
    elif lower in _HOP_BY_HOP:
        kind = HOP_BY_HOP
    elif lower == "status":
        raise HeadersError("PEP 3333 forbids a header named Status")
    if len(_KINDS) < _KINDS_LIMIT:
        _KINDS[name] = kind
    return kind


def _parse_length(value: str) -> int:
    if not (isinstance(value, str) and value.isascii() and value.isdecimal()):
        raise HeadersError(f"not a Content-Length: {value!r}")
    return int(value)


def _explain(headers: list[tuple[str, str]]) -> str:
    if not isinstance(headers, list):
        return f"not a list of headers: {headers!r}"
    for header in headers:
        if not isinstance(header, tuple) or len(header) != 2:
            return f"not a pair of name and value: {header!r}"
        name, value = header
        if not isinstance(value, str):
            return f"the value of the header {name} must be a str, not {type(value).__name__}: {value!r}"
        if "\n" in value or "\r" in value or "\0" in value:
            return f"the value of the header {name} has a line break or a NUL in it: {value!r}"
        try:
            value.encode("latin-1")
        except UnicodeEncodeError:
            return f"the value of the header {name} has characters outside latin-1: {value!r}"
    return f"not a list of headers: {headers!r}"

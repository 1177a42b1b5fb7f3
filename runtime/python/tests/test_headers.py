"""Which statuses and headers pass, and what is said of the others."""

from __future__ import annotations

from typing import Any

import pytest
from djwar_handler.headers import HeadersError, encode_headers, parse_status


def encode(headers: Any) -> tuple[bytes, int | None, list[str]]:
    warnings: list[str] = []
    head, length = encode_headers(headers, warnings.append)
    return head, length, warnings


def test_headers_keep_their_order_and_repeat() -> None:
    head, length, _ = encode([("B", "1"), ("A", "2"), ("B", ""), ("content-length", "7")])
    assert (head, length) == (b"B\x001\0A\x002\0B\0\0content-length\x007", 7)


def test_no_headers_at_all_pass() -> None:
    assert encode([]) == (b"", None, [])


def test_latin_1_values_are_their_bytes() -> None:
    assert encode([("X", "\xe9")])[0] == b"X\0\xe9"


@pytest.mark.parametrize("name", ["Connection", "keep-alive", "Transfer-Encoding", "UPGRADE", "TE", "Trailer"])
def test_hop_by_hop_headers_are_dropped_with_a_warning(name: str) -> None:
    for _ in range(2):
        head, _, warnings = encode([("X", "1"), (name, "x"), ("Y", "2")])
        assert head == b"X\x001\0Y\x002"
        assert len(warnings) == 1 and name in warnings[0]


@pytest.mark.parametrize(
    ("headers", "message"),
    [
        ([("X-A", "a\r\nSet-Cookie: b")], "X-A has a line break"),
        ([("X-A", "a\nb")], "X-A has a line break"),
        ([("X-A", "a\0b")], "X-A has a line break or a NUL"),
        ([("X-A", "\u20ac")], "X-A has characters outside latin-1"),
        ([("X-A", b"bytes")], "X-A must be a str, not bytes"),
        ([("X-A", 5)], "X-A must be a str, not int"),
        ([(b"X-A", "x")], "not a header's name"),
        ([("X A", "x")], "not a header's name"),
        ([("X-A:", "x")], "not a header's name"),
        ([("X-A\n", "x")], "not a header's name"),
        ([("", "x")], "not a header's name"),
        ([("Status", "200 OK")], "forbids a header named Status"),
        ([("Content-Length", "-1")], "not a Content-Length"),
        ([("Content-Length", "5, 5")], "not a Content-Length"),
        ([("Content-Length", 5)], "not a Content-Length"),
        ([("Content-Length", "5"), ("content-length", "6")], "which differ"),
        ([("X-A",)], "not a pair"),
        (None, "not a list"),
    ],
)
def test_headers_that_would_break_http_are_refused(headers: Any, message: str) -> None:
    for _ in range(2):
        with pytest.raises(HeadersError, match=message):
            encode(headers)


@pytest.mark.parametrize(("status", "code"), [("200 OK", 200), ("404 Not Found", 404), ("299 ", 299), ("500", 500)])
def test_a_status_gives_its_code(status: str, code: int) -> None:
    assert parse_status(status) == code


@pytest.mark.parametrize("status", ["", "OK", "20 OK", "2000 OK", "200OK", "101 Switching", "099 x", b"200 OK", 200, None])
def test_a_status_that_is_none_is_refused(status: Any) -> None:
    with pytest.raises(HeadersError):
        parse_status(status)

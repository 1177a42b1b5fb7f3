"""The environ and wsgi.input, as an application sees them."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

import pytest
from conftest import StartServing
from djwar_handler.logs import LineStream
from djwar_handler.request import base_environ, build_environ
from doubles import PLAIN, Environ, StartResponse
from engine import TIMEOUT, environ_of

BODY = b"first\nsecond\n\nlast" + b"x" * 200_000 + b"\nend"


def reading(read: Callable[[Any], object]) -> Callable[[Environ, StartResponse], list[bytes]]:
    """An application that answers with what was read."""

    def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
        result = read(environ["wsgi.input"])
        start_response("200 OK", PLAIN)
        return [repr(result).encode() if not isinstance(result, bytes) else result]

    return application


def test_the_environ_has_the_engines_strings_over_the_workers_base() -> None:
    base = base_environ("Test/1.0", 4, LineStream())
    environ = build_environ("REQUEST_METHOD\0GET\0QUERY_STRING\0\0wsgi.url_scheme\0https\0PATH_INFO\0/\xc3\xbc", base)
    assert environ["REQUEST_METHOD"] == "GET"
    assert environ["QUERY_STRING"] == ""
    assert environ["PATH_INFO"] == "/\xc3\xbc"
    assert environ["wsgi.url_scheme"] == "https"
    assert environ["SERVER_SOFTWARE"] == "Test/1.0"
    assert environ["wsgi.version"] == (1, 0)
    assert environ["wsgi.input_terminated"] is True
    assert (environ["wsgi.multithread"], environ["wsgi.multiprocess"], environ["wsgi.run_once"]) == (True, True, False)
    assert "REQUEST_METHOD" not in base


def test_one_thread_is_not_multithreaded() -> None:
    assert base_environ("", 1, LineStream())["wsgi.multithread"] is False


@pytest.mark.parametrize("pulled", [False, True])
@pytest.mark.parametrize(
    ("read", "expected"),
    [
        (lambda body: body.read(-1), BODY),
        (lambda body: body.read(7), BODY[:7]),
        (lambda body: body.read(150_000), BODY[:150_000]),
        (lambda body: body.read(len(BODY)) + body.read(1) + body.read(-1), BODY),
        (lambda body: body.read(10**8), BODY),
        (lambda body: body.readline(), b"first\n"),
        (lambda body: body.readline(3) + b"|" + body.readline(100), b"fir|st\n"),
        (lambda body: b"|".join(body.readlines()), BODY.replace(b"\n", b"\n|")),
        (lambda body: b"|".join(body.readlines(5)), b"first\n"),
        (lambda body: b"|".join(body), BODY.replace(b"\n", b"\n|")),
        (lambda body: next(iter(body)) + body.read(3), b"first\nsec"),
        (lambda body: body.read(0), b""),
        (lambda body: b"unread", b"unread"),
    ],
)
def test_bodies_are_read_in_every_way(
    serving: StartServing, pulled: bool, read: Callable[[Any], object], expected: bytes
) -> None:
    side = serving(reading(read))
    for _ in range(2):
        # Twice: what was left unread must not disturb the next request.
        assert side.post("/", BODY, pulled).body == expected
    assert not side.log.records


def test_read_without_an_argument_and_past_the_end(serving: StartServing) -> None:
    side = serving(reading(lambda body: [body.read(), body.read(), body.readline(), body.read(1)]), validated=False)
    for pulled in (False, True):
        assert side.post("/", b"all", pulled).body == b"[b'all', b'', b'', b'']"
    assert side.get().body == b"[b'', b'', b'', b'']"


def test_an_aborted_body_raises_oserror_and_stays_broken(serving: StartServing) -> None:
    def read(body: Any) -> list[str]:
        errors = []
        for _ in range(2):
            try:
                body.read()
            except OSError as error:
                errors.append(str(error))
        return errors

    side = serving(reading(read), validated=False)
    side.send_request(environ_of("/", REQUEST_METHOD="POST", CONTENT_LENGTH="9"), pulled=True)
    answer = side.answer(body=None)
    assert answer.kinds == "PF" and answer.body.count(b"the client has left") == 2
    assert side.post("/", b"", pulled=True).status == 200, "the connection is sane"


def test_an_abort_that_the_application_does_not_catch_is_a_500(serving: StartServing) -> None:
    side = serving(reading(lambda body: body.read(-1)))
    side.send_request(environ_of("/", REQUEST_METHOD="POST", CONTENT_LENGTH="9"), pulled=True)
    assert side.answer(body=None).status == 500
    assert len(side.log.at(logging.ERROR)) == 1


def test_an_engine_that_leaves_during_a_pull_is_an_oserror(serving: StartServing) -> None:
    seen = []

    def read(body: Any) -> bytes:
        try:
            body.read()
        except OSError as error:
            seen.append(error)
        return b""

    side = serving(reading(read), validated=False)
    side.send_request(environ_of("/", REQUEST_METHOD="POST", CONTENT_LENGTH="9"), pulled=True)
    assert side.receive()[0] == "P"
    side.finish()
    assert len(seen) == 1 and side.is_anew


def test_a_body_that_was_kept_can_not_be_read_after_the_request(serving: StartServing) -> None:
    kept = []

    def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
        kept.append(environ["wsgi.input"])
        start_response("200 OK", PLAIN)
        return [b"ok"]

    side = serving(application, validated=False)
    side.post("/", b"body", pulled=True)
    side.finish()
    with pytest.raises(OSError, match="the request has ended"):
        kept[0].read()


def test_reading_after_the_response_began_works(serving: StartServing) -> None:
    def application(environ: Environ, start_response: StartResponse) -> Any:
        start_response("200 OK", PLAIN)
        return iter(lambda: environ["wsgi.input"].read(70_000), b"")

    answer = serving(application).post("/", BODY, pulled=True)
    assert answer.body == BODY and answer.kinds.index("S") < answer.kinds.rindex("P")


def test_frames_larger_than_the_buffer_and_arriving_in_pieces_are_whole(serving: StartServing) -> None:
    def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", PLAIN)
        return [str(len(environ["HTTP_X"])).encode() + environ["wsgi.input"].read(-1)]

    side = serving(application)
    for size in (10, 300_000, 10):
        assert side.post("/", b"!", HTTP_X="x" * size).body == b"%d!" % size
    blob = b"REQUEST_METHOD\0GET\0PATH_INFO\0/\0HTTP_X\0abc"
    side = serving(application, validated=False)
    for byte in b"R" + (5 + len(blob)).to_bytes(4, "big") + len(blob).to_bytes(4, "big") + b"\0" + blob:
        side.socket.sendall(bytes([byte]))
    assert side.answer().body == b"3"


@pytest.mark.parametrize("data", [b"X\0\0\0\x05abcde", b"R\0\0\0\x05\0\0\0\x50\0", b"R\xff\xff\xff\xff", b"R\0\0\0\x05\0"])
def test_what_is_no_frame_breaks_the_connection_and_nothing_else(serving: StartServing, data: bytes) -> None:
    side = serving(reading(lambda body: b""))
    side.socket.sendall(data)
    side.finish()
    assert side.is_anew


def test_the_order_to_retire_ends_the_thread(serving: StartServing) -> None:
    side = serving(reading(lambda body: b"ok"))
    side.get()
    side.retire()
    assert side.is_anew is False


def test_an_idle_connection_that_closes_is_made_anew(serving: StartServing) -> None:
    side = serving(reading(lambda body: b"ok"))
    side.get()
    side.finish()
    assert side.is_anew is True


def test_a_request_waits_in_the_socket_while_the_last_one_closes(serving: StartServing) -> None:
    entered, leave = threading.Event(), threading.Event()

    class Slow(list[bytes]):
        def close(self) -> None:
            entered.set()
            leave.wait(TIMEOUT)

    def application(environ: Environ, start_response: StartResponse) -> Slow:
        start_response("200 OK", PLAIN)
        return Slow([environ["PATH_INFO"].encode()])

    side = serving(application, validated=False)
    assert side.get("/1").body == b"/1"
    assert entered.wait(TIMEOUT)
    side.send_request(environ_of("/2"))
    leave.set()
    assert side.answer().body == b"/2"

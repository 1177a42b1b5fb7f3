"""What an application may do with start_response, write() and its iterable, as the engine sees it."""

from __future__ import annotations

import gzip
import io
import logging
import pathlib
import sys
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import pytest
from conftest import StartServing
from doubles import PLAIN, Closing, Environ, StartResponse
from engine import TIMEOUT, Answer, environ_of

ERROR, WARNING = logging.ERROR, logging.WARNING


def assert_plain_500(answer: Answer) -> None:
    assert (answer.kinds, answer.status, answer.body) == ("F", 500, b"Internal Server Error\n")


def test_a_list_is_one_full_frame(serving: StartServing) -> None:
    def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [*PLAIN, ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")])
        return [b"hel", b"", b"lo"]

    answer = serving(application, validated=False).get()
    assert (answer.kinds, answer.status, answer.body) == ("F", 200, b"hello")
    assert answer.headers == [*PLAIN, ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")]


def test_a_generator_is_flushed_chunk_by_chunk(serving: StartServing) -> None:
    def application(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", PLAIN)
        yield b""
        yield b"one"
        yield b"two"

    side = serving(application)
    side.send_request(environ_of())
    kind, payload = side.receive()
    assert kind == "S" and payload.endswith(b"one")
    assert side.receive() == ("B", b"two")
    assert side.receive() == ("E", b"")


def test_the_headers_wait_for_the_first_chunk_that_is_not_empty(serving: StartServing) -> None:
    def application(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", PLAIN)
        yield b""
        try:
            raise KeyError("late")
        except KeyError:
            start_response("503 Busy", PLAIN, sys.exc_info())
        yield b"busy"

    answer = serving(application).get()
    assert (answer.status, answer.body) == (503, b"busy")


def test_a_first_chunk_as_long_as_the_content_length_is_full(serving: StartServing) -> None:
    def application(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [*PLAIN, ("Content-Length", "5")])
        yield b"hello"

    assert serving(application).get().kinds == "F"


def test_an_empty_generator_is_an_empty_full_response(serving: StartServing) -> None:
    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", PLAIN)
        return iter(())

    answer = serving(application).get()
    assert (answer.kinds, answer.status, answer.body) == ("F", 200, b"")


def test_large_chunks_are_split(serving: StartServing) -> None:
    body = bytes(range(256)) * 5000

    def application(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", PLAIN)
        yield body

    answer = serving(application).get()
    assert (answer.kinds, answer.body == body) == ("SBBBBE", True)


def test_a_list_over_one_mebibyte_is_streamed(serving: StartServing) -> None:
    def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", PLAIN)
        return [bytes(1024 * 1024 + 1)]

    answer = serving(application).get()
    assert (answer.kinds, len(answer.body)) == ("SBBBBE", 1024 * 1024 + 1)


def test_write_sends_at_once_and_the_iterable_follows(serving: StartServing) -> None:
    def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
        write = start_response("200 OK", PLAIN)
        write(b"one")
        write(b"two")
        return [b"three"]

    answer = serving(application).get()
    assert (answer.kinds, answer.body) == ("SBBE", b"onetwothree")


def test_write_of_a_str_is_the_applications_error(serving: StartServing) -> None:
    def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", PLAIN)("text")  # type: ignore[arg-type]
        return []

    side = serving(application, validated=False)
    assert_plain_500(side.get())
    assert "write() takes bytes, not str" in side.log.at(ERROR)[0]


def test_start_response_twice_without_exc_info_is_an_error(serving: StartServing) -> None:
    def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", PLAIN)
        start_response("200 OK", PLAIN)
        return [b"x"]

    side = serving(application)
    assert_plain_500(side.get())
    assert "twice without exc_info" in side.log.at(ERROR)[0]


def test_exc_info_after_the_headers_have_gone_raises_again(serving: StartServing) -> None:
    def application(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", PLAIN)
        yield b"part"
        try:
            raise KeyError("too late")
        except KeyError:
            start_response("500 Error", PLAIN, sys.exc_info())
        yield b"never"

    side = serving(application)
    answer = side.get()
    assert (answer.kinds, answer.status, answer.body) == ("ST", 200, b"part")
    assert "too late" in side.log.at(ERROR)[0]


def test_returning_without_start_response_is_an_error(serving: StartServing) -> None:
    side = serving(lambda environ, start_response: [b"x"], validated=False)
    assert_plain_500(side.get())
    side = serving(lambda environ, start_response: iter([b"x"]), validated=False)
    assert_plain_500(side.get())
    side = serving(lambda environ, start_response: iter([]), validated=False)
    assert_plain_500(side.get())


def test_returning_none_is_an_error_and_the_worker_lives_on(serving: StartServing) -> None:
    def application(environ: Environ, start_response: StartResponse) -> Any:
        start_response("200 OK", PLAIN)
        return None if environ["PATH_INFO"] == "/none" else [b"ok"]

    side = serving(application, validated=False)
    assert_plain_500(side.get("/none"))
    assert side.get("/").body == b"ok"


@pytest.mark.parametrize("error", [RuntimeError, SystemExit, KeyboardInterrupt, MemoryError, GeneratorExit, RecursionError])
def test_whatever_the_application_raises_is_a_500_and_one_record(
    serving: StartServing, error: type[BaseException]
) -> None:
    def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
        if environ["PATH_INFO"] != "/":
            raise error("from the view")
        start_response("200 OK", PLAIN)
        return [b"ok"]

    side = serving(application)
    assert_plain_500(side.get("/\u00fcber"))
    (text,) = side.log.at(ERROR)
    assert text.startswith("GET /\u00fcber: the application failed\nTraceback")
    assert text.endswith(f"{error.__name__}: from the view")
    assert side.get("/").body == b"ok"


def test_a_failure_after_the_start_truncates(serving: StartServing) -> None:
    def application(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", PLAIN)
        yield b"part"
        raise RuntimeError("in the middle")

    side = serving(application)
    answer = side.get()
    assert (answer.kinds, answer.body, answer.is_truncated) == ("ST", b"part", True)
    assert len(side.log.at(ERROR)) == 1


def test_a_failure_after_a_full_response_is_only_logged(serving: StartServing) -> None:
    def application(environ: Environ, start_response: StartResponse) -> Iterator[bytes]:
        start_response("200 OK", [*PLAIN, ("Content-Length", "2")])
        yield b"ok"
        raise RuntimeError("afterwards")

    side = serving(application)
    assert side.get().kinds == "F"
    assert side.get().kinds == "F"
    side.finish()
    assert len(side.log.at(ERROR)) == 2


def test_a_body_longer_than_its_content_length_is_cut_and_logged(serving: StartServing) -> None:
    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [*PLAIN, ("Content-Length", "5")])
        if environ["PATH_INFO"] == "/list":
            return [b"hello world"]
        if environ["PATH_INFO"] == "/full":
            return iter([b"hello", b"world"])
        return iter([b"hel", b"lo world", b"more", b"and more"])

    side = serving(application)
    for path in ("/list", "/stream", "/full"):
        answer = side.get(path)
        assert (answer.status, answer.body, answer.is_truncated) == (200, b"hello", False), path
    side.finish()
    assert len(side.log.at(WARNING)) == 3 and not side.log.at(ERROR)


def test_a_body_shorter_than_its_content_length_does_not_look_complete(serving: StartServing) -> None:
    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [*PLAIN, ("Content-Length", "50")])
        return [b"hello"] if environ["PATH_INFO"] == "/list" else iter([b"hel", b"lo"])

    side = serving(application, validated=False)
    assert_plain_500(side.get("/list"))
    answer = side.get("/stream")
    assert (answer.kinds, answer.body) == ("SBT", b"hello")
    assert "45 bytes before its Content-Length" in side.log.at(ERROR)[1]


def test_head_may_have_a_content_length_without_a_body(serving: StartServing) -> None:
    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", [*PLAIN, ("Content-Length", "50")])
        return [] if environ["PATH_INFO"] == "/list" else iter(())

    side = serving(application, validated=False)
    answer = side.get("/list", REQUEST_METHOD="HEAD")
    assert (answer.kinds, answer.status, answer.header("Content-Length")) == ("F", 200, "50")
    answer = side.get("/", REQUEST_METHOD="HEAD")
    assert (answer.kinds, answer.status, answer.header("Content-Length")) == ("SE", 200, "50")
    assert not side.log.records


@pytest.mark.parametrize(("method", "status"), [("HEAD", "200 OK"), ("GET", "204 No Content"), ("GET", "304 Not Modified")])
def test_an_endless_body_that_nobody_gets_is_not_produced(serving: StartServing, method: str, status: str) -> None:
    def chunks() -> Iterator[bytes]:
        while True:
            yield b"more"

    result = Closing(chunks())

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response(status, [])
        return result

    answer = serving(application, validated=False).get(REQUEST_METHOD=method)
    assert (answer.kinds, answer.body) == ("SE", b"")
    assert result.was_closed.wait(TIMEOUT)


def test_close_is_called_once_after_success_failure_and_a_client_that_left(serving: StartServing) -> None:
    def failing() -> Iterator[bytes]:
        yield b"part"
        raise RuntimeError("in the middle")

    def endless() -> Iterator[bytes]:
        while True:
            yield bytes(100_000)

    results = {"/": Closing(iter([b"ok"])), "/failing": Closing(failing()), "/endless": Closing(endless())}

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", PLAIN)
        return results[environ["PATH_INFO"]]

    side = serving(application)
    assert side.get("/").body == b"ok"
    assert side.get("/failing").is_truncated
    side.send_request(environ_of("/endless"))
    assert side.receive()[0] == "S"
    side.finish()
    assert [result.closed for result in results.values()] == [1, 1, 1]
    assert side.is_anew, "the worker must connect anew"
    assert len(side.log.at(ERROR)) == 1, "a client that left is no error"


def test_a_close_that_fails_is_logged_and_the_worker_lives_on(serving: StartServing) -> None:
    class Bad(list[bytes]):
        def close(self) -> None:
            raise RuntimeError("close")

    def application(environ: Environ, start_response: StartResponse) -> Bad:
        start_response("200 OK", PLAIN)
        return Bad([b"ok"])

    side = serving(application)
    assert (side.get().body, side.get().body) == (b"ok", b"ok")
    side.finish()
    assert [text.splitlines()[0] for text in side.log.at(ERROR)] == ["GET /: the response's close() failed"] * 2


def test_a_clients_absence_is_seen_by_write_too(serving: StartServing) -> None:
    seen: list[BaseException] = []

    def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
        write = start_response("200 OK", PLAIN)
        try:
            while True:
                write(bytes(100_000))
        except ConnectionError as error:
            seen.append(error)
        return [b"never sent"]

    side = serving(application)
    side.send_request(environ_of())
    assert side.receive()[0] == "S"
    side.finish()
    assert len(seen) == 1 and side.is_anew and not side.log.at(ERROR)


def test_the_file_wrapper_sends_large_blocks_and_closes_the_file(serving: StartServing) -> None:
    class File(io.BytesIO):
        def close(self) -> None:
            closed.append(True)
            super().close()

    closed: list[bool] = []
    content = bytes(range(256)) * 2500

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", PLAIN)
        wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](File(content), 4096)
        return wrapped

    side = serving(application)
    answer = side.get()
    side.finish()
    assert (answer.kinds, answer.body == content, closed) == ("SBBE", True, [True])


LARGE = bytes(range(256)) * 2000


def wrapping(file: Callable[[], Any], length: int) -> Callable[[Environ, StartResponse], Any]:
    """An application that answers with a file."""

    def application(environ: Environ, start_response: StartResponse) -> Any:
        start_response("200 OK", [*PLAIN, ("Content-Length", str(length))])
        return environ["wsgi.file_wrapper"](file())

    return application


def test_a_file_on_disk_is_handed_to_the_engine_from_where_it_stands(
    serving: StartServing, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "large"
    path.write_bytes(LARGE)
    opened = []

    def file() -> Any:
        opened.append(path.open("rb"))
        opened[-1].read(10)
        return opened[-1]

    side = serving(wrapping(file, len(LARGE) - 10), validated=False)
    answer = side.get()
    assert (answer.kinds, answer.body) == ("X", LARGE[10:])
    # HEAD has nothing to be handed over; what the engine can't open is sent as ever.
    assert side.get(REQUEST_METHOD="HEAD").kinds == "SE"
    side.takes_files = False
    answer = side.get()
    assert (answer.kinds, answer.body) == ("XSBE", LARGE[10:])
    assert all(file.closed for file in opened)


def test_what_reads_otherwise_than_the_disk_is_never_handed_over(serving: StartServing, tmp_path: pathlib.Path) -> None:
    """Its ``fileno()`` is a regular file's all the same."""
    packed, plain = tmp_path / "packed", tmp_path / "plain"
    packed.write_bytes(gzip.compress(LARGE))
    plain.write_bytes(LARGE)

    class Upper(io.BufferedReader):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(size).replace(b"a", b"A")

    for file, content in (
        (lambda: gzip.open(packed), LARGE),
        (lambda: Upper(io.FileIO(plain)), LARGE.replace(b"a", b"A")),
        (lambda: io.BytesIO(LARGE), LARGE),
    ):
        answer = serving(wrapping(file, len(content)), validated=False).get()
        assert "X" not in answer.kinds and answer.body == content


def test_a_file_of_another_length_than_was_said_is_not_handed_over(
    serving: StartServing, tmp_path: pathlib.Path
) -> None:
    path = tmp_path / "large"
    path.write_bytes(LARGE)
    side = serving(wrapping(lambda: path.open("rb"), len(LARGE) - 1), validated=False)
    answer = side.get()
    assert "X" not in answer.kinds and answer.body == LARGE[:-1]
    side = serving(wrapping(lambda: path.open("rb"), len(LARGE) + 1), validated=False)
    assert side.get().is_truncated


def test_the_file_wrapper_takes_files_without_close(serving: StartServing) -> None:
    class Minimal:
        def __init__(self) -> None:
            self.read = io.BytesIO(b"content").read

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        start_response("200 OK", PLAIN)
        wrapped: Iterable[bytes] = environ["wsgi.file_wrapper"](Minimal())
        return wrapped

    assert serving(application).get().body == b"content"


def test_an_application_that_is_a_class_with_lazy_start_works(serving: StartServing) -> None:
    class Lazy:
        def __init__(self, environ: Environ, start_response: StartResponse) -> None:
            self._start = start_response

        def __iter__(self) -> Iterator[bytes]:
            self._start("201 Created", PLAIN)
            yield b"made"

    answer = serving(Lazy, validated=False).get()
    assert (answer.status, answer.body) == (201, b"made")


@pytest.mark.parametrize("headers", [[], [("Content-Length", "4")]])
@pytest.mark.parametrize("as_list", [True, False])
def test_a_body_of_str_is_a_500_and_not_silence(
    serving: StartServing, headers: list[tuple[str, str]], as_list: bool
) -> None:
    def application(environ: Environ, start_response: StartResponse) -> Any:
        start_response("200 OK", headers)
        return ["text"] if as_list else iter(["text"])

    side = serving(application, validated=False)
    assert_plain_500(side.get())
    assert_plain_500(side.get())


def test_a_str_after_bytes_truncates(serving: StartServing) -> None:
    def application(environ: Environ, start_response: StartResponse) -> Any:
        start_response("200 OK", PLAIN)
        return iter([b"bytes", "text"])

    assert serving(application, validated=False).get().kinds == "ST"


def test_a_hop_by_hop_header_is_warned_about_once(serving: StartServing) -> None:
    def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
        start_response("200 OK", [*PLAIN, ("Connection", "keep-alive")])
        return [b"ok"]

    side = serving(application, validated=False)
    assert [side.get().headers for _ in range(3)] == [PLAIN] * 3
    side.finish()
    assert len(side.log.at(WARNING)) == 1


def test_a_line_break_in_a_path_makes_no_second_record(serving: StartServing) -> None:
    def application(environ: Environ, start_response: StartResponse) -> list[bytes]:
        raise RuntimeError

    side = serving(application, validated=False)
    side.get("/a\nb")
    assert side.log.at(ERROR)[0].splitlines()[0] == r"GET '/a\nb': the application failed"

"""The log: standard error, as lines which the engine can give back to the container's log with their level.

Owns the line format ("Log lines" of the protocol page), the streams that stand for ``sys.stdout`` and ``sys.stderr``, and
the hooks into :mod:`logging` and :mod:`warnings`. It must not configure the project's logging.

How records keep their level: ``logging.StreamHandler.emit`` is replaced once, for the whole process; a handler whose
stream is one of ours writes the record's level beside the text. The ways not taken: walking over the project's handlers
misses those made later (and each ``dictConfig`` makes new ones); a stream alone can't see the level.
"""

from __future__ import annotations

import faulthandler
import io
import logging
import os
import sys
import threading
import traceback
import types
import warnings
from collections.abc import Callable
from typing import Any, TextIO

RECORD = "\x1e"
FIELD = "\x1f"
NEWLINE = "\x1d"
TEXT_LIMIT = 60_000
"""Longer texts lose their middle: the engine cuts lines at 64 KiB, and of a traceback the end matters most."""

LEVELS = {"debug": logging.DEBUG, "info": logging.INFO, "warning": logging.WARNING, "error": logging.ERROR}


def level_name(level: int) -> str:
    """The standard level at or below a number: projects may have their own levels, containers don't."""
    if level >= logging.CRITICAL:
        return "CRITICAL"
    if level >= logging.ERROR:
        return "ERROR"
    if level >= logging.WARNING:
        return "WARNING"
    return "INFO" if level >= logging.INFO else "DEBUG"


def encode_record(level: int, logger: str, text: str) -> bytes:
    """One record as one line."""
    if len(text) > TEXT_LIMIT:
        text = f"{text[: TEXT_LIMIT // 3]}\n[… {len(text) - TEXT_LIMIT} characters left out …]\n{text[-TEXT_LIMIT * 2 // 3 :]}"
    text = text.rstrip("\n").replace("\r\n", NEWLINE).replace("\n", NEWLINE).replace("\r", NEWLINE)
    return f"{RECORD}{level_name(level)}{FIELD}{logger}{FIELD}{text}\n".encode("utf-8", "backslashreplace")


def write_log(data: bytes) -> None:
    """Writes whole lines with one ``write``. A log that has gone must not break the request that is logged."""
    try:
        while data:
            data = data[os.write(2, data) :]
    except OSError:
        pass


class Log:
    """djwar's own messages.

    Not through :mod:`logging`: the project's ``dictConfig`` disables the loggers which exist before it.
    """

    ONCE_LIMIT = 100
    """How many different texts are remembered by :meth:`warning_once`."""

    def __init__(self, name: str, threshold: int = logging.INFO) -> None:
        self.name = name
        self.threshold = threshold
        self._said: set[str] = set()

    def write(self, level: int, text: str) -> None:
        """Writes one record, if its level is asked for."""
        if level >= self.threshold:
            write_log(encode_record(level, self.name, text))

    def debug(self, text: str) -> None:
        """What only a developer of djwar wants to see."""
        self.write(logging.DEBUG, text)

    def info(self, text: str) -> None:
        """What an operator may want to see."""
        self.write(logging.INFO, text)

    def warning(self, text: str) -> None:
        """Something that will surprise."""
        self.write(logging.WARNING, text)

    def warning_once(self, text: str) -> None:
        """The same for what each request would repeat."""
        if text not in self._said and len(self._said) < self.ONCE_LIMIT:
            self._said.add(text)
            self.warning(text)

    def error(self, text: str) -> None:
        """Something that failed."""
        self.write(logging.ERROR, text)


def describe_exception(error: BaseException) -> str:
    """The traceback as text, whatever state the process is in (out of memory, a broken ``__str__``)."""
    try:
        return "".join(traceback.format_exception(error)).rstrip("\n")
    except BaseException:
        return type(error).__name__


class LineStream(io.TextIOBase):
    """A text stream which writes whole lines only, so that threads and processes don't mix inside one.

    ``flush`` writes nothing: a line without its end stays until the end comes, or until it is long.
    """

    LINE_LIMIT = 8192

    def __init__(self, level: int | None = None, logger: str = "") -> None:
        super().__init__()
        self._level = level
        self._logger = logger
        self._local = threading.local()

    @property
    def encoding(self) -> str:  # type: ignore[override]
        """What ``print`` and others ask a stream for."""
        return "utf-8"

    @property
    def errors(self) -> str:  # type: ignore[override]
        """Nothing that is printed may fail."""
        return "backslashreplace"

    @property
    def buffer(self) -> Any:
        """For those who write bytes to ``sys.stdout.buffer``."""
        return getattr(sys.__stderr__, "buffer", None)

    def writable(self) -> bool:
        """Always."""
        return True

    def fileno(self) -> int:
        """Standard error, also for subprocesses."""
        return 2

    def write(self, text: str, /) -> int:
        """Keeps the text until its line is whole."""
        pending: str = getattr(self._local, "pending", "") + text
        whole, newline, rest = pending.rpartition("\n")
        if len(rest) > self.LINE_LIMIT:
            whole, newline, rest = pending, "\n", ""
        if newline:
            self._write_lines(whole)
        self._local.pending = rest
        return len(text)

    def finish(self) -> None:
        """Writes this thread's last line, if it has no end."""
        if getattr(self._local, "pending", ""):
            self.write("\n")

    def write_record(self, level: int, logger: str, text: str) -> None:
        """Writes a record of :mod:`logging`, past this thread's unfinished line."""
        write_log(encode_record(level, logger, text))

    def _write_lines(self, lines: str) -> None:
        if self._level is None:
            write_log((lines + "\n").encode("utf-8", "backslashreplace"))
        elif lines.strip():
            write_log(encode_record(self._level, self._logger, lines))


def install() -> None:
    """Puts our streams and hooks in place; before any code of the project runs."""
    sys.stdout = LineStream()
    sys.stderr = LineStream()
    # A C extension that crashes leaves its Python stack in the log, as plain lines.
    faulthandler.enable(2)
    _replace_stream_handler_emit()
    warnings.showwarning = _show_warning
    sys.excepthook = _log_exception
    threading.excepthook = _log_thread_exception
    sys.unraisablehook = _log_unraisable


def finish() -> None:
    """Writes what unfinished lines remain, at the process's end."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, LineStream):
            stream.finish()


def _replace_stream_handler_emit() -> None:
    original: Callable[[logging.StreamHandler[Any], logging.LogRecord], None] = logging.StreamHandler.emit

    def emit(self: logging.StreamHandler[Any], record: logging.LogRecord) -> None:
        stream = self.stream
        if not isinstance(stream, LineStream):
            original(self, record)
            return
        try:
            stream.write_record(record.levelno, record.name, self.format(record))
            record.djwar_written = True
        except RecursionError:
            raise
        except Exception:
            self.handleError(record)

    logging.StreamHandler.emit = emit  # type: ignore[method-assign, assignment]


class UnwrittenHandler(logging.StreamHandler[Any]):
    """Writes the records that no handler before it wrote to the log."""

    def __init__(self, level: int) -> None:
        super().__init__(sys.stderr)
        self.setLevel(level)

    def filter(self, record: logging.LogRecord) -> Any:
        """Leaves out what the log has already."""
        return not getattr(record, "djwar_written", False) and super().filter(record)


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    # Not logging.captureWarnings: it gives `py.warnings` a NullHandler, and a project without logging loses them.
    text = warnings.formatwarning(message, category, filename, lineno, line)
    if file is None:
        write_log(encode_record(logging.WARNING, "py.warnings", text))
    else:
        file.write(text)


def _log_exception(
    kind: type[BaseException], error: BaseException, trace: types.TracebackType | None
) -> None:
    text = "".join(traceback.format_exception(kind, error, trace))
    write_log(encode_record(logging.ERROR, "djwar", text))


def _log_thread_exception(arguments: threading.ExceptHookArgs) -> None:
    if arguments.exc_type is SystemExit or arguments.exc_value is None:
        return
    name = arguments.thread.name if arguments.thread else "unknown"
    text = f"exception in thread {name}\n{describe_exception(arguments.exc_value)}"
    write_log(encode_record(logging.ERROR, "djwar", text))


def _log_unraisable(arguments: sys.UnraisableHookArgs) -> None:
    if arguments.exc_value is None:
        return
    text = f"{arguments.err_msg or 'exception ignored in'}: {arguments.object!r}\n{describe_exception(arguments.exc_value)}"
    write_log(encode_record(logging.ERROR, "djwar", text))

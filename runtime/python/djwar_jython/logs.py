"""The log: ``sys.stdout``, ``sys.stderr``, :mod:`logging` and :mod:`warnings`, as records of the container's log.

It must not configure the project's logging. The way of ``djwar_handler.logs``, without a stream in between: records go to
the engine's Java object.
"""

from __future__ import absolute_import

import logging
import sys
import threading
import warnings
from thread import get_ident

_host = None


def level_name(level):
    """The standard level at or below a number: projects may have their own levels, containers don't."""
    if level >= logging.CRITICAL:
        return "CRITICAL"
    if level >= logging.ERROR:
        return "ERROR"
    if level >= logging.WARNING:
        return "WARNING"
    return "INFO" if level >= logging.INFO else "DEBUG"


def write(level, logger, text):
    """One record."""
    text = _unicode(text).rstrip(u"\n")
    if text.strip():
        _host.record(level, _unicode(logger), text)


def _unicode(text):
    return text if isinstance(text, unicode) else str(text).decode("utf-8", "replace")


class LineStream(object):
    """A text stream which writes whole lines only, so that threads don't mix inside one."""

    LINE_LIMIT = 8192
    encoding = "utf-8"
    errors = "replace"
    closed = False
    softspace = 0

    def __init__(self, name):
        self.name = "<%s>" % name
        self._name = name
        self._lock = threading.Lock()
        self._pending = {}

    def write(self, text):
        """Keeps the text until its line is whole."""
        thread = get_ident()
        with self._lock:
            pending = self._pending.pop(thread, u"") + _unicode(text)
            whole, newline, rest = pending.rpartition(u"\n")
            if len(rest) > self.LINE_LIMIT:
                whole, newline, rest = pending, u"\n", u""
            if rest:
                self._pending[thread] = rest
        if newline:
            write("INFO", self._name, whole)

    def writelines(self, lines):
        """Each of them."""
        for line in lines:
            self.write(line)

    def flush(self):
        """Nothing: a line without its end waits for it."""

    def isatty(self):
        """Never."""
        return False

    def finish(self):
        """Writes what unfinished lines remain."""
        with self._lock:
            pending, self._pending = self._pending, {}
        for text in pending.values():
            write("INFO", self._name, text)


def install(host):
    """Puts our streams and hooks in place; before any code of the project runs."""
    global _host
    _host = host
    sys.stdout = LineStream("stdout")
    sys.stderr = LineStream("stderr")
    _replace_stream_handler_emit()
    warnings.showwarning = _show_warning


def finish():
    """Writes what unfinished lines remain, at the end."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, LineStream):
            stream.finish()


def show_errors():
    """Django's own logging, when the project has none and DEBUG is off, tells only ADMINS of an error, by mail. The
    container's log is where an operator looks for the traceback."""
    logging.getLogger("django").addHandler(UnwrittenHandler(logging.ERROR))


def _replace_stream_handler_emit():
    original = logging.StreamHandler.__dict__["emit"]

    def emit(self, record):
        if not isinstance(self.stream, LineStream):
            original(self, record)
            return
        try:
            write(level_name(record.levelno), record.name, self.format(record))
            record.djwar_written = True
        except Exception:
            self.handleError(record)

    logging.StreamHandler.emit = emit


class UnwrittenHandler(logging.StreamHandler):
    """Writes the records that no handler before it wrote to the log."""

    def __init__(self, level):
        logging.StreamHandler.__init__(self, sys.stderr)
        self.setLevel(level)

    def filter(self, record):
        """Leaves out what the log has already."""
        return not getattr(record, "djwar_written", False) and logging.StreamHandler.filter(self, record)


def _show_warning(message, category, filename, lineno, file=None, line=None):
    text = warnings.formatwarning(message, category, filename, lineno, line)
    if file is None:
        write("WARNING", "py.warnings", text)
    else:
        file.write(text)

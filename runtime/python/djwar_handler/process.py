"""Processes: signals, the parent's death, the end.

Owns what the operating system is asked for around a fork. Knows nothing of WSGI and of the protocol.
"""

from __future__ import annotations

import atexit
import os
import random
import signal
import sys
import threading

from djwar_handler import logs
from djwar_handler.logs import Log

END_TIMEOUT = 5.0
"""How long the project's own threads and atexit functions may hold a process that has nothing to do any more."""

PR_SET_PDEATHSIG = 1


def ask_for_death_with_parent() -> bool:
    """Linux: SIGKILL when the thread that forked us ends. False where that can't be had."""
    if not sys.platform.startswith("linux"):
        return False
    try:
        import ctypes

        return bool(ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0) == 0)
    except (ImportError, OSError, AttributeError):
        return False


class ParentLife:
    """A pipe whose write end only the parent holds: end of file means that the parent has gone."""

    def __init__(self) -> None:
        self._read_end, self._write_end = os.pipe()
        self._parent = os.getpid()

    def die_with_parent(self) -> None:
        """For a worker, right after the fork."""
        os.close(self._write_end)
        if ask_for_death_with_parent():
            if os.getppid() != self._parent:
                # It died in between, before the signal was asked for.
                os._exit(0)
        else:
            threading.Thread(target=self._wait_for_end, name="djwar-parent", daemon=True).start()

    def _wait_for_end(self) -> None:
        os.read(self._read_end, 1)
        os._exit(0)


def reset_after_fork() -> None:
    """Signals and chance, as a worker needs them."""
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    # `random` does this by itself, and OpenSSL too (since 1.1.1); numpy's global generator does not, and workers
    # which draw the same numbers are hard to find.
    random.seed()
    numpy_random = sys.modules.get("numpy.random")
    if numpy_random is not None:
        numpy_random.seed()


def end(status: int, log: Log) -> None:
    """Ends the process as the interpreter would, but in bounded time and without taking the modules apart."""
    watchdog = threading.Thread(target=_end_hard, args=(status, log), name="djwar-end", daemon=True)
    watchdog.start()
    try:
        shutdown = getattr(threading, "_shutdown", None)
        if shutdown is not None:
            shutdown()
        # The private name is stable since Python 3.0; logging.shutdown() is one of the functions.
        atexit._run_exitfuncs()
    except BaseException as error:
        log.error(f"an atexit function failed\n{logs.describe_exception(error)}")
    logs.finish()
    os._exit(status)


def _end_hard(status: int, log: Log) -> None:
    threading.Event().wait(END_TIMEOUT)
    names = [
        thread.name
        for thread in threading.enumerate()
        if thread is not threading.main_thread() and not thread.daemon
    ]
    log.warning(f"ended after {END_TIMEOUT:g} s without waiting for the project's threads: {', '.join(names) or 'none'}")
    os._exit(status)

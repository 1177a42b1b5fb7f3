"""The parent: imports the project once, forks when told, reaps, reports. It serves nothing and decides nothing.

Owns the life of the parent process; its words with the engine are :mod:`djwar_handler.channels`'.
"""

from __future__ import annotations

import faulthandler
import os
import platform
import select
import signal
import sys
import time
import warnings
from typing import Any, NoReturn

from djwar_handler import headers, logs, process, project
from djwar_handler.channels import ControlChannel, EventChannel, take_standard_streams
from djwar_handler.logs import LEVELS, Log
from djwar_handler.serving import Application
from djwar_handler.settings import StartSettings, StartSettingsError
from djwar_handler.worker import Worker

CANNOT_FORK = 71
"""EX_OSERR: the status which is reported for a worker that the system would not fork."""

WORKER_FAILED = 70
"""EX_SOFTWARE: a worker failed outside of any request."""


def main() -> NoReturn:
    """The process: from the first control line to the end."""
    control_descriptor, event_descriptor = take_standard_streams()
    logs.install()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    process.ask_for_death_with_parent()
    control, events = ControlChannel(control_descriptor), EventChannel(event_descriptor)
    line = control.read_first_line()
    if line is None:
        os._exit(0)
    try:
        start = StartSettings.parse(line)
    except StartSettingsError as error:
        _fail(events, "protocol", str(error), Log("djwar.parent"))
    log = Log("djwar.parent", LEVELS.get(start.log_level, LEVELS["info"]))
    headers.drop_hop_by_hop(filter(None, start.hop_by_hop.split(",")))
    if not hasattr(os, "fork"):
        _fail(events, "fork", f"Python on {sys.platform} has no os.fork: this platform isn't supported", log)
    began = time.monotonic()
    try:
        application = project.load_application(start, log)
        project.freeze(log)
    except BaseException as error:
        # SystemExit too: a settings module may call sys.exit().
        _fail(events, "import", logs.describe_exception(error), log)
    parent = Parent(start, application, control, events, log)
    events.emit(
        "ready",
        python=platform.python_version(),
        django=project.django_version(),
        debug=project.is_debug(),
        import_seconds=round(time.monotonic() - began, 3),
    )
    parent.run()


def _fail(events: EventChannel, stage: str, traceback: str, log: Log) -> NoReturn:
    # Not logged here: the engine logs the event, once.
    events.emit("failed", stage=stage, traceback=traceback, debug=project.is_debug())
    process.end(1, log)
    os._exit(1)


class Parent:
    """The parent after the import."""

    def __init__(
        self, start: StartSettings, application: Application, control: ControlChannel, events: EventChannel, log: Log
    ) -> None:
        self._start = start
        self._application = application
        self._control = control
        self._events = events
        self._log = log
        self._workers: dict[int, int] = {}
        self._life = process.ParentLife()
        self._wake_read, self._wake_write = os.pipe()
        self._dumps = False

    def run(self) -> NoReturn:
        """Obeys until `stop` or the end of the control channel."""
        os.set_blocking(self._wake_write, False)
        # After the import: the project may have set a SIGCHLD handler of its own.
        signal.signal(signal.SIGCHLD, _ignore)
        signal.set_wakeup_fd(self._wake_write, warn_on_full_buffer=False)
        self._dumps = _register_dumps()
        self._obey(self._control.take_pending())
        while True:
            ready, _, _ = select.select([self._control.descriptor, self._wake_read], [], [])
            if self._wake_read in ready:
                os.read(self._wake_read, 4096)
                self._reap()
            if self._control.descriptor in ready:
                lines = self._control.read_lines()
                if lines is None:
                    # The container has gone, and nobody waits for what atexit might do.
                    self._kill_workers()
                    os._exit(0)
                self._obey(lines)

    def _obey(self, lines: list[bytes]) -> None:
        for line in lines:
            order, _, argument = line.strip().partition(b" ")
            if order == b"fork" and argument.isdigit():
                self._fork(int(argument))
            elif order == b"dump":
                self._dump()
            elif order == b"stop":
                self._kill_workers()
                self._reap(wait=True)
                process.end(0, self._log)
            elif order:
                self._log.error(f"an order that is not known: {line!r}")

    def _fork(self, number: int) -> None:
        # An unfinished line would be in both processes.
        logs.finish()
        try:
            with warnings.catch_warnings():
                # Python 3.12 warns of threads at each fork; ours was said once, with their names.
                warnings.simplefilter("ignore", DeprecationWarning)
                pid = os.fork()
        except OSError as error:
            self._log.error(f"worker {number} could not be forked: {error}")
            self._events.emit("exited", worker=number, pid=0, status=CANNOT_FORK)
            return
        if pid == 0:
            self._become_worker(number)
        self._workers[pid] = number
        self._events.emit("forked", worker=number, pid=pid)

    def _become_worker(self, number: int) -> NoReturn:
        try:
            self._life.die_with_parent()
            process.reset_after_fork()
            self._control.close()
            self._events.close()
            os.close(self._wake_read)
            os.close(self._wake_write)
            Worker(number, self._start, self._application).run()
        except BaseException as error:
            self._log.error(f"worker {number} failed\n{logs.describe_exception(error)}")
        finally:
            os._exit(WORKER_FAILED)

    def _reap(self, wait: bool = False) -> None:
        # One by one, not waitpid(-1): the project may have processes of its own, and wait for them.
        for pid, number in list(self._workers.items()):
            try:
                reaped, status = os.waitpid(pid, 0 if wait else os.WNOHANG)
            except ChildProcessError:
                reaped, status = pid, 0
            if reaped:
                del self._workers[pid]
                code = os.waitstatus_to_exitcode(status)
                self._events.emit("exited", worker=number, pid=pid, status=code)

    def _dump(self) -> None:
        """Has each process write the stacks of its threads to the log."""
        if not self._dumps:
            self._log.error("no stacks: the project has a handler of its own for SIGUSR2")
            return
        for pid, number in self._workers.items():
            self._log.info(f"stacks of worker {number}, process {pid}:")
            try:
                os.kill(pid, signal.SIGUSR2)
            except ProcessLookupError:
                continue
            # One after another, so that their lines don't mix.
            time.sleep(0.1)
        self._log.info(f"stacks of the parent, process {os.getpid()}:")
        faulthandler.dump_traceback(file=2, all_threads=True)

    def _kill_workers(self) -> None:
        for pid in self._workers:
            try:
                os.kill(pid, signal.SIGKILL)
            except ProcessLookupError:
                pass


def _register_dumps() -> bool:
    """Before the first fork: to a worker without it the signal would be the end."""
    if not hasattr(faulthandler, "register") or signal.getsignal(signal.SIGUSR2) is not signal.SIG_DFL:
        return False
    faulthandler.register(signal.SIGUSR2, file=2, all_threads=True)
    return True


def _ignore(_signal: int, _frame: Any) -> None:
    """A handler must exist for the wake-up descriptor to be written."""

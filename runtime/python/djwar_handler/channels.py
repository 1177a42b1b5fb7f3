"""The control channel (engine to parent) and the event channel (parent to engine).

Owns the descriptors 0 and 1 of the parent: both are moved away before any code of the project runs, so that an
``input()`` can't swallow orders and a ``print()`` can't forge events.
"""

from __future__ import annotations

import json
import os


class ControlChannel:
    """Lines of orders, read without Python's buffering, since the parent also waits for its workers."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor
        self._pending = b""

    def read_lines(self) -> list[bytes] | None:
        """The whole lines that one read brings, perhaps none; ``None`` at the end of file."""
        data = os.read(self.descriptor, 65536)
        if not data:
            return None
        *lines, self._pending = (self._pending + data).split(b"\n")
        return lines

    def read_first_line(self) -> bytes | None:
        """The first line alone; what came behind it in the same read is kept for :meth:`take_pending`."""
        while b"\n" not in self._pending:
            data = os.read(self.descriptor, 65536)
            if not data:
                return None
            self._pending += data
        line, _, self._pending = self._pending.partition(b"\n")
        return line

    def take_pending(self) -> list[bytes]:
        """Whole lines which arrived together with the first one."""
        *lines, self._pending = self._pending.split(b"\n")
        return lines

    def close(self) -> None:
        """For the worker after the fork."""
        os.close(self.descriptor)


class EventChannel:
    """One JSON object a line; one ``write`` each."""

    def __init__(self, descriptor: int) -> None:
        self.descriptor = descriptor

    def emit(self, event: str, **values: object) -> None:
        """Tells the engine. An engine that has gone is no error here: end of file on the control channel says so."""
        line = (json.dumps({"event": event, **values}) + "\n").encode("ascii")
        try:
            while line:
                line = line[os.write(self.descriptor, line) :]
        except OSError:
            pass

    def close(self) -> None:
        """For the worker after the fork."""
        os.close(self.descriptor)


def take_standard_streams() -> tuple[int, int]:
    """Moves standard input and output away; returns their new, not inheritable descriptors.

    Standard input becomes the null device, standard output the log.
    """
    control, event = os.dup(0), os.dup(1)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    os.dup2(2, 1)
    return control, event

"""``wsgi.file_wrapper``.

Owns how a file becomes an iterable of blocks, and when it is nothing but a file on disk. Knows nothing of frames on the wire.
"""

from __future__ import annotations

import io
import os
import stat
import sys
from collections.abc import Callable, Iterator
from typing import Any

from djwar_handler.frames import PART_LIMIT


class FileWrapper:
    """A file as an iterable of large blocks."""

    def __init__(self, file: Any, block_size: int = 8192) -> None:
        # The application's block size is not asked: each block is a frame and a flush.
        self._read = file.read
        if hasattr(file, "close"):
            self.close = file.close

    def __iter__(self) -> Iterator[bytes]:
        read = self._read
        return iter(lambda: read(PART_LIMIT), b"")

    def place(self, length: int) -> tuple[int, int] | None:
        """Descriptor and position, where what is left is a regular file's last ``length`` bytes, just as they are on disk."""
        found = find_place(self._read)
        return found[:2] if found and found[2] == length else None


class FilePart:
    """So many bytes of a file, from where it stands."""

    def __init__(self, file: Any, left: int) -> None:
        self._read = file.read
        self._left = left
        self.close = file.close

    def __iter__(self) -> FilePart:
        return self

    def __next__(self) -> bytes:
        block: bytes = self._read(min(self._left, PART_LIMIT))
        if not block:
            raise StopIteration
        self._left -= len(block)
        return block

    def place(self, length: int) -> tuple[int, int] | None:
        """As above; the file may go on behind the part."""
        found = find_place(self._read)
        return found[:2] if found and self._left == length <= found[2] else None


def find_place(read: Callable[[int], bytes]) -> tuple[int, int, int] | None:
    """Descriptor, position, and how many bytes follow, where ``read`` is that of a regular file which Python itself opened.

    Whatever wraps the file (Django's ``File`` does), its ``read`` must be the file's own: that of a ``GzipFile``, whose ``fileno()``
    is the packed file's, gives other bytes than the disk has.
    """
    file = getattr(read, "__self__", None)
    kind = type(file)
    if sys.platform != "linux" or not (kind is io.BufferedReader or kind is io.BufferedRandom):
        return None
    assert isinstance(file, (io.BufferedReader, io.BufferedRandom))
    try:
        if type(file.raw) is not io.FileIO or read.__name__ != "read":
            return None
        file.flush()
        descriptor, position = file.fileno(), file.tell()
        status = os.fstat(descriptor)
    except (OSError, ValueError):
        # A pipe, or closed: whoever reads it will say so.
        return None
    return (descriptor, position, status.st_size - position) if stat.S_ISREG(status.st_mode) else None

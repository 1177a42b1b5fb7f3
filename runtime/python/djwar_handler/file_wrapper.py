"""``wsgi.file_wrapper``.

Owns how a file becomes an iterable of blocks. Knows nothing of frames on the wire.
"""

from __future__ import annotations

from collections.abc import Iterator
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

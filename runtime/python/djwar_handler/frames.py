"""Frames: 1 byte type, 4 bytes payload length, payload.

Owns the types, the limits and the packing. Knows no socket and no WSGI.
"""

from __future__ import annotations

import struct

HELLO = b"H"
REQUEST = ord("R")
PULL = b"P"
DATA = ord("D")
ABORT = ord("A")
FULL = b"F"
START = b"S"
BODY = b"B"
END = b"E\0\0\0\0"
FILE = b"X"
TAKEN = ord("Y")
REFUSED = ord("N")
TRUNCATED = b"T\0\0\0\0"
RETIRE = ord("Q")

PAYLOAD_LIMIT = 16 * 1024 * 1024
FULL_LIMIT = 1024 * 1024
PART_LIMIT = 256 * 1024

HEADER = struct.Struct(">BI")
REQUEST_HEADER = struct.Struct(">BIIB")
"""Type, payload length, length of the environ, body mode."""
RESPONSE_HEADER = struct.Struct(">cIHI")
"""Type, payload length, status, length of the head."""
PART_HEADER = struct.Struct(">cI")
FILE_PLACE = struct.Struct(">IQQ")
"""Descriptor, position, length."""
PULL_FRAME = struct.Struct(">cII")

BODY_INLINE = 0
BODY_PULLED = 1


def pack(kind: bytes, payload: bytes) -> bytes:
    """A frame without structure inside."""
    return PART_HEADER.pack(kind, len(payload)) + payload

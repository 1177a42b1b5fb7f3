"""The start settings: the first line that the engine writes on the control channel.

Owns their shape and their parsing. Not to be confused with the project's Django settings (:mod:`djwar_handler.project`).
"""

from __future__ import annotations

import dataclasses
import json

from djwar_handler import PROTOCOL


class StartSettingsError(ValueError):
    """The first control line can't be understood, or is of another release's protocol."""


@dataclasses.dataclass(frozen=True)
class StartSettings:
    """What the engine decided about this start; see "Starting the parent" of the protocol page."""

    socket: str
    token: str
    wsgi: str
    settings: str = ""
    context_path: str = ""
    threads: int = 1
    adapt_urls: bool = True
    media: bool = False
    """Whether uploaded files are served at MEDIA_URL."""
    static_root: str = ""
    software: str = "djwar"
    log_level: str = "info"
    hop_by_hop: str = ""
    """Names of headers that an application may not send, in lower case, with commas between."""

    @classmethod
    def parse(cls, line: bytes) -> StartSettings:
        """Reads the line; keys that this release doesn't know are passed over."""
        try:
            values = json.loads(line)
        except ValueError as error:
            raise StartSettingsError(f"the first control line is no JSON: {error}") from error
        if not isinstance(values, dict):
            raise StartSettingsError("the first control line is no JSON object")
        protocol = values.get("protocol")
        if protocol != PROTOCOL:
            raise StartSettingsError(
                f"the engine speaks protocol {protocol}, this djwar_handler speaks {PROTOCOL}: "
                "the runtime jar and the handler are of different releases, build the WAR again"
            )
        known = {field.name for field in dataclasses.fields(cls)}
        try:
            return cls(**{name: value for name, value in values.items() if name in known})
        except TypeError as error:
            raise StartSettingsError(f"the first control line is incomplete: {error}") from error

"""A worker: a forked process whose threads each serve one connection.

Owns the threads and the process's end. The requests are :mod:`djwar_handler.serving`'s.
"""

from __future__ import annotations

import os
import threading
import time
from typing import Any, NoReturn

from djwar_handler import process
from djwar_handler.connection import Connection
from djwar_handler.logs import LEVELS, LineStream, Log, describe_exception
from djwar_handler.request import base_environ
from djwar_handler.serving import Application, serve
from djwar_handler.settings import StartSettings

NEVER_CONNECTED = 3
"""The exit status of a worker which could not reach the engine at all."""

PAUSE = 0.1
"""Before a thread connects again where nothing says that it would end better."""

ATTEMPTS = 20
"""So often a thread that has been connected looks for a socket that is not there: the engine binds a deleted one anew."""


class Worker:
    """One worker process, from the fork to its end."""

    def __init__(self, number: int, settings: StartSettings, application: Application) -> None:
        self._number = number
        self._settings = settings
        self._application = application
        self._log = Log("djwar.worker", LEVELS.get(settings.log_level, LEVELS["info"]))
        self._base: dict[str, Any] = base_environ(
            settings.software, settings.threads, LineStream(LEVELS["error"], "wsgi.errors")
        )
        self._has_connected = False

    def run(self) -> NoReturn:
        """Serves until all threads are retired, then ends the process."""
        # No daemons: threads that a view starts would inherit it, and not be waited for at the end.
        threads = [
            threading.Thread(target=self._serve_connections, args=(number,), name=f"djwar-{number}")
            for number in range(self._settings.threads)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        process.end(0 if self._has_connected else NEVER_CONNECTED, self._log)
        os._exit(0)

    def _serve_connections(self, thread: int) -> None:
        settings = self._settings
        attempts = 0
        while True:
            try:
                connection = Connection.open(settings.socket, settings.token, self._number, thread)
            except OSError as error:
                attempts += 1
                if not self._has_connected or attempts > ATTEMPTS:
                    # The engine has gone.
                    self._log.debug(f"thread {thread} ends, the socket has gone: {error}")
                    return
                time.sleep(PAUSE)
                continue
            attempts = 0
            self._has_connected = True
            try:
                is_anew = serve(connection, self._application, self._base, self._log)
            except BaseException as error:
                # Not the application's failure, that is handled per request: out of memory, or a bug of djwar.
                self._log.error(f"thread {thread} starts anew\n{describe_exception(error)}")
                is_anew = True
                time.sleep(PAUSE)
            finally:
                connection.close()
            if not is_anew:
                return
            if not connection.was_used:
                # Closed although nobody left: the engine doesn't want us now, and must not be overrun.
                time.sleep(PAUSE)

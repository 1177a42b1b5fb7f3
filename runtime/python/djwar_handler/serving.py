"""Serving: requests of one connection, one after the other, through the application.

Owns the loop and what happens when the application fails. This is the hot path: what is done here is done for each request.
"""

from __future__ import annotations

import io
from typing import Any

from djwar_handler import frames
from djwar_handler.body import PulledBody, buffered
from djwar_handler.connection import Connection, Disconnected
from djwar_handler.logs import Log, describe_exception
from djwar_handler.request import build_environ, describe_request
from djwar_handler.response import Response

Application = Any
"""A WSGI callable; ``wsgiref.types`` would only force casts on those who pass one."""


def serve(connection: Connection, application: Application, base: dict[str, Any], log: Log) -> bool:
    """Serves until the connection ends; whether to connect anew, rather than to end because the engine retires us."""
    receive = connection.receive
    unpack = frames.REQUEST_HEADER.unpack_from
    while not connection.is_broken:
        try:
            size = receive()
        except OSError as error:
            log.debug(f"connection lost: {error}")
            return True
        if not size:
            # A client left while the engine was passing on the end of our answer.
            return True
        kind, _, environ_size, body_mode = unpack(connection.buffer)
        if kind == frames.RETIRE:
            return False
        if kind != frames.REQUEST or environ_size > size - 10:
            log.error(f"the engine sent a frame of type {kind} in place of a request")
            return True
        body_start = 10 + environ_size
        view = connection.view
        environ = build_environ(str(view[10:body_start], "latin-1"), base)
        pulled = None
        if body_mode == frames.BODY_INLINE:
            environ["wsgi.input"] = io.BytesIO(view[body_start:size])
        else:
            pulled = PulledBody(connection)
            environ["wsgi.input"] = buffered(pulled)
        del view
        handle(connection, application, environ, log)
        if pulled is not None:
            pulled.detach_connection()
        if size > 65536:
            connection.shrink()
    return True


def handle(connection: Connection, application: Application, environ: dict[str, Any], log: Log) -> None:
    """One request. Whatever the application does, the thread lives on and the engine gets an answer."""
    response = Response(connection, environ, log)
    result = None
    try:
        result = application(environ, response.start)
        response.deliver(result)
    except Disconnected as error:
        if not connection.is_broken:
            # Another connection's failure came out of the application: ordinary, as any exception.
            _fail(response, environ, error, log)
    except BaseException as error:
        # Also SystemExit: sys.exit() in a view must not end the other threads' requests.
        _fail(response, environ, error, log)
    close = getattr(result, "close", None)
    if close is not None:
        try:
            close()
        except BaseException as error:
            log.error(f"{describe_request(environ)}: the response's close() failed\n{describe_exception(error)}")


def _fail(response: Response, environ: dict[str, Any], error: BaseException, log: Log) -> None:
    log.error(f"{describe_request(environ)}: the application failed\n{describe_exception(error)}")
    try:
        response.fail()
    except OSError as failure:
        log.debug(f"connection lost: {failure}")


"""The application of the judges' WAR: it is elsewhere. What the server gives it goes to the process that runs Django's
tests, what that process answers goes back to the server, call by call. Python 3 and Jython."""

import json
import os
import socket
import struct
import sys

NATIVE = type("")


class Tunnel(object):
    """Frames of JSON over a socket; bytes travel as Latin-1 text."""

    def __init__(self, connection):
        self.connection = connection

    def send(self, message):
        data = json.dumps(message).encode("ascii")
        self.connection.sendall(struct.pack("!I", len(data)) + data)

    def receive(self):
        """The next message; None when the other side has gone."""
        head = self.exactly(4)
        data = head and self.exactly(struct.unpack("!I", head)[0])
        return json.loads(data.decode("ascii")) if data else None

    def exactly(self, size):
        pieces = []
        while size:
            piece = self.connection.recv(min(size, 65536))
            if not piece:
                return b""
            pieces.append(piece)
            size -= len(piece)
        return b"".join(pieces)

    def close(self):
        self.connection.close()


def native(text):
    """JSON's text as PEP 3333 wants it: on Python 2 a str of bytes."""
    return text if sys.version_info > (3,) else text.encode("latin-1")


def application(environ, start_response):
    with open(os.environ["JUDGE_PORT_FILE"]) as file:
        port = int(file.read())
    tunnel = Tunnel(socket.create_connection(("127.0.0.1", port)))
    tunnel.send({key: value.decode("latin-1") if sys.version_info < (3,) else value for key, value in environ.items() if type(value) is NATIVE})
    while True:
        message = tunnel.receive()
        if message is None:
            raise RuntimeError("the tests have dropped this request")
        if "read" in message:
            method, arguments = message["read"]
            tunnel.send({"data": getattr(environ["wsgi.input"], method)(*arguments).decode("latin-1")})
            continue
        headers = [(native(name), native(value)) for name, value in message["headers"]]
        start_response(native(message["status"]), headers)
        if "body" in message:
            tunnel.close()
            return [message["body"].encode("latin-1")]
        return chunks(tunnel)


def chunks(tunnel):
    try:
        while True:
            message = tunnel.receive()
            if message is None:
                raise RuntimeError("the tests have dropped this response")
            if "end" in message:
                return
            yield message["chunk"].encode("latin-1")
    finally:
        tunnel.close()

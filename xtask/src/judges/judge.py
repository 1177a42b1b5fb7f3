"""Runs Django's own tests with the bridge between client and application: what a test's client asks is sent to the container,
crosses it and its worker, and comes back here through ``tunnel.py``, where Django answers in the test's own process, so
that a test still sees its signals, exceptions, settings and databases. The answer goes out the same way, and what
arrives by HTTP must be what Django answered. Python 3 and Jython."""

import os
import socket
import sys
import threading
import unittest
import uuid
from io import BytesIO

from django.core.handlers import wsgi
from django.core.servers import basehttp
from django.db import connections
from django.test import client, testcases
from django.test.runner import DiscoverRunner

from judge_tunnel import Tunnel, native

try:
    from http.client import HTTPResponse
    from queue import Queue
except ImportError:
    from httplib import HTTPResponse
    from Queue import Queue

ADDRESS = ("127.0.0.1", int(os.environ["JUDGE_PORT"]))
PATIENCE = 120
# The container's own; PEP 3333 forbids them to applications.
HOP_BY_HOP = {"connection", "keep-alive", "transfer-encoding", "upgrade", "te", "trailer"}
# What a request carries; the rest of an environ is the server's, or the test's own.
CARRIED = {"REQUEST_METHOD", "PATH_INFO", "QUERY_STRING", "CONTENT_TYPE", "CONTENT_LENGTH"}
CROSSED = "judge.crossed"
# Who has asked; taken out before anybody looks at the environ.
ASKER = "HTTP_JUDGE_ASKER"

counts = {"requests": 0, "answers": 0, "left alone": 0}
crossing_tests = set()


class Gate(object):
    """Where the worker's end of a tunnel arrives: at whoever asked, or at the live server."""

    def __init__(self):
        self.askers = {}
        self.server = None
        self.listener = socket.socket()
        self.listener.bind(("127.0.0.1", 0))
        self.listener.listen(50)
        with open(os.environ["JUDGE_PORT_FILE"], "w") as file:
            file.write(str(self.listener.getsockname()[1]))
        daemon(self.accept)

    def accept(self):
        while True:
            daemon(self.introduce, Tunnel(self.listener.accept()[0]))

    def introduce(self, tunnel):
        environ = {native(key): native(value) for key, value in tunnel.receive().items()}
        asker = self.askers.pop(environ.pop(ASKER, None), None)
        if asker:
            asker.put(("tunnel", (tunnel, environ)))
        elif self.server:
            self.server.serve(tunnel, environ)
        else:
            # Of a test that has given up, or of the process before this one.
            tunnel.close()


def daemon(target, *arguments):
    thread = threading.Thread(target=target, args=arguments)
    thread.daemon = True
    thread.start()


gate = Gate()


def is_carried(key):
    return key in CARRIED or key.startswith("HTTP_")


def is_native(value):
    """On Python 2 a test may have put Unicode into an environ, which no server does."""
    return not isinstance(value, type(u"")) or isinstance(value, str) or all(ord(one) < 128 for one in value)


def body_of(environ):
    """The body that a request can send; None where its length or its stream is not an ordinary one."""
    stream = environ.get("wsgi.input")
    length = environ.get("CONTENT_LENGTH") or "0"
    if type(stream) not in (BytesIO, client.FakePayload):
        return None
    if not str(length).isdigit():
        return None
    whole = stream.read()
    # For whoever goes on with the test's own.
    environ["wsgi.input"] = type(stream)(whole)
    return whole[: int(length)] if len(whole) >= int(length) else None


def request_of(environ, body):
    """The bytes that make a server build this environ; None where HTTP can't say it."""
    path, method = environ.get("PATH_INFO", "/"), environ.get("REQUEST_METHOD", "")
    # TRACE is for the server itself; containers refuse it.
    if not path.startswith("/") or environ.get("SCRIPT_NAME") or not method.isalpha() or method == "TRACE":
        return None
    target = str("".join(one if one.isalnum() and ord(one) < 128 or one in "/-._~!$&'()*+,:@=" else "%%%02X" % ord(one) for one in path))
    if environ.get("QUERY_STRING"):
        target += "?" + str(environ["QUERY_STRING"])
    lines = ["%s %s HTTP/1.1" % (method, target)]
    headers = {key[5:].replace("_", "-"): value for key, value in environ.items() if key.startswith("HTTP_")}
    if environ.get("CONTENT_TYPE"):
        headers["Content-Type"] = environ["CONTENT_TYPE"]
    if body or environ.get("CONTENT_LENGTH"):
        headers["Content-Length"] = str(len(body))
    if "HOST" not in headers:
        name, port = environ.get("SERVER_NAME", "testserver"), str(environ.get("SERVER_PORT", "80"))
        headers["Host"] = name if port == "80" else "%s:%s" % (name, port)
    lines += ["%s: %s" % (name, value) for name, value in sorted(headers.items()) if value or name == "Host"]
    lines = [str(line) for line in lines]
    text = "\r\n".join(lines) + "\r\n\r\n"
    try:
        return (text if isinstance(text, bytes) else text.encode("latin-1")) + body
    except UnicodeError:
        return None


class RemoteInput(object):
    """``wsgi.input``, as the worker has it."""

    def __init__(self, tunnel):
        self.tunnel = tunnel

    def ask(self, method, *arguments):
        self.tunnel.send({"read": [method, arguments]})
        message = self.tunnel.receive()
        if message is None:
            raise IOError("the worker has gone")
        return message["data"].encode("latin-1")

    def read(self, *size):
        return self.ask("read", *size)

    def readline(self, *size):
        return self.ask("readline", *size)

    def __iter__(self):
        return iter(self.readline, b"")


class Exchange(object):
    """One request and its answer, through the container."""

    def __init__(self, environ, request):
        self.method = environ["REQUEST_METHOD"]
        self.events = gate.askers[environ[ASKER]] = Queue()
        self.wire = socket.create_connection(ADDRESS, PATIENCE)
        self.tunnel = None
        # A container may refuse before it has read all.
        daemon(self.send, request)
        daemon(self.listen)
        kind, value = self.events.get(True, PATIENCE)
        if kind != "tunnel":
            raise AssertionError("the container answered itself: %s" % (value.status if kind == "answer" else value))
        self.tunnel, arrived = value
        del environ[ASKER]
        compare(environ, arrived)
        counts["requests"] += 1
        # The test's own are kept where no request carries them: its address, its scheme, its objects.
        kept = {key: value for key, value in environ.items() if not is_carried(key)}
        self.environ = {key: value for key, value in arrived.items() if is_carried(key) or key == "SCRIPT_NAME"}
        self.environ.update(kept)
        self.environ["wsgi.input"] = RemoteInput(self.tunnel)
        self.environ[CROSSED] = True

    def send(self, request):
        try:
            self.wire.sendall(request)
        except (IOError, OSError):
            pass  # the answer says more

    def listen(self):
        response = HTTPResponse(self.wire, method=self.method)
        try:
            response.begin()
            self.events.put(("answer", response))
        except Exception as error:
            self.events.put(("failure", error))

    def start(self, response, **more):
        """Sends the answer's head; ``more`` is its body, where that is known."""
        headers = [(native(name), native(value)) for name, value in response.items()]
        headers += [("Set-Cookie", native(morsel.output(header="").strip())) for morsel in response.cookies.values()]
        status = "%d %s" % (response.status_code, response.reason_phrase)
        self.sent = response.status_code, [(name.lower(), value) for name, value in headers if name.lower() not in HOP_BY_HOP]
        self.tunnel.send(dict(more, status=status, headers=[(text(name), text(value)) for name, value in headers]))

    def answer(self):
        """The answer, once its head has arrived."""
        kind, answer = self.events.get(True, PATIENCE)
        if kind != "answer":
            raise AssertionError("no answer arrived: %s" % answer)
        status, headers = self.sent
        arrived = [plain(pair) for pair in pairs(answer)]
        # Django's own `Content-Length: 0` would be wrong there (RFC 9110, 8.6), and is dropped.
        ignored = ["content-length"] if status in (204, 304) else []
        lost = [pair for pair in headers if plain(pair) not in arrived and pair[0] not in ignored]
        if answer.status != status or lost:
            raise AssertionError("sent %s and %s, arrived %s and %s" % (status, lost, answer.status, arrived))
        counts["answers"] += 1
        return answer

    def give_back(self, response):
        if not response.streaming:
            content = bytes(response.content)
            self.start(response, body=content.decode("latin-1"))
            arrived = self.answer().read()
            self.close()
            if arrived != content:
                raise AssertionError("sent %r, arrived %r" % (content[:200], arrived[:200]))
        elif getattr(response, "is_async", False):
            self.drop()
        else:
            self.start(response)
            response.streaming_content = Stream(self, response.streaming_content)

    def drop(self):
        """The test wants no answer: the worker gets one that says nothing."""
        self.tunnel.send({"status": "204 No Content", "headers": [], "body": ""})
        self.close()

    def close(self):
        self.tunnel.close()
        self.wire.close()


def text(value):
    return value.decode("latin-1") if isinstance(value, bytes) else value


def plain(pair):
    """A content type without what containers write their own way: blanks, quotes, capitals."""
    name, value = pair
    return name, value.strip().replace("; ", ";").replace('"', "").lower() if name == "content-type" else value.strip()


def pairs(answer):
    return [(name.lower(), value.strip()) for name, value in answer.getheaders()] + [
        ("set-cookie", value.strip())
        for value in (answer.msg.get_all("Set-Cookie") if hasattr(answer.msg, "get_all") else answer.msg.getheaders("Set-Cookie")) or []
    ]


class Stream(object):
    """A streamed answer: each chunk is seen to arrive before the next one is asked for."""

    def __init__(self, exchange, content):
        self.exchange, self.answer, self.content = exchange, None, iter(content)

    def __iter__(self):
        return self

    def __next__(self):
        try:
            chunk = next(self.content)
        except StopIteration:
            self.exchange.tunnel.send({"end": True})
            self.answer = self.answer or self.exchange.answer()
            rest = self.answer.read()
            self.exchange.close()
            if rest:
                raise AssertionError("more arrived than was sent: %r" % rest[:200])
            raise
        self.exchange.tunnel.send({"chunk": chunk.decode("latin-1")})
        if not chunk:
            return chunk
        # The head comes with the first chunk that is not empty (PEP 3333).
        self.answer = self.answer or self.exchange.answer()
        arrived = self.answer.read(len(chunk))
        if arrived != chunk:
            raise AssertionError("sent %r, arrived %r" % (chunk[:200], arrived[:200]))
        return chunk

    next = __next__

    # No `close`: Django would call it when the content has ended, and the answer has not.
    def __del__(self):
        self.exchange.close()


def compare(sent, arrived):
    """Every value that the request carried is the one that was meant."""
    keys = [key for key in set(sent) | set(arrived) if is_carried(key) and key not in ("HTTP_HOST", "CONTENT_LENGTH")]
    sent = dict({"PATH_INFO": "/"}, **sent)
    # Jetty writes charsets its own way, in capitals or not.
    if str(sent.get("CONTENT_TYPE", "")).lower() == arrived.get("CONTENT_TYPE", "").lower():
        keys = [key for key in keys if key != "CONTENT_TYPE"]
    wrong = ["%s: %r became %r" % (key, sent.get(key), arrived.get(key)) for key in keys if str(sent.get(key, "")).strip() != arrived.get(key, "")]
    if int(sent.get("CONTENT_LENGTH") or 0) != int(arrived.get("CONTENT_LENGTH") or 0):
        wrong.append("CONTENT_LENGTH: %r became %r" % (sent.get("CONTENT_LENGTH"), arrived.get("CONTENT_LENGTH")))
    if sent.get("HTTP_HOST", arrived["HTTP_HOST"]).strip() != arrived["HTTP_HOST"]:
        wrong.append("HTTP_HOST: %r became %r" % (sent["HTTP_HOST"], arrived["HTTP_HOST"]))
    if wrong:
        raise AssertionError("; ".join(wrong))


def exchange_of(environ):
    """The request, sent; None where HTTP can't carry what the test has made up."""
    environ[ASKER] = str(uuid.uuid4())
    body = body_of(environ)
    carriable = all(is_native(value) for key, value in environ.items() if is_carried(key))
    request = body is not None and carriable and request_of(environ, body)
    if not request:
        del environ[ASKER]
        counts["left alone"] += 1
        return None
    return Exchange(environ, request)


class Server(object):
    """In place of Django's own server behind ``LiveServerTestCase``: the container listens, this end answers."""

    def __init__(self, address, handler=None, connections_override=None, **options):
        self.server_address = (address[0], ADDRESS[1])
        self.connections_override = connections_override
        self.has_ended = threading.Event()

    def set_app(self, application):
        self.application = application

    def serve_forever(self):
        if sys.version_info < (3,):
            # Django 1.11 serves on this thread, which has been given the test's connections.
            self.connections_override = dict((alias, connections[alias]) for alias in connections)
        gate.server = self
        self.has_ended.wait()

    def shutdown(self):
        gate.server = None
        self.has_ended.set()

    def server_close(self):
        pass

    def _close_connections(self):
        connections.close_all()

    def serve(self, tunnel, environ):
        for alias, connection in (self.connections_override or {}).items():
            connections[alias] = connection
        try:
            environ.update({"wsgi.url_scheme": "http", "wsgi.input": RemoteInput(tunnel), "wsgi.errors": sys.stderr, CROSSED: True})
            counts["requests"] += 1
            self.answer(environ, tunnel)
            counts["answers"] += 1
        finally:
            self._close_connections()
            tunnel.close()

    def answer(self, environ, tunnel):
        head = {}

        def start_response(status, headers, exc_info=None):
            head.update(status=status, headers=[(text(name), text(value)) for name, value in headers])

        result = self.application(environ, start_response)
        try:
            if getattr(result, "streaming", False) or not hasattr(result, "content"):
                tunnel.send(head)
                for chunk in result:
                    tunnel.send({"chunk": chunk.decode("latin-1")})
                tunnel.send({"end": True})
            else:
                tunnel.send(dict(head, body=b"".join(result).decode("latin-1")))
        finally:
            if hasattr(result, "close"):
                result.close()


original_call = client.ClientHandler.__call__
original_request = wsgi.WSGIRequest.__init__
original_run = unittest.TestCase.run


def call(self, environ):
    exchange = exchange_of(environ)
    if exchange is None:
        environ[CROSSED] = True
        return original_call(self, environ)
    try:
        response = original_call(self, exchange.environ)
    except BaseException:
        exchange.close()
        raise
    exchange.give_back(response)
    return response


def request(self, environ):
    if not environ.pop(CROSSED, False):
        exchange = exchange_of(environ)
        if exchange is not None:
            body = exchange.environ["wsgi.input"].read()
            exchange.drop()
            exchange.environ["wsgi.input"] = type(environ["wsgi.input"])(body)
            del exchange.environ[CROSSED]
            environ.update(exchange.environ)
    original_request(self, environ)


def run(self, result=None):
    before = counts["requests"]
    try:
        return original_run(self, result)
    finally:
        if counts["requests"] > before:
            crossing_tests.add(self.id())


class Runner(DiscoverRunner):
    """Loaded by Django before the tests' modules are."""

    def __init__(self, *arguments, **options):
        super(Runner, self).__init__(*arguments, **options)
        client.ClientHandler.__call__ = call
        wsgi.WSGIRequest.__init__ = request
        unittest.TestCase.run = run
        basehttp.ThreadedWSGIServer = testcases.WSGIServer = testcases.ThreadedWSGIServer = Server
        testcases.LiveServerThread.server_class = Server

    def run_suite(self, *arguments, **options):
        result = super(Runner, self).run_suite(*arguments, **options)
        numbers = (len(crossing_tests), counts["requests"], counts["answers"], counts["left alone"])
        sys.stderr.write("CROSSED tests=%d requests=%d answers=%d left=%d\n" % numbers)
        sys.stderr.flush()
        return result

"""The parent and its workers, as real processes, over a real socket."""

from __future__ import annotations

import os
import pathlib
import signal
import subprocess
import sys

import pytest
from conftest import StartEngine
from engine import HANDLER, Engine

PLAIN = """
    import os

    def application(environ, start_response):
        start_response("200 OK", [("Content-Type", "text/plain")])
        return [str(os.getpid()).encode()]
"""


def wait_until_gone(engine: Engine) -> None:
    """All processes hold the log's pipe; its end is their end."""
    engine.rest_of_log()


def test_a_plain_wsgi_application_is_served_without_django(start_engine: StartEngine) -> None:
    engine = start_engine(PLAIN, threads=2)
    ready = engine.event()
    assert (ready["event"], ready["django"], ready["debug"]) == ("ready", None, False)
    assert ready["python"] == ".".join(map(str, sys.version_info[:3]))
    assert ready["import_seconds"] >= 0
    engine.order("fork 3")
    forked = engine.event()
    assert (forked["event"], forked["worker"]) == ("forked", 3)
    sides = [engine.accept(), engine.accept()]
    hellos = sorted((side.hello() for side in sides), key=lambda hello: int(hello["thread"]))
    assert hellos == [
        {"protocol": 1, "token": "0" * 64, "worker": 3, "pid": forked["pid"], "thread": thread} for thread in (0, 1)
    ]
    assert [side.get().body for side in sides] == [str(forked["pid"]).encode()] * 2


def test_tcp_works_as_well(start_engine: StartEngine) -> None:
    engine = start_engine(PLAIN, tcp=True)
    assert engine.event()["event"] == "ready"
    assert engine.worker().get().status == 200


def test_orders_that_came_with_the_first_line_are_obeyed(start_engine: StartEngine) -> None:
    engine = start_engine(PLAIN)
    engine.order("fork 1\nfork 2")
    assert engine.event()["event"] == "ready"
    assert [engine.event()["worker"], engine.event()["worker"]] == [1, 2]


def test_a_retired_worker_ends_with_status_0_after_its_atexit_functions(start_engine: StartEngine) -> None:
    engine = start_engine("import atexit\natexit.register(print, 'atexit ran')" + PLAIN.replace("\n    ", "\n"), threads=2)
    engine.event()
    first = engine.worker(1)
    second = engine.accept()
    first.retire()
    second.hello()
    assert second.get().status == 200, "one thread's end is not the worker's"
    second.retire()
    exited = engine.event()
    assert (exited["event"], exited["worker"], exited["status"]) == ("exited", 1, 0)
    engine.log_until("atexit ran")


def test_a_projects_thread_does_not_hold_a_retired_worker_for_ever(start_engine: StartEngine) -> None:
    engine = start_engine(
        """
        import threading

        def application(environ, start_response):
            threading.Thread(target=threading.Event().wait, name="stubborn").start()
            start_response("200 OK", [])
            return [b"ok"]
        """
    )
    engine.event()
    side = engine.worker()
    side.get()
    side.retire()
    assert engine.event()["status"] == 0
    assert "stubborn" in engine.log_until("without waiting")


def test_a_killed_worker_is_reported_with_its_signal(start_engine: StartEngine) -> None:
    engine = start_engine(PLAIN)
    engine.event()
    side = engine.worker(7)
    pid = int(side.get().body)
    os.kill(pid, signal.SIGKILL)
    assert engine.event() == {"event": "exited", "worker": 7, "pid": pid, "status": -9}


def test_a_worker_that_can_not_connect_is_reported(start_engine: StartEngine) -> None:
    engine = start_engine(PLAIN, threads=2)
    engine.event()
    engine.listener.close()
    engine.order("fork 1")
    assert engine.event()["event"] == "forked"
    assert engine.event()["status"] == 3


def test_a_folder_of_the_socket_that_disappeared_ends_the_threads(
    start_engine: StartEngine, folder: pathlib.Path
) -> None:
    engine = start_engine(
        """
        def application(environ, start_response):
            start_response("200 OK", [])
            while True:
                yield bytes(100000)
        """
    )
    engine.event()
    side = engine.worker()
    side.send_request({"REQUEST_METHOD": "GET", "PATH_INFO": "/"})
    assert side.receive()[0] == "S"
    engine.listener.close()
    (folder / "s").unlink()
    side.close()
    assert engine.event()["status"] == 0


def test_a_client_that_leaves_costs_the_connection_and_not_the_worker(start_engine: StartEngine) -> None:
    engine = start_engine(
        """
        import os

        def application(environ, start_response):
            start_response("200 OK", [])
            if environ["PATH_INFO"] == "/pid":
                return [str(os.getpid()).encode()]
            return iter(lambda: bytes(100000), None)
        """
    )
    engine.event()
    side = engine.worker()
    pid = side.get("/pid").body
    side.send_request({"REQUEST_METHOD": "GET", "PATH_INFO": "/endless"})
    assert side.receive()[0] == "S"
    side.close()
    again = engine.accept()
    assert again.hello()["thread"] == 0
    # Also when the whole answer had been sent, and before any request.
    assert again.get("/pid").body == pid
    again.close()
    third = engine.accept()
    assert third.hello()["thread"] == 0
    third.close()
    fourth = engine.accept()
    fourth.hello()
    assert fourth.get("/pid").body == pid


def test_stop_kills_what_is_left_and_ends_with_status_0(start_engine: StartEngine) -> None:
    engine = start_engine(PLAIN)
    engine.event()
    engine.worker(1)
    engine.order("stop")
    assert engine.event()["status"] == -9
    assert engine.wait() == 0
    wait_until_gone(engine)


def test_the_end_of_the_control_channel_ends_everything(start_engine: StartEngine) -> None:
    engine = start_engine(PLAIN)
    engine.event()
    engine.worker(1)
    assert engine.process.stdin
    engine.process.stdin.close()
    assert engine.wait() == 0
    wait_until_gone(engine)


def test_a_killed_parent_takes_its_workers_along(start_engine: StartEngine) -> None:
    engine = start_engine(PLAIN)
    engine.event()
    engine.worker(1)
    engine.process.kill()
    wait_until_gone(engine)


def test_without_prctl_a_killed_parent_takes_its_workers_along_too(start_engine: StartEngine) -> None:
    engine = start_engine("import sys\nsys.modules['ctypes'] = None\n" + PLAIN.replace("\n    ", "\n"))
    engine.event()
    engine.worker(1)
    engine.process.kill()
    wait_until_gone(engine)


def test_an_interrupt_at_the_terminal_is_the_engines_business(start_engine: StartEngine) -> None:
    engine = start_engine(PLAIN)
    engine.event()
    side = engine.worker(1)
    pid = int(side.get().body)
    os.kill(pid, signal.SIGINT)
    engine.process.send_signal(signal.SIGINT)
    assert side.get().status == 200
    engine.order("fork 2")
    assert engine.event()["event"] == "forked"


@pytest.mark.parametrize(
    ("source", "message"),
    [
        ("import nothing_of_that_name", "No module named 'nothing_of_that_name'"),
        ("def application(", "SyntaxError"),
        ("import sys; sys.exit('settings are missing')", "SystemExit: settings are missing"),
        ("other = None", "the module `app` has no `application`"),
    ],
)
def test_a_project_that_can_not_be_imported_is_reported_once(
    start_engine: StartEngine, source: str, message: str
) -> None:
    engine = start_engine(source)
    event = engine.event()
    assert (event["event"], event["stage"], event["debug"]) == ("failed", "import", False)
    assert message in event["traceback"]
    assert engine.wait() == 1
    assert engine.rest_of_log() == "", "the engine logs the traceback"


def test_another_protocol_is_refused(start_engine: StartEngine) -> None:
    engine = start_engine(PLAIN, protocol=2)
    event = engine.event()
    assert (event["event"], event["stage"]) == ("failed", "protocol")
    assert engine.wait() == 1


def test_a_platform_without_fork_is_said(folder: pathlib.Path) -> None:
    code = "import os; del os.fork; from djwar_handler.parent import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", code],
        input=b'{"protocol": 1, "socket": "", "token": "", "wsgi": "a:b"}\n',
        capture_output=True,
        cwd=folder,
        env={"PYTHONPATH": str(HANDLER), "PYTHONDONTWRITEBYTECODE": "1"},
        check=False,
    )
    assert result.returncode == 1
    assert b'"stage": "fork"' in result.stdout and b"no os.fork" in result.stdout


def test_the_project_can_not_swallow_orders_nor_forge_events(start_engine: StartEngine) -> None:
    engine = start_engine(
        """
        import os, sys
        print('{"event": "ready"}')
        os.write(1, b'{"event": "ready"}\\n')
        READ = repr((sys.stdin.read(), os.read(0, 10)))

        def application(environ, start_response):
            start_response("200 OK", [])
            return [READ.encode()]
        """
    )
    ready = engine.event()
    assert "python" in ready
    assert engine.worker().get().body == b"('', b'')"


def test_threads_started_at_import_are_warned_about_by_name(start_engine: StartEngine) -> None:
    engine = start_engine(
        "import threading\nthreading.Thread(target=threading.Event().wait, name='poller', daemon=True).start()\n"
        + PLAIN.replace("\n    ", "\n")
    )
    assert engine.event()["event"] == "ready"
    assert engine.log_until("poller").startswith("\x1eWARNING\x1fdjwar.parent\x1f")
    assert engine.worker().get().status == 200


def test_workers_draw_different_random_numbers(start_engine: StartEngine) -> None:
    engine = start_engine(
        """
        import random
        random.seed(1)

        def application(environ, start_response):
            start_response("200 OK", [])
            return [str(random.random()).encode()]
        """
    )
    engine.event()
    assert engine.worker(1).get().body != engine.worker(2).get().body


@pytest.mark.skipif(not pathlib.Path("/proc/self/fd").is_dir(), reason="needs /proc to see a process's descriptors")
def test_a_worker_holds_no_descriptor_of_the_channels(start_engine: StartEngine) -> None:
    engine = start_engine(PLAIN)
    engine.event()
    pid = int(engine.worker().get().body)
    folder = pathlib.Path(f"/proc/{pid}/fd")
    held = {os.readlink(entry) for entry in folder.iterdir()}
    assert engine.process.stdin and engine.process.stdout
    for stream in (engine.process.stdin, engine.process.stdout):
        assert os.readlink(f"/proc/self/fd/{stream.fileno()}") not in held


def test_a_large_upload_and_a_large_download_pass(start_engine: StartEngine) -> None:
    engine = start_engine(
        """
        import hashlib

        def application(environ, start_response):
            body = environ["wsgi.input"].read()
            start_response("200 OK", [("X-Digest", hashlib.sha256(body).hexdigest())])
            return [body]
        """
    )
    engine.event()
    side = engine.worker()
    body = os.urandom(1024) * 20_000
    answer = side.post("/", body, pulled=True)
    assert answer.body == body

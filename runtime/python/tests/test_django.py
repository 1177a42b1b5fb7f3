"""An unmodified Django, served end to end."""

from __future__ import annotations

import json
import pathlib
from typing import Any

import pytest
from conftest import StartEngine
from django_project import PLAIN_STORAGE, run_module, start
from engine import EngineSide, environ_of


def facts(side: EngineSide, **environ: str) -> dict[str, str]:
    result: dict[str, str] = json.loads(side.get("/facts/", **environ).body)
    return result


def test_pages_streams_files_uploads_and_the_database_work(start_engine: StartEngine, project: pathlib.Path) -> None:
    engine = start(start_engine)
    ready = engine.event()
    assert (ready["event"], ready["debug"]) == ("ready", False) and ready["django"].count(".") >= 1
    side = engine.worker()
    assert side.get("/name/J\u00fcrgen%/").body.decode() == "J\u00fcrgen%"
    answer = side.get("/stream/")
    assert (answer.kinds, answer.body) == ("SBE", b"onetwo")
    answer = side.get("/download/")
    assert (answer.kinds, len(answer.body), answer.header("Content-Length")) == ("SBE", 300_000, "300000")
    answer = side.get("/download/", REQUEST_METHOD="HEAD")
    assert (answer.kinds, answer.header("Content-Length")) == ("SE", "300000")
    form = (
        b'--B\r\nContent-Disposition: form-data; name="text"\r\n\r\n\xc3\xbc\r\n'
        b'--B\r\nContent-Disposition: form-data; name="f"; filename="f"\r\n\r\n' + bytes(400_000) + b"\r\n--B--\r\n"
    )
    for pulled in (False, True):
        answer = side.post("/upload/", form, pulled, CONTENT_TYPE="multipart/form-data; boundary=B")
        assert answer.body.decode() == "400000\u00fc"
    assert side.get("/database/").body == b"42"
    assert side.get("/nowhere/").status == 404


def test_a_failing_view_is_in_the_log_once_though_the_project_configured_no_logging(
    start_engine: StartEngine, project: pathlib.Path
) -> None:
    engine = start(start_engine)
    engine.event()
    side = engine.worker()
    assert side.get("/boom/").status == 500
    record = engine.log_until("boom in a view")
    assert record.startswith("\x1eERROR\x1fdjango.request\x1fInternal Server Error: /boom/\x1dTraceback")
    side.retire()
    assert "boom in a view" not in engine_rest(engine)


def engine_rest(engine: Any) -> str:
    assert engine.event()["event"] == "exited"
    engine.order("stop")
    rest: str = engine.rest_of_log()
    return rest


def test_with_debug_the_failure_is_logged_once_as_well(start_engine: StartEngine, project: pathlib.Path) -> None:
    engine = start(start_engine, environ={"DEBUG": "1"})
    assert engine.event()["debug"] is True
    side = engine.worker()
    assert b"boom in a view" in side.get("/boom/").body
    engine.log_until("boom in a view")
    side.retire()
    assert "boom in a view" not in engine_rest(engine)


@pytest.mark.parametrize("static_url", ["/static/", "static/"])
def test_links_static_files_and_cookies_keep_to_the_context_path(
    start_engine: StartEngine, project: pathlib.Path, static_url: str
) -> None:
    static = project / "static"
    result = run_module(project, "collect", str(static))
    assert json.loads(result.stdout)["manifests"] == ["staticfiles.json"]
    engine = start(
        start_engine, context_path="/ctx", static_root=str(static), threads=2, environ={"STATIC_URL": static_url}
    )
    assert engine.event()["event"] == "ready"
    found = facts(engine.worker(), SCRIPT_NAME="/ctx")
    assert found["reverse"] == "/ctx/facts/"
    assert found["static"].startswith("/ctx/static/blog/a.") and found["static"] != "/ctx/static/blog/a.css"
    assert found["login"] == "/ctx/accounts/login/"
    assert found["root"] == str(static)
    assert found["dotenv"] == "set by wsgi.py", "the settings are read when the project reads them"
    assert found["absolute"] == "http://testserver/ctx/facts/x"
    assert found["cookie"] == "/ctx"
    side = engine.accept()
    side.hello()
    assert facts(side, SCRIPT_NAME="/ctx") == found
    assert "Path=/ctx;" in (side.get("/session/", SCRIPT_NAME="/ctx").header("Set-Cookie") or "")
    assert side.get("/private/", SCRIPT_NAME="/ctx").header("Location") == "/ctx/accounts/login/?next=/ctx/private/"


def test_adapting_urls_can_be_switched_off(start_engine: StartEngine, project: pathlib.Path) -> None:
    engine = start(start_engine, context_path="/ctx", adapt_urls=False, environ={"STORAGE": PLAIN_STORAGE})
    engine.event()
    found = facts(engine.worker(), SCRIPT_NAME="/ctx")
    assert (found["reverse"], found["static"], found["login"], found["cookie"]) == (
        "/ctx/facts/",
        "/static/blog/a.css",
        "/accounts/login/",
        "/",
    )


def test_at_the_root_nothing_is_adapted(start_engine: StartEngine, project: pathlib.Path) -> None:
    engine = start(start_engine, environ={"STORAGE": PLAIN_STORAGE})
    engine.event()
    found = facts(engine.worker())
    assert (found["static"], found["login"], found["cookie"]) == ("/static/blog/a.css", "/accounts/login/", "/")


def test_an_aborted_upload_is_djangos_unreadable_post(start_engine: StartEngine, project: pathlib.Path) -> None:
    engine = start(start_engine)
    engine.event()
    side = engine.worker()
    environ = {"CONTENT_TYPE": "application/x-www-form-urlencoded", "CONTENT_LENGTH": "10"}
    side.send_request(environ_of("/upload/", REQUEST_METHOD="POST", **environ), pulled=True)
    assert side.answer(body=None).status >= 400
    assert side.get("/database/").body == b"42"


def test_a_broken_urlconf_fails_the_start_and_debug_is_known(
    start_engine: StartEngine, project: pathlib.Path
) -> None:
    (project / "site_urls.py").write_text("import nothing_of_that_name")
    engine = start(start_engine, environ={"DEBUG": "1"})
    event = engine.event()
    assert (event["event"], event["stage"], event["debug"]) == ("failed", "import", True)
    assert "nothing_of_that_name" in event["traceback"]

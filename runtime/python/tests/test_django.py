"""An unmodified Django, served end to end; and the build's entry points with it."""

from __future__ import annotations

import json
import os
import pathlib
import shutil
import subprocess
import sys
from typing import Any

import django
import pytest
from conftest import StartEngine
from engine import HANDLER, EngineSide, environ_of

SETTINGS = """
import os

print("settings are read")
SECRET_KEY = "x"
DEBUG = os.environ.get("DEBUG") == "1"
ALLOWED_HOSTS = ["*"]
ROOT_URLCONF = "site_urls"
WSGI_APPLICATION = "app.application"
INSTALLED_APPS = [
    "django.contrib.auth", "django.contrib.contenttypes", "django.contrib.sessions", "django.contrib.staticfiles", "blog",
]
MIDDLEWARE = [
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
]
TEMPLATES = [{"BACKEND": "django.template.backends.django.DjangoTemplates", "APP_DIRS": True}]
DATABASES = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "db.sqlite3"}}
SESSION_ENGINE = "django.contrib.sessions.backends.signed_cookies"
STATIC_URL = os.environ.get("STATIC_URL", "/static/")
FROM_DOTENV = os.environ["FROM_DOTENV"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": os.environ.get("STORAGE", "django.contrib.staticfiles.storage.ManifestStaticFilesStorage")},
}
"""

APPLICATION = """
import os
os.environ.setdefault("FROM_DOTENV", "set by wsgi.py")
from django.core.wsgi import get_wsgi_application
application = get_wsgi_application()
"""

URLS = """
import io, logging
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.db import connection
from django.http import FileResponse, HttpResponse, HttpResponseRedirect, JsonResponse, StreamingHttpResponse
from django.templatetags.static import static
from django.urls import path, reverse
from django.views.decorators.csrf import csrf_exempt

LOGIN_URL = settings.LOGIN_URL

def facts(request):
    return JsonResponse({
        "reverse": reverse("facts"), "static": static("blog/a.css"), "login": LOGIN_URL, "root": settings.STATIC_ROOT,
        "dotenv": settings.FROM_DOTENV, "absolute": request.build_absolute_uri("x"), "path": request.path,
        "cookie": settings.SESSION_COOKIE_PATH,
    })

def stream(request):
    return StreamingHttpResponse(iter([b"one", b"two"]))

def download(request):
    return FileResponse(io.BytesIO(bytes(300000)), filename="x.bin")

@csrf_exempt
def upload(request):
    return HttpResponse(str(sum(file.size for file in request.FILES.values())) + request.POST.get("text", ""))

def boom(request):
    raise RuntimeError("boom in a view")

def session(request):
    request.session["a"] = 1
    return HttpResponse("kept")

def database(request):
    with connection.cursor() as cursor:
        cursor.execute("select 40 + 2")
        return HttpResponse(str(cursor.fetchone()[0]))

urlpatterns = [
    path("facts/", facts, name="facts"), path("stream/", stream), path("download/", download), path("upload/", upload),
    path("boom/", boom), path("session/", session), path("database/", database),
    path("private/", login_required(facts)), path("name/<str:name>/", lambda request, name: HttpResponse(name)),
]
"""

COMMAND = """
from django.core.management.base import BaseCommand

class Command(BaseCommand):
    def handle(self, **options):
        self.stdout.write("greetings from " + self.__module__)
"""

PLAIN_STORAGE = "django.contrib.staticfiles.storage.StaticFilesStorage"

DJANGO = os.environ.get("DJANGO_FOLDER") or str(pathlib.Path(django.__path__[0]).parent)
"""Where Django lies: the environment's, or another release's folder to test with."""


@pytest.fixture
def project(folder: pathlib.Path) -> pathlib.Path:
    """A small project."""
    files = {
        "site_settings.py": SETTINGS,
        "site_urls.py": URLS,
        "app.py": APPLICATION,
        "blog/__init__.py": "",
        "blog/static/blog/a.css": "body { color: black }",
        "blog/management/__init__.py": "",
        "blog/management/commands/__init__.py": "",
        "blog/management/commands/greet.py": COMMAND,
    }
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)
    return folder


def start(start_engine: StartEngine, **values: Any) -> Any:
    return start_engine(APPLICATION, [DJANGO], settings="site_settings", **values)


def answer(result: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What collecting told, but for the files that the project made and read on the way."""
    found: dict[str, Any] = json.loads(result.stdout)
    del found["made"], found["reads"]
    return found


def run_module(
    project: pathlib.Path, module: str, *arguments: str, **environ: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-s", "-B", "-m", f"djwar_handler.{module}", *arguments],
        capture_output=True,
        text=True,
        check=False,
        cwd=project,
        env={
            "PATH": os.defpath,
            "PYTHONPATH": os.pathsep.join([str(HANDLER), str(project), DJANGO]),
            "PYTHONSAFEPATH": "1",
            "DJANGO_SETTINGS_MODULE": "site_settings",
            "FROM_DOTENV": "x",
            **environ,
        },
    )


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


def with_uploads(project: pathlib.Path) -> None:
    (project / "uploads/f").mkdir(parents=True)
    (project / "uploads/f/\u00fc.txt").write_bytes(b"0123456789")
    (project / "secret.txt").write_text("a secret")
    with (project / "site_settings.py").open("a") as settings:
        settings.write("\nMEDIA_URL = '/files/'\nMEDIA_ROOT = os.path.abspath('uploads')\n")


@pytest.mark.parametrize("context_path", ["", "/ctx"])
def test_uploaded_files_are_served_when_asked_for(
    start_engine: StartEngine, project: pathlib.Path, context_path: str
) -> None:
    with_uploads(project)
    engine = start(start_engine, context_path=context_path, media=True)
    assert engine.event()["event"] == "ready"
    side = engine.worker()
    name = "/files/f/\u00fc.txt"
    answer = side.get(name, SCRIPT_NAME=context_path)
    assert (answer.status, answer.body, answer.header("Content-Type")) == (200, b"0123456789", "text/plain")
    assert answer.header("X-Content-Type-Options") == "nosniff"
    modified = answer.header("Last-Modified")
    assert modified
    assert side.get(name, HTTP_IF_MODIFIED_SINCE=modified).status == 304
    head = side.get(name, REQUEST_METHOD="HEAD")
    assert (head.status, head.body, head.header("Content-Length")) == (200, b"", "10")
    ranges = {
        "bytes=2-4": (206, b"234", "bytes 2-4/10"),
        "bytes=8-": (206, b"89", "bytes 8-9/10"),
        "bytes=-3": (206, b"789", "bytes 7-9/10"),
        "bytes=5-99": (206, b"56789", "bytes 5-9/10"),
        "bytes=-99": (206, b"0123456789", "bytes 0-9/10"),
        "bytes=10-": (416, b"", "bytes */10"),
        "bytes=-0": (416, b"", "bytes */10"),
        "bytes=4-2": (200, b"0123456789", None),
        "bytes=0-1,4-5": (200, b"0123456789", None),
        "lines=1-2": (200, b"0123456789", None),
    }
    for asked, wanted in ranges.items():
        answer = side.get(name, HTTP_RANGE=asked)
        assert (answer.status, answer.body, answer.header("Content-Range")) == wanted, asked
        assert answer.header("Content-Length") == str(len(wanted[1])), asked
    assert side.get(name, HTTP_RANGE="bytes=2-4", HTTP_IF_RANGE=modified).status == 206
    assert side.get(name, HTTP_RANGE="bytes=2-4", HTTP_IF_RANGE="Fri, 01 Jan 2021 00:00:00 GMT").status == 200


def test_nothing_but_uploaded_files_is_served_as_such(start_engine: StartEngine, project: pathlib.Path) -> None:
    with_uploads(project)
    engine = start(start_engine, media=True)
    assert engine.event()["event"] == "ready"
    side = engine.worker()
    paths = ("/files/", "/files/f/", "/files/none", "/files/../secret.txt", "/files//etc/passwd")
    for path in (*paths, "/files/" + "x" * 5000, "/filesystem"):
        answer = side.get(path)
        assert answer.status == 404, path
        assert b"secret" not in answer.body and b"root:" not in answer.body
    assert side.get("/name/files/").body == b"files"
    assert side.post("/files/f/\u00fc.txt", b"x").status == 404


def test_uploaded_files_are_the_projects_business_by_default(start_engine: StartEngine, project: pathlib.Path) -> None:
    with_uploads(project)
    engine = start(start_engine)
    engine.event()
    assert engine.worker().get("/files/f/\u00fc.txt").status == 404


def test_a_project_without_uploads_says_that_there_are_none(start_engine: StartEngine, project: pathlib.Path) -> None:
    engine = start(start_engine, media=True)
    assert engine.event()["event"] == "ready"
    assert "MEDIA_ROOT" in engine.log_until("nothing to serve")
    assert engine.worker().get("/name/a/").body == b"a"


def test_collect_makes_a_static_root_for_projects_without_one(project: pathlib.Path) -> None:
    result = run_module(project, "collect", str(project / "out"))
    assert result.returncode == 0, result.stderr
    assert answer(result) == {"static_url": "/static/", "files": 3, "manifests": ["staticfiles.json"]}
    # What the packer watches: a change of any of these collects anew.
    assert {"blog/static/blog/a.css", "site_settings.py"} <= set(json.loads(result.stdout)["reads"])
    assert "settings are read" in result.stderr
    assert (project / "out/blog/a.css").read_text() == "body { color: black }"
    manifest = json.loads((project / "out/staticfiles.json").read_text())
    assert manifest["paths"].keys() == {"blog/a.css"}


def test_collect_without_a_manifest_says_so(project: pathlib.Path) -> None:
    result = run_module(project, "collect", str(project / "out"), STORAGE=PLAIN_STORAGE)
    assert answer(result) == {"static_url": "/static/", "files": 1, "manifests": []}


def test_collect_does_not_upload_to_a_remote_storage(project: pathlib.Path) -> None:
    (project / "bucket.py").write_text("from django.core.files.storage import Storage\nclass Bucket(Storage): pass")
    result = run_module(project, "collect", str(project / "out"), STORAGE="bucket.Bucket")
    assert answer(result) == {
        "static_url": "/static/",
        "files": 0,
        "manifests": [],
        "remote_storage": "bucket.Bucket",
    }


def test_collect_without_staticfiles_has_nothing_to_do(project: pathlib.Path) -> None:
    settings = project / "site_settings.py"
    settings.write_text(settings.read_text().replace('"django.contrib.staticfiles",', ""))
    result = run_module(project, "collect", str(project / "out"))
    assert answer(result) == {"static_url": None, "files": 0, "manifests": []}


ONE_FILE = """
import sys
from django.conf import settings

settings.configure(
    SECRET_KEY="x", ROOT_URLCONF=__name__, STATIC_URL="/one/", INSTALLED_APPS=["django.contrib.staticfiles", "blog"]
)
urlpatterns = []

from django.core.wsgi import get_wsgi_application

application = get_wsgi_application()
"""


def test_a_project_in_one_file_is_its_own_settings(project: pathlib.Path) -> None:
    (project / "one.py").write_text(ONE_FILE)
    result = run_module(project, "collect", str(project / "out"), DJANGO_SETTINGS_MODULE="one")
    assert result.returncode == 0, result.stderr
    assert answer(result) == {"static_url": "/one/", "files": 1, "manifests": []}
    result = run_module(project, "manage", "findstatic", "blog/a.css", DJANGO_SETTINGS_MODULE="one")
    assert str(project / "blog/static/blog/a.css") in result.stdout, result.stderr


STEPS = """
import pathlib
import shutil
from django.conf import settings
from django.core.management import BaseCommand

class Command(BaseCommand):
    def add_arguments(self, parser):
        parser.add_argument("words", nargs="*")

    def handle(self, words, **options):
        root = pathlib.Path(settings.STATIC_ROOT)
        if words == ["fail"]:
            raise SystemExit("no tallow")
        collected = any(root.glob("blog/*.css"))
        print("candles", words, collected)
        pathlib.Path("locale.mo").write_text("made")
        (root / "wax").mkdir(parents=True)
        (root / "wax/manifest.json").write_text('{"b": 1, "a": 2}')
"""


def with_steps(project: pathlib.Path) -> None:
    (project / "blog/management/commands/dip.py").write_text(STEPS)
    settings = project / "site_settings.py"
    settings.write_text(settings.read_text() + "\nCOMPRESS_OUTPUT_DIR = 'wax'\n")


def test_commands_run_after_collectstatic_and_their_files_are_told(project: pathlib.Path) -> None:
    with_steps(project)
    steps = json.dumps([["collectstatic"], ["dip", "twice"]])
    result = run_module(project, "collect", str(project.parent / f"{project.name}-out"), steps, STORAGE=PLAIN_STORAGE)
    assert "candles ['twice'] True" in result.stderr
    found = json.loads(result.stdout)
    assert (found["manifests"], found["made"]) == (["wax/manifest.json"], ["locale.mo"])
    shutil.rmtree(project.parent / f"{project.name}-out")


def test_commands_run_before_collectstatic_where_the_list_says_so(project: pathlib.Path) -> None:
    with_steps(project)
    steps = json.dumps([["dip"], ["collectstatic"]])
    result = run_module(project, "collect", str(project / "out"), steps, STORAGE=PLAIN_STORAGE)
    assert "candles [] False" in result.stderr
    assert (project / "out/blog/a.css").is_file()


def test_a_failed_command_is_named(project: pathlib.Path) -> None:
    with_steps(project)
    result = run_module(project, "collect", str(project / "out"), json.dumps([["dip", "fail"]]))
    found = json.loads(result.stdout)
    assert (result.returncode, found["step"]) == (1, True)
    assert found["error"] == "`manage.py dip fail` failed: SystemExit: no tallow"


def test_compressor_writes_where_the_static_files_are_collected(project: pathlib.Path) -> None:
    with_steps(project)
    command = project / "blog/management/commands/dip.py"
    command.write_text(command.read_text().replace("settings.STATIC_ROOT", "settings.COMPRESS_ROOT"))
    settings = project / "site_settings.py"
    settings.write_text(settings.read_text() + "STATIC_ROOT = COMPRESS_ROOT = '/var/elsewhere'\n")
    run_module(project, "collect", str(project / "out"), json.dumps([["dip"]]))
    assert (project / "out/wax/manifest.json").read_text() == '{"a": 2, "b": 1}'


def test_collect_reports_a_failure_as_one_line(project: pathlib.Path) -> None:
    result = run_module(project, "collect", str(project / "out"), DJANGO_SETTINGS_MODULE="nothing")
    report = json.loads(result.stdout)
    assert (result.returncode, report["error"]) == (1, "ModuleNotFoundError: No module named 'nothing'")
    assert report["traceback"].startswith("Traceback")


def test_check_tells_djangos_messages_with_the_line_of_the_setting(project: pathlib.Path) -> None:
    settings = project / "site_settings.py"
    text = settings.read_text() + "SILENCED_SYSTEM_CHECKS = ['security.W003']\n"
    settings.write_text(text)
    result = run_module(project, "check")
    assert result.returncode == 0, result.stderr
    messages = {message["id"]: message for message in json.loads(result.stdout)["messages"]}
    line = text.splitlines().index('SECRET_KEY = "x"') + 1
    key = messages["security.W009"]
    assert (key["path"], key["line"], key["error"]) == ("site_settings.py", line, False)
    assert key["text"].startswith("Your SECRET_KEY has less than 50 characters")
    assert "security.W003" not in messages


def test_check_of_a_project_that_does_not_start_is_one_line(project: pathlib.Path) -> None:
    result = run_module(project, "check", DJANGO_SETTINGS_MODULE="nothing")
    assert (result.returncode, json.loads(result.stdout)["error"]) == (
        1,
        "ModuleNotFoundError: No module named 'nothing'",
    )


def test_manage_runs_commands_as_manage_py_would(project: pathlib.Path) -> None:
    result = run_module(project, "manage", "greet")
    assert (result.returncode, result.stdout.splitlines()[-1]) == (
        0,
        "greetings from blog.management.commands.greet",
    )
    assert run_module(project, "manage", "migrate", "-v0").returncode == 0
    assert (project / "db.sqlite3").is_file()
    assert run_module(project, "manage", "check", "--deploy").returncode == 0
    assert run_module(project, "manage", "shell", "-c", "print(6 * 7)").stdout.endswith("42\n")
    result = run_module(project, "manage", "createsuperuser", "--noinput")
    assert result.returncode != 0 and "You must use --username" in result.stderr
    result = run_module(project, "manage", "nothing")
    assert result.returncode == 1 and "Type 'manage.py help' for usage" in result.stderr


def test_manage_says_what_is_missing(project: pathlib.Path) -> None:
    result = run_module(project, "manage", "check", DJANGO_SETTINGS_MODULE="")
    assert (result.returncode, result.stderr) == (2, "error: DJANGO_SETTINGS_MODULE is not set\n")
    # -S: without the site-packages of the Python that runs the tests.
    result = subprocess.run(
        [sys.executable, "-S", "-B", "-m", "djwar_handler.manage", "check"],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": str(HANDLER), "DJANGO_SETTINGS_MODULE": "site_settings"},
    )
    assert (result.returncode, result.stderr) == (1, "error: Django is not among the project's packages\n")

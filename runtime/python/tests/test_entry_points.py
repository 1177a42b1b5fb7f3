"""What the build and `djwar manage` start in a project: collect, check and manage."""

from __future__ import annotations

import json
import pathlib
import shutil
import subprocess
import sys
from typing import Any

from django_project import PLAIN_STORAGE, run_module
from engine import HANDLER


def answer(result: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    """What collecting told, but for the files that the project made and read on the way."""
    found: dict[str, Any] = json.loads(result.stdout)
    del found["made"], found["reads"]
    return found


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

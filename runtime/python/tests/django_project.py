"""A small project of an unmodified Django, which the tests write, serve and ask."""

from __future__ import annotations

import os
import pathlib
import subprocess
import sys
from typing import Any

import django
from engine import HANDLER

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


def write_project(folder: pathlib.Path) -> pathlib.Path:
    """Writes the project into a folder; gives the folder."""
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


def start(start_engine: Any, **values: Any) -> Any:
    """Starts a parent that serves the project."""
    return start_engine(APPLICATION, [DJANGO], settings="site_settings", **values)


def run_module(
    project: pathlib.Path, module: str, *arguments: str, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Runs `djwar_handler.MODULE` in the project, as the build and `djwar manage` do."""
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

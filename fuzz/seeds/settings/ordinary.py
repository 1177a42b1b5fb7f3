
import os
from pathlib import Path
BASE_DIR = Path(__file__).resolve().parent.parent
SECRET_KEY = os.environ["SECRET_KEY"]
DEBUG = os.environ.get("DEBUG", "0") == "1"
INSTALLED_APPS = ["django.contrib.admin", "polls.apps.PollsConfig"]
if DEBUG:
    INSTALLED_APPS += ["debug_toolbar"]
MIDDLEWARE = ("django.middleware.common.CommonMiddleware",)
ROOT_URLCONF = "site1.urls"
WSGI_APPLICATION = "site1.wsgi.application"
TEMPLATES = [{"BACKEND": "django", "DIRS": [BASE_DIR / "templates"]}]
DATABASES = {
    "default": {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": BASE_DIR / "db.sqlite3",
    }
}
STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles"
MEDIA_ROOT = os.path.join(BASE_DIR, "media")
LOCALE_PATHS = [f"{BASE_DIR}/locale"]

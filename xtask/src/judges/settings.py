"""The settings that Django's tests run with."""

import os

DATABASES = dict((alias, {"ENGINE": "django.db.backends.sqlite3"}) for alias in ("default", "other"))
SECRET_KEY = "for tests"
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
USE_TZ = False

if "JUDGE_PORT" in os.environ:
    TEST_RUNNER = "judge.Runner"

import environ, dj_database_url
from decouple import config, Csv
env = environ.Env(DEBUG=(bool, False))
BASE = environ.Path(__file__) - 2
DEBUG = env("DEBUG")
ALLOWED_HOSTS = config("HOSTS", default="a,b", cast=Csv())
DATABASES = {"default": env.db("DATABASE_URL", default="sqlite:///x.db"), **{"b": dj_database_url.config()}}
def root(*parts, **more):
    return "%s/{}".format(*parts) % BASE(*parts)
MEDIA_ROOT = root("media")
TEMPLATES = [{"DIRS": [x for x in [BASE("t")]], "OPTIONS": {}}]
try:
    from .local import *
except ImportError:
    INSTALLED_APPS = ["a"] + list(("b",))
match DEBUG:
    case True: INSTALLED_APPS += ["c"]
    case _: INSTALLED_APPS[0:1] = f"{BASE!r:>10}".split(",")
if (key := env("KEY", default=None)) and not DEBUG:
    SECRET_KEY = key
from .base import *

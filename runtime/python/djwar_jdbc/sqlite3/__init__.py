"""`sqlite3` for Jython, over org.xerial:sqlite-jdbc."""

from sqlite3.dbapi2 import *  # noqa: F401,F403

"""The first control line, and the context path's effect on Django's settings."""

from __future__ import annotations

import json
import types

import doubles
import pytest
from djwar_handler import urls
from djwar_handler.project import ProjectError, import_callable, place_static_root
from djwar_handler.settings import StartSettings, StartSettingsError
from djwar_handler.urls import adapt_settings

GOOD = {"protocol": 1, "socket": "/s", "token": "t", "wsgi": "a:b"}


def test_the_start_line_is_read_and_unknown_keys_are_passed_over() -> None:
    start = StartSettings.parse(json.dumps({**GOOD, "threads": 4, "later": True}).encode())
    assert (start.socket, start.threads, start.context_path, start.adapt_urls) == ("/s", 4, "", True)


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"nonsense", "no JSON"),
        (b"[]", "no JSON object"),
        (b"{}", "protocol None, this djwar_handler speaks 1"),
        (json.dumps({**GOOD, "protocol": 2}).encode(), "of different releases"),
        (b'{"protocol": 1}', "incomplete"),
    ],
)
def test_a_start_line_of_another_kind_is_refused(line: bytes, message: str) -> None:
    with pytest.raises(StartSettingsError, match=message):
        StartSettings.parse(line)


def settings(**values: object) -> types.SimpleNamespace:
    return types.SimpleNamespace(**values)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("/static/", "/ctx/static/"),
        ("/", "/ctx/"),
        ("static/", "static/"),
        ("/ctx/static/", "/ctx/static/"),
        ("/ctx", "/ctx"),
        ("/ctxother/", "/ctx/ctxother/"),
        ("//cdn.example.org/", "//cdn.example.org/"),
        ("https://cdn.example.org/", "https://cdn.example.org/"),
        ("", ""),
        ("login", "login"),
        (None, None),
    ],
)
def test_absolute_urls_move_below_the_context_path(before: str | None, after: str | None) -> None:
    names = ("STATIC_URL", "MEDIA_URL", "LOGIN_URL", "LOGIN_REDIRECT_URL", "LOGOUT_REDIRECT_URL")
    values = settings(**dict.fromkeys(names, before))
    adapt_settings(values, "/ctx")
    assert vars(values) == dict.fromkeys(names, after)
    adapt_settings(values, "/ctx")
    assert vars(values) == dict.fromkeys(names, after), "twice is once"


def test_cookies_keep_to_the_application_unless_the_project_says_otherwise() -> None:
    values = settings(SESSION_COOKIE_PATH="/", CSRF_COOKIE_PATH="/shared", LANGUAGE_COOKIE_PATH="/")
    assert adapt_settings(values, "/ctx") == ["SESSION_COOKIE_PATH", "LANGUAGE_COOKIE_PATH"]
    assert vars(values) == {
        "SESSION_COOKIE_PATH": "/ctx",
        "CSRF_COOKIE_PATH": "/shared",
        "LANGUAGE_COOKIE_PATH": "/ctx",
    }


def test_nothing_changes_at_the_root() -> None:
    values = settings(STATIC_URL="/static/", SESSION_COOKIE_PATH="/")
    assert adapt_settings(values, "") == []
    assert vars(values) == {"STATIC_URL": "/static/", "SESSION_COOKIE_PATH": "/"}


def test_a_storages_own_location_follows_the_static_root() -> None:
    values = settings(STORAGES={"staticfiles": {"BACKEND": "x", "OPTIONS": {"location": "/old", "a": 1}}})
    place_static_root(values, "/new")
    assert values.STATIC_ROOT == "/new"
    assert values.STORAGES["staticfiles"]["OPTIONS"] == {"location": "/new", "a": 1}
    values = settings(STORAGES={"staticfiles": {"BACKEND": "x"}})
    place_static_root(values, "/new")
    assert values.STORAGES == {"staticfiles": {"BACKEND": "x"}}


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("json", "neither `module:callable` nor"),
        ("json:", "neither `module:callable` nor"),
        (":dumps", "neither `module:callable` nor"),
        ("json:nothing", "has no `nothing`"),
        ("json:__doc__", "not callable"),
    ],
)
def test_a_wsgi_name_that_leads_nowhere_is_said(name: str, message: str) -> None:
    with pytest.raises(ProjectError, match=message):
        import_callable(name)


def test_a_wsgi_name_may_be_dotted() -> None:
    assert import_callable("json:JSONEncoder.default") is json.JSONEncoder.default


def test_of_a_class_with_dots_an_instance_is_made_and_a_class_as_a_callable_stays() -> None:
    assert isinstance(import_callable("doubles.Handler"), doubles.Handler)
    assert import_callable("doubles:Handler") is doubles.Handler


def test_both_engines_move_the_same_settings_below_the_context_path() -> None:
    from djwar_jython import urls as jython

    assert (urls.URL_SETTINGS, urls.COOKIE_PATH_SETTINGS) == (jython.URL_SETTINGS, jython.COOKIE_PATH_SETTINGS)
    for url in ("/static/", "//cdn/x", "/ctx", "/ctx/a", "relative/", "http://host/"):
        assert urls.needs_prefix(url, "/ctx") == jython.needs_prefix(url, "/ctx")

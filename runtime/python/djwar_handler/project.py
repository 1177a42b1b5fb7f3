"""The project: importing it, and making it ready for a fork.

Owns everything that touches Django from outside. Django is imported only when there are Django settings.
"""

from __future__ import annotations

import gc
import importlib
import importlib.util
import os
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from djwar_handler import logs, media, urls
from djwar_handler.logs import Log
from djwar_handler.serving import Application
from djwar_handler.settings import StartSettings


class ProjectError(Exception):
    """The project can't be served; the message says what was looked for."""


def load_application(start: StartSettings, log: Log) -> Application:
    """Imports the project; its WSGI callable. Whatever the project raises comes out of here."""
    if start.settings:
        os.environ["DJANGO_SETTINGS_MODULE"] = start.settings
        _prepare_django(start, log)
    if start.wsgi:
        application = import_callable(start.wsgi)
    elif start.settings:
        from django.core.wsgi import get_wsgi_application

        application = get_wsgi_application()
    else:
        raise ProjectError(
            "there is neither a handler nor a settings module: set `djwar.wsgi` (`django.handler`) or `djwar.settings`"
        )
    if "django.conf" in sys.modules:
        _finish_django()
        if start.media:
            application = media.with_media(application, start.context_path, log)
    return application


def import_callable(name: str) -> Application:
    """``module:callable``, where the callable may be a dotted path inside the module, or ``package.module.Class``.

    Of the latter one instance is made, here; a class named as a callable is one (PEP 3333 allows it).
    """
    module_name, separator, path = name.partition(":")
    if not separator:
        module_name, _, path = name.rpartition(".")
    if not module_name or not path:
        raise ProjectError(f"`{name}` is neither `module:callable` nor `package.module.Class`")
    found: Any = importlib.import_module(module_name)
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError as error:
            raise ProjectError(f"the module `{module_name}` has no `{path}`") from error
    if not separator and isinstance(found, type):
        if os.environ.get("DJANGO_SETTINGS_MODULE") and "django" in sys.modules:
            import django

            # `django.core.handlers.wsgi.WSGIHandler`: its instance wants the applications loaded.
            django.setup()
        found = found()
    if not callable(found):
        raise ProjectError(f"`{name}` is not callable")
    return found


def on_settings_loaded(callback: Callable[[Any], None]) -> None:
    """Calls back with Django's settings as soon as the project loads them, before anybody has seen a value.

    Loading them here would be too early: a ``wsgi.py`` may read a ``.env`` file first. Changing them after the import would be
    too late: WhiteNoise reads STATIC_ROOT when the application is made, and views keep LOGIN_URL.
    """
    from django import conf

    lazy_settings: Any = conf.LazySettings
    setup, configure = lazy_settings._setup, lazy_settings.configure

    def loaded(self: Any) -> None:
        lazy_settings._setup, lazy_settings.configure = setup, configure
        callback(self._wrapped)

    def _setup(self: Any, name: str | None = None) -> None:
        # Django imports it as well, but takes a module that calls `settings.configure` (a project in one file) for an
        # empty one.
        if module := os.environ.get("DJANGO_SETTINGS_MODULE"):
            importlib.import_module(module)
        if not self.configured:
            setup(self, name)
            loaded(self)

    def _configure(self: Any, *arguments: Any, **options: Any) -> None:
        configure(self, *arguments, **options)
        loaded(self)

    lazy_settings._setup, lazy_settings.configure = _setup, _configure


def install_configurations(check_options: bool = False) -> None:
    """Makes settings importable that are a class of django-configurations, as the project's own scripts do."""
    if os.environ.get("DJANGO_CONFIGURATION") and importlib.util.find_spec("configurations"):
        importer: Any = importlib.import_module("configurations.importer")
        importer.install(check_options=check_options)


def place_static_root(settings: Any, folder: str) -> None:
    """Makes the collected files' folder the project's STATIC_ROOT, also where STORAGES names a location of its own.

    django-compressor's folder goes with it; its default is STATIC_ROOT. A path stays a path: the project's code may join it
    to another with ``/``.
    """

    def in_place_of(value: object) -> object:
        return Path(folder) if isinstance(value, Path) else folder

    if hasattr(settings, "COMPRESS_ROOT"):
        settings.COMPRESS_ROOT = in_place_of(settings.COMPRESS_ROOT)
    settings.STATIC_ROOT = in_place_of(getattr(settings, "STATIC_ROOT", None))
    storages = getattr(settings, "STORAGES", None)
    options = storages.get("staticfiles", {}).get("OPTIONS", {}) if isinstance(storages, dict) else {}
    if isinstance(options, dict) and "location" in options:
        options["location"] = in_place_of(options["location"])


def django_version() -> str | None:
    """The version, if the project imported Django."""
    django = sys.modules.get("django")
    return django.get_version() if django is not None and hasattr(django, "get_version") else None


def is_debug() -> bool:
    """Whether Django's settings were read and say DEBUG. Never loads them."""
    conf = sys.modules.get("django.conf")
    if conf is None or not hasattr(conf, "settings"):
        return False
    try:
        return bool(conf.settings.configured and conf.settings.DEBUG)
    except Exception:
        return False


def freeze(log: Log) -> None:
    """What has to be done once, before the first fork: nothing open, nothing running, the heap's pages left alone."""
    _close_connections(log)
    _warn_about_threads(log)
    gc.collect()
    gc.freeze()


def _prepare_django(start: StartSettings, log: Log) -> None:
    from django.urls import set_script_prefix

    # Django makes a relative STATIC_URL absolute at its first use, perhaps while the project is imported.
    set_script_prefix(start.context_path + "/")

    def adapt(settings: Any) -> None:
        if start.static_root:
            place_static_root(settings, start.static_root)
        if start.adapt_urls:
            changed = urls.adapt_settings(settings, start.context_path)
            if changed:
                log.debug(f"moved below {start.context_path}: {', '.join(changed)}")

    install_configurations()
    on_settings_loaded(adapt)


def _finish_django() -> None:
    from django.conf import settings

    if not settings.configured:
        # The callable isn't Django's after all, or it loads Django at the first request.
        return
    # Django's own cache of these, while the script prefix of this thread is right.
    _ = settings.STATIC_URL, settings.MEDIA_URL
    if not getattr(settings, "LOGGING", None):
        _show_errors()
    if getattr(settings, "ROOT_URLCONF", None):
        from django.urls import get_resolver

        _ = get_resolver().reverse_dict


def _show_errors() -> None:
    # Django's own logging, when the project has none and DEBUG is off, tells only ADMINS of an error, by mail. The
    # container's log is where an operator looks for the traceback.
    import logging

    logging.getLogger("django").addHandler(logs.UnwrittenHandler(logging.ERROR))


def _close_connections(log: Log) -> None:
    try:
        if "django.db" in sys.modules:
            from django.db import connections

            for connection in connections.all():
                connection.close()
                if hasattr(connection, "close_pool"):
                    connection.close_pool()
        if "django.core.cache" in sys.modules:
            from django.core.cache import close_caches

            close_caches()
    except Exception as error:
        log.warning(f"the project's connections could not be closed before the fork\n{logs.describe_exception(error)}")


def _warn_about_threads(log: Log) -> None:
    names = [thread.name for thread in threading.enumerate() if thread is not threading.main_thread()]
    if names:
        log.warning(
            f"the project started threads while it was imported, which the workers won't have: {', '.join(names)}; "
            "start them at the first request"
        )

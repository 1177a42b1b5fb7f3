"""The project: importing it. Owns everything that touches Django from outside."""

from __future__ import absolute_import

import inspect
import os
import sys

from djwar_jython import logs, urls


class ProjectError(Exception):
    """The project can't be served; the message says what was looked for."""


def load_application(host, handler, has_settings, context_path, static_root, adapt_urls):
    """The WSGI callable: the handler that is named, or Django's own."""
    if has_settings:
        _prepare_django(host, context_path, static_root, adapt_urls)
    elif not handler:
        raise ProjectError(
            "there is neither a handler nor a settings module: set `djwar.wsgi` (`django.handler`) or `djwar.settings`"
        )
    application = import_handler(handler) if handler else _own_handler()
    if "django.conf" in sys.modules:
        _finish_django()
    return application


def import_handler(name):
    """``module:callable`` or ``package.module.Class``, of which one instance is made here; a class named as a callable is one."""
    module_name, separator, path = name.partition(":")
    if not separator:
        module_name, _, path = name.rpartition(".")
    if not module_name or not path:
        raise ProjectError("the handler `%s` is neither `module:callable` nor `package.module.Class`" % name)
    try:
        __import__(module_name)
    except ImportError as error:
        if sys.modules.get(module_name) is None and _names(error, module_name):
            raise ProjectError(
                "the handler `%s` can't be imported: there is no module `%s` on sys.path\n  %s"
                % (name, module_name, "\n  ".join(str(entry) for entry in sys.path))
            )
        raise
    found = sys.modules[module_name]
    for part in path.split("."):
        try:
            found = getattr(found, part)
        except AttributeError:
            raise ProjectError("the handler `%s` can't be imported: the module `%s` has no `%s`" % (name, module_name, path))
    if not separator and inspect.isclass(found):
        _setup_django()
        found = found()
    if not callable(found):
        raise ProjectError("the handler `%s` is not callable, so it is no WSGI application" % name)
    return found


def _names(error, module_name):
    """Whether an ImportError is about the module itself or a package above it, not about what it imports."""
    missing = str(error).rpartition(" ")[2]
    return any(missing == part for part in module_name.split("."))


def _own_handler():
    from django.core.wsgi import get_wsgi_application

    return get_wsgi_application()


def _setup_django():
    # `django.core.handlers.wsgi.WSGIHandler` named as the handler: its instance wants the applications loaded.
    if os.environ.get("DJANGO_SETTINGS_MODULE") and "django" in sys.modules:
        import django

        if hasattr(django, "setup"):
            django.setup()


def on_settings_loaded(callback):
    """Calls back with Django's settings as soon as the project loads them, before anybody has seen a value."""
    from django import conf

    lazy_settings = conf.LazySettings
    # The plain function: an unbound method of Python 2 would check its argument at each call.
    original = lazy_settings.__dict__["_setup"]

    def _setup(self, name=None):
        original(self, name)
        lazy_settings._setup = original
        callback(self._wrapped)

    lazy_settings._setup = _setup


def place_static_root(settings, folder):
    """Makes the collected files' folder the project's STATIC_ROOT."""
    settings.STATIC_ROOT = folder


def is_debug():
    """Whether Django's settings were read and say DEBUG. Never loads them."""
    conf = sys.modules.get("django.conf")
    if conf is None or not hasattr(conf, "settings"):
        return False
    try:
        return bool(conf.settings.configured and conf.settings.DEBUG)
    except Exception:
        return False


def close_connections(host):
    """At the end: what Django keeps open."""
    try:
        if "django.db" in sys.modules:
            from django.db import connections

            for connection in connections.all():
                connection.close()
    except Exception as error:
        host.warning("the project's connections could not be closed: %s" % error)


def _prepare_django(host, context_path, static_root, adapt_urls):
    set_script_prefix = _url_functions().set_script_prefix

    # Django makes a relative STATIC_URL absolute at its first use, perhaps while the project is imported.
    set_script_prefix(context_path + "/")

    def adapt(settings):
        if static_root:
            place_static_root(settings, static_root)
        if adapt_urls:
            changed = urls.adapt_settings(settings, context_path)
            if changed:
                host.debug("moved below %s: %s" % (context_path, ", ".join(changed)))

    on_settings_loaded(adapt)


def _finish_django():
    from django.conf import settings

    if not settings.configured:
        # The callable isn't Django's after all, or it loads Django at the first request.
        return
    if not getattr(settings, "LOGGING", None):
        logs.show_errors()
    if getattr(settings, "ROOT_URLCONF", None):
        _url_functions().get_resolver(None).reverse_dict


def _url_functions():
    """``django.urls``, or its home before Django 1.10."""
    try:
        from django import urls as functions
    except ImportError:
        from django.core import urlresolvers as functions
    return functions

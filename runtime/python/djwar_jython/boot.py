"""What the engine calls: start and stop. Owns the order of things; the other modules own the things."""

from __future__ import absolute_import

import os
import sys

from djwar_jython import tuples  # Before all that makes named tuples.
from djwar_jython import logs, project

_host = None


def start(host):
    """Imports the project and gives its WSGI callable. Whatever the project raises comes out of here."""
    global _host
    _host = host
    logs.install(host)
    _complete_os()
    settings = host.setting("settings")
    if settings:
        os.environ["DJANGO_SETTINGS_MODULE"] = settings
    application = project.load_application(
        host,
        handler=host.setting("wsgi"),
        has_settings=bool(settings),
        context_path=host.setting("context_path"),
        static_root=host.setting("static_root"),
        adapt_urls=host.setting("adapt_urls"),
    )
    _check_data_sources()
    return application


def base_environ():
    """What is the same for all requests; PEP 3333, "environ Variables"."""
    return {
        "SERVER_SOFTWARE": _bytes(_host.setting("software")),
        "wsgi.version": (1, 0),
        "wsgi.errors": sys.stderr,
        "wsgi.multithread": True,
        "wsgi.multiprocess": False,
        "wsgi.run_once": False,
        "wsgi.file_wrapper": FileWrapper,
        "wsgi.input_terminated": True,
    }


def is_debug():
    """Whether Django's settings were read and say DEBUG."""
    return project.is_debug()


def stop():
    """Closes what Django holds open, and what Python's standard library put into the JVM."""
    project.close_connections(_host)
    if 'djwar_jdbc' in sys.modules:
        # Django's connections are a thread's own, and the container's threads live on.
        sys.modules['djwar_jdbc'].close_all()
    _forget_threads()
    logs.finish()
    _restore_signals()
    _remove_provider()


def _check_data_sources():
    # Said at the start, and not only by the first page that asks a database.
    if any(name.startswith("DJWAR_DATASOURCE_") for name in os.environ):
        from djwar_jdbc import datasource

        for message in datasource.trouble():
            _host.warning(message)


class FileWrapper(object):
    """``wsgi.file_wrapper``: a file as an iterable of large blocks."""

    SIZE = 256 * 1024

    def __init__(self, file, block_size=8192):
        # The application's block size is not asked: each block is a flush.
        self._read = file.read
        if hasattr(file, "close"):
            self.close = file.close

    def __iter__(self):
        read = self._read
        return iter(lambda: read(self.SIZE), "")


def _bytes(text):
    return text.encode("utf-8") if isinstance(text, unicode) else text


def _complete_os():
    # Jython has it in its native half only, which is left out of the WAR (docs/concepts/jython-engine.md).
    if not hasattr(os, "getpid"):
        from java.lang.management import ManagementFactory

        pid = int(ManagementFactory.getRuntimeMXBean().getPid())
        os.getpid = lambda: pid


def _forget_threads():
    # At exit Jython joins every thread that `threading` has seen and that is no daemon: also Jetty's own, which wait for us,
    # and the one that runs the exit.
    threading = sys.modules.get("threading")
    if threading is None:
        return
    threading._pickSomeNonDaemonThread = lambda: None
    for thread in threading.enumerate():
        own = isinstance(thread, threading.Thread) and not isinstance(thread, threading._MainThread)
        if own and thread.isAlive():
            _host.warning("the project's thread `%s` still runs, and keeps the application's memory" % thread.getName())


def _restore_signals():
    # Importing `signal` installs a handler of SIGALRM, which the JVM would keep, and with it our class loader.
    if "signal" not in sys.modules:
        return
    try:
        from sun.misc import Signal, SignalHandler

        Signal.handle(Signal("ALRM"), SignalHandler.SIG_DFL)
    except Exception as error:
        _host.debug("the handler of SIGALRM stays: %s" % error)


def _remove_provider():
    # `ssl` registers BouncyCastle with the JVM. Another application's is left alone.
    if "_sslcerts" not in sys.modules:
        return
    try:
        from java.security import Security
        from org.bouncycastle.jce.provider import BouncyCastleProvider

        provider = Security.getProvider("BC")
        if isinstance(provider, BouncyCastleProvider):
            Security.removeProvider("BC")
    except Exception as error:
        _host.debug("the provider BC stays: %s" % error)

"""The connections that are open, so that a stopping application can close them."""

import weakref

_open = weakref.WeakKeyDictionary()


def opened(connection):
    _open[connection] = True


def closed(connection):
    _open.pop(connection, None)


def close_all():
    """Closes what the application left open, and takes its drivers out of the JVM's list. The engine calls it when the application stops."""
    for connection in list(_open.keys()):
        try:
            connection.close()
        except Exception:  # one that can't be closed must not keep the others open
            pass
    _forget_drivers()


def _forget_drivers():
    """A pool of the container's makes the WAR's driver by its class, which then registers with the JVM by itself."""
    from java.lang import Class, Thread
    from java.sql import DriverManager
    from org.python.core import Py
    own = Class.getClassLoader(Py)
    if own is not Thread.currentThread().getContextClassLoader():
        # A Jython that several applications share: their drivers are not this one's.
        return
    for driver in list(DriverManager.getDrivers()):
        if driver.getClass().getClassLoader() is own:
            DriverManager.deregisterDriver(driver)

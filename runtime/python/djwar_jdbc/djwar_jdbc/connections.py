"""The connections that are open, so that a stopping application can close them."""

import weakref

_open = weakref.WeakKeyDictionary()


def opened(connection):
    _open[connection] = True


def closed(connection):
    _open.pop(connection, None)


def close_all():
    """Closes what the application left open. The engine calls it when the application stops."""
    for connection in list(_open.keys()):
        try:
            connection.close()
        except Exception:  # one that can't be closed must not keep the others open
            pass

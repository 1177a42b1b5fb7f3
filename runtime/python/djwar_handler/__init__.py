"""The Python half of djwar's cpython engine.

It lives outside Django and works on an unmodified one, through the project's WSGI application.
``docs/concepts/worker-protocol.md`` is the contract with the servlet side.

Owns nothing itself; the modules are the nouns of that page. Nothing here may import Django at import time: a project
need not have one.
"""

PROTOCOL = 1
"""The version of the worker protocol. Handler and runtime jar are of one release; a mix is refused."""

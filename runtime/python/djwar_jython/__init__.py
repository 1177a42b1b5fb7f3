"""The Python half of djwar's engine ``jython``. Python 2.7.

It lives outside Django and works on an unmodified one, through the project's WSGI application.
``docs/concepts/jython-engine.md`` is the contract with the Java side.
"""

"""What Django's runtests.py takes out of here."""

_finalizer_registry = {}

"""Jython has no multiprocessing. Django's test runner imports it, and with --parallel=1 uses none of it."""


def cpu_count():
    return 1

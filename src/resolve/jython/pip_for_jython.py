"""pip's own `download` for Jython 2.7, run by the Python 3 that djwar brings.

pip takes the tags of another Python by options, but the markers of the one that runs it, and refuses sdists for another. Two
functions of pip are replaced for that; sdists are built by the backend in `backend/` beside this file, under Jython.
"""

import runpy
import sys

JYTHON = {
    "implementation_name": "",
    "implementation_version": "0",
    "os_name": "java",
    "platform_machine": "",
    "platform_release": "",
    "platform_system": "Java",
    "platform_version": "",
    "python_full_version": "2.7.4",
    "platform_python_implementation": "Jython",
    "python_version": "2.7",
    "sys_platform": "java",
}


def main():
    from pip._internal.cli import cmdoptions
    from pip._vendor.packaging import markers

    for module, name in ((markers, "default_environment"), (cmdoptions, "check_dist_restriction")):
        if not hasattr(module, name):
            sys.exit("djwar: this pip can't be told to work for Jython: it has no `%s`" % name)
    markers.default_environment = lambda: dict(JYTHON)
    cmdoptions.check_dist_restriction = lambda *_, **__: None
    runpy.run_module("pip", run_name="__main__", alter_sys=True)


main()

# Run by Jython in an unpacked sdist: installs it into the folder that is named. Python 2.7.
import os
import sys

import setuptools
from distutils.command import build_ext as distutils_build_ext
from distutils.errors import DistutilsPlatformError

NATIVE_STATUS = 71
native = []


def run(self):
    wanted = [one.name for one in self.extensions or [] if not getattr(one, "optional", False)]
    if wanted:
        native.extend(wanted)
        # What a missing compiler raises: packages that can do without C catch it.
        raise DistutilsPlatformError("Jython can't load C code: %s" % ", ".join(wanted))


distutils_build_ext.build_ext.run = run

out = sys.argv[1]
here = os.getcwd()
script = os.path.join(here, "setup.py")
sys.path.insert(0, here)
sys.argv = [
    script, "--no-user-cfg", "--quiet", "install", "--no-compile", "--single-version-externally-managed",
    "--root", out, "--record", os.path.join(out, "record"),
    "--install-purelib", "/lib", "--install-platlib", "/lib", "--install-scripts", "/scripts",
    "--install-data", "/data", "--install-headers", "/headers",
]
try:
    execfile(script, {"__name__": "__main__", "__file__": script})
except SystemExit as end:
    if native and end.code:
        print >>sys.stderr, end
        sys.exit(NATIVE_STATUS)
    raise
except BaseException as error:
    if native:
        print >>sys.stderr, error
        sys.exit(NATIVE_STATUS)
    raise

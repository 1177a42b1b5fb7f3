"""Compiles Python files; the same protocol as `djwar_handler.compile`.

Each line of standard input is `{"source": …, "target": …, "name": …}`; the
answer is one line `{"compiled": N, "failed": [{"name": …, "error": …}]}`.
"""

import json
import os
import py_compile
import sys

compiled = 0
failed = []
for line in sys.stdin:
    job = json.loads(line)
    folder = os.path.dirname(job["target"])
    if not os.path.isdir(folder):
        os.makedirs(folder)
    try:
        py_compile.compile(
            job["source"],
            cfile=job["target"],
            dfile=job["name"],
            doraise=True,
            invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH,
        )
        compiled += 1
    except Exception as error:
        failed.append({"name": job["name"], "error": str(error).strip().splitlines()[-1:]})
print(json.dumps({"compiled": compiled, "failed": failed}))

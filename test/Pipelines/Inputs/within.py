"""Runs a command and passes when it needs at most the seconds given. They are counted
as time of the processor, all threads together: no less than on the clock of an idle
machine, and the same on a busy one.

usage: within.py SECONDS COMMAND...
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import resource
import subprocess
import sys

code = subprocess.run(sys.argv[2:]).returncode
usage = resource.getrusage(resource.RUSAGE_CHILDREN)
seconds = usage.ru_utime + usage.ru_stime
if code != 0 or seconds > float(sys.argv[1]):
    sys.exit(f"exit code {code} after {seconds:.1f} s, at most {sys.argv[1]} are allowed")

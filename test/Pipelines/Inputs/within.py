"""Runs a command and passes when it ends well within the seconds given.

usage: within.py SECONDS COMMAND...
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import subprocess
import sys
import time

start = time.monotonic()
code = subprocess.run(sys.argv[2:]).returncode
seconds = time.monotonic() - start
if code != 0 or seconds > float(sys.argv[1]):
    sys.exit(f"exit code {code} after {seconds:.1f} s, at most {sys.argv[1]} are allowed")

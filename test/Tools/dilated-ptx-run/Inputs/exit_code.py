"""Runs a command, which must end with an exit code.

usage: exit_code.py CODE COMMAND...
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import subprocess
import sys

result = subprocess.run(sys.argv[2:])
if result.returncode != int(sys.argv[1]):
    print(f"exit code {result.returncode}, expected {sys.argv[1]}", file=sys.stderr)
    sys.exit(1)

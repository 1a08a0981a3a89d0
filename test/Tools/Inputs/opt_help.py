"""Every pass that is defined in a Passes.td has its flag in dilated-opt's help.

usage: opt_help.py HELP.txt FOLDER-OF-TD-FILES
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import re
import sys
from pathlib import Path

flags = set(re.findall(r"--([\w-]+)", Path(sys.argv[1]).read_text()))
defined = [
    flag
    for file in Path(sys.argv[2]).rglob("Passes.td")
    for flag in re.findall(r'^def \w+\s*:\s*(?:Interface)?Pass<"([\w-]+)"', file.read_text(), re.M)
]
missing = sorted(set(defined) - flags)
assert len(defined) >= 22, f"only {len(defined)} passes are defined: {defined}"
assert not missing, f"not registered: {missing}"

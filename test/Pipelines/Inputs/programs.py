"""Compiles and runs every module of a folder and holds both to its first line:
`// ERROR: text` (exit code 1, no output file) or `// RESULT: line of stdout`.

usage: programs.py FOLDER
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import subprocess
import sys
from pathlib import Path


def run(*command):
    """A command's exit code, stdout and stderr."""
    result = subprocess.run(command, capture_output=True, text=True, timeout=60)
    return result.returncode, result.stdout, result.stderr


for path in sorted(Path(sys.argv[1]).glob("*.mlir")):
    kind, _, text = path.read_text().split("\n", 1)[0].removeprefix("// ").partition(": ")
    assert kind in ("ERROR", "RESULT"), path
    out = path.with_suffix(".o")
    compiled = run("dilated-compile", str(path), "-o", str(out))
    inputs = ["--input", "arg0=4xf32=1"] if "@main(%a: tensor<4xf32>)" in path.read_text() else []
    if "@main(%x" in path.read_text():
        inputs = ["--input", "arg0=f32=1"]
    ran = run("dilated-run", str(path), *inputs)
    shown = f"{path}\n{compiled}\n{ran}"
    if kind == "RESULT":
        assert compiled[0] == 0 and out.exists() and ran[0] == 0, shown
        assert text in ran[1].splitlines(), shown
        continue
    assert compiled[0] == 1 and not out.exists() and text in compiled[2], shown
    assert ran[0] == 1 and not ran[1] and text in ran[2], shown

# Imports every stored model and checks that the result is IR without weights.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""check_models.py TOOL_DIR MODELS_DIR"""

import os
import subprocess
import sys

tool_dir, models_dir = sys.argv[1:]


def run(tool, *arguments, text=None):
    command = [os.path.join(tool_dir, tool), *arguments]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


names = sorted(entry.name for entry in os.scandir(models_dir) if entry.is_dir())
for name in names:
    path = os.path.join(models_dir, name, "model.onnx")
    for flags in [], ["--expand-functions"]:
        module = run("dilated-translate", "--import-onnx", path, *flags)
        run("dilated-opt", "--verify-roundtrip", text=module)
        # Our operator wins over its body; the body is made of others.
        assert ('"DilatedAttention"' in module) == (not flags), (name, flags)
        # Indices are part of the IR, up to 64 KiB.
        longest = max(len(line) for line in module.splitlines() if not line.endswith("xi64>"))
        assert longest < 1000, f"{name}: a line of {longest} characters; is it a weight?"
    print(f"{name} ok")
assert len(names) == 8, names

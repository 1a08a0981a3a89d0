# Times the emulator on the flash attention of this folder.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""speed.py TOOL_DIR [--length N] [--heads H] [--variant O2] [--check all|none] [--threads T]

Runs flash_attention (head dimension 64, bf16) on random data, compares with
numpy and prints seconds and instructions of lanes per second. Not a test: a
machine that does something else at the same time is slower.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile

import numpy as np
from references import Out, compare, flash_attention_case
from run_kernels import HERE, command_line


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("tools")
    parser.add_argument("--length", type=int, default=1024)
    parser.add_argument("--heads", type=int, default=8)
    parser.add_argument("--variant", default="O2")
    parser.add_argument("--check", default="all")
    parser.add_argument("--threads", type=int, default=0)
    options = parser.parse_args()
    case = flash_attention_case("speed", options.heads, options.length, False, 50)
    ptx = os.path.join(HERE, "ptx", f"{case.file}.{options.variant}.ptx")
    with tempfile.TemporaryDirectory() as folder:
        command = [os.path.join(options.tools, "dilated-ptx-run"), ptx, *command_line(case, folder)]
        command += ["--check", options.check, "--threads", str(options.threads), "--profile=json"]
        result = subprocess.run(command, capture_output=True, text=True)
        if result.returncode != 0:
            print(result.stderr)
            return result.returncode
        profile = json.loads(result.stdout)
        for i, argument in enumerate(case.arguments):
            if isinstance(argument, Out):
                problem = compare(argument, np.load(os.path.join(folder, f"out{i}.npy")))
    seconds, lanes = profile["seconds"], profile["lane_instructions"]
    print(
        f"length {options.length}, {options.heads} heads, detectors {options.check}: {seconds:.2f} s, "
        f"{lanes / 1e6:.0f} M lane instructions, {lanes / 1e6 / seconds:.1f} M/s; "
        + (f"WRONG: {problem}" if problem else "equal to numpy")
    )
    return 1 if problem else 0


if __name__ == "__main__":
    sys.exit(main())

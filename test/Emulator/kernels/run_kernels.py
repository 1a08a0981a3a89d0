# Runs the kept PTX of the kernels and compares with numpy.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""run_kernels.py TOOL_DIR [--variant O0|O2|G|clang|clangO0]... [CASE...]

Each case runs by dilated-ptx-run with every detector on: it must report nothing
and give the numbers of references.py. Prints the cases that do not, then
`N passed, N failed`.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time

import numpy as np
from references import Out, cases, compare, compare_stdout
from regenerate import has_variant

HERE = os.path.dirname(os.path.abspath(__file__))
TYPES = {"float16": "f16", "bfloat16": "bf16", "float32": "f32", "float64": "f64"}


def type_name(dtype):
    """"f32" for float32, "u8" for uint8."""
    return TYPES.get(dtype.name) or dtype.kind + str(8 * dtype.itemsize)


def command_line(case, folder):
    """The arguments of dilated-ptx-run for the case; writes its inputs to the folder."""
    join = lambda sizes: ",".join(map(str, sizes))
    line = ["--kernel", case.kernel, "--grid", join(case.grid), "--block", join(case.block)]
    if case.shared:
        line += ["--shared", str(case.shared)]
    for i, argument in enumerate(case.arguments):
        array = argument.before if isinstance(argument, Out) else argument
        kind = type_name(array.dtype)
        if np.ndim(array) == 0:
            line += ["--arg", f"{kind}={array}"]
            continue
        path = os.path.join(folder, f"{i}.npy")
        np.save(path, array.view(np.uint16) if kind == "bf16" else array)
        line += ["--arg", f"{kind}[{'x'.join(map(str, array.shape))}]=@{path}"]
        if isinstance(argument, Out):
            line += ["--out", f"{i}=@{os.path.join(folder, f'out{i}.npy')}"]
    return line


def run_case(tool, ptx, case, extra=(), timeout=300):
    """Exit code, stderr, and what is wrong with the outputs (of a run that ended well)."""
    with tempfile.TemporaryDirectory() as folder:
        command = [tool, ptx, *command_line(case, folder), *extra]
        try:
            result = subprocess.run(command, capture_output=True, timeout=timeout, text=True, errors="replace")
        except subprocess.TimeoutExpired:
            return None, f"did not end within {timeout} s", []
        problems = []
        if result.returncode == 0:
            for i, argument in enumerate(case.arguments):
                if isinstance(argument, Out):
                    actual = np.load(os.path.join(folder, f"out{i}.npy"))
                    problem = compare(argument, actual)
                    problems += [f"argument {i}: {problem}"] if problem else []
            problem = compare_stdout(case, result.stdout)
            problems += [problem] if problem else []
        return result.returncode, result.stderr, problems


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("tools")
    parser.add_argument("--variant", action="append")
    parser.add_argument("--time", action="store_true", help="print the seconds of each case")
    parser.add_argument("names", nargs="*")
    options = parser.parse_args()
    tool = os.path.join(options.tools, "dilated-ptx-run")
    passed = failed = 0
    for case in cases().values():
        if options.names and case.name not in options.names:
            continue
        for variant in options.variant or ["O0", "O2", "G", "clang", "clangO0"]:
            ptx = os.path.join(HERE, "ptx", f"{case.file}.{variant}.ptx")
            if not has_variant(case.file, variant):
                continue
            start = time.time()
            code, stderr, problems = run_case(tool, ptx, case)
            if options.time:
                print(f"{case.name}.{variant}: {time.time() - start:.2f} s")
            if code == 0 and not problems:
                passed += 1
                continue
            failed += 1
            print(f"{case.name}.{variant}: exit code {code}")
            for line in problems + stderr.strip().splitlines()[:12]:
                print("  " + line)
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())

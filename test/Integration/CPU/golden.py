"""Runs the golden vectors through the compiler, as MLIR modules.

usage: golden.py --dtype f32|f64|f16|bf16 [--no-fuse] [--device D] [--only NAME [--module M.mlir]]
                 [--keep DIR]

By default through the fused kernel; with --no-fuse through the branches as they
are: gather, attention, scatter, combine. With --module, a hand-written module
takes the place of the one around dilated.attention. Closing line `N passed, N failed`.
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

import golden_cases
from attention_cases import Case, mlir_module, round_to, run_tool

# 12 digits are stored, so 1e-10 is what f64 can be held to. For the narrow types inputs are
# rounded and what is expected is not: scores and values are off by a few of their units.
TOLERANCE = {"f32": 1e-5, "f64": 1e-10, "f16": 4e-3, "bf16": 3e-2}


def run(golden, dtype, module, extra, folder):
    batch, n, heads, depth = golden.query.shape
    case = Case(
        batch, n, heads, heads, depth, depth, golden.pattern, golden.causal, dtype=dtype
    )
    folder.mkdir(parents=True, exist_ok=True)
    if module is None:
        module = folder / "attention.mlir"
        module.write_text(mlir_module(case))
    arguments = []
    for name in ("query", "key", "value"):
        path = folder / f"{name}.npy"
        np.save(path, round_to(getattr(golden, name), dtype))
        arguments += ["--input", f"{name}=@{path}"]
    np.save(folder / "output.npy", round_to(golden.expected, dtype))
    arguments += ["--expected", f"output=@{folder / 'output.npy'}"]
    tolerance = TOLERANCE[dtype]
    arguments += ["--rtol", tolerance, "--atol", tolerance, *extra]
    return run_tool("dilated-run", module, *arguments)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--dtype", choices=TOLERANCE, required=True)
    parser.add_argument("--no-fuse", action="store_true")
    parser.add_argument("--device", default="cpu", help="of dilated-run")
    parser.add_argument("--only", metavar="NAME")
    parser.add_argument("--module", type=Path, metavar="M.mlir")
    parser.add_argument("--keep", type=Path, help="leave modules and data there")
    arguments = parser.parse_args()
    extra = ["--no-fuse"] if arguments.no_fuse else []
    extra.append(f"--device={arguments.device}")
    cases = [c for c in golden_cases.load() if arguments.only in (None, c.name)]
    if not cases or (arguments.module and len(cases) != 1):
        parser.error("--only takes the name of one case, and --module wants it")

    with tempfile.TemporaryDirectory() as scratch:
        root = arguments.keep or Path(scratch)
        passed = failed = 0
        for golden in cases:
            folder = root / golden.name
            code, output = run(
                golden, arguments.dtype, arguments.module, extra, folder
            )
            if code == 0:
                passed += 1
            else:
                failed += 1
                print(f"{golden.name}: exit code {code}\n{output}")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())

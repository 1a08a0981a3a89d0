"""Products of AMX tiles on a processor that may not have them, against the oracle.

usage: amx.py EMULATOR.so

Compiles attention for AMX and runs it with instructions emulated (amx_emulator.c):
slow, so the shapes are small. Fails when no tile was multiplied.
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

import attention_cases
import numpy as np
from attention_cases import Case
from oracle import Pattern

TOLERANCE = 2e-2  # as random_configs.py has it for bf16
MIXED = Pattern(((64, 1), (150, 2), (2**63 - 1, 3)), "block", 0, "null_keys")


def make(n, depth, value_depth, causal, pattern):
    return Case(
        batch=1,
        n=n,
        heads=2,
        kv_heads=1,
        depth=depth,
        value_depth=value_depth,
        pattern=pattern,
        causal=causal,
        scale=None,
        large_logits=False,
        dtype="bf16",
        lse=True,
        dynamic=True,
        packed=False,
        layouts=("bnhd",) * 4,
    )


CASES = [
    make(1, 1, 1, False, Pattern(((7, 1),), "block", 0, "exclude")),
    make(70, 48, 48, False, MIXED),
    make(190, 64, 33, True, MIXED),
    make(133, 17, 128, False, Pattern(((2**63 - 1, 1),), "block", 0, "exclude")),
]


def run(case, emulator, folder):
    rng = np.random.default_rng(case.n)
    operands = attention_cases.random_operands(case, rng)
    outputs = attention_cases.expected_outputs(case, operands)
    attention_cases.write_data(folder, case, operands, outputs)
    module = folder / "model.mlir"
    module.write_text(attention_cases.mlir_module(case))
    environment = dict(os.environ, DILATED_ASSUME_CPU_FEATURES="1", DILATED_AMX_COUNT="1")
    command = ["env", f"LD_PRELOAD={emulator}", "dilated-run", module, "--onnx-test-dir", folder]
    command += ["--mcpu=x86-64-v4", "--mattr=+amx-tile,+amx-bf16", "--threads=2"]
    command += ["--rtol", str(TOLERANCE), "--atol", str(TOLERANCE), "--no-cache"]
    result = subprocess.run(list(map(str, command)), env=environment, capture_output=True, text=True)
    counts = re.findall(r"tdpbf16ps executed: (\d+)", result.stderr)
    products = max(map(int, counts), default=0)
    print(f"N {case.n}, D {case.depth}, Dv {case.value_depth}: {products} products")
    if result.returncode != 0 or products == 0:
        print(result.stdout + result.stderr)
        return False
    return True


def main():
    emulator = Path(sys.argv[1]).absolute()
    passed = 0
    with tempfile.TemporaryDirectory() as scratch:
        for number, case in enumerate(CASES):
            folder = Path(scratch) / str(number)
            folder.mkdir()
            passed += run(case, emulator, folder)
    print(f"{passed} passed, {len(CASES) - passed} failed")
    return 0 if passed == len(CASES) else 1


if __name__ == "__main__":
    sys.exit(main())

"""Products of AMX tiles on a processor that may not have them, against the oracle.

usage: amx.py EMULATOR.so

Compiles attention for AMX and runs it with instructions emulated (amx_emulator.c):
slow, so the shapes are small. Fails when no tile was multiplied, and where stages are
counted (AttentionStages.cpp), when other products were executed than theirs.
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


DENSE = Pattern(((2**63 - 1, 1),), "block", 0, "exclude")
# Two branches whose segments have several blocks of keys that all rows see.
BRANCHES = Pattern(((320, 1), (2**63 - 1, 2)))


def make(n, depth, value_depth, causal, pattern, **other):
    defaults = {"batch": 1, "heads": 2, "kv_heads": 1, "lse": True, "dynamic": True}
    return Case(
        n=n,
        depth=depth,
        value_depth=value_depth,
        pattern=pattern,
        causal=causal,
        dtype="bf16",
        **(defaults | other),
    )


CASES = [
    make(1, 1, 1, False, Pattern(((7, 1),), "block", 0, "exclude")),
    make(70, 48, 48, False, MIXED),
    make(190, 64, 33, True, MIXED),
    make(133, 17, 128, False, DENSE),
    # Long enough for stages.
    make(640, 64, 64, False, DENSE, lse=False),
    make(672, 64, 64, False, DENSE),
    make(500, 48, 48, True, DENSE, batch=2),
    make(420, 128, 128, True, DENSE, heads=4, kv_heads=2, lse=False),
    make(700, 48, 33, False, BRANCHES, lse=False),
    make(610, 32, 20, True, BRANCHES),
    # A second chunk of packed keys, the rows having a maximum from the first one.
    make(1350, 16, 16, False, DENSE, heads=1),
    make(400, 40, 40, False, DENSE, scale=-0.3),
    # Weights leave the range of f32, and the block is computed once more.
    make(510, 48, 48, False, DENSE, large_logits=True, scale=16.0, lse=False),
]

# By N. Per head and tile of 32 rows, 64 scores or values of 32 rows being 16 products (12
# those of values of D = 48): the first 128 keys, which find a maximum; then stages of 64
# keys, with the scores of the first one before them, and in each one the values before,
# the scores after, and 4 products for the sums unless there is an lse; the values and
# sums of the last one; what is left, in groups of 32 keys.
STAGED_PRODUCTS = {
    640: 2 * 20 * (64 + 16 + 8 * 36 + 20),
    672: 2 * 21 * (64 + 16 + 8 * 32 + 16 + 16),
    # And once more in the online form, 16 groups one after the other.
    510: 2 * 16 * (56 + 16 + 5 * 32 + 16 + 28 + 16 * 14),
}


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
    result = subprocess.run(
        list(map(str, command)), env=environment, capture_output=True, text=True
    )
    counts = re.findall(r"tdpbf16ps executed: (\d+)", result.stderr)
    products = max(map(int, counts), default=0)
    print(f"N {case.n}, D {case.depth}, Dv {case.value_depth}: {products} products")
    expected = STAGED_PRODUCTS.get(case.n, products)
    if result.returncode != 0 or products == 0 or products != expected:
        print(f"expected {expected} products")
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

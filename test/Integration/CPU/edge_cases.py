"""Attention at the edges of what is allowed, against the oracle: head sizes around the
sizes of vectors and register tiles, very short sequences, blocks with more sets of rows
than are looked at together, numbers at the end of 64 bits, layouts, slices.

usage: edge_cases.py [--mcpu NAME] [--only NAME] [--keep DIR]

Closing line `N passed, N failed`.
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import argparse
import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import numpy as np

import attention_cases
from attention_cases import Case
from oracle import Pattern
from random_configs import Counts, tolerance_of

LARGEST = 2**63 - 1
SHORT = Pattern(((16, 1), (40, 2), (LARGEST, 4)))
# Rates without common factors: nearly every row has branches of its own.
MANY_SETS = Pattern(((LARGEST, 2), (LARGEST, 3), (LARGEST, 5), (LARGEST, 7), (700, 11), (500, 13)))
# Runs longer than a chunk of packed keys, with keys in common that are merged, one
# branch twice; the ends of segments meet nowhere.
COMMON_KEYS = Pattern(
    ((300, 1), (512, 2), (512, 2), (LARGEST, 4), (701, 6), (LARGEST, 12)), offset="modulo"
)


def case(n=77, depth=16, value_depth=None, pattern=SHORT, heads=4, **other):
    """Four heads, batch 2, all sizes dynamic, with lse, unless told otherwise."""
    defaults = {"batch": 2, "kv_heads": heads, "lse": True, "dynamic": True}
    value_depth = depth if value_depth is None else value_depth
    return Case(
        n=n,
        heads=heads,
        depth=depth,
        value_depth=value_depth,
        pattern=pattern,
        **(defaults | other),
    )


CASES = {
    **{f"D {d}": case(depth=d) for d in (1, 3, 7, 17, 255, 256)},
    **{f"D {d}, bf16": case(depth=d, dtype="bf16", causal=d == 7) for d in (1, 7, 17, 255)},
    "D 17, f16": case(depth=17, dtype="f16"),
    "D 64, Dv 1": case(depth=64, value_depth=1),
    "D 1, Dv 64": case(depth=1, value_depth=64, causal=True),
    "D 33, Dv 250, bf16": case(depth=33, value_depth=250, dtype="bf16"),
    "N 1": case(n=1),
    "N 1, causal, bf16": case(n=1, causal=True, dtype="bf16"),
    "N 2, one head": case(n=2, heads=1, batch=1),
    "segments of 1": case(n=130, pattern=Pattern(((1, 1),))),
    "segments of 1, rate 2": case(n=130, pattern=Pattern(((1, 2),))),
    "many sets": case(n=1100, depth=8, pattern=MANY_SETS, heads=2, batch=1),
    "many sets, causal": case(
        n=1100, depth=8, pattern=replace(MANY_SETS, offset="end"), heads=2, batch=1, causal=True
    ),
    **{
        f"keys in common{name}": case(n=900, pattern=COMMON_KEYS, batch=1, **other)
        for name, other in {
            "": {},
            ", causal": {"causal": True},
            ", f64": {"dtype": "f64"},
            ", bf16": {"dtype": "bf16", "causal": True},
            ", large logits": {"large_logits": True, "scale": 16.0},
        }.items()
    },
    "rates beyond N": case(
        pattern=Pattern(((LARGEST, LARGEST), (50, 2**62), (20, 1)), offset="modulo")
    ),
    "only rates beyond N": case(
        pattern=Pattern(((LARGEST, LARGEST),), offset="end", padding="exclude")
    ),
    "branches that are equal when clamped": case(
        pattern=Pattern(((LARGEST, 2), (78, 2), (77, 2), (5, 1)))
    ),
    "one key head": case(heads=6, kv_heads=1),
    "bhnd": case(layouts=("bhnd",) * 4, depth=24),
    "layouts mixed": case(layouts=("bhnd", "bnhd", "bhnd", "bnhd"), depth=24, dtype="bf16"),
    # One operand [B, N, 3, H, D], as a projection of all three leaves it.
    "slices of QKV": case(depth=24, dynamic=False, n=333),
    "slices of QKV, bf16": case(depth=17, dynamic=False, dtype="bf16"),
}


def qkv_module(case):
    """The module of a case with the query, key and value as views of an array."""
    batch, n, heads, depth = case.shapes()[0]
    whole = f"{batch}x{n}x3x{heads}x{depth}x{case.dtype}"
    lines = attention_cases.mlir_module(case).splitlines()
    head = lines[0].split("(")[0]
    results = lines[2].split("->", 1)[1]
    part = f"tensor<{batch}x{n}x{heads}x{depth}x{case.dtype}>"
    slices = [
        f"  %{name} = tensor.extract_slice %qkv[0, 0, {i}, 0, 0] [{batch}, {n}, 1, {heads}, {depth}] "
        f"[1, 1, 1, 1, 1] : tensor<{whole}> to {part}"
        for i, name in enumerate("qkv")
    ]
    first = f'{head}(%qkv: tensor<{whole}> {{dilated.name = "qkv"}}) ->{results}'
    return "\n".join([first, *slices, *lines[3:], ""])


def run(name, case, folder, counts, extra):
    rng = np.random.default_rng(len(name))
    operands = attention_cases.random_operands(case, rng)
    outputs = attention_cases.expected_outputs(case, operands)
    module = folder / "model.mlir"
    if "QKV" in name:
        write = [np.stack(operands, axis=2)]
        text = qkv_module(case)
    else:
        write, text = operands, attention_cases.mlir_module(case)
    attention_cases.write_data(folder, case, write, outputs)
    module.write_text(text)
    (folder / "case.txt").write_text(f"{name}: {case}\n")
    counts.run([folder], module, tolerance_of(case, is_merged=False), extra)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mcpu", help="instruction set to compile for (default: native)")
    parser.add_argument("--only", choices=CASES, help="one case")
    parser.add_argument("--keep", type=Path, help="leave models and data there")
    arguments = parser.parse_args()
    extra = [f"--mcpu={arguments.mcpu}"] if arguments.mcpu else []
    counts = Counts()
    with tempfile.TemporaryDirectory() as scratch:
        root = arguments.keep or Path(scratch)
        for i, (name, case) in enumerate(CASES.items()):
            if arguments.only in (None, name):
                run(name, case, root / f"case-{i:02d}", counts, extra)
    print(f"{counts.passed} passed, {counts.failed} failed")
    return 1 if counts.failed else 0


if __name__ == "__main__":
    sys.exit(main())

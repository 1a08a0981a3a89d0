"""Attention at the edges of what is allowed, against the oracle: head sizes around the
sizes of vectors and register tiles, very short sequences, blocks with more coverage
groups than are looked at together, numbers at the end of 64 bits, layouts, slices; and the
known patterns of docs/spec.md, section 5.

usage: edge_cases.py [--mcpu NAME] [--no-fuse] [--only NAME] [--keep DIR]

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
from oracle import Columns, Pattern, Window
from random_configs import Counts, tolerance_of

LARGEST = 2**63 - 1
SHORT = Pattern(((16, 1), (40, 2), (LARGEST, 4)))
# Rates without common factors: nearly every row has terms of its own.
MANY_GROUPS = Pattern(((LARGEST, 2), (LARGEST, 3), (LARGEST, 5), (LARGEST, 7), (700, 11), (500, 13)))
# Key ranges longer than a chunk of packed keys, with keys in common, one term twice; the ends of segments meet nowhere.
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


def mixture(*terms, **other):
    return Pattern(terms, padding="exclude", **other)


KNOWN_PATTERNS = {
    "StreamingLLM": (mixture(Window(255, 0), Columns(0, 4), overlap="set"), True),
    "sliding window": (mixture(Window(511, 0)), True),
    "Longformer": (mixture(Window(64, 64), Window(16, 16, 3), Columns(0, 2), overlap="set"), False),
    "LongNet with sinks": (mixture((128, 1), (512, 2), (LARGEST, 4), Columns(0, 4)), True),
}
KNOWN_CASES = [
    (name, suffix, other)
    for name in KNOWN_PATTERNS
    for suffix, other in (("", {}), (", bf16", {"dtype": "bf16", "kv_heads": 1}))
]


def known(name, **other):
    pattern, causal = KNOWN_PATTERNS[name]
    return case(n=1100, depth=64, heads=2, batch=1, pattern=pattern, causal=causal, **other)


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
    "many groups": case(n=1100, depth=8, pattern=MANY_GROUPS, heads=2, batch=1),
    "many groups, causal": case(
        n=1100, depth=8, pattern=replace(MANY_GROUPS, offset="end"), heads=2, batch=1, causal=True
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
    **{f"{name}{suffix}": known(name, **other) for name, suffix, other in KNOWN_CASES},
    "columns that rows are before": case(
        n=150, pattern=mixture(Columns(40, 44), Columns(149, LARGEST)), causal=True
    ),
    "only columns beyond N": case(pattern=mixture(Columns(77, 80), overlap="set")),
    "a window without neighbors": case(n=130, pattern=mixture(Window(0, 0, LARGEST))),
    "windows wider than N": case(
        pattern=mixture(Window(LARGEST, LARGEST), Window(LARGEST, LARGEST, 5)), kv_heads=2
    ),
    "windows of large dilation": case(
        n=700, pattern=mixture(Window(3, 3, 97), Window(9, 0, 30), (20, 1), overlap="set")
    ),
    "a set of windows that nest": case(
        n=500,
        pattern=mixture(
            Window(20, 20), Window(100, 0, 2), Window(300, 0, 4), Columns(3, 9), overlap="set"
        ),
        dtype="bf16",
    ),
    "all kinds twice": case(
        n=400,
        pattern=mixture((100, 2), (64, 1), Window(9, 9), Window(5, 0, 7), Columns(0, 3), Columns(2, 40)),
        causal=True,
        large_logits=True,
        scale=16.0,
    ),
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
    counts.run([folder], module, tolerance_of(case, "--no-fuse" in extra), extra)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--mcpu", help="instruction set to compile for (default: native)")
    parser.add_argument("--no-fuse", action="store_true", help="run the partial results as they are")
    parser.add_argument("--only", choices=CASES, help="one case")
    parser.add_argument("--keep", type=Path, help="leave models and data there")
    arguments = parser.parse_args()
    extra = [f"--mcpu={arguments.mcpu}"] if arguments.mcpu else []
    if arguments.no_fuse:
        extra.append("--no-fuse")
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

"""Random attention configurations through the compiler, against the oracle.

usage: random_configs.py --count N --seed S [--terms any] [--mcpu NAME] [--no-fuse]
                         [--device D] [--max-length N] [--max-depth D] [--only I,J]
                         [--keep DIR]

Patterns are multisets of segments, or, with `--terms any`, of segments, windows and
columns, half of them sets. Configuration number i depends on the seed, i, --terms,
--max-length and --max-depth alone, so `--only i --keep DIR` makes a failing one again.
Packed and 4-D operands come as ONNX models, many to a process; constant head offsets,
other layouts and other terms as MLIR modules, which is where they can be written. Closing
line `N passed, N failed`.
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import argparse
import re
import sys
import tempfile
from pathlib import Path

import numpy as np
import onnx

import attention_cases
from attention_cases import Case
from oracle import Columns, Pattern, Window

# The narrow types' is a few of their units: inputs are rounded for the oracle
# too, so what is left is the rounding of weights and of the result.
TOLERANCE = {"f64": 1e-12, "f32": 2e-5, "f16": 3e-3, "bf16": 2e-2}


# Branches that are not fused are merged by their log-sum-exp: f32 knows one of 1e4 to
# some 1e-3, and so the weights of branches; values are up to 16 apart.
MERGED_LARGE_LOGITS_TOLERANCE = 4e-2


def tolerance_of(case, is_merged):
    tolerance = TOLERANCE[case.dtype]
    is_rough = is_merged and case.large_logits
    return max(tolerance, MERGED_LARGE_LOGITS_TOLERANCE) if is_rough else tolerance


def random_pattern(rng, n):
    segments = []
    for _ in range(rng.integers(1, 6)):
        kind = rng.integers(8)
        if kind == 0:
            w = 2**63 - 1  # any positive length is legal and clamps to N
        elif kind == 1:
            w = n
        else:
            w = int(rng.integers(1, 2 * n + 2))
        r = int(rng.choice([1, 1, 2, 3, 4, 6, 8, 12, 16, int(rng.integers(1, n + 2))]))
        segments.append((w, r))
    offset = str(rng.choice(["block", "block", "modulo", "end", "constant"]))
    constant = int(rng.integers(min(r for _, r in segments)))
    return Pattern(
        tuple(segments),
        offset,
        constant if offset == "constant" else 0,
        str(rng.choice(["null_keys", "null_keys", "exclude"])),
    )


LARGEST = 2**63 - 1  # any number that is not negative is legal


def random_window(rng, n):
    def reach():
        return int(rng.choice([0, 1, rng.integers(0, n + 1), rng.integers(0, 40), LARGEST]))

    dilation = int(rng.choice([1, 1, 1, 2, 3, 8, rng.integers(1, n + 2), LARGEST]))
    return Window(reach(), reach(), dilation)


def random_columns(rng, n):
    begin = int(rng.choice([0, 0, rng.integers(0, n + 2)]))
    count = int(rng.choice([1, 4, rng.integers(1, n + 2)]))
    return Columns(begin, LARGEST if rng.random() < 0.1 else begin + count)


def random_mixture(rng, n):
    """A pattern of terms of all kinds."""
    segments = list(random_pattern(rng, n).terms)
    terms = []
    for _ in range(rng.integers(1, 6)):
        kind = rng.integers(4)
        if kind == 0:
            terms.append(segments[rng.integers(len(segments))])
        elif kind == 1:
            terms.append(random_columns(rng, n))
        else:
            terms.append(random_window(rng, n))
    if rng.random() < 0.1:
        terms.append(terms[0])
    rates = [term[1] for term in terms if not isinstance(term, (Window, Columns))]
    offset = str(rng.choice(["block", "modulo", "end", "constant"]))
    constant = int(rng.integers(min(rates, default=1)))
    is_set = rng.random() < 0.5
    may_pad = not is_set and len(rates) == len(terms)
    return Pattern(
        tuple(terms),
        offset,
        constant if offset == "constant" else 0,
        "null_keys" if may_pad and rng.random() < 0.5 else "exclude",
        "set" if is_set else "multiset",
    )


def random_case(rng, longest, deepest, terms):
    lengths = [rng.integers(1, longest + 1), rng.integers(1, longest + 1), rng.integers(1, 20)]
    n = int(rng.choice(lengths))
    heads = int(rng.integers(1, 17))
    kv_heads = heads
    if rng.random() < 0.3:
        kv_heads = int(rng.choice([g for g in range(1, heads + 1) if heads % g == 0]))
    depth = int(rng.integers(1, deepest + 1))
    value_depth = int(rng.integers(1, deepest + 1)) if rng.random() < 0.2 else depth
    is_mixed = terms == "any"
    pattern = random_mixture(rng, n) if is_mixed else random_pattern(rng, n)
    as_mlir = is_mixed or pattern.offset == "constant" or rng.random() < 0.1
    layouts = ("bnhd",) * 4
    if as_mlir and rng.random() < 0.6:
        layouts = tuple(str(layout) for layout in rng.choice(["bnhd", "bhnd"], 4))
    large_logits = bool(rng.random() < 0.1)
    case = Case(
        batch=int(rng.integers(1, 4)),
        n=n,
        heads=heads,
        kv_heads=kv_heads,
        depth=depth,
        value_depth=value_depth,
        pattern=pattern,
        causal=bool(rng.random() < 0.4),
        scale=16.0 if large_logits else 0.125 if rng.random() < 0.2 else None,
        large_logits=large_logits,
        dtype=str(rng.choice(["f32", "f32", "f16", "bf16"])),
        lse=bool(rng.random() < 0.5),
        dynamic=bool(rng.random() < 0.5),
        packed=not as_mlir and bool(rng.random() < 0.4),
        layouts=layouts,
    )
    return case, as_mlir


def write(folder, rng, longest, deepest, terms):
    """Writes one configuration; returns it and the MLIR module, if it is one."""
    case, as_mlir = random_case(rng, longest, deepest, terms)
    operands = attention_cases.random_operands(case, rng)
    outputs = attention_cases.expected_outputs(case, operands)
    attention_cases.write_data(folder, case, operands, outputs)
    (folder / "case.txt").write_text(f"{case}\n")
    if as_mlir:
        module = folder / "model.mlir"
        module.write_text(attention_cases.mlir_module(case))
        return case, module
    onnx.save(attention_cases.onnx_model(case), folder / "model.onnx")
    return case, None


class Counts:
    def __init__(self):
        self.passed = self.failed = 0

    def run(self, folders, model, tolerance, extra):
        """One dilated-run over folders that share a tolerance."""
        code, output = attention_cases.run_tool(
            "dilated-run",
            *([model] if model else []),
            "--onnx-test-dir",
            *folders,
            "--rtol",
            tolerance,
            "--atol",
            tolerance,
            *extra,
        )
        closing = re.search(r"^(\d+) passed, (\d+) failed$", output, re.MULTILINE)
        passed, failed = map(int, closing.groups()) if closing else (0, 0)
        # What the tool did not come to, because it stopped, did not pass.
        failed = max(failed, len(folders) - passed)
        self.passed += passed
        self.failed += failed
        if failed or code != 0:
            print(f"exit code {code} (tolerance {tolerance}):\n{output}")
            for folder in folders:
                if len(folders) == 1 or str(folder) in output:
                    print(f"{folder.name}: {(folder / 'case.txt').read_text()}", end="")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--terms", choices=["segments", "any"], default="segments")
    parser.add_argument("--no-fuse", action="store_true", help="run the branches as they are")
    parser.add_argument("--device", default="cpu", help="of dilated-run")
    parser.add_argument("--max-length", type=int, default=600, help="of a sequence")
    parser.add_argument("--max-depth", type=int, default=96, help="of a head")
    parser.add_argument("--mcpu", help="instruction set to compile for (default: native)")
    parser.add_argument("--only", help="numbers of configurations, with commas")
    parser.add_argument("--keep", type=Path, help="leave models and data there")
    arguments = parser.parse_args()
    extra = ["--no-fuse"] if arguments.no_fuse else []
    extra.append(f"--device={arguments.device}")
    if arguments.mcpu:
        extra.append(f"--mcpu={arguments.mcpu}")
    numbers = range(arguments.count)
    if arguments.only:
        numbers = [int(number) for number in arguments.only.split(",")]

    counts = Counts()
    with tempfile.TemporaryDirectory() as scratch:
        root = arguments.keep or Path(scratch)
        models = {}  # tolerance -> folders
        for number in numbers:
            folder = root / f"case-{number:03d}"
            case, module = write(
                folder,
                np.random.default_rng([arguments.seed, number]),
                arguments.max_length,
                arguments.max_depth,
                arguments.terms,
            )
            tolerance = tolerance_of(case, arguments.no_fuse)
            if module:
                counts.run([folder], module, tolerance, extra)
            else:
                models.setdefault(tolerance, []).append(folder)
        for tolerance, folders in models.items():
            counts.run(folders, None, tolerance, extra)
    print(f"{counts.passed} passed, {counts.failed} failed")
    return 1 if counts.failed else 0


if __name__ == "__main__":
    sys.exit(main())

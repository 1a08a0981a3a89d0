"""Errors of attention on CPUs against the oracle in f64, one instruction set after the
other: normal data within the accuracy that is promised, adversarial data
(adversarial.py) within what the rounding of their scores leaves, and the form of the
softmax that must have run.

usage: accuracy.py [--set NAME] [--emulator AMX.so] [--verbose]

A set that this machine lacks is skipped, by name. With an emulator (amx_emulator.c), bf16
by tiles of AMX and nothing else, not all lengths. Closing line `N passed, N failed`.
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import argparse
import os
import sys
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np

import adversarial
import attention_cases
from attention_cases import Case
from oracle import Pattern, attention

# What a CPU must have for `--mcpu`, as /proc/cpuinfo spells it.
INSTRUCTION_SETS = {
    "x86-64": {"sse2"},
    "x86-64-v3": {"avx2", "fma", "f16c", "bmi2", "movbe"},
    "x86-64-v4": {"avx512f", "avx512bw", "avx512cd", "avx512dq", "avx512vl"},
    "native": set(),
}

# |error| as a part of the largest |output|; for the narrow types, the root of the mean
# square of the errors as a part of that of the outputs.
LARGEST = {"f32": 2e-6, "f64": 1e-14}
RMS = {"f16": 5e-4, "bf16": 3e-3}
# Of an lse. bf16 weights come from a polynomial that is good to 7.5e-5.
LSE = {"f32": 2e-6, "f64": 1e-14, "f16": 2e-6, "bf16": 1e-4}
# A score is a sum of products: its rounding is some units of the sum of their
# magnitudes, and is a relative error of the weights.
SCORE_ROUNDING = {"f64": 2.0**-51}
F32_SCORE_ROUNDING = 2.0**-22

GIGAPATH = ((1024, 1), (5792, 2), (32768, 4), (185363, 8), (1048576, 16))
PAPER_LM = ((2048, 1), (4096, 2), (8192, 4), (16384, 6), (32768, 12))
DENSE = ((2**63 - 1, 1),)

# Name, pattern, heads, causal. Heads: as many as the largest rates need to be used,
# or fewer, for time.
NORMAL = [
    ("dense", Pattern(DENSE), 2, False),
    ("gigapath", Pattern(GIGAPATH), 4, False),
    ("paper-lm", Pattern(PAPER_LM), 3, True),
]
NORMAL_DEPTHS = {"f32": (48, 64, 128), "bf16": (64,)}
NORMAL_LENGTHS = (300, 1069, 4096)

SHORT = ((64, 1), (160, 2), (512, 4))
ADVERSARIAL = [
    ("dense", Pattern(DENSE), 1, False),
    ("null keys", Pattern(SHORT), 4, False),
    # Heads 0 of both branches meet; of the others' rows many have no keys.
    ("uncovered", Pattern(((160, 3), (512, 4)), offset="modulo", padding="exclude"), 2, False),
    ("causal", Pattern(SHORT, offset="modulo"), 2, True),
]
ADVERSARIAL_LENGTH = 333


def has(instruction_set):
    if instruction_set == "native":
        return True
    try:
        info = Path("/proc/cpuinfo").read_text()
    except OSError:
        return False
    flags = next((line for line in info.splitlines() if line.startswith("flags")), "")
    return INSTRUCTION_SETS[instruction_set] <= set(flags.split())


def target(instruction_set):
    if instruction_set == "amx":
        return ["--mcpu=x86-64-v4", "--mattr=+amx-tile,+amx-bf16"]
    return [f"--mcpu={instruction_set}"]


# ===-----------------------------------------------------------------------===#
# Data and what it should give
# ===-----------------------------------------------------------------------===#


class Problem:
    """An attention, its inputs as files, and the right result of some of its rows."""

    def __init__(self, name, case, operands, folder, labels=None):
        self.name, self.case, self.folder = name, case, folder
        self.labels = labels or [""] * case.batch
        folder.mkdir()
        self.module = folder / "attention.mlir"
        self.module.write_text(attention_cases.mlir_module(case))
        operands = [attention_cases.round_to(x, case.dtype) for x in operands]
        for operand, array in zip(("query", "key", "value"), operands):
            bits = array.view(np.uint16) if case.dtype == "bf16" else array
            np.save(folder / f"{operand}.npy", bits)
        # A number of rows that shares no factor with tiles, and the ends.
        self.rows = np.unique(np.r_[0, np.arange(0, case.n, 1 + case.n // 61), case.n - 1])
        query, key, value = (np.asarray(x, np.float64) for x in operands)
        self.out, self.lse = attention(query, key, value, case.pattern, case.causal, rows=self.rows)
        self.score_sizes = [self.score_size(q, k) for q, k in zip(query, key)]
        self.leaving = [self.find_leaving(q, k) for q, k in zip(query, key)]

    def find_leaving(self, query, key):
        """[row, head]: a score lies 2^101 times above those of the first keys, beyond what
        a fixed maximum allows, whatever the chunks of keys are."""
        key = np.repeat(key, query.shape[1] // key.shape[1], axis=1)
        scores = np.einsum("nhd,mhd->nhm", query[self.rows], key, optimize=True)
        scores *= self.case.depth**-0.5 / np.log(2)
        return scores.max(-1) > scores[..., :128].max(-1) + 101

    def score_size(self, query, key):
        """The largest sum of magnitudes that makes a score, in base 2."""
        query, key = (np.where(np.isfinite(x), np.abs(x), 0) for x in (query, key))
        scores = np.einsum("nhd,mhd->hnm", query[self.rows], key, optimize=True)
        return scores.max() / np.log(2) * self.case.depth**-0.5

    def run(self, instruction_set, cache, module=None, tag=""):
        """Output and lse of the rows, f64."""
        inputs = [f"--input={x}=@{self.folder / x}.npy" for x in ("query", "key", "value")]
        names = ["output", "lse"] if self.case.lse else ["output"]
        files = {x: self.folder / f"{x}-{instruction_set}{tag}.npy" for x in names}
        code, output = attention_cases.run_tool(
            "dilated-run",
            module or self.module,
            *target(instruction_set),
            f"--cache-dir={cache}",
            *inputs,
            *(f"--output={name}=@{file}" for name, file in files.items()),
        )
        if code != 0:
            raise RuntimeError(f"{self.name}: exit code {code}\n{output}")
        out = np.load(files["output"])
        if self.case.dtype == "bf16":
            out = out.view(attention_cases.NUMPY_TYPES["bf16"])
        lse = np.load(files["lse"])[..., self.rows] if self.case.lse else None
        return out.astype(np.float64)[:, self.rows], lse


def get_errors(case, out, expected):
    """The error that the type is judged by, relative to the outputs; infinite where
    NaN or infinity is, and should not be, or the other way round."""
    finite = np.isfinite(expected)
    if not np.array_equal(expected[~finite], out[~finite], equal_nan=True):
        return np.inf
    if not np.isfinite(out[finite]).all():
        return np.inf
    if not finite.any():
        return 0
    error, size = np.abs(out - expected)[finite], np.abs(expected)[finite]
    tiny = np.finfo(np.float32).tiny
    if case.dtype in LARGEST:
        return error.max() / max(size.max(), tiny)
    return (error**2).mean() ** 0.5 / max((size**2).mean() ** 0.5, tiny)


class Report:
    def __init__(self, verbose):
        self.passed = self.failed = 0
        self.verbose = verbose

    def expect(self, holds, text):
        self.passed += bool(holds)
        self.failed += not holds
        if self.verbose or not holds:
            print(f"{'ok' if holds else 'FAILED'}: {text}", flush=True)

    def compare(self, problem, instruction_set, out, lse):
        case = problem.case
        rounding = SCORE_ROUNDING.get(case.dtype, F32_SCORE_ROUNDING)
        for b, label in enumerate(problem.labels):
            where = f"{instruction_set}, {case.dtype}, {problem.name}, {label or 'normal data'}"
            of_scores = rounding * problem.score_sizes[b] if label else 0
            limit = (LARGEST | RMS)[case.dtype] + of_scores
            error = get_errors(case, out[b], problem.out[b])
            self.expect(error <= limit, f"{where}: error {error:.2e}, limit {limit:.2e}")
            if lse is None:
                continue
            limit, expected = LSE[case.dtype] + of_scores, problem.lse[b]
            distance = np.abs(lse[b] - expected) / np.maximum(1, np.abs(expected))
            distance[(lse[b] == expected) | (np.isnan(lse[b]) & np.isnan(expected))] = 0
            worst = np.where(np.isnan(distance), np.inf, distance).max()
            self.expect(worst <= limit, f"{where}: lse error {worst:.2e}, limit {limit:.2e}")


# ===-----------------------------------------------------------------------===#
# Problems
# ===-----------------------------------------------------------------------===#


def normal_problems(root):
    rng = np.random.default_rng(11)
    for dtype, depths in NORMAL_DEPTHS.items():
        for name, pattern, heads, causal in NORMAL:
            for depth in depths:
                for n in NORMAL_LENGTHS:
                    case = Case(
                        1, n, heads, heads, depth, depth, pattern, causal, dtype=dtype, dynamic=True
                    )
                    operands = [rng.standard_normal(shape) for shape in case.shapes()[:3]]
                    title = f"{name}, D {depth}, N {n}"
                    yield Problem(title, case, operands, root / f"{name}-{depth}-{n}-{dtype}")


def adversarial_problems(root):
    rng = np.random.default_rng(12)
    for dtype in ("f32", "bf16", "f16", "f64"):
        labels = adversarial.names_for(dtype)
        # f16 and f64 share all but the products and the polynomial with the others.
        patterns = ADVERSARIAL if dtype in ("f32", "bf16") else ADVERSARIAL[1:4:2]
        for name, pattern, heads, causal in patterns:
            case = Case(
                len(labels), ADVERSARIAL_LENGTH, heads, heads, 24, 24, pattern, causal,
                dtype=dtype, lse=True, dynamic=True,
            )  # fmt: skip
            operands = adversarial.operands(case, labels, rng)
            yield Problem(name, case, operands, root / f"{name}-{dtype}".replace(" ", "-"), labels)


def run_online(problem, instruction_set, cache):
    """What the online form gives: the kernel with a guard that always strikes, sums
    from 0 on being too large."""
    code, kernel = attention_cases.run_tool(
        "dilated-compile",
        problem.module,
        *target(instruction_set),
        "--compile-to=kernel",
        "-o",
        "-",
    )
    guard = "dense<1.000000e+30>"
    if code != 0 or kernel.count(guard) != 1:
        raise RuntimeError(f"expected one {guard} in the kernel (exit code {code}):\n{kernel}")
    module = problem.folder / f"online-{instruction_set}.mlir"
    module.write_text(kernel.replace(guard, "dense<0.000000e+00>"))
    return problem.run(instruction_set, cache, module, "-online")


def check_forms(report, problem, instruction_set, usual, online):
    """Which form ran shows in the last bits, for bf16 in those of the lse: normal data
    comes out otherwise in the online form, data that leaves the range exactly so. Tiles
    leave it by themselves: of outliers, rows that do are looked at."""
    for b, label in enumerate(problem.labels):
        chosen = np.ones_like(problem.leaving[b])
        if label == "outliers":
            chosen = problem.leaving[b]
            report.expect(chosen.any(), f"{problem.name}: outliers leave the range")
        # Outputs are [row, head, feature], log-sum-exps [head, row].
        same = all(
            np.array_equal(x[b][c], y[b][c], equal_nan=True)
            for x, y, c in zip(usual, online, (chosen, chosen.T))
        )
        where = f"{instruction_set}, {problem.case.dtype}, {problem.name}, {label}"
        if label in ("normal", "grow 50", "step 90"):
            report.expect(not same, f"{where}: with a fixed maximum")
        if label in ("grow 200", "grow 1000", "step 101", "outliers", "large values"):
            report.expect(same, f"{where}: in the online form")


def check_set(report, problems, instruction_set, cache, workers):
    # Both forms of the problems whose rows all see the first keys.
    both = [p for p in problems if p.name == "dense" and p.case.dtype in ("f32", "bf16")]
    online = {p: workers.submit(run_online, p, instruction_set, cache) for p in both}
    jobs = [workers.submit(p.run, instruction_set, cache) for p in problems]
    for problem, job in zip(problems, jobs):
        usual = job.result()
        report.compare(problem, instruction_set, *usual)
        if problem in online:
            check_forms(report, problem, instruction_set, usual, online[problem].result())


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--set", choices=INSTRUCTION_SETS, help="one instruction set")
    parser.add_argument("--emulator", type=Path, help="of AMX, to be preloaded")
    parser.add_argument("--verbose", action="store_true", help="every error, not failures alone")
    arguments = parser.parse_args()
    np.seterr(all="ignore")  # NaN and infinities are meant
    report = Report(arguments.verbose)
    with tempfile.TemporaryDirectory() as scratch, ThreadPoolExecutor(2) as workers:
        root, cache = Path(scratch), Path(scratch) / "cache"
        # lit switches the cache off; here lengths share what was compiled.
        os.environ.pop("DILATED_CACHE", None)
        problems = [*adversarial_problems(root), *normal_problems(root)]
        sets = [arguments.set] if arguments.set else list(INSTRUCTION_SETS)
        if arguments.emulator:
            sets = ["amx"]
            problems = [p for p in problems if p.case.dtype == "bf16" and p.case.n < 4096]
            preload = str(arguments.emulator.absolute())
            os.environ.update(LD_PRELOAD=preload, DILATED_ASSUME_CPU_FEATURES="1")
        for name in sets:
            if name == "amx" or has(name):
                check_set(report, problems, name, cache, workers)
            else:
                print(f"skipped: this CPU has no {name}")
    print(f"{report.passed} passed, {report.failed} failed")
    return 1 if report.failed else 0


if __name__ == "__main__":
    sys.exit(main())

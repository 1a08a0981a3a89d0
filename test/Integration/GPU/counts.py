"""What the emulator counts of the attention kernel, held against what has to be.

usage: counts.py [memory] [instructions] [pairs]   (all three when none is named)

memory        passes over the banks of shared memory beyond the least (conflicts), and sectors
              of 32 bytes that keys, values and queries are read by, against those
              their bytes lie in: head sizes 24 to 128, f32, f16 and bf16, dilated
instructions  PTX that a warp executes for its 16 rows and 64 keys, against a count by
              hand of FlashAttention-2's structure: D = 64 and 128, bf16
pairs         useful over executed pairs: gigapath at 8 193, paper-lm at 16 384

Prints tables, and fails when a limit is not held: no conflict, no sector too
many, 15 % of instructions, 0.98 and 0.93 of pairs. The last one takes minutes.
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

TOOLS = Path(
    os.environ.get("DILATED_TOOLS_DIR")
    or Path(__file__).parents[3] / os.environ.get("DILATED_BUILD_DIR", "build") / "bin"
)
BYTES = {"f32": 4, "f16": 2, "bf16": 2}
MAX_INT64 = 2**63 - 1
# The segments of specification section 9.
GIGAPATH = ((1024, 1), (5792, 2), (32768, 4), (185363, 8), (1048576, 16))
PAPER_LM = ((2048, 1), (4096, 2), (8192, 4), (16384, 6), (32768, 12))


@dataclass
class Attention:
    heads: int
    depth: int
    segments: tuple
    dtype: str = "bf16"
    causal: bool = False

    def module(self):
        tensor = f"tensor<1x?x{self.heads}x{self.depth}x{self.dtype}>"
        terms = ", ".join(f"segment<{w}, {r}>" for w, r in self.segments)
        return (
            f"func.func @main(%q: {tensor}, %k: {tensor}, %v: {tensor}) -> {tensor} {{\n"
            f"  %out = dilated.attention %q, %k, %v pattern(<[{terms}], offset = block, "
            f"padding = null_keys>){' causal' if self.causal else ''}"
            f" : {tensor}, {tensor}, {tensor} -> {tensor}\n"
            f"  return %out : {tensor}\n}}\n"
        )

    def plan(self, n):
        """Useful pairs and tiles."""
        text = run(
            TOOLS / "dilated-bench", "attention", "--plan", "--json",
            f"--seq={n}", f"--heads={self.heads}", f"--head-dim={self.depth}",
            "--segments=" + ",".join(str(w) for w, _ in self.segments),
            "--dilations=" + ",".join(str(r) for _, r in self.segments),
            *(["--causal"] if self.causal else []),
        )  # fmt: skip
        plan = json.loads(text)
        (gpu,) = (each for each in plan["plans"] if each["device"] == "gpu")
        return plan["useful_pairs"], gpu["tiles"]


def run(*command):
    command = [str(part) for part in command]
    result = subprocess.run(command, capture_output=True, text=True, check=False)
    if result.returncode:
        sys.exit(f"{' '.join(command)}: exit code {result.returncode}\n{result.stderr}")
    return result.stdout


class Kernel:
    """A compiled kernel, ready to be profiled."""

    def __init__(self, attention, folder):
        self.attention = attention
        source, self.path = folder / "attention.mlir", folder / "attention.ptx"
        source.write_text(attention.module())
        run(TOOLS / "dilated-compile", source, "--target=nvptx", "--no-cache", "-o", self.path)
        self.text = self.path.read_text().splitlines()
        comment = [line.removeprefix("// ") for line in self.text]
        description = json.loads("\n".join(comment[1 : comment.index("end of dilated-mlir PTX")]))
        (self.launch,) = description["kernels"]

    def profile(self, n):
        """Counts of a launch on a sequence of n, with all detectors."""
        a = self.attention
        shape = f"1x{n}x{a.heads}x{a.depth}x{a.dtype}"
        counts = self.path.with_suffix(".json")
        run(
            TOOLS / "dilated-run", self.path, "--device=emulated", f"--kernel-counts={counts}",
            *(f"--input=arg{i}={shape}=random:{i + 1}" for i in range(3)),
        )  # fmt: skip
        profile = json.loads(counts.read_text())
        _, tiles = a.plan(n)
        if profile["blocks"] != tiles:
            sys.exit(f"{profile['blocks']} thread blocks for {tiles} tiles")
        return profile

    def opcode(self, line):
        """The instruction of a line of the text, without its guard."""
        text = re.sub(r"^\s*@!?%\w+\s+", "", self.text[line["line"] - 1]).strip()
        return text.split()[0].rstrip(";")


# ===----------------------------------------------------------------------===#
# Memory
# ===----------------------------------------------------------------------===#


def loaded_bytes(opcode):
    """Of a lane, by ld.global.v2.b64 and the like."""
    vector, bits = re.fullmatch(r"ld\.global(?:\.nc)?(?:\.v([24]))?\.[a-z](\d+)", opcode).groups()
    return int(vector or 1) * int(bits) // 8


def least_sectors(kernel, profile):
    """Of 32 bytes, where rows lie one behind the other for each head."""
    row = kernel.attention.depth * BYTES[kernel.attention.dtype]
    # What is loaded is the tile list's; rows are copied.
    loads = [line for line in profile["lines"] if kernel.opcode(line).startswith("ld.global")]
    read = profile["bytes"]["global"]["read"] - sum(
        line["lanes"] * loaded_bytes(kernel.opcode(line)) for line in loads
    )
    # Rows begin at multiples of 16 bytes: half a sector more for odd ones.
    return read // row * -(-row // 32)


def memory(folder):
    print("| D | type | sectors read | the least | shared passes | the least |")
    print("| --- | --- | --- | --- | --- | --- |")
    good = True
    for depth in (24, 48, 64, 80, 96, 128):
        for dtype in BYTES:
            attention = Attention(4, depth, ((64, 1), (200, 2), (400, 4)), dtype)
            kernel = Kernel(attention, folder)
            profile = kernel.profile(333)
            copies = [
                line for line in profile["lines"] if kernel.opcode(line).startswith("cp.async")
            ]
            sectors = sum(line["sectors"] for line in copies)
            least = least_sectors(kernel, profile)
            passes, ideal = profile["shared_wavefronts"], profile["shared_ideal_wavefronts"]
            good &= 0 < sectors <= least and 0 < passes <= ideal
            print(f"| {depth} | {dtype} | {sectors} | {least} | {passes} | {ideal} |", flush=True)
    return good


# ===----------------------------------------------------------------------===#
# Instructions
# ===----------------------------------------------------------------------===#

# The rows of the table: opcodes by what they begin with, and FlashAttention-2's count
# for a warp's 16 rows and 64 keys at head size d, by hand.
FLOAT = (
    "fma.rn.f32",
    "mul.f32",
    "mul.rn.f32",
    "add.f32",
    "add.rn.f32",
    "sub.f32",
    "sub.rn.f32",
    "max.f32",
)
CLASSES = {
    # 64/8 x d/16 products for the scores, d/8 x 64/16 for the values.
    "mma.sync": (("mma.sync",), lambda d: d),
    # Keys and values are 64 x d x 2 bytes each, 512 to a load; queries of 128
    # features are read again.
    "ldmatrix": (("ldmatrix",), lambda d: d // 2 + (d // 16 if d > 96 else 0)),
    # 32 weights of a lane, and two rows to rescale.
    "ex2": (("ex2",), lambda d: 34),
    # 32 fma, 32 max, 32 add; 4 max between lanes, 2 each of mul, sub, mul, add of
    # rows; the output, d/2 to a lane, is rescaled.
    "f32 arithmetic": (FLOAT, lambda d: 3 * 32 + 4 + 4 * 2 + d // 2),
    "conversion": (("cvt.rn.bf16", "cvt.rn.f16"), lambda d: 16),
    "shfl": (("shfl",), lambda d: 4),
    # 2 x 64 x d x 2 bytes by 16 of each of 128 threads.
    "cp.async": (("cp.async.cg", "cp.async.ca"), lambda d: d // 8),
    "barrier, wait, commit": (("bar.", "barrier", "cp.async.wait", "cp.async.commit"), lambda d: 3),
    # Compare, branch and count of the loop; an address for each copy and the two
    # pointers behind it.
    "other": ((), lambda d: 3 + d // 8 + 2),
}


def classify(opcode):
    for name, (prefixes, _) in CLASSES.items():
        if prefixes and opcode.startswith(prefixes):
            return name
    return "other"


def count_classes(kernel, n):
    counts = Counter()
    for line in kernel.profile(n)["lines"]:
        counts[classify(kernel.opcode(line))] += line["warps"]
    return counts


def instructions(folder):
    good = True
    columns = {}
    for depth in (64, 128):
        kernel = Kernel(Attention(1, depth, ((MAX_INT64, 1),)), folder)
        # What a tile and a call cost besides drops out: a n^2 + b n.
        n = 512
        once, twice = count_classes(kernel, n), count_classes(kernel, 2 * n)
        blocks = 4 * (n // 64) ** 2 * 2
        columns[depth] = {name: (twice[name] - 2 * once[name]) / blocks for name in CLASSES}
    print("| | D = 64 | by hand | D = 128 | by hand |")
    print("| --- | --- | --- | --- | --- |")
    totals = []
    for name, (_, by_hand) in CLASSES.items():
        cells = [x for depth in columns for x in (columns[depth][name], by_hand(depth))]
        totals.append(cells)
        print(f"| {name} | " + " | ".join(f"{x:.0f}" for x in cells) + " |")
    sums = [sum(column) for column in zip(*totals)]
    print("| all | " + " | ".join(f"{x:.0f}" for x in sums) + " |")
    for measured, expected in (sums[:2], sums[2:]):
        good &= abs(measured / expected - 1) <= 0.15
    return good


# ===----------------------------------------------------------------------===#
# Pairs
# ===----------------------------------------------------------------------===#


def pairs(folder):
    print("| case | useful pairs | executed pairs | useful/executed | limit |")
    print("| --- | --- | --- | --- | --- |")
    good = True
    for name, n, limit, attention in (
        ("gigapath, N = 8 193", 8193, 0.98, Attention(16, 48, GIGAPATH)),
        ("paper-lm, causal, N = 16 384", 16384, 0.93, Attention(12, 64, PAPER_LM, causal=True)),
    ):
        useful, _ = attention.plan(n)
        profile = Kernel(attention, folder).profile(n)
        # A pair is 2 D operations for its score and 2 D for its value.
        executed = profile["matrix_flops"] / (4 * attention.depth)
        good &= useful / executed >= limit
        print(
            f"| {name} | {useful} | {executed:.0f} | {useful / executed:.3f} | {limit} |",
            flush=True,
        )
    return good


def main():
    parser = argparse.ArgumentParser()
    tables = {"memory": memory, "instructions": instructions, "pairs": pairs}
    parser.add_argument("tables", nargs="*", choices=[*tables, []], default=[])
    good = True
    with tempfile.TemporaryDirectory() as scratch:
        for name in parser.parse_args().tables or tables:
            held = tables[name](Path(scratch))
            print(f"{name}: {'held' if held else 'NOT HELD'}\n", flush=True)
            good &= held
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())

"""What ptxas says of the attention kernels of specification section 9, as a table.

usage: kernel_table.py [--chips sm_80,sm_90] [--dtypes f32,f16,bf16] [--only NAME]

A line per kernel and type: registers on every chip, spills of all of them, dynamic
shared memory of a block, milliseconds from the model's text to PTX inside the compiler,
compiled and from the cache, and those of the whole process from the cache; the least of
three. Needs ptxas. Exit code 1 if anything spills or does not assemble.
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import argparse
import json
import os
import re
import subprocess
import sys
import tempfile
import time
from pathlib import Path

TOOLS = Path(
    os.environ.get("DILATED_TOOLS_DIR")
    or Path(__file__).parents[3] / os.environ.get("DILATED_BUILD_DIR", "build") / "bin"
)
# Heads, head size, segments with rates, causal. Numbers of a pattern are arguments of
# a kernel; what it is compiled for is their number.
CONFIGS = {
    "longvit": (16, 24, [(64, 1), (128, 2), (256, 4), (512, 8), (1024, 16)], False),
    "gigapath": (16, 48, [(1024, 1), (5792, 2), (32768, 4), (185363, 8), (1048576, 16)], False),
    "dense-64": (32, 64, [(4096, 1)], False),
    "dense-64-causal": (32, 64, [(4096, 1)], True),
    "dense-128": (32, 128, [(4096, 1)], False),
    "dense-128-causal": (32, 128, [(4096, 1)], True),
    "paper-lm": (12, 64, [(2048, 1), (4096, 2), (8192, 4), (16384, 6), (32768, 12)], True),
    "paper-2.7b": (32, 80, [(2048, 1), (4096, 2), (8192, 4), (16384, 6), (32768, 12)], True),
    "bench-128": (32, 128, [(2048, 1), (4096, 2), (8192, 4), (16384, 8), (32768, 16)], False),
    "bench-128-causal": (32, 128, [(2048, 1), (4096, 2), (8192, 4), (16384, 8), (32768, 16)], True),
}


def module(config, dtype):
    heads, depth, segments, causal = CONFIGS[config]
    tensor = f"tensor<1x?x{heads}x{depth}x{dtype}>"
    terms = ", ".join(f"segment<{w}, {r}>" for w, r in segments)
    return (
        f"func.func @main(%q: {tensor}, %k: {tensor}, %v: {tensor}) -> {tensor} {{\n"
        f"  %out = dilated.attention %q, %k, %v pattern(<[{terms}], offset = block, "
        f"padding = null_keys>){' causal' if causal else ''} : {tensor}, {tensor}, {tensor} -> {tensor}\n"
        f"  return %out : {tensor}\n}}\n"
    )


def compile_to(output, source, *arguments):
    """Milliseconds of the process, those inside the compiler, and diagnostics."""
    start = time.perf_counter()
    environment = {**os.environ, "DILATED_CACHE": "on"}
    result = subprocess.run(
        [TOOLS / "dilated-compile", source, "--target=nvptx", "--timing=json", "-o", output, *arguments],
        capture_output=True,
        text=True,
        check=False,
        env=environment,
    )
    elapsed = 1e3 * (time.perf_counter() - start)
    if result.returncode != 0:
        sys.exit(f"{source.name} {arguments}: exit code {result.returncode}\n{result.stderr}")
    total = re.search(r'"duration": *([0-9.]+)[^}]*}, *"name": *"Total"', result.stderr)
    return elapsed, 1e3 * float(total[1]), result.stderr


def least(times):
    return [min(column) for column in zip(*(time[:2] for time in times))]


def shared_bytes(ptx):
    header = ptx.read_text().split("// end of")[0].splitlines()[1:]
    fields = json.loads("\n".join(line.removeprefix("// ") for line in header))
    return fields["kernels"][0]["shared_bytes"]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--chips", default="sm_80,sm_86,sm_90,sm_120")
    parser.add_argument("--dtypes", default="f32,f16,bf16")
    parser.add_argument("--only", choices=CONFIGS)
    arguments = parser.parse_args()
    chips = arguments.chips.split(",")
    print(f"| kernel | type | registers ({', '.join(chips)}) | spills | shared | cold ms | cached ms | process ms |")
    print("| --- | --- | --- | --- | --- | --- | --- | --- |")
    all_spills = 0
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for config in [arguments.only] if arguments.only else CONFIGS:
            for dtype in arguments.dtypes.split(","):
                source = folder / f"{config}-{dtype}.mlir"
                source.write_text(module(config, dtype))
                ptx = folder / "a.ptx"
                cache = f"--cache-dir={folder / 'cache'}"
                _, cold = least(compile_to(ptx, source, "--no-cache") for _ in range(3))
                compile_to(ptx, source, cache)
                process, cached = least(compile_to(ptx, source, cache) for _ in range(3))
                registers, spills = [], 0
                for chip in chips:
                    _, _, said = compile_to(folder / "a.cubin", source, cache, f"--chip={chip}")
                    found = re.search(r"(\d+) registers, .* (\d+) bytes of spills", said)
                    registers.append(found[1])
                    spills += int(found[2])
                all_spills += spills
                _, depth, segments, causal = CONFIGS[config]
                kernel = f"{config}: D {depth}, {len(segments)} terms{', causal' if causal else ''}"
                print(
                    f"| {kernel} | {dtype} | {', '.join(registers)} | {spills} | "
                    f"{shared_bytes(ptx)} | {cold:.0f} | {cached:.1f} | {process:.0f} |",
                    flush=True,
                )
    return 1 if all_spills else 0


if __name__ == "__main__":
    sys.exit(main())

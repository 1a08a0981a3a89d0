#!/usr/bin/env python3
"""The innermost loops of an attention kernel that compute 2^x, as they were compiled.

usage: attention-loops.py OBJECT [--mca]

OBJECT is model.o of dilated-compile --dump-phases-to. Prints what each loop consists of,
and how evenly the vectors lie between the products of tiles. --mca adds llvm-mca's
cycles for 16 scores (one vector), the instructions for tiles left out: its models know no
unit for tiles. A product takes 16 cycles of that.
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import re
import shutil
import subprocess
import sys

MODELS = ("icelake-server", "sapphirerapids")


def run(command, text=None):
    # Debian's name, or that of LLVM's own folder.
    command = [shutil.which(f"{command[0]}-22") or command[0], *command[1:]]
    return subprocess.run(command, input=text, capture_output=True, text=True, check=True).stdout


def kernel_instructions(path):
    """(address, text) of the functions of attention."""
    found, inside = [], False
    for line in run(["llvm-objdump", "-d", "--no-show-raw-insn", path]).splitlines():
        if function := re.match(r"[0-9a-f]+ <(.*)>:", line):
            inside = function[1].startswith("dilated_attention")
        elif inside and (code := re.match(r"\s*([0-9a-f]+):\s+([^#]*)", line)):
            found.append((int(code[1], 16), re.sub(r"<[^>]*>", "", code[2]).strip()))
    return found


def innermost_loops(code):
    """Bodies of backward jumps without another one inside."""
    places = {address: i for i, (address, _) in enumerate(code)}
    spans = []
    for end, (address, text) in enumerate(code):
        jump = re.match(r"j\w+\s+0x([0-9a-f]+)", text)
        if jump and int(jump[1], 16) <= address and int(jump[1], 16) in places:
            spans.append((places[int(jump[1], 16)], end))
    for start, end in sorted(spans):
        if not any((start, end) != s and start <= s[0] and s[1] <= end for s in spans):
            yield [text for _, text in code[start : end + 1]]


def cycles(body, model):
    text = "\n".join(line for line in body if not re.match(r"j|tile|tdp", line))
    command = ["llvm-mca", "-mtriple=x86_64", f"-mcpu={model}", "-iterations=20"]
    return int(re.search(r"Total Cycles:\s+(\d+)", run(command, text))[1]) / 20


def describe(body, use_mca):
    count = lambda name: sum(line.startswith(name) for line in body)
    vectors, products = count("vreduceps"), count("tdpbf16ps")
    on_stack = [x for x in body if re.search(r"%[re]?[sb]p\b", x) and re.match(r"tile|.*zmm", x)]
    parts = [f"{len(body)} instructions", f"{vectors} vreduceps", f"{products} tdpbf16ps"]
    parts += [f"{count('tileloadd')} tileloadd", f"{count('tilestored')} tilestored"]
    parts += [f"{len(on_stack)} vectors or tiles on the stack"]
    if products:
        places = [i for i, line in enumerate(body) if line.startswith("tdpbf16ps")]
        gaps = [
            sum(line.startswith("vreduceps") for line in body[a:b])
            for a, b in zip(places, places[1:])
        ]
        parts += [f"{min(gaps)} to {max(gaps)} vreduceps between products"]
    if use_mca:
        parts += [f"{model} {cycles(body, model) / vectors:.1f}" for model in MODELS]
        parts += [f"tiles {16 * products / vectors:.1f}"]
    return ", ".join(parts)


def main():
    for body in innermost_loops(kernel_instructions(sys.argv[1])):
        if any(line.startswith("vreduceps") for line in body):
            print(describe(body, "--mca" in sys.argv))


if __name__ == "__main__":
    main()

"""Files that are not PTX, or no longer, or more than any compiler writes: an error
that names a line, exit code 2, within seconds.

usage: hostile.py FOLDER-OF-INPUTS FOLDER-OF-KERNELS SCRATCH
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import random
import subprocess
import sys
from pathlib import Path

inputs, kernels, scratch = map(Path, sys.argv[1:])
HEAD = ".version 7.0\n.target sm_80\n.address_size 64\n"


def entry(body, parameters=""):
    return f"{HEAD}.visible .entry k({parameters})\n{{\n{body}\n}}\n"


CASES = {
    "empty": "",
    "binary": bytes(range(256)) * 40,
    "elf": b"\x7fELF" + bytes(1000),
    "zeros": bytes(100000),
    "text": "Once upon a time there was a kernel.\n" * 100,
    "open-comment": HEAD + "/* never closed",
    "open-string": HEAD + '.file 1 "never closed\n',
    "open-brace": HEAD + ".visible .entry k()\n{\n ret;\n",
    "braces": HEAD + ".visible .entry k()\n" + "{" * 100000,
    "parentheses": HEAD + ".visible .entry k" + "(" * 100000,
    "unknown": entry("frobnicate.u32 %r1, %r2;"),
    "unknown-type": entry(".reg .u99 %r<4>;"),
    "unknown-label": entry("bra NOWHERE;"),
    "unknown-register": entry("mov.u32 %r1, %r2;"),
    "unknown-function": entry("call nothing;"),
    "twice": entry("L: L: ret;"),
    "registers-overflow": entry(".reg .b32 %r<99999999999999999999>; ret;"),
    "shared": entry(".shared .align 4 .b8 s[9000000000000000000]; ret;"),
    "shared-product": entry(".shared .b32 s[4000000000][4000000000]; ret;"),
    "local": entry(".local .b8 l[9000000000000000000]; ret;"),
    "global": HEAD + ".global .b8 g[9000000000000000000];\n",
    "alignment": entry(".shared .align 3 .b8 s[4]; ret;"),
    "initialiser": HEAD + ".global .b8 g[1] = {1, 2, 3};\n",
    "parameters": entry("ret;", ", ".join(f".param .u64 p{i}" for i in range(100000))),
    "parameter-size": entry("ret;", ".param .b8 p[4000000000]"),
    "operands": entry(".reg .b32 %r<9>; add.u32 %r1, %r2;"),
    "many-operands": entry(".reg .b32 %r<9>; add.u32 " + ", ".join(["%r1"] * 100000) + ";"),
    "number": entry(".reg .b32 %r<9>; mov.u32 %r1, 0x1ffffffffffffffffffff;"),
    "float": entry(".reg .f32 %f<9>; mov.f32 %f1, 0f12;"),
    "long-word": entry("x" * 1000000 + " %r1;"),
    "version": ".version 99.9\n.target sm_80\n.address_size 64\n.bogus\n",
    "target": ".version 7.0\n.target pentium\n.address_size 64\n",
    "address-size": ".version 7.0\n.target sm_80\n.address_size 31\n",
}

failures = 0


def run(name, ptx, exits):
    """The file must end the tool with one of the exit codes, with words for 2."""
    global failures
    path = scratch / f"{name}.ptx"
    path.write_bytes(ptx if isinstance(ptx, bytes) else ptx.encode())
    try:
        command = ["dilated-ptx-run", str(path), "--kernel", "k", "--block", "1"]
        result = subprocess.run(command, capture_output=True, timeout=60)
    except subprocess.TimeoutExpired:
        failures += 1
        print(f"{name}: did not end within 60 s")
        return
    stderr = result.stderr.decode(errors="replace")
    said = "dilated-ptx-run: error: " in stderr or result.returncode == 0
    if result.returncode not in exits or not said or "Sanitizer" in stderr or len(stderr) > 5000:
        failures += 1
        print(f"{name}: exit code {result.returncode}, stderr of {len(stderr)} bytes: {stderr[:500]!r}")


for name, ptx in CASES.items():
    run(name, ptx, [2])
# Names of registers cost nothing before they are used.
run("registers", entry(".reg .b32 %r<4000000000>; mov.u32 %r1, 0; ret;"), [0])

# Real PTX, cut anywhere, and with bytes replaced: whatever remains must not crash.
# The kernel 'k' is in none of them, so the exit code is 2 also where the rest is valid.
source = random.Random(1)
for file in ["matmul.O2", "device_functions.O0", "flash_attention.O2", "matmul.G"]:
    text = (kernels / f"{file}.ptx").read_bytes()
    for i in range(12):
        run(f"{file}.cut{i}", text[: source.randrange(len(text))], [2])
    for i in range(12):
        edited = bytearray(text)
        for _ in range(source.choice([1, 3, 30])):
            edited[source.randrange(len(edited))] = source.randrange(256)
        run(f"{file}.edited{i}", bytes(edited), [2])

sys.exit(1 if failures else 0)

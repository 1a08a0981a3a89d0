"""Damages the description of a .ptx in many ways and runs it: what dilated-run says.

usage: damage_ptx.py A.ptx FOLDER
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import copy
import json
import subprocess
import sys
from pathlib import Path

MAGIC, END = "// dilated-mlir PTX ", "// end of dilated-mlir PTX\n"
SHAPE = "1x20x2x16xf16=random:1"


def run(path):
    inputs = [f"--input=arg{i}={SHAPE}" for i in range(3)]
    result = subprocess.run(
        ["dilated-run", path, "--device=emulated", *inputs],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    return result.returncode, result.stderr.strip().splitlines()


def main():
    text = Path(sys.argv[1]).read_text()
    folder = Path(sys.argv[2])
    header, ptx = text.split(END)
    lines = header.splitlines()[1:]
    fields = json.loads("\n".join(line.removeprefix("// ") for line in lines))

    def write(body, version="2"):
        commented = "".join(f"// {line}\n" for line in body.splitlines())
        return f"{MAGIC}{version}\n{commented}{END}{ptx}"

    def change(*path_and_value):
        *path, value = path_and_value
        changed = copy.deepcopy(fields)
        at = changed
        for key in path[:-1]:
            at = at[key]
        if value is None:
            del at[path[-1]]
        else:
            at[path[-1]] = value
        return write(json.dumps(changed, indent=2))

    body = json.dumps(fields)
    big = 2**62
    constant = {"input": -1, "dim": 0, "factor": big, "divisor": 1}
    other_input = {"input": 0, "dim": 1, "factor": 1, "divisor": 7}
    cases = {
        "no version": write(body, "one"),
        "version 1": write(body, "1"),
        "cut": text[: len(header) // 2],
        "no object": write("[1, 2"),
        "deep": write('{"chip":' + "[" * 100000),
        "threads": change("kernels", 0, "threads", 100000),
        "shared": change("kernels", 0, "shared_bytes", -1),
        "missing": change("kernels", 0, "block_keys", None),
        "no keys": change("kernels", 0, "block_keys", 0),
        "odd keys": change("kernels", 0, "block_keys", 48),
        "list": change("kernels", 0, "tile_list", 7),
        "arguments": change("kernels", 0, "arguments", "query"),
        "type": change("kernels", 0, "type", "f4"),
        "kernel": change("model", "kernel", 7),
        "pattern": change("model", "pattern", fields["model"]["pattern"][:-1]),
        "rate": change("model", "pattern", 7, 0),
        "number": change("model", "pattern", 7, "1"),
        "tensor": change("model", "query", "tensor", 9),
        "layout": change("model", "query", "layout", "nbhd"),
        "output type": change("model", "outputs", 0, "type", "f64"),
        "lse": change("kernels", 0, "lse", True),
        "sizes": change("model", "query", "sizes", 1, dict(constant, factor=40)),
        "huge": change("model", "query", "sizes", [constant] * 4),
        "input": change("model", "query", "sizes", 1, other_input),
        "head size": change(
            "model", "query", "sizes", [dict(constant, factor=n) for n in (1, 20, 4, 8)]
        ),
        "entry": change("kernels", 0, "name", "nothing"),
    }
    for name, damaged in cases.items():
        path = folder / f"{name.replace(' ', '-')}.ptx"
        path.write_text(damaged)
        code, said = run(path)
        if code not in (1, 2):
            print(f"{name}: exit code {code}")
            continue
        first = said[0] if said else "nothing"
        print(f"{name}: {first.split('.ptx: ')[-1].split('.ptx' + chr(39) + ': ')[-1]}")

    # Wherever the description is cut off.
    path = folder / "prefix.ptx"
    end = len(header) + len(END) - 2
    lengths = range(0, end, max(1, end // 40))
    for length in lengths:
        path.write_text(text[:length])
        code, said = run(path)
        if code != 2:
            print(f"prefix of {length}: exit code {code}: {said}")
    print(f"{len(lengths)} prefixes of the file: exit code 2")


if __name__ == "__main__":
    main()

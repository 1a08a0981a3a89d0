#!/usr/bin/env python3
"""Fills the IR of docs/architecture.md from the tests that show it.

A comment `<!-- ir: COMMAND -->` is followed by a block of MLIR: what COMMAND, a
dilated-opt line run at the root of the project, prints. With --check nothing is
written; the exit code is 1 when a block is out of date.

usage: tools/fill-ir.py [--check] BIN_DIR FILE.md
"""

import argparse
import pathlib
import re
import subprocess
import sys

MARKER = re.compile(r"(<!-- ir: dilated-opt (.*?) -->\n)(\n```mlir\n.*?\n```\n)?", re.DOTALL)


def run(bin_dir: pathlib.Path, arguments: str, root: pathlib.Path) -> str:
    """The IR that a command prints, without the module around it."""
    command = [str(bin_dir / "dilated-opt"), *arguments.split()]
    text = subprocess.run(command, cwd=root, check=True, capture_output=True, text=True).stdout
    lines = text.strip().split("\n")
    if lines[0] == "module {" and lines[-1] == "}":
        lines = [line.removeprefix("  ") for line in lines[1:-1]]
    return "\n".join(lines).strip()


def main() -> int:
    """Fills or checks one page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("bin_dir", type=pathlib.Path)
    parser.add_argument("page", type=pathlib.Path)
    options = parser.parse_args()
    root = pathlib.Path(__file__).resolve().parent.parent
    bin_dir = options.bin_dir.resolve()

    old = options.page.read_text()
    new = MARKER.sub(
        lambda m: f"{m[1]}\n```mlir\n{run(bin_dir, m[2], root)}\n```\n", old)
    if options.check:
        if new != old:
            print(f"{options.page} is out of date: run tools/update-docs.sh and commit",
                  file=sys.stderr)
        return int(new != old)
    options.page.write_text(new)
    return 0


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Sizes of C++ sources: a file does one thing, a function fits a page.

Prints the median, the 95th percentile and the largest number of lines of .cpp files, and
each breach as `file:line: what`. Exit code 1 when there is any. Tests are not counted.

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import re
import subprocess
import sys

FOLDERS = ("lib", "dialects", "tools", "python/src")
MEDIAN, PERCENTILE, LARGEST, FUNCTION = 170, 400, 600, 80
BEFORE = re.compile(r"^(//|[}#])|[;}]$")  # what ends before a function begins


def functions(lines):
    """(first line, number of lines) of what clang-format leaves at the left margin."""
    start = None
    for i, line in enumerate(lines):
        opens = line.endswith("{") and not re.match(
            r"[ }#/]|namespace|struct|class|enum|union|extern", line
        )
        if start is None and opens:
            start = i
            while start and lines[start - 1] and not BEFORE.search(lines[start - 1]):
                start -= 1
        if start is not None and line.startswith("}"):
            yield start, i - start + 1
            start = None


def main():
    """Print the sizes and the breaches; the exit code."""
    names = subprocess.run(
        ["git", "ls-files", "-z", "--", *(f"{folder}/*.cpp" for folder in FOLDERS)],
        check=True, capture_output=True, text=True,
    ).stdout.split("\0")[:-1]  # fmt: skip
    sizes, breaches = [], []
    for name in names:
        with open(name, encoding="utf-8") as file:
            lines = file.read().splitlines()
        sizes.append(len(lines))
        if len(lines) > LARGEST:
            breaches.append(f"{name}:1: {len(lines)} lines, at most {LARGEST}")
        for start, count in functions(lines):
            if count > FUNCTION:
                breaches.append(
                    f"{name}:{start + 1}: a function of {count} lines, at most {FUNCTION}"
                )
    sizes.sort()
    median, percentile = sizes[len(sizes) // 2], sizes[len(sizes) * 95 // 100]
    print(f"{len(sizes)} sources: median {median} lines, 95th percentile {percentile}, "
          f"largest {sizes[-1]}", file=sys.stderr)  # fmt: skip
    if median > MEDIAN or percentile > PERCENTILE:
        breaches.append(f"lib:1: median {median} and 95th percentile {percentile}, at most "
                        f"{MEDIAN} and {PERCENTILE}")  # fmt: skip
    print(*breaches, sep="\n", end="\n" if breaches else "")
    return 1 if breaches else 0


if __name__ == "__main__":
    sys.exit(main())

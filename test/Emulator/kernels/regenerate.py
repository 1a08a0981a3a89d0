# Compiles the kernels of this folder to the PTX that is kept in ptx/.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""regenerate.py [--check] [KERNEL...]

Every KERNEL.cu (all, where none is named) becomes ptx/KERNEL.O0.ptx, KERNEL.O2.ptx
(with line numbers), and three of them KERNEL.G.ptx (for a debugger), for sm_80, by
the nvcc of $NVCC or the path; those that clang_cuda.h suffices for also become
KERNEL.clang.ptx and KERNEL.clangO0.ptx, by the clang of $CLANG or the path. With
--check nothing is written: exit code 1 when a file would change, and a word about
files that another version made, or whose compiler is missing.
"""

import argparse
import functools
import os
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
NVCC = os.environ.get("NVCC") or shutil.which("nvcc")
CLANG = os.environ.get("CLANG") or shutil.which("clang-22") or shutil.which("clang")
NVCC_FLAGS = ["-ptx", "-arch=sm_80"]
CLANG_FLAGS = (
    "-x cuda --cuda-device-only -nocudainc -nocudalib -Wno-unknown-cuda-version -S "
    "--cuda-gpu-arch=sm_80 -Xclang -target-feature -Xclang +ptx70 -include clang_cuda.h"
).split()
VARIANTS = {
    "O0": [NVCC, *NVCC_FLAGS, "-Xcicc", "-O0"],
    "O2": [NVCC, *NVCC_FLAGS, "-Xcicc", "-O2", "-lineinfo"],
    "G": [NVCC, *NVCC_FLAGS, "-G"],
    "clang": [CLANG, *CLANG_FLAGS, "-O2", "-gline-tables-only"],
    "clangO0": [CLANG, *CLANG_FLAGS, "-O0"],
}
CLANG_KERNELS = {
    "cp_async", "device_functions", "dynamic_shared", "flash_attention", "ldmatrix",
    "matmul", "mma", "reduce", "scan", "transpose",
}  # fmt: skip


# PTX for a debugger is long; these have loops, calls, shared memory, divergence.
DEBUG_KERNELS = {"device_functions", "divergence", "matmul"}


def has_variant(kernel, variant):
    if variant == "G":
        return kernel in DEBUG_KERNELS
    return not variant.startswith("clang") or kernel in CLANG_KERNELS


def strip_paths(ptx, folder):
    """The PTX without what depends on the machine that compiled it: folders of
    `.file` lines, the same in the bytes of debug sections, the hash in the names
    of internal functions, spaces at the ends of lines."""

    def file_line(match):
        path = os.path.normpath(match[2])
        name = os.path.basename(path)
        return match[1] + '"' + (name if path.startswith(folder) else "cuda/" + name) + '"'

    ptx = re.sub(r'(\.file\s+\d+\s+)"([^"]*)"', file_line, ptx)
    ptx = re.sub(r"(// |@\[ )/\S*/", r"\1", ptx)  # clang's remarks beside .loc
    ptx = re.sub(r"_INTERNAL_[0-9a-f]{8}_", "_INTERNAL_00000000_", ptx)
    ptx = re.sub(r"(?:\.b8 [\d,]+\n)+", lambda match: debug_bytes(match[0], folder), ptx)
    return re.sub(r"[ \t]+\n", "\n", ptx).rstrip() + "\n"


def debug_bytes(text, folder):
    """Lines `.b8 1,2,3` of a debug section without the folder and the hash, up to
    20 bytes a line."""
    data = bytes(int(number) for number in re.findall(r"\d+", text.replace(".b8", "")))
    data = data.replace(folder.encode(), b".")
    data = re.sub(rb"_INTERNAL_[0-9a-f]{8}_", b"_INTERNAL_00000000_", data)
    rows = (data[i : i + 20] for i in range(0, len(data), 20))
    return "".join(".b8 " + ",".join(map(str, row)) + "\n" for row in rows)


def compile_kernel(kernel, command):
    """PTX of one kernel. Compiled in a folder of its own, since compilers write
    the source's full path into what they make, and always one whose name is as
    long, since debug sections hold their own sizes."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        folder = os.path.realpath(folder)
        for name in (kernel + ".cu", "clang_cuda.h"):
            shutil.copy(os.path.join(HERE, name), folder)
        out = os.path.join(folder, "out.ptx")
        subprocess.run([*command, kernel + ".cu", "-o", out], check=True, cwd=folder)
        with open(out) as file:
            ptx = strip_paths(file.read(), folder)
    if command[0] == CLANG:
        ptx = f"// {version_of(CLANG)}\n" + ptx
    return ptx


@functools.cache
def version_of(compiler):
    """The words that the compiler says of itself; they stand in its PTX."""
    text = subprocess.run([compiler, "--version"], capture_output=True, text=True).stdout
    match = re.search(r"release [0-9.]+, V[0-9.]+|clang version [0-9.]+", text)
    return match[0] if match else "unknown version"


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("kernels", nargs="*")
    options = parser.parse_args()
    names = sorted(f[:-3] for f in os.listdir(HERE) if f.endswith(".cu"))
    os.makedirs(os.path.join(HERE, "ptx"), exist_ok=True)
    stale, skipped = 0, set()
    for kernel in options.kernels or names:
        for variant, command in VARIANTS.items():
            if not has_variant(kernel, variant):
                continue
            path = os.path.join(HERE, "ptx", f"{kernel}.{variant}.ptx")
            kept = None
            if os.path.exists(path):
                with open(path) as file:
                    kept = file.read()
            if not command[0] or (options.check and kept and version_of(command[0]) not in kept):
                skipped.add(variant)
                continue
            ptx = compile_kernel(kernel, command)
            if ptx == kept:
                continue
            stale += 1
            if options.check:
                print(f"{kernel}.{variant}.ptx is not what {kernel}.cu compiles to")
            else:
                with open(path, "w") as file:
                    file.write(ptx)
    for variant in sorted(skipped):
        print(f"{variant}: not compared, its compiler is missing or of another version")
    print(f"{stale} files {'differ' if options.check else 'written'}")
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())

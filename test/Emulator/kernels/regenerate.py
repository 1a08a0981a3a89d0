# Compiles the kernels of this folder to the PTX that is kept in ptx/.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""regenerate.py [--check] [KERNEL...]

Every KERNEL.cu (all, where none is named) becomes ptx/KERNEL.O0.ptx, KERNEL.O2.ptx
(with line numbers) and KERNEL.G.ptx (for a debugger), for sm_80, by the nvcc of
$NVCC or the path. With --check nothing is written: exit code 1 when a file
would change, 0 and a word when the nvcc here is not the one that made the files.
"""

import argparse
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
NVCC = os.environ.get("NVCC", "nvcc")
VARIANTS = {
    "O0": ["-Xcicc", "-O0"],
    "O2": ["-Xcicc", "-O2", "-lineinfo"],
    "G": ["-G"],
}


def strip_paths(ptx, folder):
    """The PTX without what depends on the machine that compiled it: folders of
    `.file` lines, the same in the bytes of debug sections, the hash in the names
    of internal functions, spaces at the ends of lines."""

    def file_line(match):
        path = os.path.normpath(match[2])
        name = os.path.basename(path)
        return match[1] + '"' + (name if path.startswith(folder) else "cuda/" + name) + '"'

    ptx = re.sub(r'(\.file\s+\d+\s+)"([^"]*)"', file_line, ptx)
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


def compile_kernel(kernel, flags):
    """PTX of one kernel. Compiled in a folder of its own, since nvcc writes the
    source's full path into what it makes."""
    with tempfile.TemporaryDirectory() as folder:
        folder = os.path.realpath(folder)
        source = os.path.join(folder, kernel + ".cu")
        with open(os.path.join(HERE, kernel + ".cu")) as file:
            text = file.read()
        with open(source, "w") as file:
            file.write(text)
        out = os.path.join(folder, "out.ptx")
        command = [NVCC, "-ptx", "-arch=sm_80", *flags, kernel + ".cu", "-o", out]
        subprocess.run(command, check=True, cwd=folder)
        with open(out) as file:
            return strip_paths(file.read(), folder)


def version_of(text):
    match = re.search(r"release [0-9.]+, V[0-9.]+", text)
    return match[0] if match else None


def main():
    parser = argparse.ArgumentParser(usage=__doc__)
    parser.add_argument("--check", action="store_true")
    parser.add_argument("kernels", nargs="*")
    options = parser.parse_args()
    names = sorted(f[:-3] for f in os.listdir(HERE) if f.endswith(".cu"))
    version = version_of(subprocess.run([NVCC, "--version"], capture_output=True, text=True).stdout)
    os.makedirs(os.path.join(HERE, "ptx"), exist_ok=True)
    stale = 0
    for kernel in options.kernels or names:
        for variant, flags in VARIANTS.items():
            path = os.path.join(HERE, "ptx", f"{kernel}.{variant}.ptx")
            kept = None
            if os.path.exists(path):
                with open(path) as file:
                    kept = file.read()
            if options.check and kept and version_of(kept) != version:
                print(f"not compared: {version_of(kept)} made the files, here is {version}")
                return 0
            ptx = compile_kernel(kernel, flags)
            if ptx == kept:
                continue
            stale += 1
            if options.check:
                print(f"{kernel}.{variant}.ptx is not what {kernel}.cu compiles to")
            else:
                with open(path, "w") as file:
                    file.write(ptx)
    print(f"{stale} files {'differ' if options.check else 'written'}")
    return 1 if options.check and stale else 0


if __name__ == "__main__":
    sys.exit(main())

"""Bad usage and unreadable input: exit code 2 and one line that says what is right.

usage: usage.py FOLDER-OF-INPUTS SCRATCH
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import subprocess
import sys
from pathlib import Path

inputs, scratch = map(Path, sys.argv[1:])
add = str(inputs / "add.mlir")
(scratch / "broken.npy").write_text("something else\n")
(scratch / "folder.npy").mkdir()
(scratch / "broken.pb").write_text("something else\n")

CASES = [
    # What the command line says.
    ("a model is needed; see --help", []),
    ("Unknown command line argument '--nope'", ["--nope"]),
    ("'x' value invalid", [add, "--rtol", "x"]),
    ("two models are given: 'a.mlir' and 'b.mlir'", ["a.mlir", "b.mlir"]),
    ("cannot load 'm.so': No such file or directory", ["m.so"]),
    ("--device=gpu is none of cpu, cuda, emulated", [add, "--device=gpu"]),
    ("--chip belongs to --device=cuda or emulated", [add, "--chip=sm_90a"]),
    ("unknown chip 'sm_1'; known are sm_80", [add, "--device=emulated", "--chip=sm_1"]),
    (
        "--ptx-version=8 is not a version such as 8.0",
        [add, "--device=emulated", "--ptx-version=8"],
    ),
    ("unknown processor 'pentium-9'; known are native, ", [add, "--mcpu=pentium-9"]),
    ("--threads -1 is negative", [add, "--threads=-1"]),
    ("--repeat 0 is less than 1", [add, "--repeat=0"]),
    ("--atol -1.00 is not a tolerance; a number from 0 up is expected", [add, "--atol=-1"]),
    ("--rtol nan is not a tolerance", [add, "--rtol=nan"]),
    ("--rtol INF is not a tolerance", [add, "--rtol=inf"]),
    ("unknown processor feature '+avx9'", [add, "--mattr=+avx9"]),
    ("processor feature 'avx2' must start with + or -", [add, "--mattr=avx2"]),
    (
        f"cannot make the folder '{scratch / 'broken.pb' / 'x'}'",
        [add, "--dump-phases-to", str(scratch / "broken.pb" / "x")],
    ),
    # Models that can't be read.
    ("missing.mlir", ["missing.mlir"]),
    ("missing.onnx", ["missing.onnx"]),
    ("expected a .onnx or .mlir file", [str(scratch / "broken.npy")]),
    # Values of inputs and outputs.
    ("inputs without a value:\n  --input b=...  for [n, 3] f32", [add, "--input", "a=2x3xf32=0"]),
    ("--input names 'c', the model has: a, b", [add, "--input", "c=f32=0"]),
    ("--expected names 'x', the model has: sum", [add, "--expected", "x=f32=0"]),
    ("--input names 'a' twice", [add, "--input", "a=f32=0", "--input", "a=f32=0"]),
    ("--input 'a' is not NAME=VALUE", [add, "--input", "a"]),
    ("--input a: 'y' in '2xyxf32' is not a dimension", [add, "--input", "a=2xyxf32=0"]),
    ("--input a: cannot read 'none.npy': No such file", [add, "--input", "a=@none.npy"]),
    (
        "is not a readable .npy file: it does not start with",
        [add, "--input", f"a=@{scratch / 'broken.npy'}"],
    ),
    ("is not a readable TensorProto", [add, "--input", f"a=@{scratch / 'broken.pb'}"]),
    ("--output sum: 'y.txt' is not @FILE.npy", [add, "--output", "sum=y.txt"]),
    (
        "--output sum: cannot write 'no/such/y.npy': there is no folder 'no/such'",
        [add, "--output", "sum=@no/such/y.npy"],
    ),
    (
        f"--output sum: cannot write '{scratch / 'folder.npy'}': it is a folder",
        [add, "--output", f"sum=@{scratch / 'folder.npy'}"],
    ),
    # Inputs that don't fit are refused before anything is compiled.
    (
        "input 'b' has size 3 in dimension 0 ('n'), but input 'a' has 2 for 'n'",
        [add, "--input", "a=2x3xf32=0", "--input", "b=3x3xf32=0"],
    ),
    (
        "input 'b' has element type f64; [n, 3] f32 is expected",
        [add, "--input", "a=2x3xf32=0", "--input", "b=2x3xf64=0"],
    ),
    (
        "input 'a' has rank 1; [n, 3] f32 is expected",
        [add, "--input", "a=3xf32=0", "--input", "b=2x3xf32=0"],
    ),
    (
        "input 'a' has size 4 in dimension 1; [n, 3] f32 is expected",
        [add, "--input", "a=2x4xf32=0", "--input", "b=2x3xf32=0"],
    ),
]

for text, arguments in CASES:
    result = subprocess.run(["dilated-run", *arguments], capture_output=True, text=True)
    shown = f"{arguments}: exit code {result.returncode}\n{result.stdout}{result.stderr}"
    assert result.returncode == 2 and not result.stdout, shown
    assert text in result.stderr, f"expected {text!r}\n{shown}"

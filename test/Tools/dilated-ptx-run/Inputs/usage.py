"""Bad usage and unreadable input: exit code 2 and one line that says what is right.

usage: usage.py FOLDER-OF-INPUTS SCRATCH
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import subprocess
import sys
from pathlib import Path

import numpy as np

inputs, scratch = map(Path, sys.argv[1:])
scale = str(inputs / "scale.ptx")
np.save(scratch / "five.npy", np.zeros(5, np.float32))
np.save(scratch / "words.npy", np.zeros(4, np.uint16))
(scratch / "broken.npy").write_text("something else\n")
(scratch / "none.ptx").write_text(".version 7.0\n.target sm_80\n.address_size 64\n")

run = [scale, "--kernel", "scale", "--block", "32"]
buffers = ["--arg", "f32[4]=zeros", "--arg", "f32[4]=zeros"]
good = [*run, *buffers, "--arg", "f32=1", "--arg", "i32=4"]

CASES = [
    # What the command line says.
    ("0 files are given, one is needed; see --help", []),
    ("2 files are given", [scale, scale, "--list"]),
    ("Unknown command line argument '--nope'", ["--nope"]),
    ("cannot read 'missing.ptx': No such file", ["missing.ptx", "--list"]),
    ("--block is needed", [scale, "--kernel", "scale"]),
    ("--block 0: '0' is not a positive number", [scale, "--block", "0"]),
    ("--block 8,x: 'x' is not a positive number", [scale, "--block", "8,x"]),
    ("--grid 1,2,3,4 has more than 3 sizes", [*good, "--grid", "1,2,3,4"]),
    ("--grid -1: '-1' is not a positive number", [*good, "--grid=-1"]),
    ("--device=tpu is neither emulated nor cuda", [*good, "--device=tpu"]),
    ("--check=some is neither all nor none", [*good, "--check=some"]),
    ("--profile=xml is none of table, json, listing", [*good, "--profile=xml"]),
    ("chip 'sm_1' is not known; known are: sm_80", [*good, "--chip=sm_1"]),
    ("--chip needs --device=emulated", [*good, "--device=cuda", "--chip=sm_80"]),
    ("--check needs --device=emulated", [*good, "--device=cuda", "--check=all"]),
    ("--profile=json needs --device=emulated", [*good, "--device=cuda", "--profile=json"]),
    # Which kernel.
    ("--kernel is needed; '{scale}' has: scale, bits", [scale, "--block", "1"]),
    ("has no kernel 'skale'; it has: scale, bits", [scale, "--block", "1", "--kernel", "skale"]),
    ("has: none", [str(scratch / "none.ptx"), "--block", "1"]),
    # Arguments by themselves.
    ("--arg f32: it is neither TYPE[COUNT]=VALUE nor TYPE=NUMBER", [*run, "--arg", "f32"]),
    ("--arg f33=1: 'f33' is not an element type; known are i8 i16", [*run, "--arg", "f33=1"]),
    ("--arg f32[y]=zeros: 'y' in '[y]' is not a dimension", [*run, "--arg", "f32[y]=zeros"]),
    ("--arg f32[-1]=zeros: '-1' in '[-1]' is not a dimension", [*run, "--arg", "f32[-1]=zeros"]),
    ("--arg f32[4=zeros: 'f32[4' is not TYPE[COUNT]", [*run, "--arg", "f32[4=zeros"]),
    ("--arg f32[]=zeros: '' in '[]' is not a dimension", [*run, "--arg", "f32[]=zeros"]),
    ("--arg value:f32=1: a structure by value needs its size", [*run, "--arg", "value:f32=1"]),
    ("--arg f32=one: 'one' is not a number", [*run, "--arg", "f32=one"]),
    ("--arg i8=200: '200' does not fit i8", [*run, "--arg", "i8=200"]),
    ("--arg u8=256: '256' is not a u8", [*run, "--arg", "u8=256"]),
    ("--arg u32=-1: '-1' is not a u32", [*run, "--arg", "u32=-1"]),
    ("--arg f32[4]=random:x: 'x' is not a seed", [*run, "--arg", "f32[4]=random:x"]),
    ("--arg f32[4]=1,2: 2 values are given", [*run, "--arg", "f32[4]=1,2"]),
    ("--arg u32[4]=1,2: 2 values are given for 4 elements", [*run, "--arg", "u32[4]=1,2"]),
    ("--arg f32[99999999999999]=zeros: ", [*run, "--arg", "f32[99999999999999]=zeros"]),
    ("--arg f32[4]=@none.npy: cannot read 'none.npy': No such file", [*run, "--arg", "f32[4]=@none.npy"]),
    ("is not a readable .npy file", [*run, "--arg", f"f32[4]=@{scratch / 'broken.npy'}"]),
    ("holds 5 elements (5xf32), 4 are declared", [*run, "--arg", f"f32[4]=@{scratch / 'five.npy'}"]),
    ("holds elements of type '<f4', i32 is '<i4'", [*run, "--arg", f"i32[5]=@{scratch / 'five.npy'}"]),
    ("holds elements of type '<u2', f16 is '<f2'", [*run, "--arg", f"f16[4]=@{scratch / 'words.npy'}"]),
    # Arguments against the kernel.
    ("kernel 'scale' takes 4 arguments, 3 are given\n  .u64 in, 8 bytes\n", [*run, *buffers, "--arg", "f32=1"]),
    (
        "--arg i64=4: argument 3 has 8 bytes, parameter 'n' (.u32) of kernel 'scale' has 4",
        [*run, *buffers, "--arg", "f32=1", "--arg", "i64=4"],
    ),
    (
        "--arg f32=1: argument 0 has 4 bytes, parameter 'in' (.u64) of kernel 'scale' has 8",
        [*run, "--arg", "f32=1", *buffers, "--arg", "i32=4"],
    ),
    # Outputs.
    ("--out '1' is not N=@FILE.npy", [*good, "--out", "1"]),
    ("--out '1=y.npy' is not N=@FILE.npy", [*good, "--out", "1=y.npy"]),
    ("--out 1=@y.txt: 'y.txt' is not a .npy file", [*good, "--out", "1=@y.txt"]),
    ("--out 4=@y.npy: 4 arguments are given, numbered from 0", [*good, "--out", "4=@y.npy"]),
    ("--out 2=@y.npy: argument 2 (f32=1) is not a buffer", [*good, "--out", "2=@y.npy"]),
    ("cannot write", [*good, "--out", f"1=@{scratch / 'no' / 'folder' / 'y.npy'}"]),
    # Launches that no chip takes.
    ("threads", [scale, "--kernel", "scale", "--block", "2048", *good[5:]]),
]

failures = 0
for text, arguments in CASES:
    result = subprocess.run(["dilated-ptx-run", *arguments], capture_output=True, text=True)
    text = text.replace("{scale}", scale)
    if result.returncode != 2 or result.stdout or text not in result.stderr:
        failures += 1
        print(f"{arguments}: exit code {result.returncode}, expected 2 and {text!r}\n{result.stdout}{result.stderr}")
sys.exit(1 if failures else 0)

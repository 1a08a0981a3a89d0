"""What dilated-compile refuses to overwrite or to compile for, what it sweeps
up after one that was killed, and that every library checks its own weights.

usage: refusals.py MODELS SOURCES INCLUDE WORK
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import fcntl
import os
import pathlib
import shutil
import subprocess
import sys
import time

models, sources, include, work = map(pathlib.Path, sys.argv[1:])
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
dynamic = models / "longnet-encoder-dynamic" / "model.onnx"
tokens = ("--input", "tokens=1x40x128xf32=random:1")


def run(*command, status=0, **settings):
    result = subprocess.run([str(c) for c in command], capture_output=True, text=True, cwd=work,
                            env=os.environ | settings)
    text = result.stdout + result.stderr
    assert result.returncode == status, f"{' '.join(map(str, command))}: exit code {result.returncode}\n{text}"
    return text


def expect(text, output):
    assert text in output, f"expected {text!r} in\n{output}"


# Weights never go over the model, by whatever name, nor where a library would be.
model = work / "model.onnx"
shutil.copy(dynamic, model)
os.link(model, work / "hard.onnx")
os.symlink(model, work / "soft.onnx")
for name in ("model.onnx", "./model.onnx", model, "hard.onnx", "soft.onnx"):
    text = run("dilated-compile", "model.onnx", "-o", "x.so", f"--weights={name}", status=2)
    expect(f"cannot write '{name}': it exists and is not a file of weights", text)
assert model.read_bytes() == dynamic.read_bytes()
for name in ("x.so", "other.so"):
    text = run("dilated-compile", "model.onnx", "-o", "x.so", f"--weights={name}", status=2)
    expect(f"--weights={name} has the suffix of a library", text)
assert sorted(path.name for path in work.iterdir()) == ["hard.onnx", "model.onnx", "soft.onnx"]

# Processors that generated code can't run on are bad usage for both tools.
for option in ("--mattr=+soft-float", "--mcpu=i386"):
    for command in (("dilated-compile", dynamic, "-o", "x.so"), ("dilated-run", dynamic, *tokens)):
        expect("64-bit mode and SSE2 are needed", run(*command, option, status=2))
assert not (work / "x.so").exists()

# No more threads than tasks and processors can use are made.
run("dilated-compile", dynamic, "-o", "x.so")
run("dilated-run", "x.so", *tokens, "--threads", 1, "--output", "features=@few.npy")
run("dilated-run", "x.so", *tokens, "--threads", 1_000_000, "--output", "features=@many.npy")
assert (work / "few.npy").read_bytes() == (work / "many.npy").read_bytes()

# A killed compiler leaves its folder in TMPDIR. The next one takes it away, but
# neither a folder that is in use nor what has another name.
temporary = work / "tmp"
temporary.mkdir()
for _ in range(20):
    process = subprocess.Popen(["dilated-compile", dynamic, "-o", work / "killed.so"],
                               env=os.environ | {"TMPDIR": str(temporary)}, stderr=subprocess.DEVNULL)
    while process.poll() is None and not any(temporary.iterdir()):
        time.sleep(0.0005)
    process.kill()
    process.wait()
    if any(temporary.iterdir()):
        break
left = [path.name for path in temporary.iterdir()]
assert left and all(name.startswith("dilated-link") for name in left), left
assert not (work / "killed.so").exists()
(temporary / "dilated-link-old" / "deep").mkdir(parents=True)
(temporary / "dilated-link-old" / "deep" / "x.o").write_bytes(b"old")
for name in ("dilated-link-busy", "dilated-linked"):
    (temporary / name).mkdir()
(temporary / "other").mkdir()
busy = os.open(temporary / "dilated-link-busy", os.O_RDONLY)
fcntl.flock(busy, fcntl.LOCK_EX)
run("dilated-compile", dynamic, "-o", "y.so", TMPDIR=str(temporary))
assert sorted(path.name for path in temporary.iterdir()) == ["dilated-link-busy", "other"]
os.close(busy)
run("dilated-compile", dynamic, "-o", "y.so", TMPDIR=str(temporary))
assert [path.name for path in temporary.iterdir()] == ["other"]

# Two libraries in one program, either order: that one's weights are good says
# nothing of the other's.
run("cc", "-std=c99", "-Wall", "-Wextra", "-Werror", f"-I{include}", sources / "create.c", "-o", "create", "-ldl")
libraries = {}
for name, source in (("small", models / "longnet-encoder-small" / "model.onnx"), ("dynamic", dynamic)):
    run("dilated-compile", source, "-o", f"{name}.so", "--weights=file")
    libraries[name] = (work / f"{name}.weights").read_bytes()
assert run("./create", "./small.so", "./dynamic.so") == "./small.so: 0\n./dynamic.so: 0\n"
for damaged, good in libraries.items():
    place = len(good) - 100
    (work / f"{damaged}.weights").write_bytes(good[:place] + bytes([good[place] ^ 1]) + good[place + 1:])
    for order in (("small", "dynamic"), ("dynamic", "small")):
        lines = run("./create", *(f"./{name}.so" for name in order)).splitlines()
        for name, line in zip(order, lines, strict=True):
            if name == damaged:
                expect(f"./{name}.so: 6 ", line)
                expect("are damaged: their checksum is", line)
            else:
                assert line == f"./{name}.so: 0", line
    (work / f"{damaged}.weights").write_bytes(good)

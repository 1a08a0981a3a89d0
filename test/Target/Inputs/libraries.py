"""Compiled models as files: what they contain, that they equal the JIT bit for
bit, in C programs and under memory checkers, and what is said of broken ones.

usage: libraries.py MODELS SOURCES INCLUDE WORK
"""

import pathlib
import shutil
import subprocess
import sys

import numpy as np

models, sources, include, work = map(pathlib.Path, sys.argv[1:])
shutil.rmtree(work, ignore_errors=True)
work.mkdir(parents=True)
small = models / "longnet-encoder-small" / "model.onnx"


def run(*command, status=0):
    result = subprocess.run([str(c) for c in command], capture_output=True, text=True, cwd=work)
    text = result.stdout + result.stderr
    assert result.returncode == status, f"{' '.join(map(str, command))}: exit code {result.returncode}\n{text}"
    return text


def expect(text, output):
    assert text in output, f"expected {text!r} in\n{output}"


# What a library needs and shows.
run("dilated-compile", small, "-o", "small.so")
needed = run("ldd", "small.so")
for library in ("LLVM", "MLIR", "stdc++", "protobuf"):
    assert library not in needed, needed
symbols = [line.split()[-1] for line in run("nm", "-D", "--defined-only", "small.so").splitlines()]
assert symbols == ["dilated_get_api"], symbols
dynamic = run("readelf", "-dW", "small.so")
assert "TEXTREL" not in dynamic and "RPATH" not in dynamic and "RUNPATH" not in dynamic, dynamic
assert "RWE" not in run("readelf", "-lW", "small.so")
assert (work / "small.so").stat().st_mode & 0o111, "a library is executable"

# The same numbers from the JIT, the library and a C program, bit for bit; the
# program under AddressSanitizer and, where it is installed, valgrind.
x = (np.arange(2 * 300 * 128) % 17 / 16 - 0.5).astype(np.float32).reshape(2, 300, 128)
np.save(work / "x.npy", x)
for model, output in ((small, "jit.npy"), ("small.so", "so.npy")):
    run("dilated-run", model, "--input", "tokens=@x.npy", "--output", f"features=@{output}")
jit = np.load(work / "jit.npy")
assert jit.tobytes() == np.load(work / "so.npy").tobytes()
compile_c = ["cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-D_DEFAULT_SOURCE", f"-I{include}"]
run(*compile_c, sources / "run.c", "-o", "run", "-ldl")
run(*compile_c, "-g", "-fsanitize=address,undefined", sources / "run.c", "-o", "run-asan", "-ldl")
checkers = [["./run"], ["./run-asan"]]
if shutil.which("valgrind"):
    # valgrind knows no AVX-512: the portable code, on small shapes. One thread:
    # the C library frees the thread-local memory of a closed library late, and a
    # closed libgomp leaks its own.
    run("dilated-compile", models / "longnet-encoder-dynamic" / "model.onnx", "-o", "portable.so", "--mcpu=x86-64")
    run("env", "OMP_NUM_THREADS=1", "LD_PRELOAD=libgomp.so.1", "valgrind", "-q", "--error-exitcode=7", "--leak-check=full", "--errors-for-leak-kinds=definite",
        "./run", "./portable.so", "out.bin", 1, 40, 128)
for checker in checkers:
    run(*checker, "./small.so", "out.bin", 2, 300, 128)
    assert (work / "out.bin").read_bytes() == jit.tobytes(), checker
expect("input 'tokens' has size 299 in dimension 1; [2, 300, 128] f32 is expected",
       run("./run", "./small.so", "out.bin", 2, 299, 128, status=1))

# Objects: two models in one program.
for name, dim, value, result, op in (("first", "?", "x", "twice", "add"), ("second", "3", "z", "square", "mul")):
    (work / f"{name}.mlir").write_text(f"""
func.func @main(%x: tensor<{dim}xf32> {{dilated.name = "{value}"}}) -> (tensor<{dim}xf32> {{dilated.name = "{result}"}}) {{
  %0 = linalg.{op} ins(%x, %x : tensor<{dim}xf32>, tensor<{dim}xf32>) outs(%x : tensor<{dim}xf32>) -> tensor<{dim}xf32>
  return %0 : tensor<{dim}xf32>
}}""")
for name in ("first", "second"):
    run("dilated-compile", f"{name}.mlir", "-o", f"{name}.o")
    defined = run("nm", "-g", "--defined-only", f"{name}.o").split()
    assert defined[2::3] == [f"{name}_get_api"], defined
run("cc", "-std=c99", "-Wall", "-Wextra", "-Werror", "-I.", sources / "two_models.c", "first.o", "second.o",
    "-o", "two", "-lm", "-fopenmp")
assert run("./two") == (
    "x -> twice: 2 4 6\nz -> square: 1 4 9\n"
    "7 the program uses version 99 of the interface, the model has version 1\n")
run("dilated-compile", small, "-o", "3 bad-name.o")
expect("model_3_bad_name_get_api", (work / "3 bad-name.h").read_text())

# A side file of weights: found beside the library, refused when it is not its.
run("dilated-compile", small, "-o", "side.so", "--weights=file")
assert (work / "side.so").stat().st_size < 300_000
weights = work / "side.weights"
test_case = ("dilated-run", "side.so", "--onnx-test-dir", small.parent)
expect("1 passed, 0 failed", run(*test_case))
(work / "elsewhere").mkdir()
subprocess.run([work / "run", work / "side.so", work / "out.bin", "2", "300", "128"], cwd="/", check=True)
assert (work / "out.bin").read_bytes() == jit.tobytes()
good = weights.read_bytes()
weights.unlink()
expect("cannot open the weights", run(*test_case, status=2))
expect("No such file or directory", run(*test_case, status=2))
weights.write_bytes(good[:-1])
expect(f"have {len(good) - 1} bytes; {len(good)} are expected", run(*test_case, status=2))
weights.write_bytes(good[:10])
expect("is not a file of weights", run(*test_case, status=2))
weights.write_bytes(good[:5000] + bytes([good[5000] ^ 1]) + good[5001:])
expect("are damaged: their checksum is", run(*test_case, status=2))
run("dilated-compile", models / "longnet-encoder-dynamic" / "model.onnx", "-o", "other.so", "--weights=other.bin")
shutil.copy(work / "other.bin", weights)
expect("belong to another model: their checksum is", run(*test_case, status=2))
weights.write_bytes(good)
expect("1 passed, 0 failed", run(*test_case))

# What is no library, and what can't be written.
(work / "garbage.so").write_bytes(b"no ELF file at all")
expect("cannot load 'garbage.so'", run("dilated-run", "garbage.so", status=2))
run("cc", "-shared", "-o", "foreign.so", "-x", "c", "/dev/null")
expect("it is not a compiled model", run("dilated-run", "foreign.so", status=2))
truncated = (work / "small.so").read_bytes()[:5000]
(work / "cut.so").write_bytes(truncated)
run("dilated-run", "cut.so", status=2)
expect("cannot load 'absent.so'", run("dilated-run", "absent.so", status=2))
before = sorted(p.name for p in work.iterdir())
expect("cannot write", run("dilated-compile", small, "-o", "no/folder/x.so", status=2))
expect("--weights", run("dilated-compile", small, "-o", "x.mlir", "--weights=file", status=2))
assert sorted(p.name for p in work.iterdir()) == before

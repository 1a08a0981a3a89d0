# Breaks the emitted attention kernel in many small ways: each must be noticed.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""mutants.py [NAME...]

Every mutant is an edit of the PTX that dilated-compile emits for one attention: three
terms, of which two share keys, null keys, a ragged end, f16, with its lse. It runs on the emulator with
every detector on. It is noticed when a detector speaks, or when the output differs from
oracle.py; the table says who must. Prints a line per mutant, and fails when one
survives, when an edit does not apply any more, or when the kernel itself is wrong.
"""

import os
import re
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "CPU"))
from oracle import Pattern, attention  # noqa: E402

TOOLS = Path(
    os.environ.get("DILATED_TOOLS_DIR")
    or Path(__file__).parents[3] / os.environ.get("DILATED_BUILD_DIR", "build") / "bin"
)
LENGTH, HEADS, DIM = 300, 2, 64
PATTERN = Pattern(((128, 1), (300, 1), (300, 2)))
SOURCE = """
func.func @main(%q: TENSOR, %k: TENSOR, %v: TENSOR) -> (TENSOR, tensor<1x2x?xf32>) {
  %out, %lse = dilated.attention %q, %k, %v pattern(<[segment<128, 1>, segment<300, 1>, segment<300, 2>]>)
      : TENSOR, TENSOR, TENSOR -> TENSOR, tensor<1x2x?xf32>
  return %out, %lse : TENSOR, tensor<1x2x?xf32>
}
""".replace("TENSOR", "tensor<1x?x2x64xf16>")

RACE = "race"
BOUNDS = "out of bounds"
EARLY = "cp.async data used before its wait"
EXIT = "exit with open cp.async"
SHARED = "uninitialised shared memory"
WRONG = "wrong result"

FIRST, LAST, ALL = 0, -1, None


@dataclass
class Mutant:
    name: str
    old: str  # a regular expression
    new: str
    notice: set  # who must notice: one of these
    which: int = FIRST  # of the places where it matches


MUTANTS = [
    Mutant("no barrier before a block of keys is used", r"(wait_group\s+0;\s*)bar\.sync\s+0;", r"\1", {RACE, EARLY}),
    Mutant("no barrier before queries are read", r"(wait_group\s+1;\s*)bar\.sync\s+0;", r"\1", {RACE, EARLY}),
    Mutant("no barrier after the tables", r"bar\.sync\s+0;", "", {RACE, SHARED}),
    Mutant("no wait for a block of keys", r"cp\.async\.wait_group\s+0;", "", {EARLY}),
    Mutant("a wait that leaves a group open", r"cp\.async\.wait_group\s+0;", "cp.async.wait_group 1;", {EARLY}),
    Mutant("queries are not waited for", r"cp\.async\.wait_group\s+1;", "cp.async.wait_group 2;", {EARLY}),
    Mutant("copies are open at the end", r"cp\.async\.wait_group\s+0;", "", {EXIT}, LAST),
    Mutant("a copy belongs to no group", r"cp\.async\.commit_group;", "", {EARLY, EXIT}),
    Mutant("a note is not written", r"st\.shared\.v2\.b64\s+\[dilated_shared\+512\], \{%rd\d+, %rd\d+\};", "", {SHARED}),
    Mutant("every block has the first tile", r"mov\.u32(\s+%r\d+), %ctaid\.x;", r"mov.u32\1, 0;", {WRONG, RACE}),
    Mutant("keys count once", r"ld\.global\.v2\.b32\s+\{(%r\d+), (%r\d+)\}, \[[^\]]*\];", r"mov.b32 \1, 0f00000000; mov.b32 \2, 0f00000000;", {WRONG}, ALL),
    Mutant("the next block goes to the stage in use", r"sub\.s32(\s+%r\d+, %r\d+, %r\d+;\s*add\.s32\s+%r\d+, %r\d+, )17024(;\s*add\.s32\s+%r\d+, %r\d+, )25216;", r"add.s32\g<1>640\g<2>8832;", {RACE, EARLY, WRONG}, ALL),
    Mutant("rows behind the end are copied", r"selp\.b32(\s+%r\d+, 16), 0,", r"selp.b32\1, 16,", {BOUNDS, WRONG}, ALL),
    Mutant("hidden keys count", r"selp\.f32(\s+%r\d+, %r\d+), 0fFF800000,", r"selp.f32\1, 0f00000000,", {WRONG}, ALL),
    Mutant("no swizzle where keys are read", r"xor\.b32(\s+%r\d+, %r\d+), 32;", r"add.s32\1, 32;", {WRONG, SHARED}, LAST),
    Mutant("values are not transposed", r"x4\.trans\.", "x4.", {WRONG}, ALL),
    Mutant("operands of a product in another order", r"\{(%r\d+), (%r\d+)\},(\s*\{%r\d+, %r\d+, %r\d+, %r\d+\};)", r"{\2, \1},\3", {WRONG}),
    Mutant("the maximum of a part of the row", r"shfl\.sync\.bfly\.b32(\s+%r\d+, %r\d+), 2,(?=[^;]*;\s*max\.f32)", r"shfl.sync.bfly.b32\1, 0,", {WRONG}),
    Mutant("weights to another base", "0f3FB8AA3B", "0f3F800000", {WRONG}),
    Mutant("the lse in base 2", "0f3F317218", "0f3F800000", {WRONG}),
    Mutant("outputs are not rescaled", r"mul\.rn\.f32(\s+%r\d+), (%r\d+), %r\d+;(?=(\s*mul\.rn\.f32[^;]*;){3})", r"mov.b32\1, \2;", {WRONG}),
    Mutant("a weight is no power", r"ex2\.approx\.ftz\.f32(\s+%r\d+, %r\d+;)(?=\s*fma)", r"mov.b32\1", {WRONG}),
    Mutant("no block of keys is masked", r"setp\.lt\.u32(\s+%p\d+, %r\d+), %r\d+;(?=\s*@%p\d+ bra)", r"setp.ne.b32\1, -1;", {WRONG, SHARED}, LAST),
    Mutant("a key block too few", r"(add\.s32\s+(%r\d+), (%r\d+), 1;\s*)setp\.ne\.b32(\s+%p\d+, )\3(, %r\d+;\s*mov\.b32\s+\3, \2;)", r"\1setp.lt.s32\4\2\5", {WRONG, BOUNDS, SHARED, EARLY, RACE}, LAST),
]


def run(command):
    return subprocess.run([str(part) for part in command], capture_output=True, text=True, errors="replace", timeout=300)


def mutate(ptx, mutant):
    """The PTX with the edit, or an error when it does not apply."""
    places = list(re.finditer(mutant.old, ptx))
    if not places:
        raise ValueError(f"nothing matches {mutant.old}")
    if mutant.which is not ALL:
        places = [places[mutant.which]]
    for place in reversed(places):
        ptx = ptx[: place.start()] + place.expand(mutant.new) + ptx[place.end() :]
    return ptx


def judge(path, folder, expected):
    """Who notices something: kinds of findings, or a wrong result."""
    outputs = [folder / "out.npy", folder / "lse.npy"]
    for output in outputs:
        output.unlink(missing_ok=True)
    command = [TOOLS / "dilated-run", path, "--device=emulated"]
    for i in range(3):
        command += ["--input", f"arg{i}=@{folder}/{i}.npy"]
    for name, output in zip(NAMES, outputs):
        command += ["--output", f"{name}=@{output}"]
    result = run(command)
    if result.returncode == 0:
        close = (
            np.allclose(np.load(output).astype(np.float64), values, rtol=1e-2, atol=1e-2)
            for output, values in zip(outputs, expected)
        )
        return set() if all(close) else {WRONG}, result.stderr
    return {kind for kind in (RACE, BOUNDS, EARLY, EXIT, SHARED) if kind in result.stderr}, result.stderr


NAMES = ("result0", "result1")


def main():
    rng = np.random.default_rng(5)
    failed = noticed = 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        source, kernel, path = (folder / file for file in ("a.mlir", "a.ptx", "mutant.ptx"))
        source.write_text(SOURCE)
        compiled = run([TOOLS / "dilated-compile", source, "--target=nvptx", "-o", kernel])
        if compiled.returncode:
            sys.exit(compiled.stderr)
        operands = [rng.standard_normal((1, LENGTH, HEADS, DIM)).astype(np.float16) for _ in range(3)]
        for i, operand in enumerate(operands):
            np.save(folder / f"{i}.npy", operand)
        expected = attention(*(operand.astype(np.float64) for operand in operands), PATTERN)
        kinds, log = judge(kernel, folder, expected)
        if kinds or log:
            sys.exit(f"the kernel itself: {kinds} {log}")
        ptx = kernel.read_text()
        for mutant in MUTANTS:
            if sys.argv[1:] and not any(part in mutant.name for part in sys.argv[1:]):
                continue
            try:
                path.write_text(mutate(ptx, mutant))
                kinds, log = judge(path, folder, expected)
                good = bool(kinds & mutant.notice)
                verdict = ", ".join(sorted(kinds)) or "SURVIVED " + " ".join(log.split())[:200]
            except ValueError as error:
                good, verdict = False, f"DOES NOT APPLY: {error}"
            except subprocess.TimeoutExpired:
                good, verdict = False, "DOES NOT END"
            noticed, failed = noticed + good, failed + (not good)
            wanted = "" if good else f"   <-- wanted: {', '.join(sorted(mutant.notice))}"
            print(f"{mutant.name:45} {verdict}{wanted}", flush=True)
    print(f"{noticed} noticed, {failed} not")
    return 0 if failed == 0 and noticed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())

"""Results are bit for bit the same for any number of threads: what is summed up
together, and in which order, follows from the pattern and the sizes alone. And one
head of a short sequence is work for many threads.

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import tempfile
from pathlib import Path

import attention_cases
import numpy as np
from attention_cases import Case
from oracle import Columns, Pattern, Window

GIGAPATH = ((1024, 1), (5792, 2), (32768, 4))
SINKS = (Window(200, 0, 1), Columns(0, 4))


def make_cases():
    def pattern(*terms, **options):
        return Pattern(terms, **options)

    yield "dense", Case(1, 700, 1, 1, 64, 64, pattern((4096, 1)))
    yield "dense causal", Case(1, 700, 1, 1, 64, 64, pattern((4096, 1)), causal=True)
    yield "gigapath", Case(1, 2600, 2, 2, 48, 48, pattern(*GIGAPATH), lse=True)
    yield "gigapath bf16", Case(1, 2600, 2, 2, 48, 48, pattern(*GIGAPATH), dtype="bf16")
    rates = pattern((512, 1), (1024, 3), (2048, 6), offset="modulo")
    yield "causal rates", Case(2, 1500, 3, 1, 24, 40, rates, causal=True, lse=True)
    sinks = pattern(*SINKS, padding="exclude", overlap="set")
    yield "sinks", Case(1, 900, 1, 1, 64, 64, sinks, causal=True)
    segments = pattern((64, 1), (300, 2), (4096, 4))
    yield "segments bf16", Case(1, 700, 2, 2, 24, 24, segments, dtype="bf16", causal=True)
    logits = {"scale": 16.0, "large_logits": True}
    yield "large logits", Case(1, 700, 2, 2, 24, 24, segments, lse=True, **logits)
    yield "short", Case(1, 33, 1, 1, 16, 16, pattern((8, 1), (16, 2)))


def write_outliers(name, operands):
    """Some rows leave the range of the first form of the softmax."""
    query, key, value = operands
    if name == "dense":
        key[:, -3:] *= key.dtype.type(40)
    return query, key, value


def run(case, folder, threads):
    """The bytes of the outputs."""
    inputs = [f"--input={x}=@{folder / x}.npy" for x in ("query", "key", "value")]
    names = ["output", "lse"] if case.lse else ["output"]
    files = {x: folder / f"{x}-{threads}.npy" for x in names}
    code, output = attention_cases.run_tool(
        "dilated-run",
        folder / "attention.mlir",
        f"--threads={threads}",
        *inputs,
        *(f"--output={name}=@{file}" for name, file in files.items()),
    )
    if code != 0:
        raise RuntimeError(f"exit code {code}\n{output}")
    return b"".join(file.read_bytes() for file in files.values())


def check_case(name, case, folder):
    operands = attention_cases.random_operands(case, np.random.default_rng(1))
    (folder / "attention.mlir").write_text(attention_cases.mlir_module(case))
    for operand, array in zip(
        ("query", "key", "value"), write_outliers(name, operands), strict=True
    ):
        bits = array.view(np.uint16) if case.dtype == "bf16" else array
        np.save(folder / f"{operand}.npy", bits)
    single = run(case, folder, 1)
    different = [t for t in (2, 3, 8) if run(case, folder, t) != single]
    print(f"{'FAILED' if different else 'ok'}: {name}", *different, flush=True)
    return not different


def main():
    passed = failed = 0
    for name, case in make_cases():
        with tempfile.TemporaryDirectory() as folder:
            same = check_case(name, case, Path(folder))
        passed += same
        failed += not same
    print(f"{passed} passed, {failed} failed")


if __name__ == "__main__":
    main()

#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Dilated attention on a CPU: ours beside what PyTorch offers, in one process.

    python attention_cpu.py --quick                     # a minute, what to expect here
    python attention_cpu.py                             # everything: half an hour on two cores
    python attention_cpu.py --cases gigapath --dtype f32 --threads 2
    python attention_cpu.py --json now.json --plot now.svg
    python attention_cpu.py --show now.json more.json   # the tables of earlier runs together

It needs torch (2.5 or newer) and dilated_mlir, installed or built in build/python; --plot
needs matplotlib.

How it measures. Contestants alternate: in a round each runs once, and the best of
all rounds counts, so that a machine that is slow for a minute is slow for all of
them. Both OpenMP run times are told not to spin (GOMP_SPINCOUNT=0, KMP_BLOCKTIME=0),
else the threads of one would take the other's cores. The machine's rate of matrix
products (torch.matmul, 2048^3, of the same element type) is measured in the same
rounds. Data are normally distributed; all read [B, N, H, D] but `dense`, which gets
the layout that PyTorch likes best. Before a case counts, its results are compared.

  ours        dilated_mlir, compiled for this machine
  ours-avx2   the same, compiled for x86-64-v3 (dense, f32)
  ours-short  the same on the first 65536 tokens (linear, f32)
  gathered    torchscale's form: branches copied into padded dense segments, mixed by lse
  strided     views with strides, PyTorch's flash kernel per branch, merged as they come
  dense       scaled_dot_product_attention over the whole sequence, up to 16384 tokens
  flex        FlexAttention with the pattern as a mask; takes minutes, so not by default

Columns. `ours` is the best time, GF/s counts the pairs that the meaning asks for (4 D
operations each), `of GEMM` divides that by the matrix product's rate; `x strided` is
how many times longer the peer took. The second table holds what is expected of a
release against what was measured; rows for instruction sets that this machine lacks are
skipped by name. Errors are those of dense cases of 2048 tokens against f64.

Exit codes: 0 measured, 1 results differ, 2 bad usage.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import cases
import machine
import report

# Before the first OpenMP run time is loaded.
_SETTINGS = {"GOMP_SPINCOUNT": "0", "KMP_BLOCKTIME": "0"}

# Largest difference to the peers' result, of the largest output.
_TOLERANCE = {"f32": 2e-5, "bf16": 3e-2}
_DENSE_LIMIT = 16384

Contestants = dict[str, Callable[[int], Any]]


def _import_ours() -> Any:
    """The package: installed, or of the build tree."""
    root = Path(__file__).resolve().parents[2]
    sys.path.append(str(root / os.environ.get("DILATED_BUILD_DIR", "build") / "python"))
    import dilated_mlir

    return dilated_mlir


def module(case: cases.Case, dtype: str) -> str:
    """The case as a module with any batch and length."""
    tensor = f"tensor<?x?x?x{case.head_dim}x{dtype}>"
    segments = ", ".join(f"segment<{w}, {r}>" for w, r in case.segments)
    return (
        f"func.func @main(%query: {tensor}, %key: {tensor}, %value: {tensor}) -> {tensor} {{\n"
        f"  %out = dilated.attention %query, %key, %value pattern(<[{segments}], "
        f"offset = block, padding = null_keys>) {'causal ' if case.causal else ''}"
        f": {tensor}, {tensor}, {tensor} -> {tensor}\n  return %out : {tensor}\n}}\n"
    )


class Bench:
    """Measures cases; what it can't do is said once, in `skipped`."""

    def __init__(self, arguments: argparse.Namespace) -> None:
        import peers
        import torch

        self.torch, self.peers, self.ours = torch, peers, _import_ours()
        self.dtypes = {"f32": torch.float32, "bf16": torch.bfloat16}
        self.repeat = arguments.repeat
        self.threads = arguments.threads
        self.chosen = arguments.peers
        self.skipped: list[str] = []
        if "flex" not in self.chosen:
            self.skipped.append("flex: takes minutes, asked for by --peers")
        self.fma: machine.FmaPeak | None = None
        try:
            self.fma = machine.FmaPeak()
        except RuntimeError as error:
            self.skipped.append(f"ours-avx2: {error}")

    def _session(self, case: cases.Case, dtype: str, cpu: str) -> Callable[..., Any]:
        artifact = self.ours.compile(module(case, dtype), cpu=cpu, cache=False)
        session = self.ours.Session(artifact)

        def run(threads: int, *operands: Any) -> Any:
            named = dict(zip((info.name for info in session.inputs), operands, strict=True))
            (out,) = session.run(named, threads=threads).values()
            return out

        run.compile_seconds = artifact.compile_seconds  # type: ignore[attr-defined]
        return run

    def _contestants(
        self, case: cases.Case, dtype: str
    ) -> tuple[Contestants, Contestants, dict[str, float]]:
        """Those that run in every round, those that run once, and seconds of
        compilation of ours."""
        torch, peers = self.torch, self.peers
        torch.manual_seed(0)
        shape = (1, case.n, case.heads, case.head_dim)
        q, k, v = (torch.randn(shape, dtype=self.dtypes[dtype]) for _ in range(3))

        every: Contestants = {}
        once: Contestants = {}
        compiled = {}
        run = self._session(case, dtype, "native")
        compiled["ours"] = run.compile_seconds  # type: ignore[attr-defined]
        every["ours"] = lambda threads: run(threads, q, k, v)
        if case.is_dense and dtype == "f32" and self.fma is not None:
            run_avx2 = self._session(case, dtype, "x86-64-v3")
            compiled["ours-avx2"] = run_avx2.compile_seconds  # type: ignore[attr-defined]
            every["ours-avx2"] = lambda threads: run_avx2(threads, q, k, v)
        if case.name == cases.LINEAR_CASE:
            first = [x[:, : cases.LINEAR_SHORT] for x in (q, k, v)]
            every["ours-short"] = lambda threads: run(threads, *first)
            return every, once, compiled
        if "gathered" in self.chosen and not case.is_dense:
            gathered = peers.Gathered(case.segments, case.causal)
            every["gathered"] = lambda threads: gathered(q, k, v)
        if "strided" in self.chosen and not case.is_dense:
            strided = peers.Strided(case.segments, case.causal, *shape[1:])
            every["strided"] = lambda threads: strided(q, k, v)
        if "dense" in self.chosen and case.n <= _DENSE_LIMIT:
            # Contiguous by head: a few percent faster than a view of [B, N, H, D].
            by_head = [x.transpose(1, 2).contiguous() for x in (q, k, v)]
            attend = torch.nn.functional.scaled_dot_product_attention
            every["dense"] = lambda threads: attend(*by_head, is_causal=case.causal).transpose(1, 2)
        if "flex" in self.chosen:
            try:
                flex = peers.Flex(case.segments, case.causal, case.n, case.heads)
                flex(q, k, v)
                once["flex"] = lambda threads: flex(q, k, v)
            except Exception as error:  # whatever torch.compile can't do here
                self.skipped.append(f"flex {case.name} {dtype}: {str(error).splitlines()[0]}")
        if case.is_dense and case.n <= cases.ACCURACY_LENGTH:
            exact = torch.nn.functional.scaled_dot_product_attention(
                *(x.transpose(1, 2).double() for x in (q, k, v)), is_causal=case.causal
            )
            self.exact = exact.transpose(1, 2)
        return every, once, compiled

    def _errors(self, case: cases.Case, dtype: str, every: Contestants) -> dict[str, float]:
        """Against f64, where that is at hand; see ACCURACY_LENGTH."""
        if not (case.is_dense and case.n <= cases.ACCURACY_LENGTH):
            return {}
        errors = {}
        for name, call in every.items():
            error = call(self.threads[-1]).double() - self.exact
            if dtype == "f32":
                errors[name] = float(error.abs().max() / self.exact.abs().max())
            else:
                errors[name] = float(
                    error.square().mean().sqrt() / self.exact.square().mean().sqrt()
                )
        return errors

    def _difference(self, case: cases.Case, every: Contestants) -> float:
        """Of ours to the peer with the same meaning, over the largest output."""
        peer = every.get("dense" if case.is_dense else "strided")
        if peer is None:
            return 0.0
        ours, theirs = every["ours"](self.threads[0]).float(), peer(self.threads[0]).float()
        return float((ours - theirs).abs().max() / theirs.abs().max())

    def measure(self, case: cases.Case, dtype: str) -> list[dict[str, Any]]:
        """A result for every number of threads."""
        torch = self.torch
        every, once, compiled = self._contestants(case, dtype)
        a, b = (torch.randn(2048, 2048).to(self.dtypes[dtype]) for _ in range(2))
        difference = self._difference(case, every)
        errors = self._errors(case, dtype, every)
        seconds: dict[tuple[int, str], list[float]] = {}

        def clock(threads: int, name: str, call: Callable[[int], Any]) -> None:
            start = time.perf_counter()
            call(threads)
            seconds.setdefault((threads, name), []).append(time.perf_counter() - start)

        contestants: Contestants = {"gemm": lambda threads: a @ b, **every}
        fma_rates: dict[int, float] = {}
        for round_ in range(self.repeat + 1):
            for threads in self.threads:
                torch.set_num_threads(threads)
                for name, call in contestants.items():
                    clock(threads, name, call)
                if "ours-avx2" in every and self.fma is not None:
                    rate = self.fma.measure(threads)
                    fma_rates[threads] = max(rate, fma_rates.get(threads, 0.0))
            if round_ == 0:
                seconds.clear()  # the first one makes threads and buffers
        for threads in self.threads:
            torch.set_num_threads(threads)
            for name, call in once.items():
                clock(threads, name, call)

        results = []
        for threads in self.threads:
            times = {name: runs for (t, name), runs in seconds.items() if t == threads}
            gemm = 2 * 2048**3 / min(times.pop("gemm"))
            results.append(
                {
                    "case": case.name,
                    "dtype": dtype,
                    "threads": threads,
                    "n": case.n,
                    "heads": case.heads,
                    "head_dim": case.head_dim,
                    "segments": [list(segment) for segment in case.segments],
                    "causal": case.causal,
                    "useful_pairs": case.useful_pairs(),
                    "useful_flops": case.useful_flops(),
                    "gemm_flops_per_second": gemm,
                    "fma_flops_per_second": fma_rates.get(threads),
                    "compile_seconds": compiled,
                    "difference": difference,
                    "errors": errors,
                    "contestants": {
                        name: {
                            "seconds_min": min(runs),
                            "seconds_median": statistics.median(runs),
                            "seconds_max": max(runs),
                            "runs": len(runs),
                        }
                        for name, runs in times.items()
                    },
                }
            )
        return results


def _parse(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        "--cases",
        default="",
        help=f"names or beginnings of names, with commas, of: {', '.join(cases.CASES)}",
    )
    parser.add_argument("--dtype", default="f32,bf16", help="f32, bf16 or both (default)")
    parser.add_argument(
        "--threads", default=f"1,{machine.cores()}", help="numbers of threads (%(default)s)"
    )
    parser.add_argument("--repeat", type=int, default=5, help="rounds that count (%(default)s)")
    parser.add_argument(
        "--quick", action="store_true", help="two rounds, all cores, cases of some seconds"
    )
    parser.add_argument(
        "--peers",
        default="strided,gathered,dense",
        help="of strided, gathered, dense and flex (one run each); %(default)s",
    )
    parser.add_argument("--json", metavar="FILE", help="write all numbers")
    parser.add_argument("--plot", metavar="FILE", help="write a picture (.svg or .png)")
    parser.add_argument(
        "--show", metavar="FILE", nargs="+", help="measure nothing, show the runs in these files"
    )
    arguments = parser.parse_args(argv)

    chosen = [name for name in arguments.cases.split(",") if name]
    for name in chosen:
        if not any(case.startswith(name) for case in cases.CASES):
            parser.error(f"no case begins with '{name}'; known are {', '.join(cases.CASES)}")
    arguments.cases = [
        case
        for case in cases.CASES.values()
        if not chosen or any(case.name.startswith(name) for name in chosen)
    ]
    arguments.dtype = arguments.dtype.split(",")
    for dtype in arguments.dtype:
        if dtype not in _TOLERANCE:
            parser.error(f"--dtype {dtype} is not one of {', '.join(_TOLERANCE)}")
    arguments.peers = [peer for peer in arguments.peers.split(",") if peer]
    for peer in arguments.peers:
        if peer not in report.PEERS:
            parser.error(f"--peers {peer} is not one of {', '.join(report.PEERS)}")
    try:
        arguments.threads = sorted({int(threads) for threads in arguments.threads.split(",")})
    except ValueError:
        parser.error(f"--threads {arguments.threads} is not a list of numbers")
    if arguments.threads[0] < 1 or arguments.repeat < 1:
        parser.error("--threads and --repeat must be at least 1")
    if arguments.quick:
        arguments.repeat = 2
        arguments.threads = arguments.threads[-1:]
        arguments.cases = [case for case in arguments.cases if case.seconds <= 2]
    return arguments


def _measure(arguments: argparse.Namespace) -> dict[str, Any]:
    bench = Bench(arguments)
    run = {
        "machine": machine.describe(),
        "features": machine.features(),
        "date": time.strftime("%Y-%m-%d %H:%M"),
        "command": " ".join(["attention_cpu.py", *sys.argv[1:]]),
        "torch": bench.torch.__version__,
        "dilated_mlir": getattr(bench.ours, "__version__", "of the build tree"),
        "repeat": arguments.repeat,
        "results": [],
        "skipped": bench.skipped,
    }
    for dtype in arguments.dtype:
        for case in arguments.cases:
            if case.name == cases.LINEAR_CASE and dtype != "f32":
                continue
            print(f"{case.name} {dtype} ...", file=sys.stderr, flush=True)
            results = bench.measure(case, dtype)
            for result in results:
                print(report.format_line(result), file=sys.stderr, flush=True)
            run["results"] += results
    return run


def main(argv: Sequence[str]) -> int:
    """The command; returns its exit code."""
    arguments = _parse(argv)
    if arguments.show:
        try:
            runs = [json.loads(Path(path).read_text()) for path in arguments.show]
        except (OSError, ValueError) as error:
            print(f"attention_cpu.py: error: {error}", file=sys.stderr)
            return 2
    else:
        if any(os.environ.get(name) != value for name, value in _SETTINGS.items()):
            command = [sys.executable, os.path.abspath(__file__), *argv]
            os.execve(sys.executable, command, os.environ | _SETTINGS)
        runs = [_measure(arguments)]
    if arguments.json:
        Path(arguments.json).write_text(json.dumps(runs if len(runs) > 1 else runs[0], indent=1))
    print(report.tables(runs))
    if arguments.plot:
        import plot

        plot.write(runs, arguments.plot)
    status = 0
    for result in (result for run in runs for result in run["results"]):
        if not result["difference"] <= _TOLERANCE[result["dtype"]]:
            print(
                f"error: {result['case']} {result['dtype']}: ours differs from the peer by "
                f"{result['difference']:.1e} of the largest output",
                file=sys.stderr,
            )
            status = 1
    return status


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))

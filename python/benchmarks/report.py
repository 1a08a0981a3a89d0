# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""Tables of what attention_cpu.py measured."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

import cases

PEERS = ("strided", "gathered", "dense", "flex")
Result = dict[str, Any]
Row = list[str]


def best(result: Result, contestant: str) -> float | None:
    """Its best time in seconds, None where it did not run."""
    times = result["contestants"].get(contestant)
    return float(times["seconds_min"]) if times else None


def ratio(result: Result, peer: str) -> float | None:
    """How many times longer than ours the peer took."""
    ours, theirs = best(result, "ours"), best(result, peer)
    return theirs / ours if ours and theirs else None


def _milliseconds(seconds: float) -> str:
    return f"{seconds * 1e3:.1f}" if seconds < 1 else f"{seconds * 1e3:.0f}"


def _number(value: float | None, digits: int = 2) -> str:
    return "" if value is None else f"{value:.{digits}f}"


def format_line(result: Result) -> str:
    """One measurement while the others still run."""
    times = ", ".join(
        f"{name} {_milliseconds(times['seconds_min'])} ms"
        for name, times in result["contestants"].items()
    )
    gemm = result["gemm_flops_per_second"] * 1e-9
    return f"  {result['threads']} threads: {times}; GEMM {gemm:.0f} GF/s"


def _layout(header: Row, rows: Sequence[Row]) -> str:
    """A Markdown table whose columns are aligned."""
    widths = [max(len(row[i]) for row in [header, *rows]) for i in range(len(header))]

    def line(row: Row) -> str:
        first, *others = zip(row, widths, strict=True)
        cells = [first[0].ljust(first[1])] + [text.rjust(width) for text, width in others]
        return "| " + " | ".join(cells) + " |"

    rule = "| " + " | ".join("-" * width for width in widths) + " |"
    return "\n".join([line(header), rule, *map(line, rows)])


def _results_table(results: Sequence[Result]) -> str:
    header = ["case", "type", "threads", "ours ms", "median", "GF/s", "GEMM", "of GEMM"]
    header += [f"x {peer}" for peer in PEERS]
    rows = []
    for result in results:
        ours = best(result, "ours")
        assert ours is not None
        rate, gemm = result["useful_flops"] / ours, result["gemm_flops_per_second"]
        median = result["contestants"]["ours"]["seconds_median"]
        row = [result["case"], result["dtype"], str(result["threads"])]
        row += [_milliseconds(ours), _milliseconds(median)]
        row += [f"{rate * 1e-9:.0f}", f"{gemm * 1e-9:.0f}", _number(rate / gemm)]
        rows.append(row + [_number(ratio(result, peer)) for peer in PEERS])
    return _layout(header, rows)


def _verdict(measured: float | None, holds: bool) -> Row:
    if measured is None:
        return ["", "not measured"]
    return [f"{measured:.3f}", "yes" if holds else "no"]


def _find(results: Sequence[Result], name: str, dtype: str, threads: int) -> Result | None:
    wanted = (name, dtype, threads)
    found = (r for r in results if (r["case"], r["dtype"], r["threads"]) == wanted)
    return next(found, None)


def _accuracy_rows(results: Sequence[Result], threads: int) -> Iterator[Row]:
    for case in cases.CASES.values():
        if not case.is_dense or case.n > cases.ACCURACY_LENGTH:
            continue
        for dtype, kind, bound in (
            ("f32", "largest error", cases.F32_ERROR),
            ("bf16", "rms error", cases.BF16_ERROR),
        ):
            result = _find(results, case.name, dtype, threads)
            errors = result["errors"] if result else {}
            error = errors.get("ours")
            row = [f"{case.name} {dtype}, {kind}", f"<= {bound:.0e}"]
            if error is None:
                yield [*row, "", "not measured"]
            else:
                yield [*row, f"{error:.2e}", "yes" if error <= bound else "no"]
            if dtype == "bf16":
                to_dense = error / errors["dense"] if error and "dense" in errors else None
                limit = cases.BF16_ERROR_TO_DENSE
                holds = (to_dense or 0) <= limit
                title = f"{case.name} bf16, rms error to dense's"
                yield [title, f"<= {limit}", *_verdict(to_dense, holds)]


def requirement_rows(results: Sequence[Result], features: Sequence[str]) -> Iterator[Row]:
    """What is expected, the bound, what was measured, whether it holds."""
    threads = max((result["threads"] for result in results), default=0)
    for item in cases.REQUIREMENTS:
        names = [case.name for case in cases.CASES.values() if case.group == item.group]
        for name in names:
            title = f"{name} {item.dtype}, x {item.peer}"
            bound = f">= {item.factor}"
            if item.needs and item.needs not in features:
                yield [title, bound, "", f"skipped: no {item.needs}"]
            elif item.lacks and item.lacks in features:
                continue
            else:
                result = _find(results, name, item.dtype, threads)
                measured = ratio(result, item.peer) if result else None
                yield [title, bound, *_verdict(measured, (measured or 0) >= item.factor)]

    for name in cases.AVX2_CASES:
        title, bound = f"{name} f32 for x86-64-v3, of the FMA peak", f">= {cases.AVX2_SHARE}"
        result = _find(results, name, "f32", threads)
        seconds = best(result, "ours-avx2") if result else None
        if "avx2" not in features:
            yield [title, bound, "", "skipped: no avx2"]
            continue
        measured = None
        if result and seconds and result["fma_flops_per_second"]:
            measured = result["useful_flops"] / seconds / result["fma_flops_per_second"]
        yield [title, bound, *_verdict(measured, (measured or 0) >= cases.AVX2_SHARE)]

    yield from _accuracy_rows(results, threads)

    for dtype in ("f32", "bf16"):
        pair = [_find(results, cases.SCALING_CASE, dtype, count) for count in (1, 2)]
        one, two = (best(result, "ours") if result else None for result in pair)
        measured = one / two if one and two else None
        title = f"{cases.SCALING_CASE} {dtype}, 1 thread to 2"
        yield [title, f">= {cases.SCALING}", *_verdict(measured, (measured or 0) >= cases.SCALING)]

    result = _find(results, cases.LINEAR_CASE, "f32", threads)
    long, short = (best(result, name) if result else None for name in ("ours", "ours-short"))
    measured = None
    if result and long and short:
        measured = (long / result["n"]) / (short / cases.LINEAR_SHORT)
    holds = measured is not None and 1 / cases.LINEAR <= measured <= cases.LINEAR
    title = f"{cases.LINEAR_CASE} f32, time per query to that at {cases.LINEAR_SHORT}"
    yield [title, f"<= {cases.LINEAR}", *_verdict(measured, holds)]


def tables(runs: Sequence[dict[str, Any]]) -> str:
    """All of it as Markdown; a later run of the same case takes the earlier one's place."""
    latest = {
        (result["dtype"], result["case"], result["threads"]): result
        for run in runs
        for result in run["results"]
    }
    results = list(latest.values())
    texts = []
    for run in runs:
        texts.append(
            f"{run['machine']}; {run['date']}; torch {run['torch']}, dilated_mlir "
            f"{run['dilated_mlir']}; best of {run['repeat']}\n{run['command']}"
        )
    texts.append(_results_table(results))
    features = runs[-1]["features"]
    rows = list(requirement_rows(results, features))
    texts.append(_layout(["expected", "bound", "measured", "holds"], rows))
    skipped = dict.fromkeys(line for run in runs for line in run["skipped"])
    texts += [f"skipped: {line}" for line in skipped]
    return "\n\n".join(texts)

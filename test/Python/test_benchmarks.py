# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""python/benchmarks: its peers compute the same attention, its tables say what was measured."""

import argparse
import json
import subprocess
import sys
from pathlib import Path

import numpy as np
import oracle
import pytest

FOLDER = Path(__file__).resolve().parents[2] / "python" / "benchmarks"
sys.path.insert(0, str(FOLDER))

import cases  # noqa: E402
import report  # noqa: E402

NO_TORCH = "torch is not installed"

# Ragged segments, rates that don't divide them, heads that are no multiple of the
# rates, more rates than heads, uncovered rows, one dense segment.
PATTERNS = [
    (1, 100, 4, 8, ((16, 1), (37, 2), (1000, 4)), False),
    (2, 100, 4, 8, ((16, 1), (37, 2), (1000, 4)), True),
    (1, 129, 6, 8, ((32, 1), (50, 4), (129, 8)), False),
    (2, 77, 5, 16, ((20, 1), (40, 3), (77, 2)), False),
    (1, 90, 12, 8, ((20, 1), (45, 6), (90, 8)), True),
    (1, 65, 4, 8, ((16, 2), (40, 4)), False),
    (1, 64, 2, 8, ((2**40, 1),), False),
    (1, 97, 4, 8, ((2**40, 4),), False),
]


@pytest.mark.parametrize(("batch", "n", "heads", "head_dim", "segments", "causal"), PATTERNS)
def test_useful_pairs(batch, n, heads, head_dim, segments, causal):
    case = cases.Case("x-1", n, heads, head_dim, segments, causal)
    pattern = oracle.Pattern(segments)
    counts = (oracle.selection(pattern, h, heads, n, causal)[0] for h in range(heads))
    assert case.useful_pairs() == sum(count.sum() for count in counts)


@pytest.mark.parametrize(("batch", "n", "heads", "head_dim", "segments", "causal"), PATTERNS)
@pytest.mark.parametrize("peer", ["Gathered", "Strided"])
def test_peers_agree_with_the_oracle(peer, batch, n, heads, head_dim, segments, causal):
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    import peers

    torch.manual_seed(n)
    operands = [2 * torch.randn(batch, n, heads, head_dim) for _ in range(3)]
    expected, _ = oracle.attention(*operands, oracle.Pattern(segments), causal)
    sizes = (n, heads, head_dim) if peer == "Strided" else ()
    attend = getattr(peers, peer)(segments, causal, *sizes)
    np.testing.assert_allclose(attend(*operands), expected, atol=4e-6 * np.abs(expected).max())
    narrow = attend(*(x.bfloat16() for x in operands)).float().numpy()
    error = np.sqrt(np.mean((narrow - expected) ** 2) / np.mean(expected**2))
    assert error < 1e-2


def test_flex_agrees_with_the_oracle():
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    import peers

    segments = ((64, 1), (150, 2), (1000, 4))
    operands = [2 * torch.randn(1, 300, 4, 16) for _ in range(3)]
    try:
        torch.compile(lambda x: x + 1)(operands[0])
    except Exception as error:
        pytest.skip(f"torch.compile does not work here: {error}")
    expected, _ = oracle.attention(*operands, oracle.Pattern(segments))
    with torch.no_grad():
        actual = peers.Flex(segments, False, 300, 4)(*operands)
    np.testing.assert_allclose(actual, expected, atol=4e-6 * np.abs(expected).max())


def test_a_measurement():
    pytest.importorskip("torch", reason=NO_TORCH)
    import attention_cpu

    bench = attention_cpu.Bench(
        argparse.Namespace(repeat=2, threads=[1, 2], peers=report.PEERS[:3])
    )
    case = cases.Case("gigapath-8193", 300, 4, 16, ((64, 1), (150, 2), (1000, 4)))
    results = bench.measure(case, "f32")
    assert [result["threads"] for result in results] == [1, 2]
    for result in results:
        assert set(result["contestants"]) == {"ours", "gathered", "strided", "dense"}
        assert all(times["runs"] == 2 for times in result["contestants"].values())
        assert 0 < result["difference"] < 1e-5
        assert result["gemm_flops_per_second"] > 1e9
    json.dumps(results)


def test_errors_of_a_measurement():
    torch = pytest.importorskip("torch", reason=NO_TORCH)
    import attention_cpu

    bench = attention_cpu.Bench(argparse.Namespace(repeat=1, threads=[1], peers=["dense"]))
    case = cases.Case("dense-200", 200, 2, 16, ((200, 1),))
    (found,) = bench.measure(case, "bf16")
    assert set(found["contestants"]) == {"ours", "dense"}
    for error in found["errors"].values():
        assert 1e-4 < error < 6e-3  # bf16 has eight bits
    assert torch.get_num_threads() == 1


def result(name, dtype, threads, **seconds):
    case = cases.CASES[name]
    return {
        "case": name,
        "dtype": dtype,
        "threads": threads,
        "n": case.n,
        "useful_flops": case.useful_flops(),
        "gemm_flops_per_second": 2e11,
        "fma_flops_per_second": 1e11,
        "difference": 1e-6,
        "errors": {},
        "contestants": {
            contestant.replace("_", "-"): {"seconds_min": s, "seconds_median": 2 * s}
            for contestant, s in seconds.items()
        },
    }


def find(rows, beginning):
    (row,) = (row for row in rows if row[0].startswith(beginning))
    return row[1:]


def test_requirements():
    flops = cases.CASES["dense-d64-8192"].useful_flops()
    results = [
        result("gigapath-8193", "f32", 1, ours=1.9, strided=9),
        result("gigapath-8193", "f32", 2, ours=1.0, strided=1.36, gathered=2.29),
        result("gigapath-8193", "bf16", 2, ours=1.0, strided=1.19),
        result("dense-d64-8192", "f32", 2, ours=1.0, dense=1.0, ours_avx2=flops / 0.8e11),
        result("linear-1048576", "f32", 2, ours=17.7, ours_short=1.0),
    ]
    rows = list(report.requirement_rows(results, ["avx2", "avx512_bf16"]))
    assert find(rows, "gigapath-8193 f32, x strided") == [">= 1.35", "1.360", "yes"]
    assert find(rows, "gigapath-8193 f32, x gathered") == [">= 2.3", "2.290", "no"]
    assert find(rows, "gigapath-16385 f32, x strided") == [">= 1.35", "", "not measured"]
    assert find(rows, "dense-d64-8192 f32, x dense") == [">= 1.03", "1.000", "no"]
    assert find(rows, "dense-d64-8192 f32 for") == [">= 0.75", "0.800", "yes"]
    assert find(rows, "gigapath-8193 f32, 1 thread") == [">= 1.85", "1.900", "yes"]
    assert find(rows, "linear") == ["<= 1.1", "1.106", "no"]


@pytest.mark.parametrize(
    ("dtype", "errors", "expected"),
    [
        ("f32", {"ours": 1e-6}, {"largest error": ["<= 2e-06", "1.00e-06", "yes"]}),
        ("f32", {"ours": 3e-6}, {"largest error": ["<= 2e-06", "3.00e-06", "no"]}),
        (
            "bf16",
            {"ours": 2.6e-3, "dense": 2e-3},
            {
                "rms error": ["<= 3e-03", "2.60e-03", "yes"],
                "rms error to dense's": ["<= 1.2", "1.300", "no"],
            },
        ),
        ("bf16", {"ours": 2e-3}, {"rms error to dense's": ["<= 1.2", "", "not measured"]}),
    ],
)
def test_accuracy(dtype, errors, expected):
    found = result("dense-d64-2048", dtype, 2, ours=1.0) | {"errors": errors}
    rows = {row[0]: row[1:] for row in report.requirement_rows([found], [])}
    for title, row in expected.items():
        assert rows[f"dense-d64-2048 {dtype}, {title}"] == row


@pytest.mark.parametrize(
    ("features", "bound", "verdict"),
    [
        (["avx2"], ">= 2.0", "skipped: no amx_bf16"),
        (["avx2"], ">= 1.2", "skipped: no avx512_bf16"),
        (["avx512_bf16"], ">= 1.2", "no"),
        (["avx512_bf16", "amx_bf16"], ">= 2.0", "no"),
        (["avx512_bf16", "amx_bf16"], ">= 1.2", None),
    ],
)
def test_bf16_is_held_to_what_the_machine_has(features, bound, verdict):
    results = [result("gigapath-8193", "bf16", 2, ours=1.0, strided=1.19)]
    found = [
        row[3]
        for row in report.requirement_rows(results, features)
        if row[0] == "gigapath-8193 bf16, x strided" and row[1] == bound
    ]
    assert found == ([] if verdict is None else [verdict])


def run_file(tmp_path, name, *results):
    path = tmp_path / name
    run = {"machine": "m", "features": [], "date": "d", "command": "c", "torch": "t"}
    run |= {"dilated_mlir": "x", "repeat": 5, "skipped": ["flex: no"], "results": results}
    path.write_text(json.dumps(run))
    return str(path)


def command(*arguments):
    return subprocess.run(
        [sys.executable, str(FOLDER / "attention_cpu.py"), *arguments],
        capture_output=True,
        text=True,
    )


def test_runs_are_shown_together(tmp_path):
    first = run_file(
        tmp_path,
        "a.json",
        result("dense-d48-2048", "f32", 2, ours=0.1, dense=0.2),
        result("dense-d64-2048", "f32", 2, ours=9.0, dense=0.2),
    )
    later = run_file(tmp_path, "b.json", result("dense-d64-2048", "f32", 2, ours=0.1, dense=0.3))
    done = command("--show", first, later)
    assert done.returncode == 0, done.stderr
    lines = [line for line in done.stdout.splitlines() if line.startswith("| dense-d64-2048 ")]
    assert [cell.strip() for cell in lines[0].split("|")][4:6] == ["100.0", "200.0"]
    assert lines[0].split("|")[-3].strip() == "3.00"
    assert done.stdout.count("skipped: flex: no") == 1
    assert "| dense-d48-2048 f32, x dense" in done.stdout


def test_a_difference_is_an_error(tmp_path):
    wrong = result("dense-d48-2048", "f32", 2, ours=0.1, dense=0.2) | {"difference": 1e-3}
    done = command("--show", run_file(tmp_path, "a.json", wrong))
    assert done.returncode == 1
    assert "dense-d48-2048 f32: ours differs from the peer by 1.0e-03" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--cases", "gigapth"], "no case begins with 'gigapth'; known are gigapath-8193"),
        (["--dtype", "f8"], "--dtype f8 is not one of f32, bf16"),
        (["--threads", "two"], "--threads two is not a list of numbers"),
        (["--peers", "xformers"], "--peers xformers is not one of strided"),
        (["--threads", "0"], "must be at least 1"),
    ],
)
def test_bad_usage(arguments, message):
    done = command(*arguments)
    assert done.returncode == 2
    assert message in done.stderr

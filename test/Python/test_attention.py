# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""dilated_mlir.attention against the specification in numpy."""

import os
import resource
import signal
import threading
import time

import dilated_mlir
import ml_dtypes
import numpy as np
import oracle
import pytest
from dilated_mlir import CompileError, RunError, attention

TOLERANCES = {
    np.float64: 1e-12,
    np.float32: 2e-5,
    np.float16: 4e-3,
    ml_dtypes.bfloat16: 3e-2,
}


def make(shape, dtype=np.float32, seed=0):
    return np.random.default_rng(seed).standard_normal(shape).astype(dtype)


def qkv(batch=1, length=40, heads=4, kv_heads=None, dim=8, value_dim=None, dtype=np.float32):
    kv_heads = kv_heads or heads
    return (
        make((batch, length, heads, dim), dtype, 1),
        make((batch, length, kv_heads, dim), dtype, 2),
        make((batch, length, kv_heads, value_dim or dim), dtype, 3),
    )


def expected(q, k, v, segments, rates, is_causal=False, scale=None, **pattern):
    names = {"head_offset": "offset"}
    pattern = oracle.Pattern(
        tuple(zip(segments, rates, strict=True)),
        **{names.get(name, name): value for name, value in pattern.items()},
    )
    return oracle.attention(q, k, v, pattern, is_causal, scale)


def close(actual, wanted, dtype):
    tolerance = TOLERANCES[dtype]
    np.testing.assert_allclose(
        np.asarray(actual).astype(np.float64), wanted, rtol=tolerance, atol=tolerance
    )


def count_compilations(monkeypatch):
    """A list that grows by one with every compilation of a kernel."""
    compiled = []
    module = dilated_mlir._attention
    real = module.compile
    monkeypatch.setattr(module, "compile", lambda *a, **k: compiled.append(1) or real(*a, **k))
    return compiled


@pytest.mark.parametrize("dtype", TOLERANCES)
@pytest.mark.parametrize("causal", [False, True])
def test_element_types(dtype, causal):
    q, k, v = qkv(batch=2, dtype=dtype)
    out, lse = attention(q, k, v, [8, 16, 64], [1, 2, 4], is_causal=causal, return_lse=True)
    wanted, wanted_lse = expected(q, k, v, [8, 16, 64], [1, 2, 4], causal)
    assert out.dtype == dtype
    assert lse.dtype == (np.float64 if dtype == np.float64 else np.float32)
    close(out, wanted, dtype)
    close(lse, wanted_lse, dtype)


@pytest.mark.parametrize("offset", ["block", "modulo", "end"])
@pytest.mark.parametrize("padding", ["null_keys", "exclude"])
def test_patterns(offset, padding):
    q, k, v = qkv(length=45, heads=6)
    options = {"head_offset": offset, "padding": padding, "scale": 0.3}
    out = attention(q, k, v, [10, 32], [3, 4], **options)
    wanted, _ = expected(q, k, v, [10, 32], [3, 4], **options)
    close(out, wanted, np.float32)


@pytest.mark.parametrize("causal", [False, True])
@pytest.mark.parametrize(
    ("text", "pattern"),
    [
        (  # StreamingLLM
            "<[window<15, 0>, columns<0, 4>], overlap = set>",
            oracle.Pattern(
                (oracle.Window(15, 0), oracle.Columns(0, 4)), padding="exclude", overlap="set"
            ),
        ),
        ("<[window<9, 0>]>", oracle.Pattern((oracle.Window(9, 0),), padding="exclude")),  # Mistral
        (  # Longformer without its global rows
            "<[window<4, 4, 2>, columns<0, 2>], overlap = set>",
            oracle.Pattern(
                (oracle.Window(4, 4, 2), oracle.Columns(0, 2)), padding="exclude", overlap="set"
            ),
        ),
        (  # LongNet with sinks
            "<[segment<8, 1>, segment<32, 3>,\n  columns<0, 3>], offset = modulo>",
            oracle.Pattern(
                ((8, 1), (32, 3), oracle.Columns(0, 3)), offset="modulo", padding="exclude"
            ),
        ),
        ("<[segment<16, 3>]>", oracle.Pattern(((16, 3),))),
    ],
)
def test_patterns_as_text(text, pattern, causal):
    q, k, v = qkv(length=45, heads=4, kv_heads=2)
    out, lse = attention(q, k, v, pattern=text, is_causal=causal, return_lse=True)
    wanted, wanted_lse = oracle.attention(q, k, v, pattern, causal)
    close(out, wanted, np.float32)
    close(lse, wanted_lse, np.float32)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({}, "expects segment_lengths and dilation_rates, or pattern"),
        ({"segment_lengths": [8]}, "dilation_rates is not a list of integers: None"),
        ({"segment_lengths": [8], "pattern": "<[window<1, 0>]>"}, "expects either pattern or"),
        ({"pattern": 7}, "pattern is not a text: 7"),
        ({"pattern": "<[window<1, 0>]>) causal"}, r"has the character '\)'"),
        ({"pattern": "<[window<1, 0>]>", "padding": "exclude"}, "are part of the pattern"),
        ({"pattern": "<[window<1, 0>]>", "head_offset": "end"}, "are part of the pattern"),
        ({"pattern": ""}, "expected '<'"),
        ({"pattern": "<[]>"}, r"at least one term \[C1\]"),
        ({"pattern": "<[rows<0, 4>]>"}, "expected segment, window or columns, got 'rows'"),
        ({"pattern": "<[segment<8, 2>], offset = constant<2>>"}, r"in \[0, 2\) \[C3\]"),
        ({"pattern": "<[window<1, 0>], padding = null_keys>"}, r"padding = exclude.*\[C6\]"),
        ({"pattern": "<[window<-1, 0>]>"}, r"left of a window \(-1\).*\[C11\]"),
        ({"pattern": "<[columns<4, 4>]>"}, r"begin of columns \(4\).*\[C12\]"),
    ],
)
def test_what_a_pattern_may_not_be(arguments, message):
    with pytest.raises(CompileError, match=message) as caught:
        attention(*qkv(), **arguments)
    assert "<text>" not in str(caught.value)


def test_fewer_key_heads_and_another_value_size():
    q, k, v = qkv(heads=6, kv_heads=2, value_dim=5)
    out = attention(q, k, v, [16], [2])
    assert out.shape == (1, 40, 6, 5)
    close(out, expected(q, k, v, [16], [2])[0], np.float32)


def test_sizes_are_dynamic(monkeypatch):
    """Other batches, lengths and heads run the same kernel."""
    compiled = count_compilations(monkeypatch)
    for batch, length, heads in [(1, 1, 1), (2, 7, 2), (3, 64, 5), (1, 131, 8)]:
        q, k, v = qkv(batch, length, heads, dim=12)
        close(
            attention(q, k, v, [8, 32], [1, 2]), expected(q, k, v, [8, 32], [1, 2])[0], np.float32
        )
    assert len(compiled) == 1


def test_an_empty_batch_or_no_heads():
    assert attention(*qkv(batch=0), [8], [1]).shape == (0, 40, 4, 8)
    assert attention(*(x[:, :, :0] for x in qkv()), [8], [1]).shape == (1, 40, 0, 8)


def test_a_projection_unbound():
    """Query, key and value as views of one array, as a linear layer gives them."""
    projection = make((2, 40, 3, 4, 8))
    q, k, v = (projection[:, :, i] for i in range(3))
    assert not q.flags.c_contiguous
    close(attention(q, k, v, [16], [2]), expected(q, k, v, [16], [2])[0], np.float32)
    # [B, H, N, D], seen as [B, N, H, D]
    q, k, v = (
        np.ascontiguousarray(x.transpose(0, 2, 1, 3)).transpose(0, 2, 1, 3) for x in (q, k, v)
    )
    close(attention(q, k, v, [16], [2]), expected(q, k, v, [16], [2])[0], np.float32)
    # Backwards, and every other row.
    q, k, v = (x[:, ::-2] for x in qkv(length=80))
    close(attention(q, k, v, [16], [2]), expected(q, k, v, [16], [2])[0], np.float32)


def test_huge_segments_are_the_sequence():
    q, k, v = qkv()
    out = attention(q, k, v, [2**63 - 1], [1])
    close(out, expected(q, k, v, [40], [1])[0], np.float32)


@pytest.mark.parametrize("lengths", [[4.7], "4", ["4"], 4, None])
def test_segments_are_integers(lengths):
    q, k, v = qkv()
    with pytest.raises(CompileError, match="segment_lengths is not a list of integers"):
        attention(q, k, v, lengths, [1])


def test_uncovered_rows_are_zero():
    q, k, v = qkv(heads=1)
    out, lse = attention(q, k, v, [8], [4], return_lse=True)
    covered = np.arange(40) % 8 % 4 == 0
    assert np.all(out[:, ~covered] == 0)
    assert np.all(np.isneginf(lse[:, :, ~covered]))
    assert np.all(np.isfinite(lse[:, :, covered]))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"segment_lengths": []}, r"lengths \(0\) as dilation rates \(1\) \[C1\]"),
        ({"segment_lengths": [], "dilation_rates": []}, r"expects at least one term \[C1\]"),
        ({"segment_lengths": [0]}, r"segment length \(0\) to be at least 1 \[C2\]"),
        ({"dilation_rates": [-3]}, r"dilation rate \(-3\) to be at least 1 \[C2\]"),
        (
            {"key": (1, 40, 3, 8), "value": (1, 40, 3, 8)},
            r"query heads \(4\).*key heads \(3\) \[C4\]",
        ),
        (
            {"key": (1, 40, 0, 8), "value": (1, 40, 0, 8)},
            r"query heads \(4\).*key heads \(0\) \[C4\]",
        ),
        ({"key": (2, 40, 4, 8)}, r"batch size of key \(2\) to equal that of query \(1\) \[C5\]"),
        ({"value": (1, 41, 4, 8)}, r"sequence length of value \(41\).*query \(40\) \[C5\]"),
        ({"key": (1, 40, 4, 9)}, r"head size of key \(9\) to equal that of query \(8\) \[C5\]"),
        ({"value": (1, 40, 2, 8)}, r"number of heads of value \(2\).*key \(4\) \[C5\]"),
        ({"value": (1, 40, 4)}, r"value.*rank"),
        ({"value": (1, 40, 4, 257)}, r"head size of value \(257\) to be in \[1, 256\] \[C9\]"),
        ({"value": (1, 40, 4, 0)}, r"head size of value \(0\) to be in \[1, 256\] \[C9\]"),
        (
            {"query": (1, 0, 4, 8), "key": (1, 0, 4, 8), "value": (1, 0, 4, 8)},
            r"\(0\) to be at least 1 \[C10\]",
        ),
        ({"scale": float("nan")}, r"finite scale \[C7\]"),
        ({"scale": float("-inf")}, r"finite scale \[C7\]"),
        ({"head_offset": "random"}, "head_offset 'random' is not one of block, modulo, end"),
        ({"padding": "zeros"}, "padding 'zeros' is not one of null_keys, exclude"),
    ],
)
def test_what_the_specification_forbids(change, message):
    q, k, v = qkv()
    arguments = {
        "query": q,
        "key": k,
        "value": v,
        "segment_lengths": [16],
        "dilation_rates": [2],
        **{name: make(x) if isinstance(x, tuple) else x for name, x in change.items()},
    }
    with pytest.raises(CompileError, match=message) as caught:
        attention(**arguments)
    # No place in a text that nobody wrote.
    assert "<text>" not in str(caught.value)


def test_element_types_agree():
    q, k, v = qkv()
    message = r"element type of key \(f64\) to equal that of query \(f32\) \[C5\]"
    with pytest.raises(CompileError, match=message):
        attention(q, k.astype(np.float64), v, [16], [2])
    with pytest.raises(RunError, match="query has element type int32; float32"):
        attention(q.astype(np.int32), k, v, [16], [2])
    with pytest.raises(RunError, match="value has element type None"):
        attention(q, k, [1.0], [16], [2])


def test_threads_share_one_compilation(monkeypatch):
    compiled = count_compilations(monkeypatch)
    q, k, v = qkv(dim=20)
    wanted, _ = expected(q, k, v, [11], [1])
    problems = []

    def work():
        try:
            for _ in range(3):
                close(attention(q, k, v, [11], [1]), wanted, np.float32)
        except Exception as error:
            problems.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not problems
    assert len(compiled) == 1


def test_leaks_nothing():
    q, k, v = qkv(length=512, heads=8, dim=16)

    def work(times):
        for _ in range(times):
            attention(q, k, v, [64, 512], [1, 4])

    work(50)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    work(1000)
    # An output is 256 kB.
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak < 20_000


def test_keeps_kernels_in_the_common_cache(monkeypatch, tmp_path):
    monkeypatch.setenv("DILATED_CACHE", "on")
    monkeypatch.setenv("DILATED_CACHE_DIR", str(tmp_path))
    q, k, v = qkv(dim=28)
    attention(q, k, v, [16], [2])
    assert list(tmp_path.glob("llvmcache-*"))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"scale": 10**400}, "scale does not fit"),
        ({"scale": "wide"}, "scale is not a number: 'wide'"),
        ({"scale": 1j}, "scale is not a number"),
        ({"segment_lengths": [2**63]}, r"segment_lengths\[0\] does not fit 64 bits"),
        ({"dilation_rates": [-(10**6000)]}, r"dilation_rates\[0\] does not fit 64 bits"),
    ],
)
def test_numbers_beyond_the_machines(change, message):
    x = np.zeros((1, 8, 1, 4), np.float32)
    arguments = {"segment_lengths": [8], "dilation_rates": [1], **change}
    with pytest.raises(CompileError, match=message):
        attention(x, x, x, **arguments)


def interrupted(run, signal_after=0.3):
    """Seconds from SIGINT to the end of `run`, and what it raised."""
    sent = []

    def send():
        sent.append(time.perf_counter())
        os.kill(os.getpid(), signal.SIGINT)

    timer = threading.Timer(signal_after, send)
    timer.start()
    try:
        run()
        raised = None
    except BaseException as error:
        raised = error
    timer.join()
    return time.perf_counter() - sent[0], raised


def test_an_interrupt_ends_a_run():
    def run(n):
        x = np.full((1, n, 8, 64), 0.5, np.float32)
        return attention(x, x, x, [n], [1])

    run(8)  # compiles
    before = signal.getsignal(signal.SIGINT)
    seconds, raised = interrupted(lambda: run(65536))
    assert isinstance(raised, KeyboardInterrupt)
    # 0.2 s, and what a loaded machine takes to wake a thread.
    assert seconds < 2.0
    assert signal.getsignal(signal.SIGINT) is before
    assert np.all(run(8) == 0.5)


def test_a_handler_that_raises_nothing_lets_a_run_finish():
    x = np.full((1, 12000, 8, 64), 0.5, np.float32)
    attention(x[:, :8], x[:, :8], x[:, :8], [12000], [1])
    seen = []
    before = signal.signal(signal.SIGINT, lambda number, frame: seen.append(number))
    out = []
    try:
        _, raised = interrupted(lambda: out.append(attention(x, x, x, [12000], [1])), 0.05)
    finally:
        signal.signal(signal.SIGINT, before)
    assert raised is None
    assert seen == [signal.SIGINT]
    assert np.all(out[0] == 0.5)

# What the kernels of this folder compute, in numpy: inputs, launch, expected outputs.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""cases(): every kernel with data and the numbers it must give.

References are written from what a kernel is for, in double precision or in
Python integers, never from its code. Randomness has fixed seeds.
"""

import math
import re
from dataclasses import dataclass, field

import ml_dtypes
import numpy as np

BF16 = ml_dtypes.bfloat16


@dataclass
class Out:
    """An argument that the kernel writes: what is in it before, what must be in
    it afterwards (an array, or a function that returns a problem or None)."""

    before: np.ndarray
    expected: object
    rtol: float = 0.0
    atol: float = 0.0


@dataclass
class Case:
    name: str
    file: str  # ptx/<file>.<variant>.ptx
    kernel: str
    grid: tuple
    block: tuple
    arguments: list  # np.ndarray (a buffer that is read), Out, or a numpy scalar
    shared: int = 0
    stdout: list = field(default_factory=list)  # lines, in any order


def filled(shape, dtype):
    """A buffer of bytes that no kernel writes by chance."""
    array = np.empty(shape, dtype)
    array.view(np.uint8).reshape(-1)[:] = 0xCD
    return array


def rng(seed):
    return np.random.default_rng(seed)


# ===-----------------------------------------------------------------------===#
# One warp, one block
# ===-----------------------------------------------------------------------===#


def reduce_cases():
    data = rng(1).normal(size=1000).astype(np.float32)
    grid, block = 3, 128
    sums = np.zeros(grid)
    for i, value in enumerate(data.astype(np.float64)):
        sums[i // block % grid] += value
    yield Case(
        "reduce_sum", "reduce", "reduce_sum", (grid,), (block,),
        [data, Out(filled(grid, np.float32), sums, atol=1e-4), np.int32(1000)],
    )  # fmt: skip
    numbers = rng(2).integers(-500, 500, 777).astype(np.int32)
    yield Case(
        "reduce_argmax", "reduce", "reduce_argmax", (1,), (96,),
        [numbers, Out(filled(1, np.int32), numbers.max(keepdims=True)),
         Out(filled(1, np.int32), np.array([numbers.argmax()])), np.int32(777)],
    )  # fmt: skip


def scan_cases():
    data = rng(3).integers(-1000, 1000, 500).astype(np.int32)
    expected = np.concatenate([np.cumsum(part) for part in np.split(data, [256])])
    yield Case(
        "scan", "scan", "scan", (2,), (256,),
        [data, Out(filled(500, np.int32), expected), np.int32(500)],
    )  # fmt: skip


def transpose_cases():
    data = rng(4).normal(size=(70, 45)).astype(np.float32)
    yield Case(
        "transpose", "transpose", "transpose", (2, 3), (32, 8),
        [data, Out(filled((45, 70), np.float32), data.T), np.int32(70), np.int32(45)],
    )  # fmt: skip


def dynamic_shared_cases():
    block, blocks = 96, 2
    data = rng(5).integers(-1000, 1000, block * blocks) / 8.0
    parts = data.reshape(blocks, block)
    words = np.trunc(parts * 3).astype(np.int16)
    sums = np.cumsum((np.arange(block) * 7) % 256).astype(np.uint32)
    yield Case(
        "dynamic_shared", "dynamic_shared", "dynamic_shared", (blocks,), (block,),
        [data, Out(filled(data.shape, np.float64), parts[:, ::-1].reshape(-1)),
         Out(filled(data.shape, np.int16), np.roll(words, -5, axis=1).reshape(-1)),
         Out(filled(data.shape, np.uint32), np.tile(sums, blocks))],
        shared=block * 11,
    )  # fmt: skip


def softmax_cases():
    data = (rng(6).normal(size=(5, 300)) * 4).astype(np.float32)
    e = np.exp(data.astype(np.float64) - data.max(axis=1, keepdims=True))
    yield Case(
        "softmax", "softmax", "softmax", (5,), (128,),
        [data, Out(filled(data.shape, np.float32), e / e.sum(axis=1, keepdims=True), rtol=1e-5, atol=1e-9),
         np.int32(300)],
    )  # fmt: skip


# ===-----------------------------------------------------------------------===#
# Matrix products
# ===-----------------------------------------------------------------------===#


def product(a, b):
    """a [m, k] times b [n, k] transposed, in double precision."""
    return a.astype(np.float64) @ b.astype(np.float64).T


def matmul_cases():
    m, n, k = 37, 50, 45
    a = rng(7).normal(size=(m, k)).astype(np.float32)
    b = rng(8).normal(size=(k, n)).astype(np.float32)
    yield Case(
        "matmul", "matmul", "matmul", (4, 3), (16, 16),
        [a, b, Out(filled((m, n), np.float32), product(a, b.T), rtol=1e-5, atol=1e-4),
         np.int32(m), np.int32(n), np.int32(k)],
    )  # fmt: skip


def wmma_cases():
    m, n, k = 32, 48, 64
    a, b = rng(9).normal(size=(m, k)), rng(10).normal(size=(n, k))
    for kernel, dtype, out, atol in [
        ("wmma_f16", np.float16, np.float32, 1e-4),
        ("wmma_bf16", BF16, np.float32, 1e-4),
        ("wmma_f16_shared", np.float16, np.float16, 5e-2),
    ]:
        ta, tb = a.astype(dtype), b.astype(dtype)
        yield Case(
            kernel, "wmma", kernel, (n // 16, m // 16), (32,),
            [ta, tb, Out(filled((m, n), out), product(ta, tb), atol=atol), np.int32(n), np.int32(k)],
        )  # fmt: skip


def mma_cases():
    m, n, k = 32, 24, 64
    a, b = rng(11).normal(size=(m, k)), rng(12).normal(size=(n, k))
    # The 13 low bits of a tf32 operand are undefined: they are zero here.
    tf32 = lambda x: (x.astype(np.float32).view(np.uint32) & ~np.uint32(0x1FFF)).view(np.float32)
    a8 = rng(13).integers(-128, 128, (m, k)).astype(np.int8)
    b8 = rng(14).integers(-128, 128, (n, k)).astype(np.int8)
    for kernel, ta, tb, out, atol in [
        ("mma_bf16", a.astype(BF16), b.astype(BF16), np.float32, 1e-4),
        ("mma_f16", a.astype(np.float16), b.astype(np.float16), np.float32, 1e-4),
        ("mma_f16_k8", a.astype(np.float16), b.astype(np.float16), np.float32, 1e-4),
        ("mma_tf32", tf32(a), tf32(b), np.float32, 1e-4),
        ("mma_s8", a8, b8, np.int32, 0.0),
    ]:
        yield Case(
            kernel, "mma", kernel, (n // 8, m // 16), (32,),
            [ta, tb, Out(filled((m, n), out), product(ta, tb), atol=atol), np.int32(n), np.int32(k)],
        )  # fmt: skip


def ldmatrix_cases():
    data = np.arange(256, dtype=np.uint16) * 251 + 3
    tiles = data.reshape(4, 8, 8)
    expected = np.zeros((32, 14), np.uint32)
    at = 0
    for transposed in (False, True):
        for count in (1, 2, 4):
            for t in range(count):
                tile = tiles[t].T if transposed else tiles[t]
                low = tile.reshape(32, 2)[:, 0].astype(np.uint32)
                high = tile.reshape(32, 2)[:, 1].astype(np.uint32)
                expected[:, at] = low | high << 16
                at += 1
    yield Case(
        "ldmatrix", "ldmatrix", "ldmatrix", (1,), (32,),
        [data, Out(filled(expected.shape, np.uint32), expected)],
    )  # fmt: skip


def attention(q, k, v, scale, causal):
    """Softmax(q k^T scale) v by head, in double precision."""
    score = np.einsum("hid,hjd->hij", q.astype(np.float64), k.astype(np.float64)) * scale
    if causal:
        score = np.where(np.tri(score.shape[1], dtype=bool), score, -np.inf)
    p = np.exp(score - score.max(axis=2, keepdims=True))
    p /= p.sum(axis=2, keepdims=True)
    return np.einsum("hij,hjd->hid", p, v.astype(np.float64))


def flash_attention_case(name, heads, n, causal, seed):
    q, k, v = (rng(seed + i).normal(size=(heads, n, 64)).astype(BF16) for i in range(3))
    expected = attention(q, k, v, 0.125, causal)
    # The weights are rounded to bf16 before they meet the values.
    return Case(
        name, "flash_attention", "flash_attention", (n // 64, heads), (128,),
        [q, k, v, Out(filled(q.shape, np.float32), expected, atol=1e-2), np.int32(n),
         np.float32(0.125 * math.log2(math.e)), np.int32(causal)],
    )  # fmt: skip


def flash_attention_cases():
    yield flash_attention_case("flash_attention", 2, 192, False, 20)
    yield flash_attention_case("flash_attention_causal", 1, 192, True, 30)


# ===-----------------------------------------------------------------------===#
# Asynchronous copies, atomics
# ===-----------------------------------------------------------------------===#


def cp_async_cases():
    blocks, chunks = 2, 5
    data = rng(15).normal(size=(blocks * chunks, 256)).astype(np.float32)
    smooth = data.astype(np.float64)
    smooth[:, 1:-1] = 0.5 * smooth[:, 1:-1] + 0.25 * (data[:, :-2].astype(np.float64) + data[:, 2:])
    for stages in (2, 3):
        yield Case(
            f"cp_async_{stages}", "cp_async", f"cp_async_{stages}", (blocks,), (64,),
            [data, Out(filled(data.shape, np.float32), smooth, atol=1e-6), np.int32(chunks)],
        )  # fmt: skip
    n = 300
    row = rng(16).normal(size=n).astype(np.float32)
    padded = np.pad(row, (0, 384 - n)).reshape(3, 128)[:, ::-1].reshape(-1)
    yield Case(
        "cp_async_zfill", "cp_async", "cp_async_zfill", (3,), (128,),
        [row, Out(filled(384, np.float32), padded), np.int32(n)],
    )  # fmt: skip


def histogram_cases():
    data = (rng(17).normal(size=3000) * 40 + 128).clip(0, 255).astype(np.uint8)
    yield Case(
        "histogram", "histogram", "histogram", (3,), (64,),
        [data, Out(np.zeros(256, np.uint32), np.bincount(data, minlength=256)), np.int32(3000)],
    )  # fmt: skip
    count = 128
    values = rng(18).integers(-(2**31), 2**31, count).astype(np.int32)
    before = np.array([100, 50, -50, -1, 0, 0x1234, 3, 0, 0, 77], np.int32)
    expected = before.copy()
    expected[0] = (100 + values.astype(np.int64).sum()).astype(np.int32)
    expected[1], expected[2] = min(50, values.min()), max(-50, values.max())
    expected[3] = -1 & np.bitwise_and.reduce(values | 0x0F)
    expected[4] = np.bitwise_or.reduce(values & 0xFF0)
    expected[5] = 0x1234 ^ np.bitwise_xor.reduce(values)
    expected[6], expected[7], expected[8] = 7, count % 10, count

    def permutation(ticket):
        return None if sorted(ticket) == list(range(count)) else "tickets are no permutation"

    yield Case(
        "atomics", "histogram", "atomics", (2,), (count // 2,),
        [values, Out(before, expected), Out(filled(count, np.int32), permutation),
         Out(np.array([5], np.uint64), np.array([5 + (count << 33)], np.uint64)),
         Out(np.zeros(2, np.float32), np.array([count * 0.25, count * 0.5]))],
    )  # fmt: skip


# ===-----------------------------------------------------------------------===#
# Control flow, calls, text
# ===-----------------------------------------------------------------------===#


def wrap(x):
    """To a signed 32-bit integer."""
    return (x + 2**31) % 2**32 - 2**31


def diverged(x):
    result, c = 0, (x if x > 0 else 1 - x)
    while c != 1:
        c = 3 * c + 1 if c % 2 else c // 2
        result += 1
    for a in range(min(x & 7, 5)):
        for b in range(a, 6):
            if (b ^ x) & 1:
                continue
            if b * a > 12:
                break
            result += a * 10 + b
    branch = (x >> 3) & 7
    if branch == 0:
        result += 1
    elif branch in (1, 2):
        result = (result ^ 0x55 if branch == 1 else result) * 3
    elif branch == 5:
        while result & 0xF0:
            result = (result >> 1) ^ (result & 3)
    elif branch == 6:
        return -x
    else:
        result -= 7
    if x & 16:
        if (x & 3) == 1 or (result > 40 and (x & 32) == 0):
            result = ~result
        elif not x & 64 and math.fmod(result, 3) != 2:
            result += 1000
    else:
        steps = 0
        while True:
            result += steps
            steps += 1
            if steps > 20:
                return wrap(result)
            if result % 7 == 0:
                break
        result += 100000
    return wrap(result)


def divergence_cases():
    data = rng(19).integers(-300, 300, 150).astype(np.int32)
    yield Case(
        "divergence", "divergence", "divergence", (3,), (64,),
        [data, Out(filled(150, np.int32), np.array([diverged(int(x)) for x in data])), np.int32(150)],
    )  # fmt: skip
    keys = rng(40).integers(0, 6, 96).astype(np.int32)
    keys[64:] = 3
    out, votes = np.zeros(96, np.int32), np.zeros((96, 4), np.uint32)
    for i, key in enumerate(keys):
        warp = keys[i // 32 * 32 : i // 32 * 32 + 32]
        mask = lambda which: sum(1 << lane for lane in range(32) if which[lane])
        votes[i] = [
            mask(warp == key),
            mask(warp > 3),
            2 * (warp == 2).any() + (warp >= 0).all() + 4 * (warp == warp[0]).all(),
            warp.sum(),
        ]
        out[i] = (warp == key).sum() * 100 + key
    yield Case(
        "peers", "divergence", "peers", (1,), (96,),
        [keys, Out(filled(96, np.int32), out), Out(filled((96, 4), np.uint32), votes)],
    )  # fmt: skip


def device_functions_cases():
    n = 64
    data = rng(41).integers(0, 40, n).astype(np.int32)
    constants = [0.5, -1.25, 3.0, 8.0]
    fibonacci = [0, 1, 1, 2, 3, 5, 8, 13, 21]
    complexes, numbers, ordered = np.zeros((n, 3)), np.zeros((n, 2), np.int32), np.zeros((n, 4), np.int32)
    for i, x in enumerate(map(int, data)):
        z = complex(x * 0.125, 1.0 - i * 0.0625)
        w = (z * z + constants[i % 4]) * z + constants[(i + 1) % 4]
        complexes[i] = w.real, w.imag, 2
        numbers[i] = fibonacci[i % 9], [2 * x, x * x, -x][i % 3]
        ordered[i] = sorted((x * (j + 3) + 5 * j) % 17 for j in range(4))
    yield Case(
        "device_functions", "device_functions", "device_functions", (2,), (32,),
        [data, Out(filled((n, 3), np.float64), complexes, rtol=1e-12, atol=1e-12),
         Out(filled((n, 2), np.int32), numbers), Out(filled((n, 4), np.int32), ordered)],
    )  # fmt: skip


def printf_cases():
    data = np.array([i * 1.5 - 7 for i in range(32)], np.float32)
    lines = [
        f"thread {i} of print: {data[i]:.3f}, {3 * i:5d}|{-i:<4d}|{0x123456789ABC + i:x} 100%"
        for i in range(0, 20, 8)
    ]
    yield Case("printf", "printf", "print", (1,), (32,), [data, np.int32(20)], stdout=lines)


# ===-----------------------------------------------------------------------===#
# Arithmetic
# ===-----------------------------------------------------------------------===#


def math_cases():
    x32 = np.concatenate([rng(42).normal(size=90) * 3, [0.0, -0.0, 1.0, 20.0, -20.0, 1e-3]])
    x32 = x32.astype(np.float32)
    x = x32.astype(np.float64)
    columns = [
        x / np.float32(3.7), np.sqrt(abs(x)), 1 / np.sqrt(abs(x) + 0.5), np.exp(x),
        np.log(abs(x) + 0.125), np.sin(x), np.cos((x32 * np.float32(3)).astype(np.float64)), np.tanh(x),
        abs(x) ** 1.5, x / 2.5, np.exp2(x), np.sin(x * 0.25), x * x - 0.25,
        np.floor(x) + np.ceil(x * 2) + np.trunc(x * 4) + np.rint(x * 8),
        [math.erf(v) for v in x], np.sqrt(abs(x)) / 7.0,
    ]  # fmt: skip
    expected = np.stack([np.asarray(c, np.float64) for c in columns], axis=1)
    yield Case(
        "floats", "math", "floats", (3,), (32,),
        [x32, Out(filled(expected.shape, np.float32), expected, rtol=4e-6, atol=6e-6), np.int32(len(x))],
    )  # fmt: skip
    signed = lambda v, bits: (v + 2 ** (bits - 1)) % 2**bits - 2 ** (bits - 1)
    data = [int(v) for v in rng(43).integers(-(2**63), 2**63 - 1, 40)]
    data += [int(v) for v in rng(44).integers(-1000, 1000, 30)] + [-1, 0, 1, 2**63 - 1, 7]
    n, rows = len(data), []
    for i, a in enumerate(data):
        b = data[(i + 1) % n] | 1
        ua, ub, u, v = a % 2**64, b % 2**64, a % 2**32, b % 2**32
        quotient = abs(a) // abs(b) * (1 if (a < 0) == (b < 0) else -1)
        su, sv = signed(u, 32), signed(v, 32)
        picked = (u | v << 32).to_bytes(8, "little")
        rows.append([
            quotient, a - quotient * b, ua // ub, (a * b) >> 64,
            (64 - ua.bit_length()) * 100 + ua.bit_count(), int(f"{ua:064b}"[::-1], 2),
            int.from_bytes(bytes(picked[s] for s in (5, 1, 7, 3)), "little"),
            ((((v << 32 | u) << 11) >> 32) % 2**32) + (u >> (v & 31)),
            (abs(su - sv) + 9) % 2**32,
            (u * v >> 32) + (su * sv >> 32),
            signed(a % 2**16, 16) * signed(b % 2**8, 8) + ((u & -u).bit_length()),
            a << (b & 63) if a < b else a >> (b & 63),
        ])  # fmt: skip
    expected = np.array([[signed(v, 64) for v in row] for row in rows], np.int64)
    yield Case(
        "integers", "math", "integers", (3,), (32,),
        [np.array(data, np.int64), Out(filled((n, 12), np.int64), expected), np.int32(n)],
    )  # fmt: skip


# ===-----------------------------------------------------------------------===#
# Narrow floats and conversions
# ===-----------------------------------------------------------------------===#


def rounded_to_bf16(x):
    """Doubles rounded once to 8 significant bits, ties to even; normal numbers."""
    mantissa, exponent = np.frexp(x)
    return np.ldexp(np.rint(mantissa * 256) / 256, exponent).astype(BF16)


def directed(x, dtype, mode):
    """Doubles in a narrower type: mode is z (to zero), u (up) or d (down)."""
    with np.errstate(over="ignore"):
        r = x.astype(dtype)
    back = r.astype(np.float64)
    toward = {"z": np.zeros_like(r), "u": np.full_like(r, np.inf), "d": np.full_like(r, -np.inf)}[mode]
    wrong = {"z": abs(back) > abs(x), "u": back < x, "d": back > x}[mode]
    return np.where(wrong, np.nextafter(r, toward), r)


def half_cases():
    n = 60
    a, b = (rng(s).normal(size=n).astype(np.float16) * np.float16(3) for s in (60, 61))
    a[:8] = [0.0, -0.0, 65504, 6e-8, -6e-8, 1.0, np.inf, 0.333]
    b[:8] = [-0.0, 0.0, 65504, 6e-8, 0.5, 2.0**-11, -2.0, 0.333]
    x, y = a.astype(np.float64), b.astype(np.float64)
    # PTX orders the zeros: -0 < +0.
    first_is_less = (x < y) | ((x == y) & np.signbit(x))
    with np.errstate(all="ignore"):
        columns = [a + b, a - b, a * b, (x * y + x).astype(np.float16), -a, abs(a), np.where(first_is_less, b, a),
                   np.where(first_is_less, a, b),
                   (a.astype(np.float32) * np.float32(1.1)).astype(np.float16),
                   (np.arange(n) * 37 - 500).astype(np.float16)]  # fmt: skip
    truth = (x < y) + 2 + 4 * (x >= y)
    yield Case(
        "halves", "half", "halves", (2,), (32,),
        [a, b, Out(filled((n, 10), np.float16), np.stack(columns, axis=1)), Out(filled(n, np.int32), truth), np.int32(n)],
    )  # fmt: skip
    p, q = a[8:].reshape(-1, 2), b[8:].reshape(-1, 2)
    fused = p.astype(np.float64) * q.astype(np.float64) + p[:, ::-1].astype(np.float64)
    rows = np.stack([p + q, fused.astype(np.float16), (p * q).clip(0, 1), np.maximum(p, q)], axis=1)
    yield Case(
        "half_pairs", "half", "half_pairs", (1,), (32,),
        [p, q, Out(filled(rows.shape, np.float16), rows), np.int32(len(p))],
    )  # fmt: skip
    a, b = (rng(s).normal(size=50).astype(BF16) for s in (62, 63))
    x, y = a.astype(np.float64), b.astype(np.float64)
    scaled = (a.astype(np.float32) * np.float32(1.1)).astype(np.float64)
    columns = [x + y, x * y, x * y + x, np.maximum(x, y), scaled, -y]
    expected = np.stack([rounded_to_bf16(c) for c in columns], axis=1).view(np.uint16)
    yield Case(
        "bf16s", "half", "bf16s", (2,), (32,),
        [a, b, Out(filled((50, 6), np.uint16), expected), np.int32(50)],
    )  # fmt: skip
    special = [0.0, -0.0, 0.5, -0.5, 1.5, 2.5, -2.5, 3e9, -3e9, 5e9, 70000, -70000, 1e-6, -1e-9, 2047.6, 0.1, np.inf]
    data = np.concatenate([special, rng(64).normal(size=60) * 1000]).astype(np.float32)
    n, x = len(data), data.astype(np.float64)
    to_int = lambda v: np.clip(v, -(2**31), 2**31 - 1).astype(np.int64)
    ints = [to_int(f(x)) for f in (np.rint, np.trunc, np.ceil, np.floor)]
    ints += [np.clip(np.trunc(x), 0, 2**32 - 1).astype(np.int64).astype(np.uint32).view(np.int32)]
    ints += [to_int(np.trunc(x)).astype(np.int8)]
    whole = (16777217 + np.arange(n)).astype(np.float64)
    floats = [whole.astype(np.float32), directed(whole, np.float32, "u"), directed(x * 1.1, np.float32, "d"),
              np.where(data > 0, data.clip(0, 1), np.float32(0))]  # fmt: skip  # -0 becomes 0
    bits = [directed(x, np.float16, mode).view(np.uint16) for mode in "zud"]
    stack = lambda columns: np.stack(columns, axis=1)
    yield Case(
        "conversions", "half", "conversions", (3,), (32,),
        [data, Out(filled((n, 6), np.int32), stack(ints)), Out(filled((n, 4), np.float32), stack(floats)),
         Out(filled((n, 3), np.uint16), stack(bits)), np.int32(n)],
    )  # fmt: skip


# ===-----------------------------------------------------------------------===#
# Threads that wait for each other
# ===-----------------------------------------------------------------------===#


def sync_cases():
    data = rng(70).integers(1, 100, 80).astype(np.int32)
    expected = (data % 2).sum() * 4 + 2 * (data > 0).all() + (data > 90).any()
    yield Case(
        "counting_barriers", "sync", "counting_barriers", (1,), (80,),
        [data, Out(filled(80, np.int32), np.full(80, expected))],
    )  # fmt: skip
    rounds = 5
    data = rng(71).integers(0, 1000, (rounds, 32)).astype(np.int32)
    sums = data.sum(axis=0)[::-1]
    yield Case(
        "named_barriers", "sync", "named_barriers", (1,), (96,),
        [data, Out(filled(64, np.int32), np.concatenate([sums, 2 * sums])), np.int32(rounds)],
    )  # fmt: skip
    value = 5
    for _ in range(2 * 48):
        value = value * 3 % 1000003 + 1
    yield Case(
        "lock", "sync", "lock", (2,), (48,),
        [Out(np.zeros(1, np.int32), np.zeros(1)), Out(np.array([5], np.int64), np.array([value]))],
    )  # fmt: skip
    data = rng(72).integers(-1000, 1000, (6, 64)).astype(np.int32)
    yield Case(
        "last_block", "sync", "last_block", (6,), (64,),
        [data, Out(filled(6, np.int32), data.sum(axis=1)), Out(np.zeros(1, np.uint32), np.array([6])),
         Out(filled(1, np.int32), data.sum(keepdims=True).reshape(1))],
    )  # fmt: skip
    data = rng(73).integers(0, 100, 64).astype(np.int32)
    result = np.where(data % 3, -data, [data[w * 32 :][:32][data[w * 32 :][:32] % 3 == 0].sum() for w in (0, 1) for _ in range(32)])
    yield Case(
        "warp_parts", "sync", "warp_parts", (1,), (64,),
        [data, Out(filled(64, np.int32), result[np.arange(64) ^ 1])],
    )  # fmt: skip


def cases():
    """Every case by name."""
    return {
        case.name: case
        for function in [
            reduce_cases, scan_cases, transpose_cases, dynamic_shared_cases, softmax_cases,
            matmul_cases, wmma_cases, mma_cases, ldmatrix_cases, flash_attention_cases,
            cp_async_cases, histogram_cases, divergence_cases, device_functions_cases,
            printf_cases, math_cases, half_cases, sync_cases,
        ]
        for case in function()
    }  # fmt: skip


# ===-----------------------------------------------------------------------===#
# Comparison
# ===-----------------------------------------------------------------------===#


def compare(out, actual):
    """What is wrong with an output; None when nothing is."""
    if callable(out.expected):
        return out.expected(actual)
    expected = np.asarray(out.expected)
    if out.rtol == 0 and out.atol == 0:
        bad = actual != expected
        if actual.dtype.kind == "f":  # any NaN is a NaN; zeros have a sign
            numbers = expected.astype(np.float64)
            bad |= np.signbit(actual) != np.signbit(numbers)
            bad = np.where(np.isnan(numbers), ~np.isnan(actual), bad)
    else:
        difference = abs(actual.astype(np.float64) - expected)
        bad = ~(difference <= out.atol + out.rtol * abs(expected))
    if not bad.any():
        return None
    where = tuple(int(i) for i in np.argwhere(bad)[0])
    return (
        f"{int(bad.sum())} of {bad.size} elements differ; at {list(where)}: "
        f"{actual[where]}, expected {expected[where]}"
    )


def compare_stdout(case, stdout):
    lines = [line for line in stdout.splitlines() if line]
    if sorted(lines) == sorted(case.stdout):
        return None
    return f"printed {lines}, expected {case.stdout}"


def finding_kinds(stderr):
    """The kinds of findings in the tool's closing line."""
    match = re.search(r"\d+ findings? \(([^)]*)\)", stderr)
    return match[1].split(", ") if match else []

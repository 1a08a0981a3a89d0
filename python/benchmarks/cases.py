# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What attention_cpu.py measures, and what it should find."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

GIGAPATH = ((1024, 1), (5792, 2), (32768, 4), (185363, 8), (1048576, 16))
PAPER = ((2048, 1), (4096, 2), (8192, 4), (16384, 6), (32768, 12))
THREE = ((2048, 1), (8192, 4), (32768, 16))
LINEAR_SHORT = 65536
FIVE = ((2048, 1), (4096, 2), (8192, 4), (16384, 8), (32768, 16))


@dataclass(frozen=True)
class Case:
    """One attention, batch 1, head offset `block`, null keys."""

    name: str
    n: int
    heads: int
    head_dim: int
    segments: tuple[tuple[int, int], ...]
    causal: bool = False
    seconds: float = 1.0  # of one round on two cores, roughly; --quick looks at it

    @property
    def group(self) -> str:
        """The name without the length."""
        return self.name.rsplit("-", 1)[0]

    @property
    def is_dense(self) -> bool:
        """Whether all keys are selected once."""
        return self.segments == ((self.n, 1),)

    def useful_pairs(self) -> int:
        """Query-key pairs that the meaning asks for (S1 to S4), null keys not counted."""
        total = 0
        for w, r in self.segments:
            w = min(w, self.n)
            for length, times in ((w, self.n // w), (self.n % w, 1)):
                for h in range(self.heads):
                    o = h // -(-self.heads // r)
                    rows = max(0, -(-(length - o) // r))
                    total += times * (rows * (rows + 1) // 2 if self.causal else rows * rows)
        return total

    def useful_flops(self) -> int:
        """Two products of 2 D operations for a pair."""
        return 4 * self.head_dim * self.useful_pairs()


def _cases() -> Iterator[Case]:
    yield Case("gigapath-8193", 8193, 16, 48, GIGAPATH, seconds=2)
    yield Case("gigapath-16385", 16385, 16, 48, GIGAPATH, seconds=5)
    yield Case("paper-lm-16384", 16384, 12, 64, PAPER, causal=True, seconds=4)
    yield Case("h8-d128-32768", 32768, 8, 128, THREE, seconds=10)
    for head_dim in (48, 64, 128):
        for n in (2048, 8192):
            seconds = 0.5 if n == 2048 else 4
            yield Case(f"dense-d{head_dim}-{n}", n, 8, head_dim, ((n, 1),), seconds=seconds)
    # Time per query must not depend on the length; measured beside its first tokens.
    yield Case("linear-1048576", LINEAR_SHORT * 16, 1, 64, FIVE, seconds=12)


CASES: Mapping[str, Case] = {case.name: case for case in _cases()}


@dataclass(frozen=True)
class Requirement:
    """A ratio that a case must reach: of the peer's best time to ours, where all cores
    work. Measured only where the machine has the feature `needs` and lacks `lacks`."""

    group: str
    dtype: str
    peer: str
    factor: float
    needs: str = ""
    lacks: str = ""


REQUIREMENTS = (
    Requirement("gigapath", "f32", "strided", 1.35),
    Requirement("gigapath", "f32", "gathered", 2.3),
    Requirement("paper-lm", "f32", "strided", 1.4),
    Requirement("h8-d128", "f32", "strided", 1.15),
    Requirement("dense-d48", "f32", "dense", 1.03),
    Requirement("dense-d64", "f32", "dense", 1.03),
    Requirement("dense-d128", "f32", "dense", 1.03),
    Requirement("gigapath", "bf16", "strided", 2.0, needs="amx_bf16"),
    Requirement("h8-d128", "bf16", "strided", 1.6, needs="amx_bf16"),
    Requirement("dense-d48", "bf16", "dense", 1.5, needs="amx_bf16"),
    Requirement("dense-d64", "bf16", "dense", 1.5, needs="amx_bf16"),
    Requirement("dense-d128", "bf16", "dense", 1.5, needs="amx_bf16"),
    Requirement("gigapath", "bf16", "strided", 1.2, needs="avx512_bf16", lacks="amx_bf16"),
    Requirement("paper-lm", "bf16", "strided", 1.2, needs="avx512_bf16", lacks="amx_bf16"),
    Requirement("h8-d128", "bf16", "strided", 1.2, needs="avx512_bf16", lacks="amx_bf16"),
)

# Of the peak of 256-bit FMA, by code that was compiled for x86-64-v3.
AVX2_SHARE = 0.75
AVX2_CASES = ("dense-d64-8192", "dense-d128-8192")
# Of one thread's time to that of two, and of times per query.
SCALING_CASE, SCALING = "gigapath-8193", 1.85
LINEAR_CASE, LINEAR = "linear-1048576", 1.10
# Of results against f64 on the same operands, for dense cases up to this length: the
# largest difference over the largest output in f32, the root of the mean square over
# that of the output in bf16; there also over PyTorch's.
ACCURACY_LENGTH = 2048
F32_ERROR, BF16_ERROR, BF16_ERROR_TO_DENSE = 2e-6, 3e-3, 1.2

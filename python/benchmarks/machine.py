# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""What the numbers were measured on."""

from __future__ import annotations

import ctypes
import os
import shutil
import subprocess
import tempfile
import threading
import time
from pathlib import Path

FEATURES = ("avx2", "fma", "avx512f", "avx512_bf16", "amx_bf16")

# Twelve independent chains: more than latency times throughput of any core so far.
_FMA = r"""
#include <immintrin.h>
float run(long rounds) {
  __m256 sums[12], factor = _mm256_set1_ps(0.5f);
  for (int i = 0; i < 12; ++i)
    sums[i] = _mm256_set1_ps(i);
  for (long round = 0; round < rounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < 12; ++i)
      sums[i] = _mm256_fmadd_ps(sums[i], factor, factor);
  }
  for (int i = 1; i < 12; ++i)
    sums[0] = _mm256_add_ps(sums[0], sums[i]);
  return _mm256_cvtss_f32(sums[0]);
}
"""
_FLOPS_PER_ROUND = 12 * 8 * 2


def _cpuinfo(key: str) -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return ""
    found = (line.split(":", 1)[1].strip() for line in lines if line.split(":")[0].strip() == key)
    return next(found, "")


def features() -> list[str]:
    """Those instruction sets of FEATURES that this machine has."""
    flags = _cpuinfo("flags").split()
    return [feature for feature in FEATURES if feature in flags]


def cores() -> int:
    """CPUs that this process may use."""
    return len(os.sched_getaffinity(0))


def describe() -> str:
    """As in "AMD EPYC, 2 CPUs, avx2 fma"."""
    return f"{_cpuinfo('model name') or 'unknown CPU'}, {cores()} CPUs, {' '.join(features())}"


class FmaPeak:
    """Multiplications and additions a second of 256-bit FMA on registers alone."""

    def __init__(self) -> None:
        """Raises RuntimeError where it can't be built or run."""
        compiler = shutil.which("cc")
        if not {"avx2", "fma"} <= set(features()) or compiler is None:
            raise RuntimeError("needs AVX2, FMA and a C compiler")
        with tempfile.TemporaryDirectory() as folder:
            source, library = Path(folder, "fma.c"), Path(folder, "fma.so")
            source.write_text(_FMA)
            flags = ["-O2", "-mavx2", "-mfma", "-shared", "-fPIC"]
            built = subprocess.run(
                [compiler, *flags, str(source), "-o", str(library)], capture_output=True
            )
            if built.returncode:
                raise RuntimeError(built.stderr.decode(errors="replace"))
            self._run = ctypes.CDLL(str(library)).run
        self._run.restype = ctypes.c_float
        self._run.argtypes = [ctypes.c_long]

    def measure(self, threads: int, rounds: int = 5_000_000) -> float:
        """One measurement; ctypes leaves the interpreter's lock to the others."""
        workers = [threading.Thread(target=self._run, args=(rounds,)) for _ in range(threads)]
        start = time.perf_counter()
        for worker in workers:
            worker.start()
        for worker in workers:
            worker.join()
        return threads * rounds * _FLOPS_PER_ROUND / (time.perf_counter() - start)

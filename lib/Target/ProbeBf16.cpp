//===- ProbeBf16.cpp - are products of bf16 pairs fast here? ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Some processors have vdpbf16ps at twice the rate of an FMA in flops, some at
// half of it, where converting to f32 wins. No feature bit tells: it is timed.
//
//===----------------------------------------------------------------------===//

#include "HostTuning.h"

#if defined(__x86_64__)
#include <algorithm>
#include <chrono>
#include <immintrin.h>

/// Accumulators enough to hide the latency of either instruction.
static constexpr int kChains = 12, kRounds = 2000, kAttempts = 5;

using Clock = std::chrono::steady_clock;

__attribute__((target("avx512f"))) static void multiplyF32(__m512 *sums) {
  __m512 a = _mm512_set1_ps(0.5f), b = _mm512_set1_ps(0.25f);
  for (int round = 0; round < kRounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) {
      sums[i] = _mm512_fmadd_ps(a, b, sums[i]);
      __asm__ volatile("" : "+v"(sums[i]));
    }
  }
}

__attribute__((target("avx512f,avx512bf16"))) static void
multiplyBf16(__m512 *sums) {
  // Pairs of 0.5.
  __m512bh a = (__m512bh)_mm512_set1_epi32(0x3f003f00), b = a;
  for (int round = 0; round < kRounds; ++round) {
#pragma GCC unroll 12
    for (int i = 0; i < kChains; ++i) {
      sums[i] = _mm512_dpbf16_ps(sums[i], a, b);
      __asm__ volatile("" : "+v"(sums[i]));
    }
  }
}

/// The least time of some attempts, in seconds.
__attribute__((target("avx512f"))) static double
measure(void (*multiply)(__m512 *)) {
  double least = 1;
  for (int attempt = 0; attempt < kAttempts; ++attempt) {
    __m512 sums[kChains];
    for (__m512 &sum : sums)
      sum = _mm512_setzero_ps();
    Clock::time_point start = Clock::now();
    multiply(sums);
    std::chrono::duration<double> seconds = Clock::now() - start;
    least = std::min(least, seconds.count());
  }
  return least;
}

bool mlir::dilated::hasFastBf16Pairs() {
  // An instruction of pairs does the work of two: it may take longer, not
  // twice as long. Conversions and rounding want some margin.
  static const bool fast = measure(multiplyBf16) < 1.6 * measure(multiplyF32);
  return fast;
}

#else

bool mlir::dilated::hasFastBf16Pairs() { return false; }

#endif

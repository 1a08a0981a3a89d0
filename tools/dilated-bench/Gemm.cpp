//===- Gemm.cpp - what a matrix product reaches here ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Gemm.h"

#include <algorithm>
#include <chrono>
#include <dlfcn.h>
#include <thread>
#include <vector>

using namespace mlir::dilated;

static constexpr int kSize = 1024;
static constexpr int kRuns = 11;

// The values of CBLAS' enumerations.
static constexpr int kRowMajor = 101, kNoTranspose = 111;

template <typename T>
using GemmFunction = void (*)(int order, int transposeA, int transposeB, int m,
                              int n, int k, T alpha, const T *a, int lda,
                              const T *b, int ldb, T beta, T *c, int ldc);

template <typename T>
static double measure(GemmFunction<T> gemm) {
  using Clock = std::chrono::steady_clock;
  constexpr size_t elements = size_t(kSize) * kSize;
  std::vector<T> a(elements, T(0.5)), b(elements, T(0.25)), c(elements);
  std::vector<double> seconds;
  for (int run = 0; run <= kRuns; ++run) {
    Clock::time_point start = Clock::now();
    gemm(kRowMajor, kNoTranspose, kNoTranspose, kSize, kSize, kSize, T(1),
         a.data(), kSize, b.data(), kSize, T(0), c.data(), kSize);
    if (run > 0) // the first one makes threads and buffers
      seconds.push_back(
          std::chrono::duration<double>(Clock::now() - start).count());
  }
  std::nth_element(seconds.begin(), seconds.begin() + kRuns / 2, seconds.end());
  return 2.0 * kSize * kSize * kSize / seconds[kRuns / 2];
}

std::optional<double> mlir::dilated::measureGemm(int32_t threads,
                                                 bool doubles) {
  void *library = dlopen("libopenblas.so.0", RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return std::nullopt;
  auto setThreads = reinterpret_cast<void (*)(int)>(
      dlsym(library, "openblas_set_num_threads"));
  void *gemm = dlsym(library, doubles ? "cblas_dgemm" : "cblas_sgemm");
  std::optional<double> rate;
  if (setThreads && gemm) {
    setThreads(threads);
    // Threads of the attention before may still spin for work.
    std::this_thread::sleep_for(std::chrono::milliseconds(200));
    rate = doubles ? measure(reinterpret_cast<GemmFunction<double>>(gemm))
                   : measure(reinterpret_cast<GemmFunction<float>>(gemm));
  }
  // Not closed: its threads would run in unmapped code.
  return rate;
}

//===- Gemm.h - what a matrix product reaches here --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TOOLS_DILATED_BENCH_GEMM_H
#define DILATED_MLIR_TOOLS_DILATED_BENCH_GEMM_H

#include <cstdint>
#include <optional>

namespace mlir::dilated {

/// Operations per second of OpenBLAS' product of two 1024 x 1024 matrices
/// (sgemm, or dgemm for doubles) with that many threads, median of several
/// runs; nothing where libopenblas.so.0 can't be loaded. The yardstick for
/// attention on the same machine in the same minute.
std::optional<double> measureGemm(int32_t threads, bool doubles);

} // namespace mlir::dilated

#endif // DILATED_MLIR_TOOLS_DILATED_BENCH_GEMM_H

//===- Exp2.h - 2^x on vectors without a library call -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_CPU_EXP2_H
#define DILATED_MLIR_LIB_CODEGEN_CPU_EXP2_H

#include "KernelBuilder.h"

namespace mlir::dilated {

/// Emits 2^x for x <= 0, a vector of f32 (relative error 1e-7) or f64 (3e-16).
/// Results below the normal range are exactly 0; NaN stays NaN. No branches.
Value emitExp2(KernelBuilder &b, Value x);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_CPU_EXP2_H

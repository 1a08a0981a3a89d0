//===- Exp2.h - 2^x on vectors without a library call -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_CPU_VECTOR_EXP2_H
#define DILATED_MLIR_LIB_CODEGEN_CPU_VECTOR_EXP2_H

#include "dilated-mlir/CodeGen/CPU/AttentionForms.h"
#include "dilated-mlir/CodeGen/Common/KernelBuilder.h"

namespace mlir::dilated {

struct Exp2Options {
  ExponentForm form = ExponentForm::Bits;
  /// Of the polynomial for f32: 3 (relative error 7.5e-5), 5 (2e-7, rounding
  /// included) or 6 (8e-8). f64 has one of its own (3e-16).
  int64_t degree = 6;
  /// For f32: the upper halves of the results are 2^x rounded to bf16, halfway
  /// cases up, and their lower halves are of no use.
  bool roundsToBF16 = false;
};

/// Emits 2^x for a vector of f32 or f64. Results above the largest number are
/// infinite; results below the normal range are 0, or denormal in the form
/// Scale; NaN stays NaN. No branches.
Value emitExp2(KernelBuilder &b, Value x, const Exp2Options &options);

/// f32, not negative, plus half of the last place of a bf16, so that its upper
/// half is the number rounded to bf16.
Value emitHalfPlaceMore(KernelBuilder &b, Value number);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_CPU_VECTOR_EXP2_H

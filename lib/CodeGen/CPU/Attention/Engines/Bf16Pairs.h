//===- Bf16Pairs.h - pairs of bf16 as operands -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A pair of bf16 is an i32 whose low half is the first of the two. Vectors of
// pairs have type `operands`.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_ENGINES_BF16PAIRS_H
#define DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_ENGINES_BF16PAIRS_H

#include "../../Vector/Packing.h"

namespace mlir::dilated {

/// The same memory as bf16, twice as many.
VectorType getHalves(KernelBuilder &b, VectorType operands);

/// AttentionEngine::loadFeatures, loadRows, pack and multiplyAddVisible.
Value loadPairsOfFeatures(KernelBuilder &b, VectorType operands,
                          const RowAccess &access, ValueRange row,
                          Value column);
Value loadPairsOfRows(KernelBuilder &b, VectorType operands,
                      const RowAccess &access,
                      ArrayRef<SmallVector<Value>> rows, ValueRange present,
                      Value column);
Value packPairs(KernelBuilder &b, VectorType operands, ValueRange sums);
Value multiplyAddVisiblePairs(KernelBuilder &b, VectorType operands,
                              Value scalar, Value vector, Value sum);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_ENGINES_BF16PAIRS_H

//===- RegisterTile.h - the inner loop of all matrix products ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_CPU_VECTOR_REGISTERTILE_H
#define DILATED_MLIR_LIB_CODEGEN_CPU_VECTOR_REGISTERTILE_H

#include "dilated-mlir/CodeGen/Common/KernelBuilder.h"

namespace mlir::dilated {

/// The shape of a register tile: `rows` scalars of one factor times `columns`
/// vectors of the other, rows * columns accumulators. It fits the register file
/// when rows * columns + columns + 1 registers do.
struct RegisterTileShape {
  int64_t rows;
  int64_t columns;
};

/// Emits acc[m][v] += sum over k < depth of a(k, m) * b(k, v), where a(k, m) is
/// a scalar and b(k, v) a vector, and returns the accumulators, row-major. They
/// live in registers for the whole loop. `multiplyAdd` is what adds a product
/// of a scalar and a vector; without it, an FMA.
SmallVector<Value> emitRegisterTile(
    KernelBuilder &b, RegisterTileShape shape, Value begin, Value end,
    ValueRange init, function_ref<Value(Value k, int64_t m)> loadScalar,
    function_ref<Value(Value k, int64_t v)> loadVector,
    function_ref<Value(Value scalar, Value vector, Value sum)> multiplyAdd =
        nullptr);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_CPU_VECTOR_REGISTERTILE_H

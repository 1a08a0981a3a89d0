//===- Packing.h - rows of strided operands as vectors ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_CPU_PACKING_H
#define DILATED_MLIR_LIB_CODEGEN_CPU_PACKING_H

#include "KernelBuilder.h"

namespace mlir::dilated {

/// An operand of any strides, read and written in vectors along its last
/// dimension. Where that dimension is contiguous, which the kernel finds out
/// when it runs, a vector is one instruction; elsewhere it is a loop over its
/// lanes.
class RowAccess {
public:
  /// Emits the preparation; `width`, the extent of the last dimension, may be
  /// dynamic.
  static RowAccess create(KernelBuilder &b, Value memref);

  /// Lanes [column, column + lanes of `type`) of a row, converted to the
  /// element type of `type`; lanes beyond the width are 0.
  Value load(KernelBuilder &b, VectorType type, ValueRange row,
             Value column) const;
  /// The same lanes written, converted to the element type of the operand.
  void store(KernelBuilder &b, Value vector, ValueRange row,
             Value column) const;

  Value memref;
  Value width;

private:
  bool fillsVectors(int64_t lanes) const;

  /// The same memory with a last stride that is statically 1, valid only where
  /// `contiguous` holds.
  Value contiguousView;
  Value contiguous;
};

/// The columns of a square block of vectors, by log2(n) stages of shuffles.
SmallVector<Value> emitTranspose(KernelBuilder &b, SmallVector<Value> rows);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_CPU_PACKING_H

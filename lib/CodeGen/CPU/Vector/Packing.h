//===- Packing.h - rows of strided operands as vectors ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_CPU_VECTOR_PACKING_H
#define DILATED_MLIR_LIB_CODEGEN_CPU_VECTOR_PACKING_H

#include "dilated-mlir/CodeGen/Common/KernelBuilder.h"

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
  /// Whether the last dimension is contiguous.
  Value contiguous;

private:
  Value loadContiguous(KernelBuilder &b, VectorType stored, ValueRange row,
                       Value column) const;
  Value loadStrided(KernelBuilder &b, VectorType stored, ValueRange row,
                    Value column) const;
  void storeContiguous(KernelBuilder &b, Value stored, ValueRange row,
                       Value column) const;
  void storeStrided(KernelBuilder &b, Value stored, ValueRange row,
                    Value column) const;
  Value fits(KernelBuilder &b, int64_t lanes, Value column) const;
  Value getMask(KernelBuilder &b, VectorType stored, Value column) const;

  /// The same memory with a last stride that is statically 1, valid only where
  /// `contiguous` holds.
  Value contiguousView;
};

/// The last two dimensions of an operand of any strides, copied in vectors.
/// Either of them may be the contiguous one: a transposed operand is as fast.
class BlockAccess {
public:
  static BlockAccess create(KernelBuilder &b, Value memref);

  /// Calls `store` with vectors of `type` that cover the block of `rows` times
  /// `columns` elements at `origin` (an index per dimension): the elements of a
  /// row from a column on, row and column counted from the origin. Lanes and
  /// rows beyond the block, up to the next multiple of the lanes, hold any
  /// values.
  void forEachVector(
      KernelBuilder &b, VectorType type, ValueRange origin, Value rows,
      Value columns,
      function_ref<void(Value vector, Value row, Value column)> store) const;

private:
  RowAccess byRows, byColumns;
};

/// The columns of a square block of vectors, by log2(n) stages of shuffles.
SmallVector<Value> emitTranspose(KernelBuilder &b, SmallVector<Value> rows);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_CPU_VECTOR_PACKING_H

//===- SizeSlice.h - sizes of buffers, computed early -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CODEGEN_COMMON_SIZESLICE_H
#define DILATED_MLIR_CODEGEN_COMMON_SIZESLICE_H

#include "dilated-mlir/CodeGen/Common/KernelBuilder.h"

#include <map>

namespace mlir::dilated {

/// Copies the arithmetic that sizes come from to one place of a block, where
/// memory for all of them can be asked for at a time. It ends at what is known
/// there: values that stand before it, the function's arguments and their
/// dimensions. Dimensions of buffers are followed through allocations and
/// views.
///
/// Products that overflow become kHuge, and divisors that are zero become 1, so
/// that the copies neither wrap to a small size nor trap: whether the sizes are
/// sensible is checked where they stood before.
class SizeSlice {
public:
  /// More bytes than any memory has; a multiple of kMemoryAlignment.
  static constexpr int64_t kHuge =
      std::numeric_limits<int64_t>::max() - 63; // 2^63 - 64

  /// A size at the place, and what it is when every dimension of the arguments
  /// is kTypicalDim.
  struct Size {
    Value value;
    int64_t estimate;
  };
  static constexpr int64_t kTypicalDim = 8192;

  /// `b` inserts at the place; its block must be the first of the function.
  explicit SizeSlice(KernelBuilder &b) : b(b) {}

  /// The index `value` at the place; std::nullopt if it is not a matter of
  /// shapes.
  std::optional<Size> get(Value value);
  /// A dimension of `memref`.
  std::optional<Size> getDim(Value memref, int64_t dim);

  Size getConstant(int64_t value);
  /// a*b for values that are not negative, kHuge instead of an overflow; a
  /// negative factor counts as kHuge.
  Size multiply(Size x, Size y);

private:
  bool isKnown(Value value) const;
  std::optional<Size> copy(Operation *op, Value result);
  std::optional<Size> getDimOfView(Operation *op, MemRefType type, int64_t dim);

  KernelBuilder &b;
  DenseMap<Value, std::optional<Size>> sizes;
  // One op for each of them: many buffers have the same sizes. Every int64_t
  // may be one, also those that a DenseMap keeps for itself.
  std::map<int64_t, Value> constants;
  DenseMap<std::pair<Value, Value>, Size> products;
  DenseMap<std::pair<Value, int64_t>, Value> dims;
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_CODEGEN_COMMON_SIZESLICE_H

//===- GraphBuilder.h - builds tensors whose sizes are known ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The builder that all operators use. Beside the insertion point it holds what
// the types cannot say: the size of every dynamic dimension as an SSA value (or
// as a constant, where a check established one), and the scalars that small
// tensors such as shapes are made of.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CONVERSION_ONNXTOLINALG_GRAPHBUILDER_H
#define DILATED_MLIR_CONVERSION_ONNXTOLINALG_GRAPHBUILDER_H

#include "SizeAlgebra.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Diagnostics.h"

#include <optional>

namespace mlir::dilated {

using Sizes = SmallVector<OpFoldResult>;

class GraphBuilder : public ImplicitLocOpBuilder {
public:
  explicit GraphBuilder(Location loc, Block *block)
      : ImplicitLocOpBuilder(loc, block, block->begin()) {}

  /// Starts an error about the node that is being converted.
  InFlightDiagnostic error();
  /// What stands before each message: "node 'x' (...): ".
  void setErrorPrefix(std::string prefix) { errorPrefix = std::move(prefix); }

  //===--------------------------------------------------------------------===//
  // Sizes
  //===--------------------------------------------------------------------===//

  /// The sizes of a tensor: index attributes, or values of index type. Equal
  /// sizes are the same value as far as SizeAlgebra can tell.
  Sizes sizes(Value tensor);
  OpFoldResult size(Value tensor, int64_t dim);
  /// Says what the sizes of a freshly made tensor are.
  void setSizes(Value tensor, ArrayRef<OpFoldResult> sizes);

  bool provablyEqual(OpFoldResult a, OpFoldResult b);
  /// Makes sure that two sizes are equal: by proof, or by a check at run time
  /// with this message. Fails, silently, when they are different constants.
  LogicalResult requireEqual(OpFoldResult a, OpFoldResult b,
                             const Twine &message);
  /// The size that numpy broadcasting gives for two: sizes known only at run
  /// time may be 1 then, which is checked with this message. Fails, silently,
  /// when they are different constants and neither is 1.
  FailureOr<OpFoldResult> broadcastSize(OpFoldResult a, OpFoldResult b,
                                        const Twine &message);
  /// A check at run time; nothing when the condition folds to true.
  void assertThat(Value condition, const Twine &message);

  /// The product of sizes; an error (already reported) when it overflows.
  FailureOr<OpFoldResult> product(ArrayRef<OpFoldResult> sizes);
  /// The sum of two sizes; the same value for the same two.
  OpFoldResult sum(OpFoldResult a, OpFoldResult b);
  /// A size that is checked, now or at run time, to be at least 0. An error (of
  /// this message) when it is a negative constant.
  LogicalResult requireNonNegative(OpFoldResult size, const Twine &message);
  /// A scalar of integer type as a size.
  OpFoldResult toSize(Value scalar);
  /// A size as a scalar, i64 when no other type is asked for.
  Value toScalar(OpFoldResult size, Type type = {});
  Value toIndex(OpFoldResult size);

  SizeAlgebra &algebra() { return sizeAlgebra; }

  /// The type that sizes give, and an uninitialised tensor of it.
  RankedTensorType tensorType(ArrayRef<OpFoldResult> sizes, Type elementType);
  Value empty(ArrayRef<OpFoldResult> sizes, Type elementType);
  /// The tensor with its type brought up to what is known of its sizes.
  Value refine(Value tensor);

  //===--------------------------------------------------------------------===//
  // Elements
  //===--------------------------------------------------------------------===//

  /// The scalars of a small tensor that is a constant or made of scalars.
  std::optional<SmallVector<Value>> knownElements(Value tensor);
  /// The same; a short list of integers that is neither is read element by
  /// element. What shapes, axes and pads are read with.
  std::optional<SmallVector<Value>> listElements(Value tensor);
  /// The integers of a constant tensor of any size.
  std::optional<SmallVector<int64_t>> constantIntegers(Value tensor);
  /// A tensor from its scalars in row-major order; a constant when all are.
  Value fromElements(ArrayRef<int64_t> shape, Type elementType,
                     ArrayRef<Value> elements);
  /// The one value that all elements have, when that is known.
  TypedAttr splatValue(Value tensor);
  /// A tensor all of whose elements are this value.
  Value splat(ArrayRef<OpFoldResult> sizes, TypedAttr value);
  Value fill(ArrayRef<OpFoldResult> sizes, Value scalar);

  Value constant(TypedAttr value);
  /// A number as a constant of an integer or float type.
  Value constant(Type type, double value);

  /// How many elements a tensor of scalars may have: more is a job for linalg.
  static constexpr int64_t kMaxScalars = 64;

  /// Merges the arithmetic in front of a tensor.from_elements with equal
  /// earlier arithmetic, so that a size computed twice is one value. `before`
  /// is the last op that does not belong to it.
  void mergeScalars(Operation *before, Operation *made);

private:
  std::string errorPrefix;
  SizeAlgebra sizeAlgebra;
  llvm::DenseMap<Value, Sizes> knownSizes;
  llvm::DenseMap<Value, SmallVector<Value>> extracted;
  llvm::DenseMap<std::tuple<Value, int64_t, Value, int64_t>, Value> sums;
  llvm::DenseMap<std::pair<Value, Value>, OpFoldResult> commonSizes;
  llvm::DenseMap<size_t, SmallVector<Operation *, 1>> scalarOps;
};

/// A number of float or integer type as an attribute.
TypedAttr numberAttr(Type type, double value);

/// Row-major strides of a static shape.
SmallVector<int64_t> contiguousStrides(ArrayRef<int64_t> shape);

/// The constant behind a size, if it is one.
std::optional<int64_t> constantSize(OpFoldResult size);

/// How many elements a tensor has, when that is known and fits 64 bits.
std::optional<int64_t> staticCount(ArrayRef<OpFoldResult> sizes);

/// All sizes as constants, if they are.
std::optional<SmallVector<int64_t>> constantSizes(ArrayRef<OpFoldResult> sizes);

} // namespace mlir::dilated

#endif // DILATED_MLIR_CONVERSION_ONNXTOLINALG_GRAPHBUILDER_H

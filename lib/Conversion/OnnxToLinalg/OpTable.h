//===- OpTable.h - rows of the operator table -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One row per meaning of an operator, in a list per family; Registry.cpp puts
// the lists together. A new operator is a function and a row in the file of its
// family.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CONVERSION_ONNXTOLINALG_OPTABLE_H
#define DILATED_MLIR_CONVERSION_ONNXTOLINALG_OPTABLE_H

#include "NodeView.h"

#include <limits>

namespace mlir::dilated {

inline constexpr int kAnyNumber = std::numeric_limits<int>::max();
/// The newest version of the default domain whose texts were read for this
/// table.
inline constexpr int kHighestRead = 23;

struct OnnxOp {
  StringRef name;
  /// The first version with this meaning. Versions that only widen the list of
  /// types have no row of their own.
  int since;
  int minInputs, maxInputs;
  int maxOutputs;
  /// Names and kinds of the attributes: "axis:int perm:ints!". Kinds: int,
  /// float, string, ints, floats, tensor, any; an exclamation mark: required.
  StringRef attributes;
  LogicalResult (*convert)(NodeView &node);
  StringRef domain = "";
  int highestRead = kHighestRead;
};

ArrayRef<OnnxOp> getActivationOps();
ArrayRef<OnnxOp> getAttentionOps();
ArrayRef<OnnxOp> getCastOps();
ArrayRef<OnnxOp> getCompareOps();
ArrayRef<OnnxOp> getConstantOps();
ArrayRef<OnnxOp> getElementwiseOps();
ArrayRef<OnnxOp> getIndexingOps();
ArrayRef<OnnxOp> getMatMulOps();
ArrayRef<OnnxOp> getNormalizationOps();
ArrayRef<OnnxOp> getPadOps();
ArrayRef<OnnxOp> getReductionOps();
ArrayRef<OnnxOp> getScatterOps();
ArrayRef<OnnxOp> getShapeOps();
ArrayRef<OnnxOp> getSliceOps();

/// The meaning in force at a version: the row with the largest `since` up to
/// it. Null when there is none.
const OnnxOp *findOnnxOp(StringRef domain, StringRef name, int64_t opset);

/// What is known of an operator, for messages: "14 to 23".
std::string describeVersions(StringRef domain, StringRef name);

/// Checks a node against its row: counts, required inputs, attributes.
LogicalResult checkAgainstRow(onnx::NodeOp op, const OnnxOp &row,
                              GraphBuilder &b);

} // namespace mlir::dilated

#endif // DILATED_MLIR_CONVERSION_ONNXTOLINALG_OPTABLE_H

//===- NodeView.h - what an operator's function sees ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A node with its converted operands. The driver has checked, against the
// operator's row in the table, how many inputs and outputs there are, that no
// required input is absent, and that attributes are known and of the right
// kind; so the getters here do not fail.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CONVERSION_ONNXTOLINALG_NODEVIEW_H
#define DILATED_MLIR_CONVERSION_ONNXTOLINALG_NODEVIEW_H

#include "GraphBuilder.h"

#include "dialects/Onnx/Onnx.h"

namespace mlir::dilated {

/// Sets of element types.
enum ElementKind : unsigned {
  kFloat = 1, // f16, bf16, f32, f64
  kInt = 2,   // i8, i16, i32, i64
  kBool = 4,  // i1
  kNumber = kFloat | kInt,
  kAnyKind = kFloat | kInt | kBool
};

class NodeView {
public:
  NodeView(onnx::NodeOp op, GraphBuilder &b, SmallVector<Value> inputs)
      : b(b), op(op), inputs(std::move(inputs)), results(op->getNumResults()) {}

  GraphBuilder &b;

  /// The version of its domain that the node's graph imports.
  int64_t opset() { return op.getOpset(); }

  /// How many inputs the file lists, absent ones included.
  unsigned numInputs() const { return inputs.size(); }
  ArrayRef<Value> allInputs() const { return inputs; }
  /// An input; null where an optional one is absent.
  Value input(unsigned i) const {
    return i < inputs.size() ? inputs[i] : Value();
  }
  RankedTensorType type(unsigned i) const {
    return cast<RankedTensorType>(input(i).getType());
  }
  int64_t rank(unsigned i) const { return type(i).getRank(); }
  Type elementType(unsigned i) const { return type(i).getElementType(); }

  bool hasAttr(StringRef name) { return bool(op.getNodeAttr(name)); }
  Attribute attr(StringRef name) { return op.getNodeAttr(name); }
  int64_t intAttr(StringRef name, int64_t otherwise);
  double floatAttr(StringRef name, double otherwise);
  StringRef stringAttr(StringRef name, StringRef otherwise);
  std::optional<ArrayRef<int64_t>> intsAttr(StringRef name);

  /// Input i has an element type of these kinds; else an error.
  LogicalResult requireKind(unsigned i, unsigned kinds);
  /// All inputs present have the element type of the first one listed.
  LogicalResult requireSameType(ArrayRef<unsigned> positions);
  LogicalResult requireRank(unsigned i, int64_t rank);
  /// An axis of a tensor of rank `rank`, negative ones counted from the end.
  FailureOr<int64_t> normalizeAxis(int64_t axis, int64_t rank);
  /// The same for a list without repetition; ascending.
  FailureOr<SmallVector<int64_t>> normalizeAxes(ArrayRef<int64_t> axes,
                                                int64_t rank);
  /// An input that is a list of integers known now, such as axes.
  FailureOr<SmallVector<int64_t>> constantList(unsigned i, StringRef what);
  /// An input that is a list of integers, as i64 scalars.
  FailureOr<SmallVector<Value>> scalarList(unsigned i, StringRef what);

  /// An input that holds one number, as a scalar.
  FailureOr<Value> scalarInput(unsigned i, StringRef what);

  InFlightDiagnostic error() { return b.error(); }

  bool usesResult(unsigned i) const {
    return i < results.size() && !op->getResult(i).use_empty();
  }
  LogicalResult setResult(FailureOr<Value> value, unsigned i = 0) {
    if (failed(value))
      return failure();
    if (i < results.size())
      results[i] = *value;
    return success();
  }
  ArrayRef<Value> getResults() const { return results; }

private:
  onnx::NodeOp op;
  SmallVector<Value> inputs;
  SmallVector<Value> results;
};

/// Whether an element type is of one of these kinds.
bool isOfKind(Type elementType, unsigned kinds);

/// A type as ONNX users write it: "f32[2, ?, 128]".
std::string describeType(Type type);

} // namespace mlir::dilated

#endif // DILATED_MLIR_CONVERSION_ONNXTOLINALG_NODEVIEW_H

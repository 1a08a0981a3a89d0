//===- NodeView.cpp - what an operator's function sees ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "NodeView.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::dilated;

bool mlir::dilated::isOfKind(Type type, unsigned kinds) {
  if (type.isF16() || type.isBF16() || type.isF32() || type.isF64())
    return kinds & kFloat;
  if (type.isSignlessInteger(1))
    return kinds & kBool;
  for (unsigned width : {8, 16, 32, 64})
    if (type.isSignlessInteger(width))
      return kinds & kInt;
  return false;
}

static std::string describeKinds(unsigned kinds) {
  SmallVector<StringRef> names;
  if (kinds & kFloat)
    names.push_back("f16, bf16, f32, f64");
  if (kinds & kInt)
    names.push_back("i8, i16, i32, i64");
  if (kinds & kBool)
    names.push_back("i1 (bool)");
  return llvm::join(names, ", ");
}

std::string mlir::dilated::describeType(Type type) {
  std::string text;
  llvm::raw_string_ostream os(text);
  auto tensor = dyn_cast<RankedTensorType>(type);
  if (!tensor) {
    os << type;
    return text;
  }
  os << tensor.getElementType() << "[";
  llvm::interleaveComma(tensor.getShape(), os, [&](int64_t size) {
    if (ShapedType::isDynamic(size))
      os << "?";
    else
      os << size;
  });
  os << "]";
  return text;
}

int64_t NodeView::intAttr(StringRef name, int64_t otherwise) {
  auto value = dyn_cast_or_null<IntegerAttr>(op.getNodeAttr(name));
  return value ? value.getInt() : otherwise;
}

double NodeView::floatAttr(StringRef name, double otherwise) {
  auto value = dyn_cast_or_null<FloatAttr>(op.getNodeAttr(name));
  return value ? value.getValueAsDouble() : otherwise;
}

StringRef NodeView::stringAttr(StringRef name, StringRef otherwise) {
  auto value = dyn_cast_or_null<StringAttr>(op.getNodeAttr(name));
  return value ? value.getValue() : otherwise;
}

std::optional<ArrayRef<int64_t>> NodeView::intsAttr(StringRef name) {
  if (auto value = dyn_cast_or_null<DenseI64ArrayAttr>(op.getNodeAttr(name)))
    return value.asArrayRef();
  return std::nullopt;
}

LogicalResult NodeView::requireKind(unsigned i, unsigned kinds) {
  if (isOfKind(elementType(i), kinds))
    return success();
  return error() << "input " << i << " has element type " << elementType(i)
                 << "; supported are " << describeKinds(kinds);
}

LogicalResult NodeView::requireSameType(ArrayRef<unsigned> positions) {
  for (unsigned i : positions)
    if (input(i) && elementType(i) != elementType(positions.front()))
      return error() << "inputs " << positions.front() << " and " << i
                     << " have different element types, "
                     << elementType(positions.front()) << " and "
                     << elementType(i);
  return success();
}

LogicalResult NodeView::requireRank(unsigned i, int64_t expected) {
  if (rank(i) == expected)
    return success();
  return error() << "input " << i << " has rank " << rank(i) << ", expected "
                 << expected;
}

FailureOr<int64_t> NodeView::normalizeAxis(int64_t axis, int64_t rank) {
  if (axis < -rank || axis >= rank)
    return error() << "axis " << axis << " is outside of [" << -rank << ", "
                   << rank - 1 << "]";
  return axis < 0 ? axis + rank : axis;
}

FailureOr<SmallVector<int64_t>> NodeView::normalizeAxes(ArrayRef<int64_t> axes,
                                                        int64_t rank) {
  SmallVector<int64_t> result;
  for (int64_t axis : axes) {
    FailureOr<int64_t> normalized = normalizeAxis(axis, rank);
    if (failed(normalized))
      return failure();
    if (llvm::is_contained(result, *normalized))
      return error() << "axis " << axis << " is listed twice";
    result.push_back(*normalized);
  }
  llvm::sort(result);
  return result;
}

FailureOr<SmallVector<int64_t>> NodeView::constantList(unsigned i,
                                                       StringRef what) {
  if (rank(i) > 1)
    return error() << what << " (input " << i << ") have rank " << rank(i)
                   << ", expected a list";
  if (std::optional<SmallVector<int64_t>> values = b.constantIntegers(input(i)))
    return *values;
  return error() << what << " (input " << i
                 << ") are not known before the run; supported are constants "
                    "and what follows from static shapes";
}

FailureOr<SmallVector<Value>> NodeView::scalarList(unsigned i, StringRef what) {
  if (failed(requireKind(i, kInt)))
    return failure();
  if (rank(i) > 1)
    return error() << what << " (input " << i << ") have rank " << rank(i)
                   << ", expected a list";
  std::optional<SmallVector<Value>> values = b.listElements(input(i));
  if (!values)
    return error() << what << " (input " << i << ") are a list of "
                   << describeType(type(i))
                   << "; supported are lists of static length up to 32";
  Type wide = b.getI64Type();
  for (Value &value : *values)
    if (value.getType() != wide)
      value = b.createOrFold<arith::ExtSIOp>(wide, value);
  return *values;
}

FailureOr<Value> NodeView::scalarInput(unsigned i, StringRef what) {
  RankedTensorType tensor = type(i);
  if (tensor.getRank() <= 1 && tensor.hasStaticShape() &&
      tensor.getNumElements() == 1)
    return b.listElements(input(i))->front();
  return error() << what << " (input " << i << ") is " << describeType(tensor)
                 << ", expected a scalar";
}

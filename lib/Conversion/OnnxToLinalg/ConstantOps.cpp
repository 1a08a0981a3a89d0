//===- ConstantOps.cpp - Constant, ConstantOfShape, Range -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "ScalarMath.h"
#include "ShapeInputs.h"
#include "Structured.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"

#include <cmath>
#include <limits>

using namespace mlir;
using namespace mlir::dilated;

//===----------------------------------------------------------------------===//
// Constant, ConstantOfShape
//===----------------------------------------------------------------------===//

static LogicalResult convertConstant(NodeView &node) {
  GraphBuilder &b = node.b;
  DenseElementsAttr value;
  int given = 0;
  for (StringRef name : {"value", "value_int", "value_ints", "value_float",
                         "value_floats", "value_string", "value_strings"})
    given += node.hasAttr(name);
  if (given != 1)
    return node.error() << "has " << given
                        << " attributes with a value, expected exactly one";
  if (auto tensor = dyn_cast_or_null<DenseElementsAttr>(node.attr("value"))) {
    value = tensor;
  } else if (node.hasAttr("value_int")) {
    value = DenseElementsAttr::get(RankedTensorType::get({}, b.getI64Type()),
                                   node.intAttr("value_int", 0));
  } else if (std::optional<ArrayRef<int64_t>> list =
                 node.intsAttr("value_ints")) {
    value = b.getI64TensorAttr(*list);
  } else if (auto real =
                 dyn_cast_or_null<FloatAttr>(node.attr("value_float"))) {
    value = DenseElementsAttr::get(RankedTensorType::get({}, b.getF32Type()),
                                   Attribute(real));
  } else if (auto reals = dyn_cast_or_null<DenseF32ArrayAttr>(
                 node.attr("value_floats"))) {
    value = DenseElementsAttr::get(
        RankedTensorType::get({reals.size()}, b.getF32Type()),
        reals.asArrayRef());
  } else {
    return node.error() << "holds strings; supported are numbers and bool";
  }
  return node.setResult(b.constant(value));
}

static LogicalResult convertConstantOfShape(NodeView &node) {
  FailureOr<Sizes> sizes = readSizes(node, 0);
  if (failed(sizes))
    return failure();
  TypedAttr value = node.b.getF32FloatAttr(0);
  if (auto tensor = dyn_cast_or_null<DenseElementsAttr>(node.attr("value"))) {
    if (tensor.getNumElements() != 1)
      return node.error() << "attribute 'value' has " << tensor.getNumElements()
                          << " elements, expected 1";
    value = tensor.getSplatValue<TypedAttr>();
  }
  return node.setResult(node.b.splat(*sizes, value));
}

//===----------------------------------------------------------------------===//
// Range
//===----------------------------------------------------------------------===//

/// max(0, ceil((limit - start) / delta)) for integers: with distance and step
/// as unsigned numbers, which hold the distance of any two, nothing overflows.
static FailureOr<int64_t> countIntegers(NodeView &node, int64_t start,
                                        int64_t limit, int64_t delta) {
  if (delta == 0)
    return node.error() << "the step is 0";
  if (delta > 0 ? start >= limit : start <= limit)
    return int64_t(0);
  auto from = static_cast<uint64_t>(delta > 0 ? start : limit);
  auto to = static_cast<uint64_t>(delta > 0 ? limit : start);
  uint64_t step =
      delta > 0 ? static_cast<uint64_t>(delta) : -static_cast<uint64_t>(delta);
  uint64_t count = (to - from - 1) / step + 1;
  if (count > static_cast<uint64_t>(std::numeric_limits<int64_t>::max()))
    return node.error() << "has too many elements (" << count << ")";
  return static_cast<int64_t>(count);
}

/// The same for constants; floats of any type are counted in f64.
static FailureOr<int64_t> countConstant(NodeView &node,
                                        ArrayRef<Attribute> bounds) {
  if (isa<IntegerAttr>(bounds[0])) {
    auto number = [&](unsigned i) {
      return cast<IntegerAttr>(bounds[i]).getValue().getSExtValue();
    };
    return countIntegers(node, number(0), number(1), number(2));
  }
  auto number = [&](unsigned i) {
    return cast<FloatAttr>(bounds[i]).getValueAsDouble();
  };
  if (number(2) == 0)
    return node.error() << "the step is 0";
  double count = std::ceil((number(1) - number(0)) / number(2));
  if (!(count < 0x1p53)) // also a NaN
    return node.error() << "has too many elements (" << count << ")";
  return count > 0 ? static_cast<int64_t>(count) : 0;
}

/// countIntegers at run time.
static Value countIntegersAtRunTime(GraphBuilder &b, Value start, Value limit,
                                    Value delta) {
  Type type = b.getI64Type();
  start = buildConversion(b, start, type);
  limit = buildConversion(b, limit, type);
  delta = buildConversion(b, delta, type);
  Value zero = buildNumber(b, type, 0), one = buildNumber(b, type, 1);
  auto compare = [&](arith::CmpIPredicate predicate, Value x, Value y) {
    return b.createOrFold<arith::CmpIOp>(predicate, x, y);
  };
  auto select = [&](Value condition, Value x, Value y) {
    return b.createOrFold<arith::SelectOp>(condition, x, y);
  };
  auto sub = [&](Value x, Value y) {
    return b.createOrFold<arith::SubIOp>(x, y);
  };
  Value isUp = compare(arith::CmpIPredicate::sgt, delta, zero);
  Value isZero = compare(arith::CmpIPredicate::eq, delta, zero);
  b.assertThat(b.createOrFold<arith::XOrIOp>(
                   isZero, arith::ConstantIntOp::create(b, 1, 1)),
               "the step is 0");
  Value from = select(isUp, start, limit), to = select(isUp, limit, start);
  Value step = select(isUp, delta, sub(zero, delta));
  Value isEmpty = compare(arith::CmpIPredicate::sge, from, to);
  Value distance = select(isEmpty, zero, sub(sub(to, from), one));
  Value steps =
      b.createOrFold<arith::DivUIOp>(distance, select(isZero, one, step));
  Value count = b.createOrFold<arith::AddIOp>(steps, one);
  count = select(isEmpty, zero, count);
  b.assertThat(compare(arith::CmpIPredicate::sge, count, zero),
               "has too many elements");
  return count;
}

/// countConstant at run time.
static Value countAtRunTime(GraphBuilder &b, Value start, Value limit,
                            Value delta) {
  Type type = start.getType();
  if (!isa<FloatType>(type))
    return countIntegersAtRunTime(b, start, limit, delta);
  Type wide = b.getF64Type();
  start = buildConversion(b, start, wide);
  limit = buildConversion(b, limit, wide);
  delta = buildConversion(b, delta, wide);
  Value zero = buildNumber(b, wide, 0);
  b.assertThat(
      b.createOrFold<arith::CmpFOp>(arith::CmpFPredicate::UNE, delta, zero),
      "the step is 0");
  Value exact = b.createOrFold<math::CeilOp>(b.createOrFold<arith::DivFOp>(
      b.createOrFold<arith::SubFOp>(limit, start), delta));
  b.assertThat(b.createOrFold<arith::CmpFOp>(arith::CmpFPredicate::OLT, exact,
                                             buildNumber(b, wide, 0x1p53)),
               "has too many elements");
  Value count = buildConversion(b, exact, b.getI64Type());
  return b.createOrFold<arith::MaxSIOp>(count,
                                        buildNumber(b, b.getI64Type(), 0));
}

/// start + i * delta
static LogicalResult convertRange(NodeView &node) {
  GraphBuilder &b = node.b;
  if (failed(node.requireKind(0, kNumber)) ||
      failed(node.requireSameType({0, 1, 2})))
    return failure();
  SmallVector<Value> scalars;
  SmallVector<Attribute> bounds;
  for (unsigned i = 0; i < 3; ++i) {
    FailureOr<Value> scalar = node.scalarInput(i, "a bound or the step");
    if (failed(scalar))
      return failure();
    scalars.push_back(*scalar);
    Attribute value;
    if (matchPattern(scalars.back(), m_Constant(&value)))
      bounds.push_back(value);
  }
  OpFoldResult count;
  if (bounds.size() == 3) {
    FailureOr<int64_t> known = countConstant(node, bounds);
    if (failed(known))
      return failure();
    count = b.getIndexAttr(*known);
  } else {
    count = b.toSize(countAtRunTime(b, scalars[0], scalars[1], scalars[2]));
    b.algebra().assumeNonNegative(b.algebra().parse(count));
  }
  Type type = node.elementType(0);
  auto element = [&](ImplicitLocOpBuilder &b, Value index) {
    if (isa<FloatType>(type)) {
      Type wide = computeType(type);
      auto widen = [&](Value value) { return buildConversion(b, value, wide); };
      Value step =
          b.createOrFold<arith::MulFOp>(widen(index), widen(scalars[2]));
      return buildConversion(
          b, b.createOrFold<arith::AddFOp>(widen(scalars[0]), step), type);
    }
    return b.createOrFold<arith::AddIOp>(
        scalars[0], b.createOrFold<arith::MulIOp>(
                        buildConversion(b, index, type), scalars[2]));
  };
  std::optional<int64_t> known = getConstantIntValue(count);
  if (known && *known <= GraphBuilder::kMaxScalars) {
    SmallVector<Value> elements;
    for (int64_t i = 0; i < *known; ++i)
      elements.push_back(element(b, buildNumber(b, b.getI64Type(), i)));
    return node.setResult(b.fromElements(*known, type, elements));
  }
  return node.setResult(
      emitIndexed(b, count, type, {}, {},
                  [&](ImplicitLocOpBuilder &b, ValueRange indices, ValueRange) {
                    return element(b, b.createOrFold<arith::IndexCastOp>(
                                          b.getI64Type(), indices[0]));
                  }));
}

ArrayRef<OnnxOp> mlir::dilated::getConstantOps() {
  static const OnnxOp ops[] = {
      {"Constant", 12, 0, 0, 1,
       "value:tensor value_int:int value_ints:ints value_float:float "
       "value_floats:floats value_string:any value_strings:any",
       convertConstant},
      {"ConstantOfShape", 9, 1, 1, 1, "value:tensor", convertConstantOfShape},
      {"Range", 11, 3, 3, 1, "", convertRange},
  };
  return ops;
}

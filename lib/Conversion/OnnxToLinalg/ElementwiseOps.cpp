//===- ElementwiseOps.cpp - Add, Mul, Pow, Min, Sqrt, ... -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "ScalarMath.h"
#include "Structured.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::dilated;

//===----------------------------------------------------------------------===//
// Two inputs
//===----------------------------------------------------------------------===//

/// Whether input i is 1 everywhere and the other input has the sizes of the
/// result: x * 1 and x / 1 are x.
static bool isNeutralOne(NodeView &node, unsigned i) {
  TypedAttr value = node.b.splatValue(node.input(i));
  if (!value || value != numberAttr(node.elementType(i), 1))
    return false;
  Sizes one = node.b.sizes(node.input(i)), x = node.b.sizes(node.input(1 - i));
  if (one.size() > x.size())
    return false;
  size_t first = x.size() - one.size();
  for (auto [dim, size] : llvm::enumerate(one))
    if (constantSize(size) != 1 && !node.b.provablyEqual(size, x[first + dim]))
      return false;
  return true;
}

static LogicalResult convertBinary(NodeView &node, ScalarBody body) {
  if (failed(node.requireKind(0, kNumber)) ||
      failed(node.requireSameType({0, 1})))
    return failure();
  return node.setResult(emitArithmetic(node.b, node.allInputs(), body));
}

template <typename FloatOp, typename IntOp>
static LogicalResult convertBinary(NodeView &node) {
  return convertBinary(node, [](ImplicitLocOpBuilder &b, ValueRange x) {
    return isa<FloatType>(x[0].getType()) ? b.createOrFold<FloatOp>(x[0], x[1])
                                          : b.createOrFold<IntOp>(x[0], x[1]);
  });
}

static LogicalResult convertMul(NodeView &node) {
  for (unsigned i : {0u, 1u})
    if (node.elementType(0) == node.elementType(1) && isNeutralOne(node, i))
      return node.setResult(node.input(1 - i));
  return convertBinary<arith::MulFOp, arith::MulIOp>(node);
}

static LogicalResult convertDiv(NodeView &node) {
  if (node.elementType(0) == node.elementType(1) && isNeutralOne(node, 1))
    return node.setResult(node.input(0));
  return convertBinary(node, [](ImplicitLocOpBuilder &b, ValueRange x) {
    return isa<FloatType>(x[0].getType())
               ? b.createOrFold<arith::DivFOp>(x[0], x[1])
               : buildTruncatingDivision(b, x[0], x[1]);
  });
}

/// x^y in the type of x; y may have another type since version 12.
static LogicalResult convertPow(NodeView &node) {
  if (failed(node.requireKind(0, kNumber)) ||
      failed(node.requireKind(1, kNumber)))
    return failure();
  Type type = node.elementType(0);
  return node.setResult(
      emitElementwise(node.b, node.allInputs(), type,
                      [&](ImplicitLocOpBuilder &b, ValueRange x) {
                        return buildPower(b, x[0], x[1]);
                      }));
}

//===----------------------------------------------------------------------===//
// Any number of inputs
//===----------------------------------------------------------------------===//

/// NaN wins, as in numpy.
template <typename FloatOp, typename IntOp>
static LogicalResult convertExtremum(NodeView &node) {
  SmallVector<unsigned> all =
      llvm::to_vector(llvm::seq<unsigned>(0, node.numInputs()));
  if (failed(node.requireKind(0, kNumber)) || failed(node.requireSameType(all)))
    return failure();
  return node.setResult(emitArithmetic(
      node.b, node.allInputs(), [](ImplicitLocOpBuilder &b, ValueRange x) {
        Value result = x[0];
        for (Value other : x.drop_front())
          result = isa<FloatType>(result.getType())
                       ? b.createOrFold<FloatOp>(result, other)
                       : b.createOrFold<IntOp>(result, other);
        return result;
      }));
}

//===----------------------------------------------------------------------===//
// One input
//===----------------------------------------------------------------------===//

static LogicalResult convertUnary(NodeView &node, unsigned kinds,
                                  ScalarBody body) {
  if (failed(node.requireKind(0, kinds)))
    return failure();
  return node.setResult(emitArithmetic(node.b, node.input(0), body));
}

template <typename MathOp>
static LogicalResult convertFloatUnary(NodeView &node) {
  return convertUnary(node, kFloat, [](ImplicitLocOpBuilder &b, ValueRange x) {
    return b.createOrFold<MathOp>(x[0]);
  });
}

static LogicalResult convertNeg(NodeView &node) {
  return convertUnary(node, kNumber, [](ImplicitLocOpBuilder &b, ValueRange x) {
    if (isa<FloatType>(x[0].getType()))
      return b.createOrFold<arith::NegFOp>(x[0]);
    return b.createOrFold<arith::SubIOp>(buildNumber(b, x[0].getType(), 0),
                                         x[0]);
  });
}

static LogicalResult convertReciprocal(NodeView &node) {
  return convertUnary(node, kFloat, [](ImplicitLocOpBuilder &b, ValueRange x) {
    return b.createOrFold<arith::DivFOp>(buildNumber(b, x[0].getType(), 1),
                                         x[0]);
  });
}

ArrayRef<OnnxOp> mlir::dilated::getElementwiseOps() {
  static const OnnxOp ops[] = {
      {"Add", 7, 2, 2, 1, "", convertBinary<arith::AddFOp, arith::AddIOp>},
      {"Sub", 7, 2, 2, 1, "", convertBinary<arith::SubFOp, arith::SubIOp>},
      {"Mul", 7, 2, 2, 1, "", convertMul},
      {"Div", 7, 2, 2, 1, "", convertDiv},
      {"Pow", 12, 2, 2, 1, "", convertPow},
      {"Max", 8, 1, kAnyNumber, 1, "",
       convertExtremum<arith::MaximumFOp, arith::MaxSIOp>},
      {"Min", 8, 1, kAnyNumber, 1, "",
       convertExtremum<arith::MinimumFOp, arith::MinSIOp>},
      {"Neg", 6, 1, 1, 1, "", convertNeg},
      {"Reciprocal", 6, 1, 1, 1, "", convertReciprocal},
      {"Sqrt", 6, 1, 1, 1, "", convertFloatUnary<math::SqrtOp>},
      {"Exp", 6, 1, 1, 1, "", convertFloatUnary<math::ExpOp>},
      {"Log", 6, 1, 1, 1, "", convertFloatUnary<math::LogOp>},
      {"Floor", 6, 1, 1, 1, "", convertFloatUnary<math::FloorOp>},
      {"Erf", 9, 1, 1, 1, "", convertFloatUnary<math::ErfOp>},
  };
  return ops;
}

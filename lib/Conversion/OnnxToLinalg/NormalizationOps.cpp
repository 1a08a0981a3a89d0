//===- NormalizationOps.cpp - LayerNormalization, Softmax -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "ScalarMath.h"
#include "Structured.h"
#include "Views.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::dilated;

static Value add(ImplicitLocOpBuilder &b, Value x, Value y) {
  return b.createOrFold<arith::AddFOp>(x, y);
}
static Value sub(ImplicitLocOpBuilder &b, Value x, Value y) {
  return b.createOrFold<arith::SubFOp>(x, y);
}
static Value mul(ImplicitLocOpBuilder &b, Value x, Value y) {
  return b.createOrFold<arith::MulFOp>(x, y);
}
static Value div(ImplicitLocOpBuilder &b, Value x, Value y) {
  return b.createOrFold<arith::DivFOp>(x, y);
}

namespace {

/// Statistics of a tensor over the axes from one on, of one size there.
struct Statistics {
  Value mean, inverse; // 1 / sqrt(variance + epsilon)
};

} // namespace

/// In two passes, in `wide`: the mean, then the squares of differences from it.
static FailureOr<Statistics> emitStatistics(NodeView &node, Value x,
                                            ArrayRef<int64_t> axes, Value count,
                                            Type wide) {
  GraphBuilder &b = node.b;
  double epsilon = node.floatAttr("epsilon", 1e-5);
  Value sum = emitSum(b, x, axes, [&](ImplicitLocOpBuilder &b, ValueRange v) {
    return buildConversion(b, v[0], wide);
  });
  FailureOr<Value> mean =
      emitElementwise(b, sum, wide, [&](ImplicitLocOpBuilder &b, ValueRange v) {
        return div(b, v[0], count);
      });
  if (failed(mean))
    return failure();
  Value squares =
      emitSum(b, {x, *mean}, axes, [&](ImplicitLocOpBuilder &b, ValueRange v) {
        Value centered = sub(b, buildConversion(b, v[0], wide), v[1]);
        return mul(b, centered, centered);
      });
  FailureOr<Value> inverse = emitElementwise(
      b, squares, wide, [&](ImplicitLocOpBuilder &b, ValueRange v) {
        Value variance = div(b, v[0], count);
        Value deviation = b.createOrFold<math::SqrtOp>(
            add(b, variance, buildNumber(b, wide, epsilon)));
        return div(b, buildNumber(b, wide, 1), deviation);
      });
  if (failed(inverse))
    return failure();
  return Statistics{emitInsertUnitDims(b, *mean, axes),
                    emitInsertUnitDims(b, *inverse, axes)};
}

//===----------------------------------------------------------------------===//
// LayerNormalization
//===----------------------------------------------------------------------===//

/// mean = sum(x)/n, var = sum((x - mean)^2)/n, inv = 1/sqrt(var + epsilon),
/// y = (x - mean) * inv * scale + bias, over the dimensions from `axis` on. All
/// of it in the type that `stash_type` names, or in f64 for f64.
static LogicalResult convertLayerNormalization(NodeView &node) {
  GraphBuilder &b = node.b;
  if (failed(node.requireKind(0, kFloat)) ||
      failed(node.requireSameType({0, 1, 2})))
    return failure();
  int64_t stash = node.intAttr("stash_type", 1);
  if (stash != 1)
    return node.error() << "attribute 'stash_type' is " << stash
                        << "; supported is 1 (f32)";
  FailureOr<int64_t> axis =
      node.normalizeAxis(node.intAttr("axis", -1), node.rank(0));
  if (failed(axis))
    return failure();
  Value x = node.input(0);
  Type type = node.elementType(0), wide = computeType(type);
  SmallVector<int64_t> axes =
      llvm::to_vector(llvm::seq<int64_t>(*axis, node.rank(0)));
  Sizes sizes = b.sizes(x);
  FailureOr<OpFoldResult> length = b.product(ArrayRef(sizes).drop_front(*axis));
  if (failed(length))
    return failure();
  Value count = buildConversion(b, b.toScalar(*length), wide);

  FailureOr<Statistics> statistics = emitStatistics(node, x, axes, count, wide);
  if (failed(statistics))
    return failure();
  Value meanKept = statistics->mean, inverseKept = statistics->inverse;
  SmallVector<Value> inputs = {x, meanKept, inverseKept};
  for (unsigned i : {1u, 2u}) {
    if (!node.input(i))
      continue;
    FailureOr<Value> repeated = Value();
    if (node.rank(i) <= static_cast<int64_t>(sizes.size()))
      repeated = emitRepeated(b, node.input(i), sizes,
                              "scale or bias has larger sizes than the tensor");
    if (failed(repeated) || !*repeated)
      return node.error() << "scale or bias has larger sizes than the tensor";
    inputs.push_back(*repeated);
  }
  FailureOr<Value> result = emitElementwise(
      b, inputs, type, [&](ImplicitLocOpBuilder &b, ValueRange v) {
        Value centred = sub(b, buildConversion(b, v[0], wide), v[1]);
        Value scaled =
            mul(b, mul(b, centred, v[2]), buildConversion(b, v[3], wide));
        if (v.size() > 4)
          scaled = add(b, scaled, buildConversion(b, v[4], wide));
        return buildConversion(b, scaled, type);
      });
  if (failed(result))
    return failure();
  if (failed(node.setResult(result)))
    return failure();
  // The statistics are f32 whatever they were computed in.
  Type stashType = b.getF32Type();
  if (node.usesResult(1) &&
      failed(node.setResult(emitRounded(b, meanKept, stashType), 1)))
    return failure();
  if (node.usesResult(2))
    return node.setResult(emitRounded(b, inverseKept, stashType), 2);
  return success();
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

/// exp(x - max) / sum of it, along one axis (since 13).
static LogicalResult convertSoftmax(NodeView &node) {
  GraphBuilder &b = node.b;
  if (failed(node.requireKind(0, kFloat)))
    return failure();
  FailureOr<int64_t> axis =
      node.normalizeAxis(node.intAttr("axis", -1), node.rank(0));
  if (failed(axis))
    return failure();
  Value x = node.input(0);
  Type type = node.elementType(0), wide = computeType(type);
  TypedAttr lowest = FloatAttr::get(
      wide, APFloat::getInf(cast<FloatType>(wide).getFloatSemantics(), true));
  Value largest = emitReduction(b, x, *axis, lowest,
                                [&](ImplicitLocOpBuilder &b, ValueRange v) {
                                  return b.createOrFold<arith::MaximumFOp>(
                                      buildConversion(b, v[0], wide), v[1]);
                                });
  FailureOr<Value> powers =
      emitElementwise(b, {x, emitInsertUnitDims(b, largest, *axis)}, wide,
                      [&](ImplicitLocOpBuilder &b, ValueRange v) {
                        return b.createOrFold<math::ExpOp>(
                            sub(b, buildConversion(b, v[0], wide), v[1]));
                      });
  if (failed(powers))
    return failure();
  Value sum =
      emitSum(b, *powers, *axis,
              [](ImplicitLocOpBuilder &, ValueRange v) { return v[0]; });
  return node.setResult(
      emitElementwise(b, {*powers, emitInsertUnitDims(b, sum, *axis)}, type,
                      [&](ImplicitLocOpBuilder &b, ValueRange v) {
                        return buildConversion(b, div(b, v[0], v[1]), type);
                      }));
}

ArrayRef<OnnxOp> mlir::dilated::getNormalizationOps() {
  static const OnnxOp ops[] = {
      {"LayerNormalization", 17, 2, 3, 3,
       "axis:int epsilon:float stash_type:int", convertLayerNormalization},
      {"Softmax", 13, 1, 1, 1, "axis:int", convertSoftmax},
  };
  return ops;
}

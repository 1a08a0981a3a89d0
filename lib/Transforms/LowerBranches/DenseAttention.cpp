//===- DenseAttention.cpp - dense_attention as linalg on tensors *- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lowerings.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::dilated;
using namespace mlir::dilated::reference;

/// [B, G, H, X, Y] -> [B*G*H, X, Y].
static Value collapseBatch(ImplicitLocOpBuilder &b, Value v) {
  return tensor::CollapseShapeOp::create(
      b, v, ArrayRef<ReassociationIndices>{{0, 1, 2}, {3}, {4}});
}

/// The inverse, with the given sizes.
static Value expandBatch(ImplicitLocOpBuilder &b, Value v,
                         ArrayRef<OpFoldResult> sizes) {
  SmallVector<int64_t> shape;
  SmallVector<Value> dynamic;
  dispatchIndexOpFoldResults(sizes, dynamic, shape);
  return tensor::ExpandShapeOp::create(
      b, cast<RankedTensorType>(v.getType()).clone(shape), v,
      ArrayRef<ReassociationIndices>{{0, 1, 2}, {3}, {4}}, sizes);
}

/// Batched matrix product of [b, M, K] with [b, K, N] ([b, N, K] when
/// `transposed`), accumulated in `elementType`.
static Value batchMatmul(ImplicitLocOpBuilder &b, Value lhs, Value rhs,
                         bool transposed, Type elementType) {
  SmallVector<OpFoldResult> sizes = {
      tensor::getMixedSize(b, b.getLoc(), lhs, 0),
      tensor::getMixedSize(b, b.getLoc(), lhs, 1),
      tensor::getMixedSize(b, b.getLoc(), rhs, transposed ? 1 : 2)};
  Value init = filled(b, sizes, elementType, 0.0);
  // (batch, m, n, k)
  SmallVector<AffineMap> maps = {projection(b, 4, {0, 1, 3}),
                                 transposed ? projection(b, 4, {0, 2, 3})
                                            : projection(b, 4, {0, 3, 2}),
                                 projection(b, 4, {0, 1, 2})};
  auto matmul = linalg::BatchMatmulOp::create(
      b, TypeRange(init.getType()), ValueRange{lhs, rhs}, ValueRange(init));
  if (transposed)
    matmul.setIndexingMapsAttr(b.getAffineMapArrayAttr(maps));
  return matmul.getResult(0);
}

namespace {
/// Softmax attention step by step; [B, G, H, L] are the sizes of rows.
class SoftmaxEmitter {
public:
  SoftmaxEmitter(ImplicitLocOpBuilder &b, const SoftmaxOperands &operands)
      : b(b), operands(operands), wide(operands.wide),
        id4(b.getMultiDimIdentityMap(4)), id5(b.getMultiDimIdentityMap(5)),
        rowOf5(projection(b, 5, {0, 1, 2, 3})),
        rowSizes(tensor::getMixedSizes(b, b.getLoc(), operands.query)) {
    rowSizes.pop_back();
    scoreSizes = rowSizes;
    scoreSizes.push_back(rowSizes.back()); // [B, G, H, L, L]
  }

  OutAndLse run(EmitMask emitMask);

private:
  void requireSizes();
  Value emitScores(EmitMask emitMask);
  Value emitSafeMax(Value scores);
  Value emitWeights(Value scores, Value safeMax);
  Value emitSums(Value weights);
  Value emitOut(Value weights, Value sums);
  Value emitLse(Value safeMax, Value sums);

  ImplicitLocOpBuilder &b;
  const SoftmaxOperands &operands;
  Type wide;
  AffineMap id4, id5, rowOf5;
  SmallVector<OpFoldResult> rowSizes, scoreSizes;
};
} // namespace

void SoftmaxEmitter::requireSizes() {
  for (auto [name, operand] : {std::pair<StringRef, Value>{"key", operands.key},
                               {"value", operands.value}})
    for (int64_t i = 0; i < 4; ++i)
      requireSameSize(b, operand, operands.query, i,
                      "dilated attention: query and " + name +
                          " differ in batch size, sequence length or number "
                          "of heads [C5]");
}

/// S = scale * Q K^T; -inf where the row does not see the key.
Value SoftmaxEmitter::emitScores(EmitMask emitMask) {
  Value products =
      expandBatch(b,
                  batchMatmul(b, collapseBatch(b, operands.query),
                              collapseBatch(b, operands.key), true, wide),
                  scoreSizes);
  return generic(b, products, emptyTensor(b, scoreSizes, wide), {id5, id5}, 0,
                 [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
                   Value s = arith::MulFOp::create(
                       b, args[0], floatConstant(b, wide, operands.scale));
                   if (Value mask = emitMask(b))
                     s = arith::SelectOp::create(b, mask, s,
                                                 minusInfinity(b, wide));
                   return s;
                 });
}

/// m = max_j S, 0 for a row without keys so that no inf - inf arises.
Value SoftmaxEmitter::emitSafeMax(Value scores) {
  Value rowMax = generic(
      b, scores,
      filled(b, rowSizes, wide, -std::numeric_limits<double>::infinity()),
      {id5, rowOf5}, 1, [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
        return arith::MaximumFOp::create(b, args[0], args[1]);
      });
  return generic(b, rowMax, emptyTensor(b, rowSizes, wide), {id4, id4}, 0,
                 [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
                   Value none =
                       arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ,
                                             args[0], minusInfinity(b, wide));
                   return arith::SelectOp::create(
                       b, none, floatConstant(b, wide, 0.0), args[0]);
                 });
}

/// P = exp(S - m)
Value SoftmaxEmitter::emitWeights(Value scores, Value safeMax) {
  return generic(b, {scores, safeMax}, emptyTensor(b, scoreSizes, wide),
                 {id5, rowOf5, id5}, 0,
                 [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
                   return math::ExpOp::create(
                       b, arith::SubFOp::create(b, args[0], args[1]));
                 });
}

/// z = sum_j P
Value SoftmaxEmitter::emitSums(Value weights) {
  return generic(b, weights, filled(b, rowSizes, wide, 0.0), {id5, rowOf5}, 1,
                 [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
                   return arith::AddFOp::create(b, args[0], args[1]);
                 });
}

/// O = P V / z, 0 for a row without keys
Value SoftmaxEmitter::emitOut(Value weights, Value sums) {
  Value values = operands.value;
  if (getElementTypeOrSelf(values.getType()) != wide)
    values = generic(
        b, values,
        emptyTensor(b, tensor::getMixedSizes(b, b.getLoc(), values), wide),
        {id5, id5}, 0, [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
          return arith::ExtFOp::create(b, wide, args[0]);
        });
  SmallVector<OpFoldResult> outSizes = rowSizes;
  outSizes.push_back(tensor::getMixedSize(b, b.getLoc(), operands.value, 4));
  Value weighted =
      expandBatch(b,
                  batchMatmul(b, collapseBatch(b, weights),
                              collapseBatch(b, values), false, wide),
                  outSizes);
  Type outElement = operands.outElement;
  return generic(b, {weighted, sums}, emptyTensor(b, outSizes, outElement),
                 {id5, rowOf5, id5}, 0,
                 [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
                   Value zero = floatConstant(b, wide, 0.0);
                   Value some = arith::CmpFOp::create(
                       b, arith::CmpFPredicate::OGT, args[1], zero);
                   Value quotient = arith::DivFOp::create(b, args[0], args[1]);
                   Value o = arith::SelectOp::create(b, some, quotient, zero);
                   if (outElement != wide)
                     o = arith::TruncFOp::create(b, outElement, o);
                   return o;
                 });
}

/// lse = m + log z; log 0 = -inf is written out, not left to an approximation
Value SoftmaxEmitter::emitLse(Value safeMax, Value sums) {
  return generic(
      b, {safeMax, sums}, emptyTensor(b, rowSizes, wide), {id4, id4, id4}, 0,
      [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
        Value some = arith::CmpFOp::create(
            b, arith::CmpFPredicate::OGT, args[1], floatConstant(b, wide, 0.0));
        Value sum =
            arith::AddFOp::create(b, args[0], math::LogOp::create(b, args[1]));
        return arith::SelectOp::create(b, some, sum, minusInfinity(b, wide));
      });
}

OutAndLse SoftmaxEmitter::run(EmitMask emitMask) {
  requireSizes();
  Value scores = emitScores(emitMask);
  Value safeMax = emitSafeMax(scores);
  Value weights = emitWeights(scores, safeMax);
  Value sums = emitSums(weights);
  Value out = emitOut(weights, sums);
  return {out, emitLse(safeMax, sums)};
}

OutAndLse reference::emitSoftmaxAttention(ImplicitLocOpBuilder &b,
                                          const SoftmaxOperands &operands,
                                          EmitMask emitMask) {
  return SoftmaxEmitter(b, operands).run(emitMask);
}

void reference::lowerDenseAttention(DenseAttentionOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  SoftmaxOperands operands = {op.getQuery(),
                              op.getKey(),
                              op.getValue(),
                              op.getScaleOrDefault(),
                              getElementTypeOrSelf(op.getLse().getType()),
                              getElementTypeOrSelf(op.getOut().getType())};
  // Keys beyond the counted ones, and, causal, after the row, are not seen.
  auto emitMask = [&](ImplicitLocOpBuilder &b) -> Value {
    EmittedNumber row = index(b, 3), key = index(b, 4);
    Value mask;
    if (op.getCausal())
      mask = isLess(key, row + constantLike(row, 1)).getValue();
    if (Value counts = op.getCounts()) {
      Value count = tensor::ExtractOp::create(
          b, counts,
          ValueRange{index(b, 1).getValue(), index(b, 2).getValue()});
      Value counted = isLess(key, EmittedNumber(b, count)).getValue();
      mask = mask ? arith::AndIOp::create(b, mask, counted) : counted;
    }
    return mask;
  };
  OutAndLse results = emitSoftmaxAttention(b, operands, emitMask);
  replace(b, op.getOut(), results.out);
  replace(b, op.getLse(), results.lse);
  op.erase();
}

//===- LowerBranches.cpp - branches as linalg on tensors ---------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The readable reference: each op becomes the formula of docs/spec.md. What a
// body computes per element stands above its builder calls.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Transforms/Passes.h"

#include "dialects/Dilated/Dilated.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDLOWERBRANCHES
#include "dilated-mlir/Transforms/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

//===----------------------------------------------------------------------===//
// Small builders
//===----------------------------------------------------------------------===//

using Body = function_ref<Value(ImplicitLocOpBuilder &, ValueRange)>;

static Value indexConstant(ImplicitLocOpBuilder &b, int64_t value) {
  return arith::ConstantIndexOp::create(b, value);
}

static Value floatConstant(ImplicitLocOpBuilder &b, Type type, double value) {
  return arith::ConstantOp::create(b, b.getFloatAttr(type, value));
}

static Value minusInfinity(ImplicitLocOpBuilder &b, Type type) {
  return floatConstant(b, type, -std::numeric_limits<double>::infinity());
}

static Value dim(ImplicitLocOpBuilder &b, Value tensor, int64_t i) {
  return getValueOrCreateConstantIndexOp(
      b, b.getLoc(), tensor::getMixedSize(b, b.getLoc(), tensor, i));
}

static Value emptyTensor(ImplicitLocOpBuilder &b, ArrayRef<OpFoldResult> sizes,
                         Type elementType) {
  return tensor::EmptyOp::create(b, sizes, elementType);
}

static Value filled(ImplicitLocOpBuilder &b, ArrayRef<OpFoldResult> sizes,
                    Type elementType, double value) {
  return linalg::FillOp::create(b, floatConstant(b, elementType, value),
                                emptyTensor(b, sizes, elementType))
      .getResult(0);
}

/// The map (d0..d_{rank-1}) -> (d_i for i in `dims`).
static AffineMap projection(ImplicitLocOpBuilder &b, unsigned rank,
                            ArrayRef<unsigned> dims) {
  return AffineMap::getMultiDimMapWithTargets(rank, dims, b.getContext());
}

/// A linalg.generic over `inputs` into `init`; the last `numReduced` of its
/// dimensions are reductions.
static Value generic(ImplicitLocOpBuilder &b, ValueRange inputs, Value init,
                     ArrayRef<AffineMap> maps, unsigned numReduced, Body body) {
  unsigned rank = maps.front().getNumDims();
  SmallVector<utils::IteratorType> iterators(rank - numReduced,
                                             utils::IteratorType::parallel);
  iterators.append(numReduced, utils::IteratorType::reduction);
  return linalg::GenericOp::create(
             b, TypeRange(init.getType()), inputs, ValueRange(init), maps,
             iterators,
             [&](OpBuilder &nested, Location loc, ValueRange args) {
               ImplicitLocOpBuilder inner(loc, nested);
               linalg::YieldOp::create(inner, body(inner, args));
             })
      .getResult(0);
}

/// Replaces `old` by `fresh`, whose sizes may be known better or worse.
static void replace(ImplicitLocOpBuilder &b, Value old, Value fresh) {
  if (fresh.getType() != old.getType())
    fresh = tensor::CastOp::create(b, old.getType(), fresh);
  old.replaceAllUsesWith(fresh);
}

static Value less(ImplicitLocOpBuilder &b, Value x, Value y) {
  return arith::CmpIOp::create(b, arith::CmpIPredicate::slt, x, y);
}

/// A run-time check; none where `condition` is known to hold.
static void require(ImplicitLocOpBuilder &b, Value condition,
                    const Twine &message) {
  if (getConstantIntValue(condition) == std::nullopt ||
      *getConstantIntValue(condition) == 0)
    cf::AssertOp::create(b, condition, b.getStringAttr(message));
}

/// (C5) at run time: a dimension of `value` is that of `query`.
static void requireSameSize(ImplicitLocOpBuilder &b, Value value, Value query,
                            int64_t i, const Twine &message) {
  if (cast<ShapedType>(value.getType()).isDynamicDim(i) ||
      cast<ShapedType>(query.getType()).isDynamicDim(i))
    require(b,
            b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq,
                                          dim(b, value, i), dim(b, query, i)),
            message);
}

static Value index(ImplicitLocOpBuilder &b, int64_t dim) {
  return linalg::IndexOp::create(b, dim);
}

/// o(h) of spec section 3 for H heads and the rate as written.
static Value headOffset(ImplicitLocOpBuilder &b, HeadOffsetAttr offset, Value h,
                        Value numHeads, int64_t rate) {
  Value r = indexConstant(b, rate);
  switch (offset.getRule()) {
  case HeadOffsetRule::Block: {
    // h div ceil(H/r); H = 0 has no h, but the division is evaluated outside.
    Value groups = arith::CeilDivUIOp::create(b, numHeads, r);
    groups = arith::MaxSIOp::create(b, groups, indexConstant(b, 1));
    return arith::DivUIOp::create(b, h, groups);
  }
  case HeadOffsetRule::Modulo:
    return arith::RemUIOp::create(b, h, r);
  case HeadOffsetRule::End: {
    Value last = indexConstant(b, rate - 1);
    return arith::SubIOp::create(b, last, arith::RemUIOp::create(b, h, r));
  }
  case HeadOffsetRule::Constant:
    return indexConstant(b, offset.getConstant());
  }
  llvm_unreachable("unknown head offset rule");
}

/// w' = min(w, N), at least 1 (S1).
static Value clampedLength(ImplicitLocOpBuilder &b, SegmentAttr segment,
                           Value n) {
  Value positive = arith::MaxSIOp::create(b, n, indexConstant(b, 1));
  return arith::MinSIOp::create(b, indexConstant(b, segment.getLength()),
                                positive);
}

//===----------------------------------------------------------------------===//
// gather
//===----------------------------------------------------------------------===//

static Value lowerGatheredRows(ImplicitLocOpBuilder &b, GatherOp op,
                               ArrayRef<OpFoldResult> sizes) {
  Value source = op.getSource();
  auto type = cast<RankedTensorType>(op.getGathered().getType());
  int64_t rate = op.getSegment().getRate();
  Value n = dim(b, source, 1), sourceHeads = dim(b, source, 2);
  Value length = clampedLength(b, op.getSegment(), n);
  Value heads = getValueOrCreateConstantIndexOp(b, b.getLoc(), sizes[2]);
  // Query head h reads source head h div (H/Hs).
  Value one = indexConstant(b, 1);
  Value share = arith::DivUIOp::create(
      b, heads, arith::MaxSIOp::create(b, sourceHeads, one));
  share = arith::MaxSIOp::create(b, share, one);
  // (C10)
  if (cast<RankedTensorType>(source.getType()).isDynamicDim(1))
    require(b,
            b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::sgt, n,
                                          indexConstant(b, 0)),
            "dilated gather: the sequence is empty (length 0), expected at "
            "least 1 position [C10]");
  // (C4) H is a multiple of Hs. H div (H/Hs) is not asked of 0 heads.
  if (op.getHeads())
    require(b,
            b.createOrFold<arith::OrIOp>(
                b.createOrFold<arith::CmpIOp>(
                    arith::CmpIPredicate::eq,
                    b.createOrFold<arith::MulIOp>(share, sourceHeads), heads),
                b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, heads,
                                              indexConstant(b, 0))),
            "dilated gather: the number of query heads is not a multiple of "
            "the number of key heads [C4]");

  return generic(
      b, {}, emptyTensor(b, sizes, type.getElementType()),
      b.getMultiDimIdentityMap(5), 0,
      [&](ImplicitLocOpBuilder &b, ValueRange) -> Value {
        Value batch = index(b, 0), g = index(b, 1), h = index(b, 2),
              j = index(b, 3), d = index(b, 4);
        Value o = headOffset(b, op.getOffset(), h, heads, rate);
        // l = o(h) + r*j. Both are below 2^63; a sum beyond it wraps below zero
        // and fails the unsigned comparison.
        Value l = arith::AddIOp::create(
            b, o, arith::MulIOp::create(b, j, indexConstant(b, rate)));
        Value p =
            arith::AddIOp::create(b, arith::MulIOp::create(b, g, length), l);
        // inside = 0 <= l < w' and p < N
        Value inside = arith::AndIOp::create(
            b, arith::CmpIOp::create(b, arith::CmpIPredicate::ult, l, length),
            less(b, p, n));
        Value zeroIndex = indexConstant(b, 0);
        Value row = arith::SelectOp::create(b, inside, p, zeroIndex);
        Value head = arith::DivUIOp::create(b, h, share);
        Value x = tensor::ExtractOp::create(b, source,
                                            ValueRange{batch, row, head, d});
        return arith::SelectOp::create(
            b, inside, x, floatConstant(b, type.getElementType(), 0.0));
      });
}

/// counts[g, h] = max(0, ceil((len - o(h))/r)), len = min(w', N - g*w') (S5).
static Value lowerCounts(ImplicitLocOpBuilder &b, GatherOp op,
                         ArrayRef<OpFoldResult> sizes) {
  int64_t rate = op.getSegment().getRate();
  Value n = dim(b, op.getSource(), 1);
  Value length = clampedLength(b, op.getSegment(), n);
  Value heads = getValueOrCreateConstantIndexOp(b, b.getLoc(), sizes[1]);
  return generic(
      b, {}, emptyTensor(b, sizes, b.getIndexType()),
      b.getMultiDimIdentityMap(2), 0,
      [&](ImplicitLocOpBuilder &b, ValueRange) -> Value {
        Value g = index(b, 0), h = index(b, 1);
        Value o = headOffset(b, op.getOffset(), h, heads, rate);
        Value rest =
            arith::SubIOp::create(b, n, arith::MulIOp::create(b, g, length));
        Value len = arith::MinSIOp::create(b, length, rest);
        Value beyond = arith::MaxSIOp::create(
            b, arith::SubIOp::create(b, len, o), indexConstant(b, 0));
        return arith::CeilDivUIOp::create(b, beyond, indexConstant(b, rate));
      });
}

static void lowerGather(GatherOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  ReifiedRankedShapedTypeDims sizes;
  // Reification of our own op does not fail.
  (void)op.reifyResultShapes(b, sizes);
  replace(b, op.getGathered(), lowerGatheredRows(b, op, sizes[0]));
  if (op.getCounts())
    replace(b, op.getCounts(), lowerCounts(b, op, sizes[1]));
  op.erase();
}

//===----------------------------------------------------------------------===//
// dense_attention
//===----------------------------------------------------------------------===//

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

static void lowerDenseAttention(DenseAttentionOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  Type wide = getElementTypeOrSelf(op.getLse().getType());
  for (auto [name, operand] : {std::pair<StringRef, Value>{"key", op.getKey()},
                               {"value", op.getValue()}})
    for (int64_t i = 0; i < 4; ++i)
      requireSameSize(b, operand, op.getQuery(), i,
                      "dilated attention: query and " + name +
                          " differ in batch size, sequence length or number "
                          "of heads [C5]");
  SmallVector<OpFoldResult> rowSizes =
      tensor::getMixedSizes(b, b.getLoc(), op.getQuery());
  rowSizes.pop_back(); // [B, G, H, L]
  SmallVector<OpFoldResult> scoreSizes = rowSizes;
  scoreSizes.push_back(rowSizes.back()); // [B, G, H, L, L]

  AffineMap id5 = b.getMultiDimIdentityMap(5);
  AffineMap rowOf5 = projection(b, 5, {0, 1, 2, 3});
  AffineMap countOf5 = projection(b, 5, {1, 2});

  // S = scale * Q K^T; -inf beyond the counted keys and, causal, after the row.
  Value products =
      expandBatch(b,
                  batchMatmul(b, collapseBatch(b, op.getQuery()),
                              collapseBatch(b, op.getKey()), true, wide),
                  scoreSizes);
  SmallVector<Value> inputs = {products};
  SmallVector<AffineMap> maps = {id5};
  if (op.getCounts()) {
    inputs.push_back(op.getCounts());
    maps.push_back(countOf5);
  }
  maps.push_back(id5);
  Value scores =
      generic(b, inputs, emptyTensor(b, scoreSizes, wide), maps, 0,
              [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
                Value s = arith::MulFOp::create(
                    b, args[0], floatConstant(b, wide, op.getScaleOrDefault()));
                Value i = index(b, 3), j = index(b, 4);
                if (op.getCounts())
                  s = arith::SelectOp::create(b, less(b, j, args[1]), s,
                                              minusInfinity(b, wide));
                if (op.getCausal())
                  s = arith::SelectOp::create(b, less(b, i, j),
                                              minusInfinity(b, wide), s);
                return s;
              });

  // m = max_j S, 0 for a row without keys so that no inf - inf arises.
  Value rowMax = generic(
      b, scores,
      filled(b, rowSizes, wide, -std::numeric_limits<double>::infinity()),
      {id5, rowOf5}, 1, [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
        return arith::MaximumFOp::create(b, args[0], args[1]);
      });
  AffineMap id4 = b.getMultiDimIdentityMap(4);
  Value safeMax = generic(
      b, rowMax, emptyTensor(b, rowSizes, wide), {id4, id4}, 0,
      [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
        Value none = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ,
                                           args[0], minusInfinity(b, wide));
        return arith::SelectOp::create(b, none, floatConstant(b, wide, 0.0),
                                       args[0]);
      });

  // P = exp(S - m), z = sum_j P
  Value weights =
      generic(b, {scores, safeMax}, emptyTensor(b, scoreSizes, wide),
              {id5, rowOf5, id5}, 0,
              [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
                return math::ExpOp::create(
                    b, arith::SubFOp::create(b, args[0], args[1]));
              });
  Value sums =
      generic(b, weights, filled(b, rowSizes, wide, 0.0), {id5, rowOf5}, 1,
              [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
                return arith::AddFOp::create(b, args[0], args[1]);
              });

  // O = P V / z, 0 for a row without keys
  Value values = op.getValue();
  if (getElementTypeOrSelf(values.getType()) != wide)
    values = generic(
        b, values,
        emptyTensor(b, tensor::getMixedSizes(b, b.getLoc(), values), wide),
        {id5, id5}, 0, [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
          return arith::ExtFOp::create(b, wide, args[0]);
        });
  SmallVector<OpFoldResult> outSizes = rowSizes;
  outSizes.push_back(tensor::getMixedSize(b, b.getLoc(), op.getValue(), 4));
  Value weighted =
      expandBatch(b,
                  batchMatmul(b, collapseBatch(b, weights),
                              collapseBatch(b, values), false, wide),
                  outSizes);
  Type outElement = getElementTypeOrSelf(op.getOut().getType());
  Value out =
      generic(b, {weighted, sums}, emptyTensor(b, outSizes, outElement),
              {id5, rowOf5, id5}, 0,
              [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
                Value zero = floatConstant(b, wide, 0.0);
                Value some = arith::CmpFOp::create(b, arith::CmpFPredicate::OGT,
                                                   args[1], zero);
                Value quotient = arith::DivFOp::create(b, args[0], args[1]);
                Value o = arith::SelectOp::create(b, some, quotient, zero);
                if (outElement != wide)
                  o = arith::TruncFOp::create(b, outElement, o);
                return o;
              });

  // lse = m + log z; log 0 = -inf is written out, not left to an approximation
  Value lse = generic(
      b, {safeMax, sums}, emptyTensor(b, rowSizes, wide), {id4, id4, id4}, 0,
      [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
        Value some = arith::CmpFOp::create(
            b, arith::CmpFPredicate::OGT, args[1], floatConstant(b, wide, 0.0));
        Value sum =
            arith::AddFOp::create(b, args[0], math::LogOp::create(b, args[1]));
        return arith::SelectOp::create(b, some, sum, minusInfinity(b, wide));
      });
  replace(b, op.getOut(), out);
  replace(b, op.getLse(), lse);
  op.erase();
}

//===----------------------------------------------------------------------===//
// scatter
//===----------------------------------------------------------------------===//

/// out[.., p, ..] = covered ? source[g, .., l div r] : init. `position`, `head`
/// are the dimensions of p and h in the result; `indices` gives the source
/// index from (g, j).
static Value
lowerScatterOne(ImplicitLocOpBuilder &b, ScatterOp op, Value source, Value init,
                unsigned position, unsigned head,
                function_ref<SmallVector<Value>(ImplicitLocOpBuilder &, Value g,
                                                Value h, Value j)>
                    indices) {
  auto type = cast<RankedTensorType>(init.getType());
  int64_t rate = op.getSegment().getRate();
  Value n = dim(b, op.getOutInit(), 1), heads = dim(b, op.getOutInit(), 2);
  Value length = clampedLength(b, op.getSegment(), n);
  return generic(
      b, {}, init, b.getMultiDimIdentityMap(type.getRank()), 0,
      [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
        Value p = index(b, position), h = index(b, head);
        Value r = indexConstant(b, rate);
        // g = p div w', l = p mod w', covered = (l mod r == o(h))  (S2)
        Value g = arith::DivUIOp::create(b, p, length);
        Value l = arith::RemUIOp::create(b, p, length);
        Value covered = arith::CmpIOp::create(
            b, arith::CmpIPredicate::eq, arith::RemUIOp::create(b, l, r),
            headOffset(b, op.getOffset(), h, heads, rate));
        Value j = arith::DivUIOp::create(b, l, r);
        Value x = tensor::ExtractOp::create(b, source, indices(b, g, h, j));
        return arith::SelectOp::create(b, covered, x, args[0]);
      });
}

static void lowerScatter(ScatterOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  // out is [B, N, H, Dv], lse is [B, H, N].
  Value out = lowerScatterOne(
      b, op, op.getSource(), op.getOutInit(), 1, 2,
      [](ImplicitLocOpBuilder &b, Value g, Value h, Value j) {
        return SmallVector<Value>{index(b, 0), g, h, j, index(b, 3)};
      });
  Value lse =
      lowerScatterOne(b, op, op.getSourceLse(), op.getLseInit(), 2, 1,
                      [](ImplicitLocOpBuilder &b, Value g, Value h, Value j) {
                        return SmallVector<Value>{index(b, 0), g, h, j};
                      });
  replace(b, op.getOut(), out);
  replace(b, op.getLse(), lse);
  op.erase();
}

//===----------------------------------------------------------------------===//
// combine
//===----------------------------------------------------------------------===//

static void lowerCombine(CombineOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  Type wide = getElementTypeOrSelf(op.getLses().front().getType());
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(b, b.getLoc(), op.getOuts().front());
  SmallVector<OpFoldResult> lseSizes = {sizes[0], sizes[2], sizes[1]};
  unsigned count = op.getOuts().size();
  AffineMap id3 = b.getMultiDimIdentityMap(3),
            id4 = b.getMultiDimIdentityMap(4);
  SmallVector<AffineMap> rowMaps(count, id3);
  rowMaps.push_back(id3);

  // lse_i + log m_i
  auto biased = [&](ImplicitLocOpBuilder &b, Value lse, unsigned i) -> Value {
    int64_t m = op.getMultiplicities() ? (*op.getMultiplicities())[i] : 1;
    if (m == 1)
      return lse;
    return arith::AddFOp::create(
        b, lse, floatConstant(b, wide, std::log(static_cast<double>(m))));
  };

  // m = max_i (lse_i + log m_i), 0 where every lse is -inf; then the merged
  // lse = m + log sum_i exp(lse_i + log m_i - m), -inf where the sum is 0
  Value merged = generic(
      b, op.getLses(), emptyTensor(b, lseSizes, wide), rowMaps, 0,
      [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
        SmallVector<Value> lses;
        for (unsigned i = 0; i < count; ++i)
          lses.push_back(biased(b, args[i], i));
        Value max = lses[0];
        for (Value lse : ArrayRef(lses).drop_front())
          max = arith::MaximumFOp::create(b, max, lse);
        Value none = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, max,
                                           minusInfinity(b, wide));
        Value zero = floatConstant(b, wide, 0.0);
        Value safe = arith::SelectOp::create(b, none, zero, max);
        Value sum = zero;
        for (Value lse : lses)
          sum = arith::AddFOp::create(
              b, sum,
              math::ExpOp::create(b, arith::SubFOp::create(b, lse, safe)));
        Value total =
            arith::AddFOp::create(b, safe, math::LogOp::create(b, sum));
        return arith::SelectOp::create(b, none, minusInfinity(b, wide), total);
      });

  // out = sum_i exp(lse_i + log m_i - lse) out_i, 0 where lse is -inf (S7)
  AffineMap rowOf4 = projection(b, 4, {0, 2, 1});
  SmallVector<Value> inputs(op.getOuts());
  llvm::append_range(inputs, op.getLses());
  inputs.push_back(merged);
  SmallVector<AffineMap> maps(count, id4);
  maps.append(count + 1, rowOf4);
  maps.push_back(id4);
  Type outElement = getElementTypeOrSelf(op.getOut().getType());
  Value out = generic(
      b, inputs, emptyTensor(b, sizes, outElement), maps, 0,
      [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
        Value lse = args[2 * count];
        Value none = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, lse,
                                           minusInfinity(b, wide));
        Value zero = floatConstant(b, wide, 0.0);
        Value safe = arith::SelectOp::create(b, none, zero, lse);
        Value sum = zero;
        for (unsigned i = 0; i < count; ++i) {
          Value part = args[i];
          if (part.getType() != wide)
            part = arith::ExtFOp::create(b, wide, part);
          Value weight = math::ExpOp::create(
              b, arith::SubFOp::create(b, biased(b, args[count + i], i), safe));
          sum = arith::AddFOp::create(b, sum,
                                      arith::MulFOp::create(b, weight, part));
        }
        Value result = arith::SelectOp::create(b, none, zero, sum);
        if (outElement != wide)
          result = arith::TruncFOp::create(b, outElement, result);
        return result;
      });
  replace(b, op.getOut(), out);
  if (op.getLse())
    replace(b, op.getLse(), merged);
  op.erase();
}

namespace {
struct LowerBranches
    : mlir::dilated::impl::DilatedLowerBranchesBase<LowerBranches> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (isa<GatherOp, DenseAttentionOp, ScatterOp, CombineOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      if (auto gather = dyn_cast<GatherOp>(op))
        lowerGather(gather);
      else if (auto attend = dyn_cast<DenseAttentionOp>(op))
        lowerDenseAttention(attend);
      else if (auto scatter = dyn_cast<ScatterOp>(op))
        lowerScatter(scatter);
      else
        lowerCombine(cast<CombineOp>(op));
    }
  }
};
} // namespace

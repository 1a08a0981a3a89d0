//===- DilatedInference.cpp - shapes, scales, effects of the ops -*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the ops' results look like as a function of their operands, at run time
// too: every dynamic result dimension is reified from operand dimensions.
//
//===----------------------------------------------------------------------===//

#include "dialects/Dilated/Dilated.h"
#include "dialects/Dilated/EmittedNumber.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cmath>

using namespace mlir;
using namespace mlir::dilated;
namespace plan = ::dilated::plan;

//===----------------------------------------------------------------------===//
// Scale: the attribute, or 1/sqrt(D)
//===----------------------------------------------------------------------===//

static double getScale(std::optional<APFloat> scale, int64_t headSize) {
  if (scale)
    return scale->convertToDouble();
  return 1.0 / std::sqrt(static_cast<double>(headSize));
}

double AttentionOp::getScaleOrDefault() {
  return ::getScale(getScale(), getQuery().getType().getDimSize(3));
}

double DenseAttentionOp::getScaleOrDefault() {
  return ::getScale(getScale(), getQuery().getType().getDimSize(4));
}

double MaskedAttentionOp::getScaleOrDefault() {
  return ::getScale(getScale(), getQuery().getType().getDimSize(3));
}

double FusedAttentionOp::getScaleOrDefault() {
  return ::getScale(getScale(),
                    cast<ShapedType>(getQuery().getType()).getDimSize(3));
}

//===----------------------------------------------------------------------===//
// Reification
//===----------------------------------------------------------------------===//

static OpFoldResult getDim(OpBuilder &b, Location loc, Value v, int64_t dim) {
  return tensor::getMixedSize(b, loc, v, dim);
}

LogicalResult
AttentionOp::reifyResultShapes(OpBuilder &b,
                               ReifiedRankedShapedTypeDims &reified) {
  LayoutDims q = getLayoutDims(getQueryLayout()),
             v = getLayoutDims(getValueLayout()),
             o = getLayoutDims(getOutLayout());
  Location loc = getLoc();
  OpFoldResult batch = getDim(b, loc, getQuery(), q.batch),
               sequence = getDim(b, loc, getQuery(), q.sequence),
               heads = getDim(b, loc, getQuery(), q.head),
               feature = getDim(b, loc, getValue(), v.feature);
  SmallVector<OpFoldResult> out(4);
  out[o.batch] = batch;
  out[o.sequence] = sequence;
  out[o.head] = heads;
  out[o.feature] = feature;
  reified.push_back(std::move(out));
  if (getLse())
    reified.push_back({batch, heads, sequence});
  return success();
}

/// G = ceil(N/w') and L = ceil(w'/r) with w' = min(w, N) (S1). N = 0 counts as
/// one position so that nothing divides by zero; G is then 0.
template <typename N>
static std::pair<N, N> computeClassShape(N length, N rate, N sequence) {
  // min and max also of int64_t; an IR number finds its own overloads.
  using plan::ceilDiv, plan::constantLike, plan::maxOf;
  length =
      plan::clampLength(length, maxOf(sequence, constantLike(sequence, 1)));
  return {ceilDiv(sequence, length), plan::getPaddedClassSize(length, rate)};
}

std::pair<int64_t, int64_t> mlir::dilated::getClassShape(SegmentAttr segment,
                                                         int64_t n) {
  if (ShapedType::isDynamic(n))
    return {ShapedType::kDynamic, ShapedType::kDynamic};
  return computeClassShape(segment.getLength(), segment.getRate(), n);
}

static std::pair<Value, Value> reifyClassShape(OpBuilder &b, Location loc,
                                               SegmentAttr segment, Value n) {
  ImplicitLocOpBuilder builder(loc, b);
  auto [segments, rows] = computeClassShape(
      EmittedNumber(builder, segment.getLength()),
      EmittedNumber(builder, segment.getRate()), EmittedNumber(builder, n));
  return {segments.getValue(), rows.getValue()};
}

LogicalResult
GatherOp::reifyResultShapes(OpBuilder &b,
                            ReifiedRankedShapedTypeDims &reified) {
  Location loc = getLoc();
  auto gathered = cast<RankedTensorType>(getGathered().getType());
  Value n =
      getValueOrCreateConstantIndexOp(b, loc, getDim(b, loc, getSource(), 1));
  auto [segments, rows] = reifyClassShape(b, loc, getSegment(), n);
  auto dim = [&](int64_t i, OpFoldResult dynamic) -> OpFoldResult {
    if (gathered.isDynamicDim(i))
      return dynamic;
    return b.getIndexAttr(gathered.getDimSize(i));
  };
  OpFoldResult heads =
      getHeads() ? OpFoldResult(getHeads()) : getDim(b, loc, getSource(), 2);
  reified.push_back({getDim(b, loc, getSource(), 0), dim(1, segments),
                     dim(2, heads), dim(3, rows),
                     getDim(b, loc, getSource(), 3)});
  if (getCounts()) {
    auto counts = cast<RankedTensorType>(getCounts().getType());
    auto countDim = [&](int64_t i, OpFoldResult dynamic) -> OpFoldResult {
      if (counts.isDynamicDim(i))
        return dynamic;
      return b.getIndexAttr(counts.getDimSize(i));
    };
    reified.push_back({countDim(0, segments), countDim(1, heads)});
  }
  return success();
}

LogicalResult
DenseAttentionOp::reifyResultShapes(OpBuilder &b,
                                    ReifiedRankedShapedTypeDims &reified) {
  SmallVector<OpFoldResult> out;
  for (int64_t i = 0; i < 4; ++i)
    out.push_back(getDim(b, getLoc(), getQuery(), i));
  reified.push_back(out);
  reified.front().push_back(getDim(b, getLoc(), getValue(), 4));
  reified.push_back(out);
  return success();
}

LogicalResult
ScatterOp::reifyResultShapes(OpBuilder &b,
                             ReifiedRankedShapedTypeDims &reified) {
  for (Value init : {getOutInit(), getLseInit()})
    reified.push_back(tensor::getMixedSizes(b, getLoc(), init));
  return success();
}

LogicalResult
MaskedAttentionOp::reifyResultShapes(OpBuilder &b,
                                     ReifiedRankedShapedTypeDims &reified) {
  SmallVector<OpFoldResult> out =
      tensor::getMixedSizes(b, getLoc(), getQuery());
  SmallVector<OpFoldResult> lse = {out[0], out[2], out[1]};
  out[3] = getDim(b, getLoc(), getValue(), 3);
  reified.push_back(std::move(out));
  reified.push_back(std::move(lse));
  return success();
}

LogicalResult
CombineOp::reifyResultShapes(OpBuilder &b,
                             ReifiedRankedShapedTypeDims &reified) {
  reified.push_back(tensor::getMixedSizes(b, getLoc(), getOuts().front()));
  if (getLse())
    reified.push_back(tensor::getMixedSizes(b, getLoc(), getLses().front()));
  return success();
}

LogicalResult
FusedAttentionOp::reifyResultShapes(OpBuilder &b,
                                    ReifiedRankedShapedTypeDims &reified) {
  for (Value init : getDpsInits())
    if (isa<RankedTensorType>(init.getType()))
      reified.push_back(tensor::getMixedSizes(b, getLoc(), init));
  return success();
}

SmallVector<TermAttrInterface> MaskedAttentionOp::getExceptTerms() {
  SmallVector<TermAttrInterface> terms;
  if (std::optional<ArrayAttr> except = getExcept())
    llvm::append_range(terms, except->getAsRange<TermAttrInterface>());
  return terms;
}

//===----------------------------------------------------------------------===//
// Destination style, memory effects
//===----------------------------------------------------------------------===//

MutableOperandRange FusedAttentionOp::getDpsInitsMutable() {
  return MutableOperandRange(getOperation(), /*start=*/3,
                             /*length=*/getLseInit() ? 2 : 1);
}

void FusedAttentionOp::getEffects(
    SmallVectorImpl<SideEffects::EffectInstance<MemoryEffects::Effect>>
        &effects) {
  // On tensors the op is a pure function; on memrefs it reads its inputs and
  // writes its destinations.
  if (!isa<MemRefType>(getOutInit().getType()))
    return;
  for (OpOperand *input : getDpsInputOperands())
    effects.emplace_back(MemoryEffects::Read::get(), input,
                         SideEffects::DefaultResource::get());
  for (OpOperand &init : getDpsInitsMutable())
    effects.emplace_back(MemoryEffects::Write::get(), &init,
                         SideEffects::DefaultResource::get());
}

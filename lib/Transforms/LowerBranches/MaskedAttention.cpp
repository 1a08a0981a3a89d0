//===- MaskedAttention.cpp - masked_attention as linalg ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The sequence is gathered as one segment of rate 1, whose place is the
// position; what a row sees is the mask of the term.
//
//===----------------------------------------------------------------------===//

#include "Lowerings.h"

#include "dilated-mlir/Plan/Pattern.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::dilated;
using namespace mlir::dilated::reference;
namespace plan = ::dilated::plan;

/// The whole sequence as [B, 1, H, N, D], with the query's heads.
static GatherOp gatherAll(ImplicitLocOpBuilder &b, Value source, Value query,
                          Value heads) {
  auto type = cast<RankedTensorType>(source.getType());
  int64_t numHeads = cast<RankedTensorType>(query.getType()).getDimSize(2);
  auto gathered = RankedTensorType::get(
      {type.getDimSize(0), 1, numHeads, type.getDimSize(1), type.getDimSize(3)},
      type.getElementType());
  return GatherOp::create(
      b, gathered, Type(), source, source == query ? Value() : heads,
      SegmentAttr::get(b.getContext(), plan::kMaxInt64, 1, 1),
      HeadOffsetAttr::get(b.getContext(), HeadOffsetRule::Block, 0));
}

/// Whether the row sees the key: the term selects it, no term of `except` does,
/// and the causal cut leaves it.
static Value emitTermMask(ImplicitLocOpBuilder &b, MaskedAttentionOp op,
                          Value heads, Value sequence) {
  EmittedNumber row = index(b, 3), key = index(b, 4);
  Value head = index(b, 2).getValue();
  auto emitSelects = [&](TermAttrInterface term) {
    return plan::selects(
        emitTerm(b, term, op.getOffset(), head, heads, sequence), row, key);
  };
  EmittedNumber mask = emitSelects(op.getTerm());
  if (op.getCausal())
    mask = both(mask, isLess(key, row + constantLike(row, 1)));
  Value isTrue = arith::ConstantOp::create(b, b.getBoolAttr(true));
  for (TermAttrInterface term : op.getExceptTerms()) {
    Value other = emitSelects(term).getValue();
    Value isOurs = b.createOrFold<arith::XOrIOp>(other, isTrue);
    mask = both(mask, EmittedNumber(b, isOurs));
  }
  return mask.getValue();
}

void reference::lowerMaskedAttention(MaskedAttentionOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  Value query = op.getQuery();
  // Gathered, both have the query's heads.
  requireSameSize(b, op.getValue(), op.getKey(), 2,
                  "dilated attention: value and key differ in heads [C5]");
  Value sequence = dim(b, query, 1), heads = dim(b, query, 2);
  GatherOp q = gatherAll(b, query, query, heads),
           k = gatherAll(b, op.getKey(), query, heads),
           v = gatherAll(b, op.getValue(), query, heads);
  Type wide = getElementTypeOrSelf(op.getLse().getType());
  Type outElement = getElementTypeOrSelf(op.getOut().getType());
  OutAndLse results =
      emitSoftmaxAttention(b,
                           {q.getGathered(), k.getGathered(), v.getGathered(),
                            op.getScaleOrDefault(), wide, outElement},
                           [&](ImplicitLocOpBuilder &b) {
                             return emitTermMask(b, op, heads, sequence);
                           });

  ReifiedRankedShapedTypeDims sizes;
  (void)op.reifyResultShapes(b, sizes); // of our own op, does not fail
  Value zero = filled(b, sizes[0], outElement, 0.0);
  Value minusInf =
      filled(b, sizes[1], wide, -std::numeric_limits<double>::infinity());
  auto scatter = ScatterOp::create(b, zero.getType(), minusInf.getType(),
                                   results.out, results.lse, zero, minusInf,
                                   q.getSegment(), q.getOffset());
  replace(b, op.getOut(), scatter.getOut());
  replace(b, op.getLse(), scatter.getLse());
  op.erase();
  lowerScatter(scatter);
  for (GatherOp gather : {q, k, v})
    lowerGather(gather);
}

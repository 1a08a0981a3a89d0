//===- Gather.cpp - gather as linalg on tensors -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lowerings.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::dilated;
using namespace mlir::dilated::reference;
namespace plan = ::dilated::plan;

/// (C4) and (C10) at run time, where sizes are dynamic. `share` is H/Hs.
static void requireSizes(ImplicitLocOpBuilder &b, GatherOp op, Value sequence,
                         Value heads, Value sourceHeads, Value share) {
  auto compare = [&](arith::CmpIPredicate predicate, Value x, Value y) {
    return b.createOrFold<arith::CmpIOp>(predicate, x, y);
  };
  Value zero = arith::ConstantIndexOp::create(b, 0);
  if (cast<RankedTensorType>(op.getSource().getType()).isDynamicDim(1))
    require(b, compare(arith::CmpIPredicate::sgt, sequence, zero),
            "dilated attention: the sequence is empty (length 0), expected at "
            "least 1 position [C10]");
  if (!op.getHeads())
    return;
  // H div (H/Hs) is not computed of 0 heads.
  Value product = b.createOrFold<arith::MulIOp>(share, sourceHeads);
  require(b,
          b.createOrFold<arith::OrIOp>(
              compare(arith::CmpIPredicate::eq, product, heads),
              compare(arith::CmpIPredicate::eq, heads, zero)),
          "dilated attention: the number of query heads is not a multiple of "
          "the number of key heads [C4]");
}

static Value lowerGatheredRows(ImplicitLocOpBuilder &b, GatherOp op,
                               ArrayRef<OpFoldResult> sizes) {
  Value source = op.getSource();
  auto type = cast<RankedTensorType>(op.getGathered().getType());
  Value n = dim(b, source, 1), sourceHeads = dim(b, source, 2);
  Value heads = getValueOrCreateConstantIndexOp(b, b.getLoc(), sizes[2]);
  // Query head h reads source head h div (H/Hs).
  Value one = arith::ConstantIndexOp::create(b, 1);
  Value share = arith::DivUIOp::create(
      b, heads, arith::MaxSIOp::create(b, sourceHeads, one));
  share = arith::MaxSIOp::create(b, share, one);
  requireSizes(b, op, n, heads, sourceHeads, share);

  return generic(
      b, {}, emptyTensor(b, sizes, type.getElementType()),
      b.getMultiDimIdentityMap(5), 0,
      [&](ImplicitLocOpBuilder &b, ValueRange) -> Value {
        EmittedNumber g = index(b, 1), h = index(b, 2), j = index(b, 3);
        auto segment = emitTerm(b, op.getSegment(), op.getOffset(),
                                h.getValue(), heads, n);
        // Row j is the j-th of the class, if there are so many (S3, S5).
        EmittedNumber size =
            plan::getSegmentSize(g, segment.length, EmittedNumber(b, n));
        Value inside =
            isLess(j, plan::getClassSize(size, segment.rate, segment.offset))
                .getValue();
        EmittedNumber p = g * segment.length +
                          plan::getClassPlace(j, segment.rate, segment.offset);
        Value row = arith::SelectOp::create(
            b, inside, p.getValue(), arith::ConstantIndexOp::create(b, 0));
        Value head = arith::DivUIOp::create(b, h.getValue(), share);
        Value x =
            tensor::ExtractOp::create(b, source,
                                      ValueRange{index(b, 0).getValue(), row,
                                                 head, index(b, 4).getValue()});
        return arith::SelectOp::create(
            b, inside, x, floatConstant(b, type.getElementType(), 0.0));
      });
}

/// counts[g, h]: real keys of the class (S5).
static Value lowerCounts(ImplicitLocOpBuilder &b, GatherOp op,
                         ArrayRef<OpFoldResult> sizes) {
  Value n = dim(b, op.getSource(), 1);
  Value heads = getValueOrCreateConstantIndexOp(b, b.getLoc(), sizes[1]);
  return generic(b, {}, emptyTensor(b, sizes, b.getIndexType()),
                 b.getMultiDimIdentityMap(2), 0,
                 [&](ImplicitLocOpBuilder &b, ValueRange) -> Value {
                   auto segment = emitTerm(b, op.getSegment(), op.getOffset(),
                                           index(b, 1).getValue(), heads, n);
                   EmittedNumber size = plan::getSegmentSize(
                       index(b, 0), segment.length, EmittedNumber(b, n));
                   return plan::getClassSize(size, segment.rate, segment.offset)
                       .getValue();
                 });
}

void reference::lowerGather(GatherOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  ReifiedRankedShapedTypeDims sizes;
  // Reification of our own op does not fail.
  (void)op.reifyResultShapes(b, sizes);
  replace(b, op.getGathered(), lowerGatheredRows(b, op, sizes[0]));
  if (op.getCounts())
    replace(b, op.getCounts(), lowerCounts(b, op, sizes[1]));
  op.erase();
}

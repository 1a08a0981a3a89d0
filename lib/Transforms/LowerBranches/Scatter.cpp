//===- Scatter.cpp - scatter as linalg on tensors ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lowerings.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::dilated;
using namespace mlir::dilated::reference;
namespace plan = ::dilated::plan;

/// out[.., p, ..] = covered ? source[g, .., j] : init for row j of segment g,
/// which is that of position p (S2). `position` and `head` are the dimensions
/// of p and h in the result; `indices` gives the source index from (g, h, j).
static Value
lowerScatterOne(ImplicitLocOpBuilder &b, ScatterOp op, Value source, Value init,
                unsigned position, unsigned head,
                function_ref<SmallVector<Value>(ImplicitLocOpBuilder &, Value g,
                                                Value h, Value j)>
                    indices) {
  auto type = cast<RankedTensorType>(init.getType());
  Value n = dim(b, op.getOutInit(), 1), heads = dim(b, op.getOutInit(), 2);
  return generic(
      b, {}, init, b.getMultiDimIdentityMap(type.getRank()), 0,
      [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
        EmittedNumber p = index(b, position);
        Value h = index(b, head).getValue();
        auto segment =
            emitTerm(b, op.getSegment(), op.getOffset(), h, heads, n);
        EmittedNumber g = plan::getSegment(p, segment.length);
        EmittedNumber place = plan::getPlace(p, segment.length);
        Value covered =
            plan::isInClass(place, segment.rate, segment.offset).getValue();
        EmittedNumber j = plan::getClassElement(place, segment.rate);
        Value x = tensor::ExtractOp::create(
            b, source, indices(b, g.getValue(), h, j.getValue()));
        return arith::SelectOp::create(b, covered, x, args[0]);
      });
}

void reference::lowerScatter(ScatterOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  // out is [B, N, H, Dv], lse is [B, H, N].
  Value out =
      lowerScatterOne(b, op, op.getSource(), op.getOutInit(), 1, 2,
                      [](ImplicitLocOpBuilder &b, Value g, Value h, Value j) {
                        return SmallVector<Value>{index(b, 0).getValue(), g, h,
                                                  j, index(b, 3).getValue()};
                      });
  Value lse = lowerScatterOne(
      b, op, op.getSourceLse(), op.getLseInit(), 2, 1,
      [](ImplicitLocOpBuilder &b, Value g, Value h, Value j) {
        return SmallVector<Value>{index(b, 0).getValue(), g, h, j};
      });
  replace(b, op.getOut(), out);
  replace(b, op.getLse(), lse);
  op.erase();
}

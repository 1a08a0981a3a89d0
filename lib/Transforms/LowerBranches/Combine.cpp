//===- Combine.cpp - combine as linalg on tensors ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Lowerings.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

#include <cmath>

using namespace mlir;
using namespace mlir::dilated;
using namespace mlir::dilated::reference;

/// lse_i + log m_i
static Value emitBiased(ImplicitLocOpBuilder &b, CombineOp op, Value lse,
                        unsigned i) {
  int64_t m = op.getMultiplicities() ? (*op.getMultiplicities())[i] : 1;
  if (m == 1)
    return lse;
  return arith::AddFOp::create(
      b, lse,
      floatConstant(b, lse.getType(), std::log(static_cast<double>(m))));
}

/// Whether x is -inf, and x with 0 in place of that, so that no inf - inf
/// arises.
static std::pair<Value, Value> emitSafe(ImplicitLocOpBuilder &b, Value x) {
  Type type = x.getType();
  Value none = arith::CmpFOp::create(b, arith::CmpFPredicate::OEQ, x,
                                     minusInfinity(b, type));
  Value safe = arith::SelectOp::create(b, none, floatConstant(b, type, 0.0), x);
  return {none, safe};
}

/// m + log sum_i exp(lse_i + log m_i - m) with m = max_i (lse_i + log m_i),
/// -inf where every lse is.
static Value emitMergedLse(ImplicitLocOpBuilder &b, CombineOp op, Type wide) {
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(b, b.getLoc(), op.getLses().front());
  SmallVector<AffineMap> maps(op.getLses().size() + 1,
                              b.getMultiDimIdentityMap(3));
  return generic(
      b, op.getLses(), emptyTensor(b, sizes, wide), maps, 0,
      [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
        SmallVector<Value> lses;
        for (unsigned i = 0; i < op.getLses().size(); ++i)
          lses.push_back(emitBiased(b, op, args[i], i));
        Value max = lses[0];
        for (Value lse : ArrayRef(lses).drop_front())
          max = arith::MaximumFOp::create(b, max, lse);
        auto [none, safe] = emitSafe(b, max);
        Value sum = floatConstant(b, wide, 0.0);
        for (Value lse : lses)
          sum = arith::AddFOp::create(
              b, sum,
              math::ExpOp::create(b, arith::SubFOp::create(b, lse, safe)));
        Value total =
            arith::AddFOp::create(b, safe, math::LogOp::create(b, sum));
        return arith::SelectOp::create(b, none, minusInfinity(b, wide), total);
      });
}

/// sum_i exp(lse_i + log m_i - lse) out_i, 0 where lse is -inf (S7)
static Value emitMergedOut(ImplicitLocOpBuilder &b, CombineOp op, Value lse,
                           Type wide) {
  unsigned count = op.getOuts().size();
  SmallVector<OpFoldResult> sizes =
      tensor::getMixedSizes(b, b.getLoc(), op.getOuts().front());
  SmallVector<Value> inputs(op.getOuts());
  llvm::append_range(inputs, op.getLses());
  inputs.push_back(lse);
  AffineMap id4 = b.getMultiDimIdentityMap(4);
  SmallVector<AffineMap> maps(count, id4);
  maps.append(count + 1, projection(b, 4, {0, 2, 1}));
  maps.push_back(id4);
  Type outElement = getElementTypeOrSelf(op.getOut().getType());
  return generic(b, inputs, emptyTensor(b, sizes, outElement), maps, 0,
                 [&](ImplicitLocOpBuilder &b, ValueRange args) -> Value {
                   auto [none, safe] = emitSafe(b, args[2 * count]);
                   Value zero = floatConstant(b, wide, 0.0);
                   Value sum = zero;
                   for (unsigned i = 0; i < count; ++i) {
                     Value part = args[i];
                     if (part.getType() != wide)
                       part = arith::ExtFOp::create(b, wide, part);
                     Value biased = emitBiased(b, op, args[count + i], i);
                     Value weight = math::ExpOp::create(
                         b, arith::SubFOp::create(b, biased, safe));
                     sum = arith::AddFOp::create(
                         b, sum, arith::MulFOp::create(b, weight, part));
                   }
                   Value result = arith::SelectOp::create(b, none, zero, sum);
                   if (outElement != wide)
                     result = arith::TruncFOp::create(b, outElement, result);
                   return result;
                 });
}

void reference::lowerCombine(CombineOp op) {
  ImplicitLocOpBuilder b(op.getLoc(), op);
  Type wide = getElementTypeOrSelf(op.getLses().front().getType());
  Value lse = emitMergedLse(b, op, wide);
  replace(b, op.getOut(), emitMergedOut(b, op, lse, wide));
  if (op.getLse())
    replace(b, op.getLse(), lse);
  op.erase();
}

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

void reference::lowerCombine(CombineOp op) {
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

//===- AttentionEpilogue.cpp - null keys, normalisation, output -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is left when a block of rows has met all its keys: with n0 null keys,
// whose score is 0 and whose value is the zero vector (S5),
//
//   m'  = max(m, 0) if n0 > 0, else m (S8) l'  = l * 2^(m - m') + n0 * 2^(-m')
//   out = O * 2^(m - m') / l'
//   lse = (m' + log2(l')) * ln(2)
//
// A row that no term covers has l' = 0: out is 0 and lse is -inf (S7).
//
//===----------------------------------------------------------------------===//

#include "AttentionKernel.h"
#include "Exp2.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::dilated;

/// Replaces rowSum by the factor 2^(m - m')/l' of O, and rowMax by the lse.
static void emitNormalisation(KernelBuilder &b, AttentionTask &task) {
  Value zero = b.constant(task.vector, 0), one = b.constant(task.vector, 1);
  b.forLoop(b.index(0), b.index(task.numStateRows), task.lanes, [&](Value row) {
    Value max = b.load(task.vector, task.rowMax, row);
    Value sum = b.load(task.vector, task.rowSum, row);
    Value nulls = b.load(task.vector, task.rowNulls, row);
    Value withNulls = b.select(b.cmp(arith::CmpFPredicate::OGT, nulls, zero),
                               b.max(zero, max), max);
    Value correction = emitExp2(b, b.sub(max, withNulls));
    // 2^(-m') is needed where m' >= 0 alone; elsewhere n0 = 0.
    Value nullWeight = emitExp2(b, b.min(zero, b.sub(zero, withNulls)));
    sum = b.fma(sum, correction, b.mul(nulls, nullWeight));
    Value empty = b.cmp(arith::CmpFPredicate::OEQ, sum, zero);
    Value factor = b.select(empty, zero, b.div(correction, sum));
    b.store(factor, task.rowSum, row);
    if (!task.lse)
      return;
    Value log = math::Log2Op::create(b, b.select(empty, one, sum));
    Value lse =
        b.mul(b.add(withNulls, log), b.constant(task.vector, std::log(2.0)));
    Value none =
        b.constant(task.vector, -std::numeric_limits<double>::infinity());
    b.store(b.select(empty, none, lse), task.rowMax, row);
  });
}

void mlir::dilated::emitWriteRows(KernelBuilder &b, AttentionTask &task) {
  emitNormalisation(b, task);
  b.forLoop(b.index(0), task.blockSize, 1, [&](Value row) {
    Value position = b.add(task.blockStart, row);
    Value factor = b.splat(b.load(task.rowSum, row), task.vector);
    b.forLoop(b.index(0), b.index(task.valueDim), task.lanes,
              [&](Value column) {
                Value sum = b.load(task.vector, task.rowOut, {row, column});
                task.out.store(b, b.mul(sum, factor),
                               {task.batch, position, task.head}, column);
              });
    if (task.lse) {
      Type element = cast<MemRefType>(task.lse.getType()).getElementType();
      b.store(b.toFloat(b.load(task.rowMax, row), element), task.lse,
              {task.batch, task.head, position});
    }
  });
}

//===- Epilogue.cpp - null keys, normalization, output -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What is left when tiles have met all their keys: with n0 null keys, whose
// score is 0 and whose value is the zero vector (S5),
//
//   m'  = max(m, 0) if n0 > 0, else m (S8)
//   l'  = l * 2^(m - m') + n0 * 2^(-m')
//   out = O * 2^(m - m') / l'
//   lse = (m' + log2(l')) * ln(2)
//
// A row that no term covers has l' = 0: out is 0 and lse is -inf (S7).
//
//===----------------------------------------------------------------------===//

#include "Softmax.h"

#include "mlir/Dialect/Math/IR/Math.h"

using namespace mlir;
using namespace mlir::dilated;

/// Replaces tileSum by the factor 2^(c * (m - m'))/l' of O, and tileMax by the
/// lse. The score of a null key is 0.
static void emitNormalization(KernelBuilder &b, AttentionTask &task, Value tile,
                              Value lane) {
  Value zero = b.constant(task.vector, 0), one = b.constant(task.vector, 1);
  Value max = b.load(task.vector, task.tileMax, {tile, lane});
  Value sum = b.load(task.vector, task.tileSum, {tile, lane});
  auto counts = VectorType::get(task.lanes, b.getI64Type());
  Value nulls = arith::SIToFPOp::create(
      b, task.vector, b.load(counts, task.schedule.nulls, {tile, lane}));
  Value withNulls = b.select(b.cmp(arith::CmpFPredicate::OGT, nulls, zero),
                             b.max(zero, max), max);
  Value correction = emitCorrection(b, task, max, withNulls);
  // 2^(-c * m') is needed where m' >= 0 alone; elsewhere n0 = 0.
  Value nullWeight = emitCorrection(b, task, zero, b.max(zero, withNulls));
  sum = b.fma(sum, correction, b.mul(nulls, nullWeight));
  Value empty = b.cmp(arith::CmpFPredicate::OEQ, sum, zero);
  Value factor = b.select(empty, zero, b.div(correction, sum));
  b.store(factor, task.tileSum, {tile, lane});
  if (!task.lse)
    return;
  Value log = math::Log2Op::create(b, b.select(empty, one, sum));
  Value lse = b.mul(
      b.fma(withNulls, b.constant(task.vector, task.getScoreFactor()), log),
      b.constant(task.vector, std::log(2.0)));
  Value none =
      b.constant(task.vector, -std::numeric_limits<double>::infinity());
  b.store(b.select(empty, none, lse), task.tileMax, {tile, lane});
}

/// One row of a tile, `i` lanes after `firstLane`, from the transposed block.
static void emitWriteRow(KernelBuilder &b, AttentionTask &task, Value tile,
                         Value firstLane, Value i) {
  Value lane = b.add(firstLane, i);
  Value word = b.load(task.schedule.rows, {tile, lane});
  Value isRow =
      b.cmp(arith::CmpIPredicate::sge, word, b.integer(b.getI64Type(), 0));
  b.ifThen(isRow, [&] {
    Value position = b.cast(word, b.getIndexType());
    b.forLoop(
        b.index(0), b.index(task.valueDim), task.lanes, [&](Value column) {
          Value out = b.load(task.vector, task.stagedOut, {i, column});
          task.out.store(b, out, {task.batch, position, task.head}, column);
        });
    if (task.lse) {
      Type element = cast<MemRefType>(task.lse.getType()).getElementType();
      b.store(b.toFloat(b.load(task.tileMax, {tile, lane}), element), task.lse,
              {task.batch, task.head, position});
    }
  });
}

void mlir::dilated::emitWriteTiles(KernelBuilder &b, AttentionTask &task,
                                   Value count) {
  Value zero = b.index(0);
  b.forLoop(zero, count, 1, [&](Value tile) {
    b.forLoop(zero, b.index(task.width), task.lanes, [&](Value firstLane) {
      emitNormalization(b, task, tile, firstLane);
      Value factor = b.load(task.vector, task.tileSum, {tile, firstLane});
      b.forLoop(zero, b.index(task.valueDim), task.lanes, [&](Value column) {
        SmallVector<Value> block;
        for (int64_t i = 0; i < task.lanes; ++i) {
          Value out = b.load(task.vector, task.tileOut,
                             {tile, b.add(column, b.index(i)), firstLane});
          block.push_back(b.mul(out, factor));
        }
        block = emitTranspose(b, block);
        for (int64_t i = 0; i < task.lanes; ++i)
          b.store(block[i], task.stagedOut, {b.index(i), column});
      });
      b.forLoop(zero, b.index(task.lanes), 1,
                [&](Value i) { emitWriteRow(b, task, tile, firstLane, i); });
    });
  });
}

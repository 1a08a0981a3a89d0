//===- Overflow.cpp - rows that leave a fixed maximum ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// With a fixed maximum, the one of the first keys that a row sees, later
// weights may be as large as they like. Tiles with a row whose sums are too
// large for the compute type are computed again, with the online softmax.
//
//===----------------------------------------------------------------------===//

#include "Task.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::dilated;

/// Relative to m, weights and their sum are at most this. What is left up to
/// the largest f32 is for the values: their magnitude is checked, not assumed.
static constexpr double kLargestSum = 1e30;

/// Of `lane` and those after it, a vector of i1: has the row left the range?
static Value emitOverflows(KernelBuilder &b, AttentionTask &task, Value tile,
                           Value lane) {
  auto positions = VectorType::get(task.lanes, b.getI64Type());
  Value features = task.getFeatures(b);
  // The sum of |O| is finite when every O is.
  Value magnitude =
      b.forLoop(b.index(0), features, 1, b.constant(task.vector, 0),
                [&](Value d, ValueRange sum) -> SmallVector<Value> {
                  Value out =
                      b.load(task.vector, task.tileOut, {tile, d, lane});
                  return {b.add(sum[0], math::AbsFOp::create(b, out))};
                })[0];
  Value sum = b.load(task.vector, task.tileSum, {tile, lane});
  // Not below: NaN too.
  Value inf = b.constant(task.vector, std::numeric_limits<double>::infinity());
  Value most = b.constant(task.vector, kLargestSum);
  Value large = b.cmp(arith::CmpFPredicate::UGE, sum, most);
  large = arith::OrIOp::create(
      b, large, b.cmp(arith::CmpFPredicate::UGE, magnitude, inf));
  // Lanes without a row hold anything.
  Value isRow = b.cmp(arith::CmpIPredicate::sge,
                      b.load(positions, task.schedule.rows, {tile, lane}),
                      b.integer(positions, 0));
  return arith::AndIOp::create(b, large, isRow);
}

Value mlir::dilated::emitFindOverflow(KernelBuilder &b, AttentionTask &task,
                                      Value count) {
  Value zero = b.index(0);
  auto mask = VectorType::get(task.lanes, b.getI1Type());
  return b.forLoop(
      zero, count, 1, b.boolean(false),
      [&](Value tile, ValueRange found) -> SmallVector<Value> {
        Value lanes =
            b.forLoop(zero, b.index(task.width), task.lanes, b.integer(mask, 0),
                      [&](Value lane, ValueRange sofar) -> SmallVector<Value> {
                        Value overflows = emitOverflows(b, task, tile, lane);
                        return {arith::OrIOp::create(b, sofar[0], overflows)};
                      })[0];
        Value retry =
            vector::ReductionOp::create(b, vector::CombiningKind::OR, lanes);
        b.store(retry, task.retries, tile);
        return {arith::OrIOp::create(b, found[0], retry)};
      })[0];
}

//===- Softmax.cpp - a tile of rows meets a block of keys --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One tile of query rows meets one block of packed keys. With lanes for rows,
// s the scores of this block, c = scale * log2(e), b the log2 of how often a
// key counts, and m (a score), l, O the state of a row:
//
//   s[j]  = sum over d of key[j][d] * query[d]
//
// With a fixed maximum m, weights leave the registers at once:
//
//   p[j]  = 2^(c * (s[j] - m) + b[j])
//   l     = l + sum over j of p[j]
//   O[d]  = O[d] + sum over j of value[j][d] * p[j]
//
// In the online softmax, and with the first keys that a row sees:
//
//   m'    = max(m, max over j of s[j])
//   p[j]  = 2^(c * (s[j] - m') + b[j])
//   l     = l * 2^(c * (m - m')) + sum over j of p[j]
//   O[d]  = O[d] * 2^(c * (m - m')) + sum over j of value[j][d] * p[j]
//
// A scale below 0 goes with the sign of s. Differences are scaled, not queries
// or scores: keys with equal scores have equal weights, however large c is.
//
// The sums over j are taken by themselves and then added to l and O: over many
// blocks that rounds far less than one long sum does.
//
// A key that a row does not see has the weight 0, which times a value that is
// infinite or NaN is NaN. That ends the fixed maximum as well; in the online
// softmax the weight is -0, and the keys of such weights are left out.
//
//===----------------------------------------------------------------------===//

#include "Softmax.h"

#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::dilated;

Value mlir::dilated::emitWeight(KernelBuilder &b, AttentionTask &task,
                                Value score, Value max, Value biasRow,
                                Value key, const Exp2Options &exponent) {
  // As -c * (m - s): a score in memory is an operand of the subtraction.
  Value factor = b.constant(task.vector, -task.getScoreFactor());
  Value difference = b.sub(max, score);
  if (!task.biases)
    return emitExp2(b, b.mul(difference, factor), exponent);
  Value bias = b.splat(b.load(task.biases, {biasRow, key}), task.vector);
  return emitExp2(b, b.fma(difference, factor, bias), exponent);
}

Value mlir::dilated::emitCorrection(KernelBuilder &b, AttentionTask &task,
                                    Value from, Value to) {
  // Rare enough for the best polynomial.
  Exp2Options options = {task.tiling.exponent.form};
  Value factor = b.constant(task.vector, task.getScoreFactor());
  Value correction = emitExp2(b, b.mul(factor, b.sub(from, to)), options);
  Value equal = b.cmp(arith::CmpFPredicate::OEQ, from, to);
  return b.select(equal, b.constant(task.vector, 1), correction);
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

BlockSoftmax::BlockSoftmax(KernelBuilder &b, AttentionTask &task, Value biasRow,
                           Value tile, Value start, Value first, Value count,
                           Value online)
    : b(b), task(task), engine(*task.engine), biasRow(biasRow), tile(tile),
      first(first), online(online), shape(task.tiling.tile),
      limits(b, task, tile, b.add(start, first), count),
      block{tile, first, engine.getBlockBegin(b, limits.keyBegin), Value()} {}

SmallVector<Value> BlockSoftmax::loadState(Value memref) {
  SmallVector<Value> vectors;
  for (int64_t v = 0; v < shape.columns; ++v)
    vectors.push_back(b.load(task.vector, memref, {tile, lane(v)}));
  return vectors;
}

void BlockSoftmax::storeState(ValueRange vectors, Value memref) {
  for (auto [v, vector] : llvm::enumerate(vectors))
    b.store(vector, memref, {tile, lane(static_cast<int64_t>(v))});
}

Value BlockSoftmax::emitIsOnline() {
  return arith::OrIOp::create(b, online, limits.emitNeedsMaximum(b));
}

void BlockSoftmax::emit(Value isOnline) {
  block.end = b.roundUp(limits.keyEnd, engine.getKeyGroup());
  SmallVector<Value> found = emitScores(isOnline);
  ValueRange maxima = ValueRange(found).take_front(shape.columns);
  ValueRange sums = ValueRange(found).drop_front(shape.columns);
  SmallVector<Value> corrections = b.ifThenElse(
      isOnline, [&] { return emitOnlineSoftmax(maxima); },
      [&] { return emitAddSums(sums); });
  emitValues(isOnline, corrections);
}

Value BlockSoftmax::emitWeight(Value score, Value max, Value key) {
  return mlir::dilated::emitWeight(b, task, score, max, biasRow,
                                   b.add(first, key), task.tiling.exponent);
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

/// The scores of a register tile of keys, -inf where a row does not see a key.
SmallVector<Value> BlockSoftmax::emitScoresOfKeys(Value key) {
  SmallVector<Value> scores = engine.getScores(b, block, key);
  if (task.signature.scale < 0)
    for (Value &score : scores)
      score = arith::NegFOp::create(b, score);
  return b.ifThenElse(
      limits.emitIsRagged(b, key),
      [&] {
        SmallVector<Value> seen = scores;
        limits.emitHide(b, key, b.add(first, key), seen);
        return seen;
      },
      [&] { return scores; });
}

/// Stores the scores, and finds the maxima: `carried` begins with them.
SmallVector<Value> BlockSoftmax::emitKeepScores(Value key, ValueRange scores,
                                                ValueRange carried) {
  SmallVector<Value> updated(carried);
  for (auto [i, score] : llvm::enumerate(scores)) {
    auto m = static_cast<int64_t>(i) / shape.columns;
    auto v = static_cast<int64_t>(i) % shape.columns;
    updated[v] = b.max(updated[v], score);
    b.store(score, engine.scores, {b.add(key, b.index(m)), lane(v)});
  }
  return updated;
}

/// Stores the weights relative to `maxima`, and adds them up: `carried` ends
/// with the sums. Each weight is stored as soon as it is there: registers are
/// few.
SmallVector<Value> BlockSoftmax::emitFixedMaximum(Value key, ValueRange scores,
                                                  ValueRange maxima,
                                                  ValueRange carried) {
  SmallVector<Value> updated(carried);
  int64_t step = engine.getStep();
  for (int64_t m = 0; m < shape.rows; m += step) {
    SmallVector<Value> weights;
    for (int64_t i = 0; i < step * shape.columns; ++i) {
      int64_t v = i % shape.columns;
      Value score = scores[m * shape.columns + i];
      Value row = b.add(key, b.index(m + i / shape.columns));
      weights.push_back(emitWeight(score, maxima[v], row));
      Value &sum = updated[shape.columns + v];
      sum = b.add(sum, weights.back());
    }
    engine.storeWeights(b, weights, b.add(key, b.index(m)));
  }
  return updated;
}

/// Returns the new maxima and, with fixed maxima, the sums of the weights.
SmallVector<Value> BlockSoftmax::emitScores(Value isOnline) {
  SmallVector<Value> maxima = loadState(task.tileMax), init = maxima;
  init.append(shape.columns, b.constant(task.vector, 0));
  engine.emitScores(b, block);
  return b.forLoop(
      block.begin, block.end, shape.rows, init,
      [&](Value key, ValueRange carried) {
        SmallVector<Value> scores = emitScoresOfKeys(key);
        return b.ifThenElse(
            isOnline, [&] { return emitKeepScores(key, scores, carried); },
            [&] { return emitFixedMaximum(key, scores, maxima, carried); });
      });
}

//===----------------------------------------------------------------------===//
// Sums
//===----------------------------------------------------------------------===//

/// The denominator; returns corrections of 1.
SmallVector<Value> BlockSoftmax::emitAddSums(ValueRange sums) {
  SmallVector<Value> updated;
  for (auto [old, sum] : llvm::zip(loadState(task.tileSum), sums))
    updated.push_back(b.add(old, sum));
  storeState(updated, task.tileSum);
  return SmallVector<Value>(shape.columns, b.constant(task.vector, 1));
}

/// p = 2^(s - m') of the stored scores, the new maximum and denominator;
/// returns 2^(m - m').
SmallVector<Value> BlockSoftmax::emitOnlineSoftmax(ValueRange maxima) {
  SmallVector<Value> corrections;
  for (auto [old, updated] : llvm::zip(loadState(task.tileMax), maxima))
    corrections.push_back(emitCorrection(b, task, old, updated));
  Value hidden =
      b.constant(task.vector, -std::numeric_limits<double>::infinity());
  Value minusZero = b.constant(task.vector, -0.0);
  int64_t step = engine.getStep();
  SmallVector<Value> zeros(shape.columns, b.constant(task.vector, 0));
  SmallVector<Value> sums = b.forLoop(
      block.begin, block.end, step, zeros, [&](Value key, ValueRange partial) {
        SmallVector<Value> updated(partial), weights;
        for (int64_t i = 0; i < step * shape.columns; ++i) {
          int64_t v = i % shape.columns;
          Value row = b.add(key, b.index(i / shape.columns));
          Value score = b.load(task.vector, engine.scores, {row, lane(v)});
          Value weight = emitWeight(score, maxima[v], row);
          updated[v] = b.add(updated[v], weight);
          Value isHidden = b.cmp(arith::CmpFPredicate::OEQ, score, hidden);
          weights.push_back(b.select(isHidden, minusZero, weight));
        }
        engine.storeWeights(b, weights, key);
        return updated;
      });
  SmallVector<Value> old = loadState(task.tileSum);
  for (int64_t v = 0; v < shape.columns; ++v)
    sums[v] = b.fma(old[v], corrections[v], sums[v]);
  storeState(sums, task.tileSum);
  storeState(SmallVector<Value>(maxima), task.tileMax);
  return corrections;
}

void BlockSoftmax::emitValues(Value isOnline, ValueRange corrections) {
  Value someHidden =
      arith::OrIOp::create(b, b.less(limits.keyBegin, limits.fullBegin),
                           b.less(limits.fullEnd, limits.keyEnd));
  b.ifThenElse(
      arith::AndIOp::create(b, online, someHidden),
      [&]() -> SmallVector<Value> {
        engine.emitVisibleValues(b, block, corrections);
        return {};
      },
      [&]() -> SmallVector<Value> {
        engine.emitValues(b, block, isOnline, corrections);
        return {};
      });
}

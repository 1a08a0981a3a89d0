//===- Limits.cpp - which keys the rows of a tile see ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A row sees keys [low, high) of a range. Where a tile is masked, the rest of
// the answer is a word per key.
//
//===----------------------------------------------------------------------===//

#include "Limits.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::dilated;

TileLimits::TileLimits(KernelBuilder &b, AttentionTask &task, Value tile,
                       Value start, Value count)
    : task(task), tile(tile), start(start) {
  using Word = AttentionSchedule::TileWord;
  // Perhaps below 0.
  auto relative = [&](Word word) {
    return b.sub(task.schedule.loadTileWord(b, tile, word), start);
  };
  keyBegin = b.max(b.index(0), relative(Word::Begin));
  keyEnd = b.min(count, relative(Word::End));
  fullBegin = relative(Word::FullBegin);
  fullEnd = relative(Word::FullEnd);
}

/// A limit of each lane, relative to the chunk, in 32 bits.
Value TileLimits::loadLimit(KernelBuilder &b, Value limits, int64_t v) {
  auto wide = VectorType::get(task.lanes, b.getI64Type());
  auto narrow = VectorType::get(task.lanes, b.getI32Type());
  Value first = b.splat(b.cast(start, b.getI64Type()), wide);
  Value limit = b.sub(b.load(wide, limits, {tile, task.getLane(b, v)}), first);
  Value least = b.integer(wide, 0);
  Value most = b.integer(wide, task.tiling.blockKeys);
  limit = b.max(least, b.min(limit, most));
  return arith::TruncIOp::create(b, narrow, limit);
}

/// Of all rows, for a chunk that may be the first one of some.
static Value emitIsNew(KernelBuilder &b, AttentionTask &task, Value tile,
                       int64_t v) {
  Value none = b.constant(task.vector, task.noMaximum);
  Value max = b.load(task.vector, task.tileMax, {tile, task.getLane(b, v)});
  return b.cmp(arith::CmpFPredicate::OEQ, max, none);
}

Value TileLimits::emitNeedsMaximum(KernelBuilder &b) {
  // A row that sees any key of the range sees one up to the end of the chunk
  // that has key fullBegin: later, all have a maximum.
  Value mayBeNew = b.less(b.index(-1), fullBegin);
  return b.ifThenElse(
      mayBeNew,
      [&]() -> SmallVector<Value> {
        Value found;
        for (int64_t v = 0; v < task.tiling.tile.columns; ++v) {
          // Keys of the chunk: limits beyond it are equal.
          Value sees = b.less(loadLimit(b, task.schedule.lows, v),
                              loadLimit(b, task.schedule.highs, v));
          Value both =
              arith::AndIOp::create(b, emitIsNew(b, task, tile, v), sees);
          found = found ? arith::OrIOp::create(b, found, both) : both;
        }
        return {
            vector::ReductionOp::create(b, vector::CombiningKind::OR, found)};
      },
      [&]() -> SmallVector<Value> { return {b.boolean(false)}; })[0];
}

Value TileLimits::emitIsRagged(KernelBuilder &b, Value key) {
  Value end = b.add(key, b.index(task.tiling.tile.rows));
  return arith::OrIOp::create(b, b.less(key, fullBegin), b.less(fullEnd, end));
}

/// For each vector of rows, which of them see a key of the chunk.
SmallVector<Value> TileLimits::emitSeesKey(KernelBuilder &b, Value key,
                                           ArrayRef<Value> lows,
                                           ArrayRef<Value> highs) {
  Value number = b.cast(key, b.getI32Type());
  SmallVector<Value> visible;
  for (auto [low, high] : llvm::zip(lows, highs)) {
    Value splat = b.splat(number, cast<VectorType>(low.getType()));
    Value isFrom = b.cmp(arith::CmpIPredicate::sle, low, splat);
    visible.push_back(arith::AndIOp::create(b, isFrom, b.less(splat, high)));
  }
  return visible;
}

/// Bits of a mask word for each vector of rows.
static SmallVector<Value> emitMaskBits(KernelBuilder &b, AttentionTask &task,
                                       Value word) {
  auto bits = VectorType::get(task.width, b.getI1Type());
  Type narrow = b.getIntegerType(static_cast<unsigned>(task.width));
  if (task.width < 64)
    word = arith::TruncIOp::create(b, narrow, word);
  auto scalar = VectorType::get(1, narrow);
  Value all = vector::BitCastOp::create(b, bits, b.splat(word, scalar));
  SmallVector<Value> parts;
  for (int64_t v = 0; v < task.width / task.lanes; ++v)
    parts.push_back(vector::ExtractStridedSliceOp::create(
        b, all, ArrayRef<int64_t>{v * task.lanes},
        ArrayRef<int64_t>{task.lanes}, ArrayRef<int64_t>{1}));
  return parts;
}

void TileLimits::emitHide(KernelBuilder &b, Value key, Value packed,
                          MutableArrayRef<Value> scores) {
  RegisterTileShape shape = task.tiling.tile;
  Value hidden =
      b.constant(task.vector, -std::numeric_limits<double>::infinity());
  SmallVector<Value> lows, highs;
  for (int64_t v = 0; v < shape.columns; ++v) {
    lows.push_back(loadLimit(b, task.schedule.lows, v));
    highs.push_back(loadLimit(b, task.schedule.highs, v));
  }
  auto hide = [&](MutableArrayRef<Value> of, int64_t m,
                  ArrayRef<Value> visible) {
    for (int64_t v = 0; v < shape.columns; ++v) {
      Value &score = of[m * shape.columns + v];
      score = b.select(visible[v], score, hidden);
    }
  };
  for (int64_t m = 0; m < shape.rows; ++m)
    hide(scores, m, emitSeesKey(b, b.add(key, b.index(m)), lows, highs));
  if (!task.schedule.isMasked())
    return;
  using Word = AttentionSchedule::TileWord;
  Value isMasked =
      b.less(b.index(0), task.schedule.loadTileWord(b, tile, Word::Masked));
  SmallVector<Value> limited(scores);
  SmallVector<Value> masked = b.ifThenElse(
      isMasked,
      [&] {
        SmallVector<Value> seen = limited;
        for (int64_t m = 0; m < shape.rows; ++m) {
          Value word = b.load(task.schedule.masks, b.add(packed, b.index(m)));
          hide(seen, m, emitMaskBits(b, task, word));
        }
        return seen;
      },
      [&] { return limited; });
  llvm::copy(masked, scores.begin());
}

//===- Update.cpp - scores, softmax, values ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One tile of query rows meets one chunk of packed keys. With lanes for rows,
// s the scores of this chunk, c = scale * log2(e), b the log2 of how often a
// key counts, and m (a score), l, O the state of a row:
//
//   s[j]  = sum over d of key[j][d] * query[d]
//
// In the reference form, m being fixed, weights leave the registers at once:
//
//   p[j]  = 2^(c * (s[j] - m) + b[j])
//   l     = l + sum over j of p[j]
//   O[d]  = O[d] + sum over j of value[j][d] * p[j]
//
// In the online form, and with the first keys that a row sees:
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
// chunks that rounds far less than one long sum does.
//
// A key that a row does not see has the weight 0, which times a value that is
// infinite or NaN is NaN. That ends the reference form as well; in the online
// form the weight is -0, and the keys of such weights are left out.
//
//===----------------------------------------------------------------------===//

#include "Engines/AmxTiles.h"

#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::dilated;

namespace {

class TileUpdate {
public:
  /// Of the packed keys, which begin with key `start` of the run, those
  /// [first, first + count).
  TileUpdate(KernelBuilder &b, AttentionTask &task, Value biasRow, Value tile,
             Value start, Value first, Value count, Value online)
      : b(b), task(task), biasRow(biasRow), tile(tile),
        start(b.add(start, first)), first(first), count(count), online(online),
        shape(task.tiling.tile) {
    computeLimits();
  }

  /// Whether some row sees one of the keys.
  Value emitSeesKeys() { return b.less(keyBegin, keyEnd); }
  Value emitIsOnline();
  /// For more than 0 and at most tiling.blockKeys keys that a row sees.
  void emit(Value isOnline);

private:
  void computeLimits();
  Value emitNeedsMaximum();
  Value emitWeight(Value score, Value max, Value key) {
    return mlir::dilated::emitWeight(b, task, score, max, biasRow,
                                     b.add(first, key), task.tiling.exponent);
  }
  void storeWeights(ValueRange weights, Value key);
  Value loadLimit(Value limits, int64_t v);
  SmallVector<Value> emitSeesKey(Value key, ArrayRef<Value> lows,
                                 ArrayRef<Value> highs);
  void emitMask(Value key, MutableArrayRef<Value> scores);
  SmallVector<Value> emitScores(Value isOnline);
  SmallVector<Value> emitOnlineSoftmax(ValueRange maxima);
  void emitCorrectValues(ValueRange corrections);
  void emitValues(Value isOnline, ValueRange corrections);
  void emitValueTiles(ValueRange corrections);
  void emitValueTile(Value feature, int64_t rows, ValueRange corrections);
  void emitVisibleValues(ValueRange corrections);
  void addToOutput(Value feature, ValueRange sums, ValueRange corrections);

  /// `key` in operands of the weights.
  Value getDepth(Value key) {
    return b.div(key, b.index(task.products.getStep()));
  }
  Value loadWeight(Value key, int64_t v) {
    return b.load(task.products.getOperands(), task.weights, {key, lane(v)});
  }
  Value lane(int64_t v) { return b.index(v * task.lanes); }
  SmallVector<Value> loadState(Value memref) {
    SmallVector<Value> vectors;
    for (int64_t v = 0; v < shape.columns; ++v)
      vectors.push_back(b.load(task.vector, memref, {tile, lane(v)}));
    return vectors;
  }
  void storeState(ValueRange vectors, Value memref) {
    for (auto [v, vector] : llvm::enumerate(vectors))
      b.store(vector, memref, {tile, lane(static_cast<int64_t>(v))});
  }

  KernelBuilder &b;
  AttentionTask &task;
  Value biasRow, tile, start, first, count, online;
  RegisterTileShape shape;

  /// Of these keys, some row of the tile sees [keyBegin, keyEnd), and all rows
  /// see [fullBegin, fullEnd), which may lie beyond them.
  Value keyBegin, keyEnd, fullBegin, fullEnd;
  /// [keyBegin, keyEnd) in whole groups.
  Value wholeBegin, wholeEnd;
};

} // namespace

/// A word of the tile relative to `start`; perhaps below 0.
static Value emitRelative(KernelBuilder &b, AttentionTask &task, Value tile,
                          Value start, AttentionSchedule::TileWord word) {
  return b.sub(task.plan.loadTileWord(b, tile, word), start);
}

void TileUpdate::computeLimits() {
  using Word = AttentionSchedule::TileWord;
  auto relative = [&](Word word) {
    return emitRelative(b, task, tile, start, word);
  };
  keyBegin = b.max(b.index(0), relative(Word::Begin));
  keyEnd = b.min(count, relative(Word::End));
  fullBegin = relative(Word::FullBegin);
  fullEnd = relative(Word::FullEnd);
  // Products of tiles begin with the first key.
  wholeBegin = b.index(0);
  if (!task.products.isTiled()) {
    Value group = b.index(task.getKeyGroup());
    wholeBegin = b.mul(b.div(keyBegin, group), group);
  }
}

/// A limit of each lane, relative to the chunk, in 32 bits.
Value TileUpdate::loadLimit(Value limits, int64_t v) {
  auto wide = VectorType::get(task.lanes, b.getI64Type());
  auto narrow = VectorType::get(task.lanes, b.getI32Type());
  Value first = b.splat(b.cast(start, b.getI64Type()), wide);
  Value limit = b.sub(b.load(wide, limits, {tile, lane(v)}), first);
  Value least = b.integer(wide, 0);
  Value most = b.integer(wide, task.tiling.blockKeys);
  limit = b.max(least, b.min(limit, most));
  return arith::TruncIOp::create(b, narrow, limit);
}

/// A row that sees any key of the range sees one up to the end of the chunk
/// that has key fullBegin: later, all have a maximum.
Value TileUpdate::emitNeedsMaximum() {
  Value none = b.constant(task.vector, task.noMaximum);
  SmallVector<Value> maxima = loadState(task.tileMax);
  Value found;
  for (int64_t v = 0; v < shape.columns; ++v) {
    Value isNew = b.cmp(arith::CmpFPredicate::OEQ, maxima[v], none);
    // Keys of the chunk: limits beyond it are equal.
    Value sees =
        b.less(loadLimit(task.plan.lows, v), loadLimit(task.plan.highs, v));
    Value both = arith::AndIOp::create(b, isNew, sees);
    found = found ? arith::OrIOp::create(b, found, both) : both;
  }
  return vector::ReductionOp::create(b, vector::CombiningKind::OR, found);
}

Value TileUpdate::emitIsOnline() {
  Value mayBeNew = b.less(b.index(-1), fullBegin);
  Value needsMaximum = b.ifThenElse(
      mayBeNew, [&]() -> SmallVector<Value> { return {emitNeedsMaximum()}; },
      [&]() -> SmallVector<Value> { return {b.boolean(false)}; })[0];
  return arith::OrIOp::create(b, online, needsMaximum);
}

void TileUpdate::emit(Value isOnline) {
  wholeEnd = b.roundUp(keyEnd, task.getKeyGroup());
  SmallVector<Value> found = emitScores(isOnline);
  ValueRange maxima = ValueRange(found).take_front(shape.columns);
  ValueRange sums = ValueRange(found).drop_front(shape.columns);
  SmallVector<Value> corrections = b.ifThenElse(
      isOnline, [&] { return emitOnlineSoftmax(maxima); },
      [&] {
        SmallVector<Value> updated;
        for (auto [old, sum] : llvm::zip(loadState(task.tileSum), sums))
          updated.push_back(b.add(old, sum));
        storeState(updated, task.tileSum);
        return SmallVector<Value>(shape.columns, b.constant(task.vector, 1));
      });
  emitValues(isOnline, corrections);
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

/// For each vector of rows, which of them see a key of the chunk.
SmallVector<Value> TileUpdate::emitSeesKey(Value key, ArrayRef<Value> lows,
                                           ArrayRef<Value> highs) {
  Value number = b.cast(key, b.getI32Type());
  SmallVector<Value> visible;
  for (int64_t v = 0; v < shape.columns; ++v) {
    auto type = cast<VectorType>(lows[v].getType());
    Value splat = b.splat(number, type);
    Value isFrom = b.cmp(arith::CmpIPredicate::sle, lows[v], splat);
    visible.push_back(
        arith::AndIOp::create(b, isFrom, b.less(splat, highs[v])));
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

/// Scores of keys that a row does not see become -inf.
void TileUpdate::emitMask(Value key, MutableArrayRef<Value> scores) {
  Value hidden =
      b.constant(task.vector, -std::numeric_limits<double>::infinity());
  SmallVector<Value> lows, highs;
  for (int64_t v = 0; v < shape.columns; ++v) {
    lows.push_back(loadLimit(task.plan.lows, v));
    highs.push_back(loadLimit(task.plan.highs, v));
  }
  auto hide = [&](MutableArrayRef<Value> of, int64_t m,
                  ArrayRef<Value> visible) {
    for (int64_t v = 0; v < shape.columns; ++v) {
      Value &score = of[m * shape.columns + v];
      score = b.select(visible[v], score, hidden);
    }
  };
  for (int64_t m = 0; m < shape.rows; ++m)
    hide(scores, m, emitSeesKey(b.add(key, b.index(m)), lows, highs));
  if (!task.plan.isMasked())
    return;
  Value isMasked = b.less(
      b.index(0),
      task.plan.loadTileWord(b, tile, AttentionSchedule::TileWord::Masked));
  SmallVector<Value> limited(scores);
  SmallVector<Value> masked = b.ifThenElse(
      isMasked,
      [&] {
        SmallVector<Value> seen = limited;
        for (int64_t m = 0; m < shape.rows; ++m) {
          Value number = b.add(b.add(first, key), b.index(m));
          hide(seen, m, emitMaskBits(b, task, b.load(task.plan.masks, number)));
        }
        return seen;
      },
      [&] { return limited; });
  llvm::copy(masked, scores.begin());
}

/// Weights of keys `key`, `key` + 1, ..., in the order of a register tile.
void TileUpdate::storeWeights(ValueRange weights, Value key) {
  int64_t step = task.products.getStep();
  int64_t keys = static_cast<int64_t>(weights.size()) / shape.columns;
  Value first = b.div(key, b.index(step));
  for (int64_t m = 0; m < keys; m += step)
    for (int64_t v = 0; v < shape.columns; ++v) {
      SmallVector<Value> together;
      for (int64_t i = 0; i < step; ++i)
        together.push_back(weights[(m + i) * shape.columns + v]);
      b.store(task.products.pack(b, together), task.weights,
              {b.add(first, b.index(m / step)), lane(v)});
    }
}

/// s = K * Q^T; returns the new maxima and, in the reference form, the sums of
/// the weights.
SmallVector<Value> TileUpdate::emitScores(Value isOnline) {
  Value zero = b.constant(task.vector, 0);
  SmallVector<Value> init = loadState(task.tileMax), reference = init;
  init.append(shape.columns, zero);

  auto product = [&](Value key) -> SmallVector<Value> {
    if (task.products.isTiled()) {
      SmallVector<Value> stored;
      for (int64_t i = 0; i < shape.rows * shape.columns; ++i)
        stored.push_back(b.load(
            task.vector, task.scores,
            {b.add(key, b.index(i / shape.columns)), lane(i % shape.columns)}));
      return stored;
    }
    return emitRegisterTile(
        b, shape, b.index(0), b.index(task.queryOperands),
        SmallVector<Value>(shape.rows * shape.columns, zero),
        [&](Value d, int64_t m) {
          return b.load(task.keys, {b.add(key, b.index(m)), d});
        },
        [&](Value d, int64_t v) {
          return b.load(task.products.getOperands(), task.tileQuery,
                        {tile, d, lane(v)});
        },
        [&](Value scalar, Value vector, Value sum) {
          return task.products.multiplyAdd(b, scalar, vector, sum);
        });
  };
  auto tileOfKeys = [&](Value key, ValueRange carried) {
    SmallVector<Value> scores = product(key);
    if (task.signature.scale < 0)
      for (Value &score : scores)
        score = arith::NegFOp::create(b, score);
    Value ragged =
        arith::OrIOp::create(b, b.less(key, fullBegin),
                             b.less(fullEnd, b.add(key, b.index(shape.rows))));
    scores = b.ifThenElse(
        ragged,
        [&] {
          SmallVector<Value> masked = scores;
          emitMask(key, masked);
          return masked;
        },
        [&] { return scores; });
    return b.ifThenElse(
        isOnline,
        [&] {
          SmallVector<Value> updated(carried);
          for (auto [i, score] : llvm::enumerate(scores)) {
            auto m = static_cast<int64_t>(i) / shape.columns;
            auto v = static_cast<int64_t>(i) % shape.columns;
            updated[v] = b.max(updated[v], score);
            b.store(score, task.scores, {b.add(key, b.index(m)), lane(v)});
          }
          return updated;
        },
        [&] {
          // Each weight is stored as soon as it is there: registers are few.
          SmallVector<Value> updated(carried);
          int64_t step = task.products.getStep();
          for (int64_t m = 0; m < shape.rows; m += step) {
            SmallVector<Value> weights;
            for (int64_t i = 0; i < step * shape.columns; ++i) {
              int64_t v = i % shape.columns;
              Value score = scores[m * shape.columns + i];
              Value row = b.add(key, b.index(m + i / shape.columns));
              weights.push_back(emitWeight(score, reference[v], row));
              Value &sum = updated[shape.columns + v];
              sum = b.add(sum, weights.back());
            }
            storeWeights(weights, b.add(key, b.index(m)));
          }
          return updated;
        });
  };
  if (task.products.isTiled())
    emitTiledScores(b, task, tile, first, wholeEnd);
  return b.forLoop(wholeBegin, wholeEnd, shape.rows, init, tileOfKeys);
}

//===----------------------------------------------------------------------===//
// Softmax
//===----------------------------------------------------------------------===//

/// p = 2^(s - m') of the stored scores, the new maximum and denominator;
/// returns 2^(m - m').
SmallVector<Value> TileUpdate::emitOnlineSoftmax(ValueRange maxima) {
  SmallVector<Value> corrections;
  for (auto [old, updated] : llvm::zip(loadState(task.tileMax), maxima))
    corrections.push_back(emitCorrection(b, task, old, updated));
  Value hidden =
      b.constant(task.vector, -std::numeric_limits<double>::infinity());
  Value minusZero = b.constant(task.vector, -0.0);
  int64_t step = task.products.getStep();
  SmallVector<Value> zeros(shape.columns, b.constant(task.vector, 0));
  SmallVector<Value> sums = b.forLoop(
      wholeBegin, wholeEnd, step, zeros, [&](Value key, ValueRange partial) {
        SmallVector<Value> updated(partial), weights;
        for (int64_t i = 0; i < step * shape.columns; ++i) {
          int64_t v = i % shape.columns;
          Value row = b.add(key, b.index(i / shape.columns));
          Value score = b.load(task.vector, task.scores, {row, lane(v)});
          Value weight = emitWeight(score, maxima[v], row);
          updated[v] = b.add(updated[v], weight);
          Value isHidden = b.cmp(arith::CmpFPredicate::OEQ, score, hidden);
          weights.push_back(b.select(isHidden, minusZero, weight));
        }
        storeWeights(weights, key);
        return updated;
      });
  SmallVector<Value> old = loadState(task.tileSum);
  for (int64_t v = 0; v < shape.columns; ++v)
    sums[v] = b.fma(old[v], corrections[v], sums[v]);
  storeState(sums, task.tileSum);
  storeState(SmallVector<Value>(maxima), task.tileMax);
  return corrections;
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

/// O = O * 2^(m - m') + sums, for features from `feature` on.
void TileUpdate::addToOutput(Value feature, ValueRange sums,
                             ValueRange corrections) {
  for (auto [i, sum] : llvm::enumerate(sums)) {
    auto number = static_cast<int64_t>(i);
    int64_t v = number % shape.columns;
    Value row = b.add(feature, b.index(number / shape.columns));
    Value old = b.load(task.vector, task.tileOut, {tile, row, lane(v)});
    b.store(b.fma(old, corrections[v], sum), task.tileOut,
            {tile, row, lane(v)});
  }
}

/// `rows` features from `feature` on: V^T * p.
void TileUpdate::emitValueTile(Value feature, int64_t rows,
                               ValueRange corrections) {
  Value panel = b.div(feature, b.index(shape.rows));
  SmallVector<Value> sums = emitRegisterTile(
      b, {rows, shape.columns}, getDepth(wholeBegin), getDepth(wholeEnd),
      SmallVector<Value>(rows * shape.columns, b.constant(task.vector, 0)),
      [&](Value key, int64_t m) {
        return b.load(task.values, {panel, key, b.index(m)});
      },
      [&](Value key, int64_t v) { return loadWeight(key, v); },
      [&](Value scalar, Value vector, Value sum) {
        return task.products.multiplyAdd(b, scalar, vector, sum);
      });
  addToOutput(feature, sums, corrections);
}

/// V^T * p over the keys that each row sees, feature by feature.
void TileUpdate::emitVisibleValues(ValueRange corrections) {
  Value features = b.index(task.signature.value.getShape().back());
  b.forLoop(b.index(0), features, 1, [&](Value feature) {
    SmallVector<Value> sums = emitRegisterTile(
        b, {1, shape.columns}, getDepth(wholeBegin), getDepth(wholeEnd),
        SmallVector<Value>(shape.columns, b.constant(task.vector, 0)),
        [&](Value key, int64_t) {
          if (task.products.isTiled()) {
            Value pair = b.add(b.div(first, b.index(2)), key);
            Value pairs = b.index(kTilePairs);
            return b.load(task.values,
                          {b.div(pair, pairs), feature, b.rem(pair, pairs)});
          }
          return b.load(task.values, {b.div(feature, b.index(shape.rows)), key,
                                      b.rem(feature, b.index(shape.rows))});
        },
        [&](Value key, int64_t v) { return loadWeight(key, v); },
        [&](Value scalar, Value vector, Value sum) {
          return task.products.multiplyAddVisible(b, scalar, vector, sum);
        });
    addToOutput(feature, sums, corrections);
  });
}

/// O = O * 2^(m - m'), where the product does not do it on the way.
void TileUpdate::emitCorrectValues(ValueRange corrections) {
  b.forLoop(b.index(0), b.index(task.signature.value.getShape().back()), 1,
            [&](Value feature) {
              for (int64_t v = 0; v < shape.columns; ++v) {
                SmallVector<Value> place = {tile, feature, lane(v)};
                Value out = b.load(task.vector, task.tileOut, place);
                b.store(b.mul(out, corrections[v]), task.tileOut, place);
              }
            });
}

/// V^T * p, register tile by register tile.
void TileUpdate::emitValueTiles(ValueRange corrections) {
  int64_t features = task.signature.value.getShape().back();
  int64_t rest = task.getRest(features);
  if (features > rest)
    b.forLoop(b.index(0), b.index(features - rest), shape.rows,
              [&](Value feature) {
                emitValueTile(feature, shape.rows, corrections);
              });
  if (rest)
    emitValueTile(b.index(features - rest), rest, corrections);
}

void TileUpdate::emitValues(Value isOnline, ValueRange corrections) {
  Value someHidden = arith::OrIOp::create(b, b.less(keyBegin, fullBegin),
                                          b.less(fullEnd, keyEnd));
  b.ifThenElse(
      arith::AndIOp::create(b, online, someHidden),
      [&]() -> SmallVector<Value> {
        emitVisibleValues(corrections);
        return {};
      },
      [&]() -> SmallVector<Value> {
        if (task.products.isTiled()) {
          b.ifThen(isOnline, [&] { emitCorrectValues(corrections); });
          emitTiledValues(b, task, tile, first, wholeEnd);
        } else {
          emitValueTiles(corrections);
        }
        return {};
      });
}

//===----------------------------------------------------------------------===//
// Chunks
//===----------------------------------------------------------------------===//

/// Keys that all rows see in stages, the others block by block: the first ones
/// of rows without a maximum, those around the diagonal, what is left at the
/// end, and all in the online form.
static void emitUpdateByStages(KernelBuilder &b, AttentionTask &task,
                               Value biasRow, Value tile, Value start,
                               Value count, Value online) {
  using Word = AttentionSchedule::TileWord;
  Value zero = b.index(0), blockKeys = b.index(task.tiling.blockKeys);
  Value stageKeys = b.index(task.tiling.stageKeys);
  auto relative = [&](Word word) {
    return emitRelative(b, task, tile, start, word);
  };
  Value keyBegin = b.max(zero, relative(Word::Begin));
  Value keyEnd = b.min(count, relative(Word::End));
  Value fullBegin = relative(Word::FullBegin);
  Value fullEnd = b.min(count, relative(Word::FullEnd));
  Type index = b.getIndexType();
  auto loop = scf::WhileOp::create(
      b, index, b.mul(b.div(keyBegin, blockKeys), blockKeys));
  OpBuilder::InsertionGuard guard(b);
  Block *test = b.createBlock(&loop.getBefore(), {}, index, b.getLoc());
  Value reached = test->getArgument(0);
  scf::ConditionOp::create(b, b.less(reached, keyEnd), reached);

  Block *body = b.createBlock(&loop.getAfter(), {}, index, b.getLoc());
  Value first = body->getArgument(0);
  TileUpdate update(b, task, biasRow, tile, start, first,
                    b.min(b.sub(count, first), blockKeys), online);
  Value isOnline = update.emitIsOnline();
  Value blocks = b.div(b.max(b.sub(fullEnd, first), zero), stageKeys);
  blocks = b.select(b.less(first, fullBegin), zero, blocks);
  Value several = b.less(b.index(1), blocks);
  Value next = b.ifThenElse(
      b.select(isOnline, b.boolean(false), several),
      [&]() -> SmallVector<Value> {
        emitStages(b, task, biasRow, tile, first, blocks);
        return {b.add(first, b.mul(blocks, stageKeys))};
      },
      [&]() -> SmallVector<Value> {
        b.ifThen(update.emitSeesKeys(), [&] { update.emit(isOnline); });
        return {b.add(first, blockKeys)};
      })[0];
  scf::YieldOp::create(b, next);
}

void mlir::dilated::emitUpdateTile(KernelBuilder &b, AttentionTask &task,
                                   Value biasRow, Value tile, Value start,
                                   Value count, Value online) {
  if (task.tiling.stageKeys)
    return emitUpdateByStages(b, task, biasRow, tile, start, count, online);
  // The tile sees some of the chunk, which is one block of keys.
  TileUpdate update(b, task, biasRow, tile, start, b.index(0), count, online);
  update.emit(update.emitIsOnline());
}

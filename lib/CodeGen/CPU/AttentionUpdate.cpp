//===- AttentionUpdate.cpp - scores, online softmax, values -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One tile of query rows meets one chunk of packed keys. With lanes for rows,
// s the scores of this chunk in base 2, and m, l, O the state of a row:
//
//   s[j]  = sum over d of key[j][d] * query[d]      + log2(multiplicity)
//   m'    = max(m, max over j of s[j])
//   p[j]  = 2^(s[j] - m')
//   l     = l * 2^(m - m') + sum over j of p[j]
//   O[d]  = O[d] * 2^(m - m') + sum over j of value[j][d] * p[j]
//
//===----------------------------------------------------------------------===//

#include "AttentionKernel.h"
#include "Exp2.h"

using namespace mlir;
using namespace mlir::dilated;

namespace {

class TileUpdate {
public:
  TileUpdate(KernelBuilder &b, AttentionTask &task, const AttentionClass &rows,
             Value tile, Value start, Value count)
      : b(b), task(task), rows(rows), tile(tile), shape(task.tiling.tile) {
    computeLimits(start, count);
  }

  void emit() {
    // A causal tile may lie before all keys of the chunk.
    b.ifThen(b.less(b.index(0), keyEnd), [&] {
      SmallVector<Value> maxima = emitScores();
      SmallVector<Value> corrections = emitSoftmax(maxima);
      emitValues(corrections);
    });
  }

private:
  void computeLimits(Value start, Value count);
  SmallVector<Value> emitMask(Value key, ValueRange scores);
  SmallVector<Value> emitScores();
  SmallVector<Value> emitSoftmax(ValueRange maxima);
  void emitValues(ValueRange corrections);

  Value lane(int64_t v) { return b.index(v * task.lanes); }
  SmallVector<Value> loadState(Value memref) {
    SmallVector<Value> vectors;
    for (int64_t v = 0; v < shape.columns; ++v)
      vectors.push_back(b.load(task.vector, memref, {tile, lane(v)}));
    return vectors;
  }

  KernelBuilder &b;
  AttentionTask &task;
  const AttentionClass &rows;
  Value tile;
  RegisterTileShape shape;

  /// Keys of the chunk that some row of the tile sees, and keys that all see.
  Value keyEnd, keysForAll;
  /// Per lane, how many keys of the chunk a row sees; causal only.
  SmallVector<Value> laneLimits;
};

} // namespace

void TileUpdate::computeLimits(Value start, Value count) {
  keyEnd = keysForAll = count;
  if (!task.signature.causal)
    return;
  // (S4) Row i sees keys j <= i: i + 1 - start of this chunk. Lane 0 has the
  // least row; beyond +-width and the chunk the exact number is irrelevant.
  Value tileFirst = b.add(rows.first, b.mul(tile, b.index(task.width)));
  Value tileLast = b.min(b.add(tileFirst, b.index(task.width)), rows.last);
  Value limit = b.sub(b.add(tileFirst, b.index(1)), start);
  limit =
      b.max(b.min(limit, b.index(task.tiling.blockKeys)), b.index(-task.width));
  keyEnd = b.min(count, b.sub(tileLast, start));
  keysForAll = b.min(limit, count);
  auto type = VectorType::get(task.lanes, b.getI32Type());
  Value first = b.splat(b.cast(limit, b.getI32Type()), type);
  for (int64_t v = 0; v < shape.columns; ++v)
    laneLimits.push_back(
        b.add(b.add(first, b.iota(type)), b.integer(type, v * task.lanes)));
}

/// Scores of keys beyond a row's limit become -inf.
SmallVector<Value> TileUpdate::emitMask(Value key, ValueRange scores) {
  Value hidden =
      b.constant(task.vector, -std::numeric_limits<double>::infinity());
  SmallVector<Value> masked;
  for (int64_t m = 0; m < shape.rows; ++m) {
    Value index = b.add(key, b.index(m));
    for (int64_t v = 0; v < shape.columns; ++v) {
      Value visible;
      if (laneLimits.empty()) {
        visible = b.less(index, keyEnd);
      } else {
        auto type = cast<VectorType>(laneLimits[v].getType());
        visible =
            b.less(b.splat(b.cast(index, b.getI32Type()), type), laneLimits[v]);
      }
      masked.push_back(
          b.select(visible, scores[m * shape.columns + v], hidden));
    }
  }
  return masked;
}

/// s = K * Q^T; returns the new maxima.
SmallVector<Value> TileUpdate::emitScores() {
  Value initial = rows.logMultiplicity
                      ? b.splat(rows.logMultiplicity, task.vector)
                      : b.constant(task.vector, 0);
  Value depth = b.index(task.signature.query.getShape().back());
  return b.forLoop(
      b.index(0), keyEnd, shape.rows, loadState(task.tileMax),
      [&](Value key, ValueRange maxima) {
        SmallVector<Value> init(shape.rows * shape.columns, initial);
        SmallVector<Value> scores = emitRegisterTile(
            b, shape, depth, init,
            [&](Value d, int64_t m) {
              return b.load(task.keys, {b.add(key, b.index(m)), d});
            },
            [&](Value d, int64_t v) {
              return b.load(task.vector, task.tileQuery, {tile, d, lane(v)});
            });
        Value ragged = b.less(keysForAll, b.add(key, b.index(shape.rows)));
        scores = b.ifThenElse(
            ragged, [&] { return emitMask(key, scores); },
            [&] { return scores; });
        SmallVector<Value> updated(maxima);
        for (int64_t m = 0; m < shape.rows; ++m)
          for (int64_t v = 0; v < shape.columns; ++v) {
            Value score = scores[m * shape.columns + v];
            updated[v] = b.max(updated[v], score);
            b.store(score, task.scores, {b.add(key, b.index(m)), lane(v)});
          }
        return updated;
      });
}

/// p = 2^(s - m') in place of s, and the denominators; returns 2^(m - m').
SmallVector<Value> TileUpdate::emitSoftmax(ValueRange maxima) {
  SmallVector<Value> corrections;
  for (auto [old, updated] : llvm::zip(loadState(task.tileMax), maxima))
    corrections.push_back(emitExp2(b, b.sub(old, updated)));
  SmallVector<Value> zeros(shape.columns, b.constant(task.vector, 0));
  SmallVector<Value> sums =
      b.forLoop(b.index(0), b.roundUp(keyEnd, shape.rows), 1, zeros,
                [&](Value key, ValueRange partial) {
                  SmallVector<Value> updated;
                  for (int64_t v = 0; v < shape.columns; ++v) {
                    Value score =
                        b.load(task.vector, task.scores, {key, lane(v)});
                    Value weight = emitExp2(b, b.sub(score, maxima[v]));
                    b.store(weight, task.scores, {key, lane(v)});
                    updated.push_back(b.add(partial[v], weight));
                  }
                  return updated;
                });
  SmallVector<Value> old = loadState(task.tileSum);
  for (int64_t v = 0; v < shape.columns; ++v) {
    b.store(maxima[v], task.tileMax, {tile, lane(v)});
    b.store(b.fma(old[v], corrections[v], sums[v]), task.tileSum,
            {tile, lane(v)});
  }
  return corrections;
}

/// O = O * 2^(m - m') + V^T * p.
void TileUpdate::emitValues(ValueRange corrections) {
  Value features = b.index(task.signature.value.getShape().back());
  Value depth = b.roundUp(keyEnd, shape.rows);
  b.forLoop(b.index(0), features, shape.rows, [&](Value feature) {
    Value panel = b.div(feature, b.index(shape.rows));
    SmallVector<Value> init;
    for (int64_t m = 0; m < shape.rows; ++m)
      for (int64_t v = 0; v < shape.columns; ++v) {
        Value old = b.load(task.vector, task.tileOut,
                           {tile, b.add(feature, b.index(m)), lane(v)});
        init.push_back(b.mul(old, corrections[v]));
      }
    SmallVector<Value> sums = emitRegisterTile(
        b, shape, depth, init,
        [&](Value key, int64_t m) {
          return b.load(task.values, {panel, key, b.index(m)});
        },
        [&](Value key, int64_t v) {
          return b.load(task.vector, task.scores, {key, lane(v)});
        });
    for (int64_t m = 0; m < shape.rows; ++m)
      for (int64_t v = 0; v < shape.columns; ++v)
        b.store(sums[m * shape.columns + v], task.tileOut,
                {tile, b.add(feature, b.index(m)), lane(v)});
  });
}

void mlir::dilated::emitUpdateTile(KernelBuilder &b, AttentionTask &task,
                                   const AttentionClass &rows, Value tile,
                                   Value start, Value count) {
  TileUpdate(b, task, rows, tile, start, count).emit();
}

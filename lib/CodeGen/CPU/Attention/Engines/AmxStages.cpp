//===- AmxStages.cpp - products of tiles beside 2^x -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Tiles are multiplied by a unit of their own, which is idle during a softmax,
// as the vector units are during a product. So keys that all rows of a tile see
// go through in blocks 0, 1, ..., n-1, and a stage works on three of them, with
// m fixed (Softmax.cpp):
//
//   O     = O + sum over j in block i-1 of value[j] * p[j]      products
//   l     = l + sum over j in block i-1 of 1 * p[j]             products
//   s[j]  = key[j] * query          for j in block i+1          products
//   p[j]  = 2^(c * (s[j] - m) + b[j])  for j in block i       vectors of rows
//
// The vectors take longer unless heads are large, so they are left as little as
// can be. The denominator is one more feature of the values, which is 1, and
// weights come out of the polynomial such that cutting them off rounds to bf16:
// then both sums are of the rounded weights, which is as good for out. An lse
// is promised to be better than that: for one, vectors add up l before they
// round.
//
// A stage is straight-line code, some vectors after each product of tiles: the
// processor need not look far ahead to find work for both units. All stages are
// the same code: the first one's block i-1 has weights of 0, the last one's
// block i+1 is block i again, of no use. (0 times a value that is infinite is
// NaN, but these keys are seen: the fixed maximum is given up either way.) The
// weights of two keys take the place of the first one's scores, and the scores
// of block i+1 take the place of the weights of block i-1, whose products come
// first: two blocks of scores are all that is needed, which leaves the
// first-level cache to the operands.
//
// A sum of tiles is stored just before its register is needed for the next one.
// Stores that follow each other at once would hold up the products.
//
//===----------------------------------------------------------------------===//

#include "../Softmax.h"
#include "Amx.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::dilated;

namespace mlir::dilated {

class AmxStages {
public:
  AmxStages(KernelBuilder &b, AmxEngine &engine, Value biasRow, Value tile,
            Value first)
      : b(b), engine(engine), task(engine.task), scores(engine.scores),
        biasRow(biasRow), tile(tile), first(first),
        columns(task.tiling.tile.columns),
        blockTiles(task.tiling.stageKeys / kTilePairs),
        sumsByTiles(!task.signature.lse), tiles(2 * columns) {}

  void emit(Value blocks);

private:
  /// A tile of sums in memory.
  struct Place {
    Value memref;
    SmallVector<Value> indices;
  };
  using GetPlace = function_ref<Place(int64_t row, int64_t v)>;

  void emitBegin();
  void emitStage(Value i, Value last);
  Value loadWeightTile(Value row, int64_t depth, int64_t v);
  void emitProducts(int64_t depth, int64_t rows, LoadTile left, LoadTile right,
                    bool accumulates, GetPlace place);
  void storeTile(int64_t number);
  void storeTiles() {
    for (int64_t number = 0; number < 2 * columns; ++number)
      storeTile(number);
  }
  void emitValues();
  void emitScores();
  void emitVectors();
  void emitVector(int64_t pair, int64_t v);

  /// The first of 16 rows of `scores` for the sums of the weights.
  Value sumRow() { return b.index(2 * task.tiling.stageKeys); }
  Value lane(int64_t v) { return b.index(v * kTilePairs); }

  KernelBuilder &b;
  AmxEngine &engine;
  AttentionTask &task;
  Value scores, biasRow, tile, first;
  int64_t columns, blockTiles;
  bool sumsByTiles; // of the weights

  // Of the stage that is being emitted: the first keys of blocks i-1, i and
  // i+1, and the rows of `scores` for block i and for the two others.
  Value lastKey, thisKey, nextKey, thisRow, otherRow;
  // Sums that are in tile registers, and where they go.
  struct Sum {
    Value value;
    Place place;
  };
  SmallVector<Sum> tiles;
  // Products of tiles and vectors, those emitted and all of the stage.
  int64_t doneProducts = 0, numProducts = 1;
  int64_t doneVectors = 0, numVectors = 0;
  SmallVector<Value> maxima;
};

} // namespace mlir::dilated

//===----------------------------------------------------------------------===//
// Vectors
//===----------------------------------------------------------------------===//

/// The upper halves of `low` and `high`, those of `low` below. As a selection
/// of words, which is a masked move: of shifts and logic LLVM makes a
/// permutation of words of two vectors, which takes longer.
static Value emitUpperHalves(KernelBuilder &b, Value low, Value high) {
  auto type = cast<VectorType>(low.getType());
  auto whole = VectorType::get(type.getShape(), b.getI32Type());
  auto words = VectorType::get(2 * type.getNumElements(), b.getI16Type());
  SmallVector<bool> isUpper;
  for (int64_t i = 0; i < words.getNumElements(); ++i)
    isUpper.push_back(i % 2 != 0);
  auto mask = arith::ConstantOp::create(
      b, DenseElementsAttr::get(
             VectorType::get(words.getShape(), b.getI1Type()), isUpper));
  Value bits = vector::BitCastOp::create(b, whole, low);
  bits = arith::ShRUIOp::create(b, bits, b.integer(whole, 16));
  Value selected = b.select(mask, vector::BitCastOp::create(b, words, high),
                            vector::BitCastOp::create(b, words, bits));
  return vector::BitCastOp::create(b, type, selected);
}

/// The weights of keys 2 * `pair` and 2 * `pair` + 1 of block i.
void AmxStages::emitVector(int64_t pair, int64_t v) {
  Exp2Options exponent = task.tiling.exponent;
  exponent.roundsToBF16 = sumsByTiles;
  SmallVector<Value> weights;
  for (int64_t i = 0; i < 2; ++i) {
    Value inBlock = b.index(2 * pair + i);
    Value score =
        b.load(task.vector, scores, {b.add(thisRow, inBlock), lane(v)});
    if (task.signature.scale < 0)
      score = arith::NegFOp::create(b, score);
    weights.push_back(emitWeight(b, task, score, maxima[v], biasRow,
                                 b.add(thisKey, inBlock), exponent));
  }
  if (!sumsByTiles) {
    // In memory, which is read and written in order: sums that are carried in
    // registers are added up at the end of the stage, by LLVM's scheduler, and
    // weights wait for that on the stack.
    SmallVector<Value> place = {sumRow(), lane(v)};
    Value sum = b.load(task.vector, scores, place);
    b.store(b.add(sum, b.add(weights[0], weights[1])), scores, place);
    for (Value &weight : weights)
      weight = emitHalfPlaceMore(b, weight);
  }
  b.store(emitUpperHalves(b, weights[0], weights[1]), scores,
          {b.add(thisRow, b.index(2 * pair)), lane(v)});
}

/// As many as are due after `doneProducts` products.
void AmxStages::emitVectors() {
  int64_t due = doneProducts * numVectors / numProducts;
  for (; doneVectors < due; ++doneVectors)
    emitVector(doneVectors / columns, doneVectors % columns);
}

//===----------------------------------------------------------------------===//
// Products of tiles
//===----------------------------------------------------------------------===//

void AmxStages::storeTile(int64_t number) {
  if (Sum &sum = tiles[number]; sum.value) {
    amx::TileStoreOp::create(b, sum.place.memref, sum.place.indices, sum.value);
    sum.value = Value();
  }
}

/// `rows` by `columns` tiles of sums.
void AmxStages::emitProducts(int64_t depth, int64_t rows, LoadTile left,
                             LoadTile right, bool accumulates, GetPlace place) {
  for (int64_t k = 0; k < depth; ++k) {
    SmallVector<Value> rights;
    for (int64_t m = 0; m < rows; ++m) {
      Value factor = left(k, m);
      for (int64_t v = 0; v < columns; ++v) {
        if (m == 0)
          rights.push_back(right(k, v));
        Sum &sum = tiles[m * columns + v];
        if (k == 0) {
          storeTile(m * columns + v);
          sum.place = place(m, v);
          sum.value =
              accumulates
                  ? Value(amx::TileLoadOp::create(
                        b, getSumTile(b), sum.place.memref, sum.place.indices))
                  : Value(amx::TileZeroOp::create(b, getSumTile(b)));
        }
        sum.value = amx::TileMulFOp::create(b, sum.value.getType(), factor,
                                            rights[v], sum.value);
        // Those of a register that is not needed now, one at a time as well.
        if (k == 0 && rows == 1)
          storeTile(columns + v);
        ++doneProducts;
        emitVectors();
      }
    }
  }
}

/// Weights of a block whose scores were at `row`.
Value AmxStages::loadWeightTile(Value row, int64_t depth, int64_t v) {
  Value pair = b.add(b.div(row, b.index(2)), b.index(depth * kTilePairs));
  return amx::TileLoadOp::create(b, getOperandTile(b), engine.stagePairs,
                                 ValueRange{pair, b.index(2 * v * kTilePairs)});
}

/// O and l of block i-1.
void AmxStages::emitValues() {
  int64_t group = 2 * kTilePairs, features = task.valueDim;
  Value firstGroup = b.div(lastKey, b.index(group));
  // 16 features more are 1.
  int64_t rows = features + (sumsByTiles ? kTilePairs : 0);
  for (int64_t feature = 0; feature < rows; feature += group) {
    auto row = [&](int64_t m) { return feature + m * kTilePairs; };
    emitProducts(
        task.tiling.stageKeys / group,
        std::min<int64_t>(2, (rows - feature) / kTilePairs),
        [&](int64_t k, int64_t m) -> Value {
          if (row(m) == features)
            return amx::TileLoadOp::create(b, getOperandTile(b),
                                           engine.onePairs,
                                           ValueRange{b.index(0), b.index(0)});
          return engine.loadValueTile(b, b.add(firstGroup, b.index(k)),
                                      b.index(row(m)));
        },
        [&](int64_t k, int64_t v) { return loadWeightTile(otherRow, k, v); },
        /*accumulates=*/true,
        [&](int64_t m, int64_t v) -> Place {
          if (row(m) == features)
            return {scores, {sumRow(), lane(v)}};
          return {task.tileOut, {tile, b.index(row(m)), lane(v)}};
        });
  }
}

/// Scores of block i+1.
void AmxStages::emitScores() {
  for (int64_t row = 0; row < blockTiles; row += 2) {
    auto key = [&](int64_t m) { return b.index((row + m) * kTilePairs); };
    emitProducts(
        engine.keyDepth / kTilePairs, 2,
        [&](int64_t k, int64_t m) {
          return engine.loadKeyTile(b, b.add(nextKey, key(m)), k);
        },
        [&](int64_t k, int64_t v) {
          return engine.loadQueryTile(b, tile, k, v);
        },
        /*accumulates=*/false,
        [&](int64_t m, int64_t v) -> Place {
          return {scores, {b.add(otherRow, key(m)), lane(v)}};
        });
  }
}

//===----------------------------------------------------------------------===//
// Stages
//===----------------------------------------------------------------------===//

/// Weights of 0 for the block before the first one, sums of 0, and ones.
void AmxStages::emitBegin() {
  VectorType operands = engine.operands;
  Value zero = b.constant(task.vector, 0);
  Value ones = b.integer(operands, 0x3f803f80); // a pair of bf16
  int64_t keys = task.tiling.stageKeys;
  b.forLoop(b.index(keys), b.index(2 * keys), 2, [&](Value row) {
    for (int64_t v = 0; v < columns; ++v)
      b.store(zero, scores, {row, lane(v)});
  });
  b.forLoop(b.index(0), b.index(kTilePairs), 1, [&](Value row) {
    b.store(ones, engine.ones, {row, b.index(0)});
    for (int64_t v = 0; v < columns; ++v)
      b.store(zero, scores, {b.add(sumRow(), row), lane(v)});
  });
  for (int64_t v = 0; v < columns; ++v)
    maxima.push_back(b.load(task.vector, task.tileMax, {tile, lane(v)}));
}

/// Block `i` of those up to `last`.
void AmxStages::emitStage(Value i, Value last) {
  Value zero = b.index(0), one = b.index(1);
  Value blockKeys = b.index(task.tiling.stageKeys);
  auto key = [&](Value block) { return b.add(first, b.mul(block, blockKeys)); };
  thisKey = key(i);
  lastKey = key(b.max(b.sub(i, one), zero));
  nextKey = key(b.min(b.add(i, one), last));
  thisRow = b.mul(b.rem(i, b.index(2)), blockKeys);
  otherRow = b.sub(blockKeys, thisRow);

  doneProducts = doneVectors = 0;
  numProducts =
      ((task.valueDim / kTilePairs + (sumsByTiles ? 1 : 0)) * (blockTiles / 2) +
       engine.keyDepth / kTilePairs * blockTiles) *
      columns;
  numVectors = task.tiling.stageKeys / 2 * columns;
  emitValues();
  emitScores();
  storeTiles();
}

void AmxStages::emit(Value blocks) {
  Value last = b.sub(blocks, b.index(1));
  int64_t keys = task.tiling.stageKeys;
  emitBegin();
  engine.emitScores(b, {tile, first, b.index(0), b.index(keys)});
  b.forLoop(b.index(0), blocks, 1, [&](Value i) { emitStage(i, last); });

  // The values of the last block.
  lastKey = b.add(first, b.mul(last, b.index(keys)));
  otherRow = b.mul(b.rem(last, b.index(2)), b.index(keys));
  numVectors = 0;
  emitValues();
  storeTiles();
  for (int64_t v = 0; v < columns; ++v) {
    SmallVector<Value> place = {tile, lane(v)};
    Value sum = b.load(task.vector, scores, {sumRow(), lane(v)});
    Value old = b.load(task.vector, task.tileSum, place);
    b.store(b.add(old, sum), task.tileSum, place);
  }
}

void AmxEngine::emitStages(KernelBuilder &b, Value biasRow, Value tile,
                           Value first, Value blocks) {
  AmxStages(b, *this, biasRow, tile, first).emit(blocks);
}

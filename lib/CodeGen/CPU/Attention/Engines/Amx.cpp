//===- Amx.cpp - the matrix products by AMX tiles ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A tile register holds 16 x 16 sums of f32, or 16 rows of 16 pairs of bf16.
// One instruction multiplies
//
//   C[16 keys][16 rows] += A[16 keys][16 pairs of features]
//                          * B[16 pairs of features][16 rows]
//
// and the same with features for keys and keys for features for O = V^T P. Two
// by two tiles of sums share their operands: eight registers in all. The sums
// stay in registers for the whole depth, so depths are straight-line code: a
// tile cannot be carried by a loop on its way to LLVM.
//
//===----------------------------------------------------------------------===//

#include "Amx.h"
#include "../Task.h"
#include "Bf16Pairs.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::dilated;

std::unique_ptr<AttentionEngine>
mlir::dilated::createAmxEngine(AttentionTask &task) {
  return std::make_unique<AmxEngine>(task);
}

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

static Value emitView(KernelBuilder &b, Value bytes, ArrayRef<int64_t> shape,
                      Type type) {
  return memref::ViewOp::create(b, MemRefType::get(shape, type), bytes,
                                b.index(0), ValueRange());
}

void AmxEngine::allocatePairs(KernelBuilder &b, ArrayRef<int64_t> shape,
                              Value &asOperands, Value &asPairs) {
  int64_t rows = llvm::product_of(shape.drop_back());
  int64_t columns = shape.back();
  Value bytes = b.alloc(rows * columns * 4, b.getI8Type());
  asOperands = emitView(b, bytes, shape, b.getI32Type());
  asPairs = emitView(b, bytes, {rows, 2 * columns}, b.getBF16Type());
  buffers.push_back(bytes);
}

void AmxEngine::allocate(KernelBuilder &b) {
  const AttentionTiling &tiling = task.tiling;
  int64_t width = task.width, valueDim = task.valueDim;
  int64_t groups = tiling.packedKeys / (2 * kTilePairs);
  // Two blocks of a stage's keys, and a tile of sums.
  int64_t scored =
      std::max(tiling.blockKeys, 2 * tiling.stageKeys + kTilePairs);
  Value bytes = b.alloc(scored * width * 4, b.getI8Type());
  scores = emitView(b, bytes, {scored, width}, task.compute);
  stagePairs = emitView(b, bytes, {scored / 2, 4 * width}, b.getBF16Type());
  buffers = {bytes};
  allocatePairs(b, {task.numTiles, keyDepth, width}, queries, queryPairs);
  allocatePairs(b, {tiling.packedKeys, keyDepth}, keys, keyPairs);
  allocatePairs(b, {groups, valueDim, kTilePairs}, values, valuePairs);
  allocatePairs(b, {tiling.blockKeys / 2, width}, weights, weightPairs);
  allocatePairs(b, {kTilePairs, kTilePairs}, ones, onePairs);
  stagedValues = b.alloc({kTilePairs, valueDim}, operands.getElementType());
  stagedQuery = b.alloc({task.lanes, keyDepth}, operands.getElementType());
  buffers.append({stagedValues, stagedQuery});
}

void AmxEngine::free(KernelBuilder &b) {
  for (Value memref : buffers)
    b.free(memref);
}

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

Value AmxEngine::loadFeatures(KernelBuilder &b, const RowAccess &access,
                              ValueRange row, Value column) const {
  return loadPairsOfFeatures(b, operands, access, row, column);
}

Value AmxEngine::loadRows(KernelBuilder &b, const RowAccess &access,
                          ArrayRef<SmallVector<Value>> rows, ValueRange present,
                          Value column) const {
  return loadPairsOfRows(b, operands, access, rows, present, column);
}

Value AmxEngine::pack(KernelBuilder &b, ValueRange sums) const {
  return packPairs(b, operands, sums);
}

Value AmxEngine::multiplyAddVisible(KernelBuilder &b, Value scalar,
                                    Value vector, Value sum) const {
  return multiplyAddVisiblePairs(b, operands, scalar, vector, sum);
}

int64_t AmxEngine::getKeyGroup() const { return 2 * kTilePairs; }

/// Products of tiles begin with the first key.
Value AmxEngine::getBlockBegin(KernelBuilder &b, Value) { return b.index(0); }

/// Rows are features: blocks of 16 pairs of keys are transposed.
void AmxEngine::emitPackValues(KernelBuilder &b, const AttentionKeys &range,
                               Value start, Value count, Value end) {
  Value zero = b.index(0), features = b.index(task.valueDim);
  b.forLoop(zero, end, 2 * kTilePairs, [&](Value firstKey) {
    b.forLoop(zero, b.index(kTilePairs), 1, [&](Value pair) {
      Value key = b.add(firstKey, b.mul(pair, b.index(2)));
      b.forLoop(zero, features, task.lanes, [&](Value column) {
        b.store(loadPackedValues(b, range, start, count, key, column),
                stagedValues, {pair, column});
      });
    });
    Value group = b.div(firstKey, b.index(2 * kTilePairs));
    b.forLoop(zero, features, task.lanes, [&](Value column) {
      SmallVector<Value> block;
      for (int64_t i = 0; i < kTilePairs; ++i)
        block.push_back(b.load(operands, stagedValues, {b.index(i), column}));
      block = emitTranspose(b, block);
      for (int64_t i = 0; i < task.lanes; ++i)
        b.store(block[i], values, {group, b.add(column, b.index(i)), zero});
    });
  });
}

Value AmxEngine::loadValue(KernelBuilder &b, const KeyBlock &block,
                           Value feature, Value depth) {
  Value pair = b.add(b.div(block.first, b.index(2)), depth);
  Value pairs = b.index(kTilePairs);
  return b.load(values, {b.div(pair, pairs), feature, b.rem(pair, pairs)});
}

//===----------------------------------------------------------------------===//
// Tiles of operands
//===----------------------------------------------------------------------===//

amx::TileType mlir::dilated::getOperandTile(KernelBuilder &b) {
  return amx::TileType::get({kTilePairs, 2 * kTilePairs}, b.getBF16Type());
}

amx::TileType mlir::dilated::getSumTile(KernelBuilder &b) {
  return amx::TileType::get({kTilePairs, kTilePairs}, b.getF32Type());
}

Value AmxEngine::loadKeyTile(KernelBuilder &b, Value key, int64_t depth) {
  return amx::TileLoadOp::create(
      b, getOperandTile(b), keyPairs,
      ValueRange{key, b.index(2 * depth * kTilePairs)});
}

Value AmxEngine::loadQueryTile(KernelBuilder &b, Value tile, int64_t depth,
                               int64_t v) {
  Value row =
      b.add(b.mul(tile, b.index(keyDepth)), b.index(depth * kTilePairs));
  return amx::TileLoadOp::create(b, getOperandTile(b), queryPairs,
                                 ValueRange{row, b.index(2 * v * kTilePairs)});
}

Value AmxEngine::loadValueTile(KernelBuilder &b, Value group, Value feature) {
  Value row = b.add(b.mul(group, b.index(task.valueDim)), feature);
  return amx::TileLoadOp::create(b, getOperandTile(b), valuePairs,
                                 ValueRange{row, b.index(0)});
}

//===----------------------------------------------------------------------===//
// Products by themselves
//===----------------------------------------------------------------------===//

/// sums[m][v] += sum over depth of left(depth, m) * right(depth, v).
static void emitProducts(KernelBuilder &b, int64_t depth, int64_t columns,
                         LoadTile left, LoadTile right,
                         MutableArrayRef<Value> sums) {
  auto rows = static_cast<int64_t>(sums.size()) / columns;
  for (int64_t k = 0; k < depth; ++k) {
    SmallVector<Value> lefts, rights;
    for (int64_t v = 0; v < columns; ++v)
      rights.push_back(right(k, v));
    for (int64_t m = 0; m < rows; ++m) {
      Value factor = left(k, m);
      for (int64_t v = 0; v < columns; ++v) {
        Value &sum = sums[m * columns + v];
        sum = amx::TileMulFOp::create(b, sum.getType(), factor, rights[v], sum);
      }
    }
  }
}

void AmxEngine::emitScores(KernelBuilder &b, const KeyBlock &block) {
  int64_t columns = task.tiling.tile.columns;
  b.forLoop(b.index(0), block.end, 2 * kTilePairs, [&](Value key) {
    SmallVector<Value> sums;
    for (int64_t i = 0; i < 2 * columns; ++i)
      sums.push_back(amx::TileZeroOp::create(b, getSumTile(b)));
    auto row = [&](int64_t m) { return b.add(key, b.index(m * kTilePairs)); };
    emitProducts(
        b, keyDepth / kTilePairs, columns,
        [&](int64_t k, int64_t m) {
          return loadKeyTile(b, b.add(block.first, row(m)), k);
        },
        [&](int64_t k, int64_t v) {
          return loadQueryTile(b, block.tile, k, v);
        },
        sums);
    for (auto [i, sum] : llvm::enumerate(sums)) {
      auto m = static_cast<int64_t>(i) / columns;
      auto v = static_cast<int64_t>(i) % columns;
      amx::TileStoreOp::create(
          b, scores, ValueRange{row(m), b.index(v * kTilePairs)}, sum);
    }
  });
}

SmallVector<Value> AmxEngine::getScores(KernelBuilder &b, const KeyBlock &,
                                        Value key) {
  RegisterTileShape shape = task.tiling.tile;
  SmallVector<Value> stored;
  for (int64_t i = 0; i < shape.rows * shape.columns; ++i)
    stored.push_back(b.load(task.vector, scores,
                            {b.add(key, b.index(i / shape.columns)),
                             task.getLane(b, i % shape.columns)}));
  return stored;
}

/// O = O * corrections.
void AmxEngine::emitCorrectValues(KernelBuilder &b, Value tile,
                                  ValueRange corrections) {
  b.forLoop(b.index(0), task.getFeatures(b), 1, [&](Value feature) {
    for (int64_t v = 0; v < task.tiling.tile.columns; ++v) {
      SmallVector<Value> place = {tile, feature, task.getLane(b, v)};
      Value out = b.load(task.vector, task.tileOut, place);
      b.store(b.mul(out, corrections[v]), task.tileOut, place);
    }
  });
}

/// Features [feature, feature + 16 * `rows`), over `depth` groups of keys.
void AmxEngine::emitValueTiles(KernelBuilder &b, Value tile, Value firstGroup,
                               Value feature, int64_t rows, int64_t depth) {
  int64_t columns = task.tiling.tile.columns;
  auto place = [&](int64_t i) -> SmallVector<Value> {
    Value row = b.add(feature, b.index(i / columns * kTilePairs));
    return {tile, row, b.index(i % columns * kTilePairs)};
  };
  SmallVector<Value> sums;
  for (int64_t i = 0; i < rows * columns; ++i)
    sums.push_back(
        amx::TileLoadOp::create(b, getSumTile(b), task.tileOut, place(i)));
  emitProducts(
      b, depth, columns,
      [&](int64_t k, int64_t m) {
        Value group = b.add(firstGroup, b.index(k));
        Value row = b.add(feature, b.index(m * kTilePairs));
        return loadValueTile(b, group, row);
      },
      [&](int64_t k, int64_t v) -> Value {
        return amx::TileLoadOp::create(
            b, getOperandTile(b), weightPairs,
            ValueRange{b.index(k * kTilePairs), b.index(2 * v * kTilePairs)});
      },
      sums);
  for (auto [i, sum] : llvm::enumerate(sums))
    amx::TileStoreOp::create(b, task.tileOut, place(static_cast<int64_t>(i)),
                             sum);
}

void AmxEngine::emitValues(KernelBuilder &b, const KeyBlock &block,
                           Value isOnline, ValueRange corrections) {
  b.ifThen(isOnline, [&] { emitCorrectValues(b, block.tile, corrections); });
  int64_t group = 2 * kTilePairs;
  Value firstGroup = b.div(block.first, b.index(group));
  Value groups = b.div(block.end, b.index(group));
  int64_t rest = task.valueDim % group;
  for (int64_t depth = 1; depth <= task.tiling.blockKeys / group; ++depth) {
    Value isDepth = b.cmp(arith::CmpIPredicate::eq, groups, b.index(depth));
    b.ifThen(isDepth, [&] {
      b.forLoop(b.index(0), b.index(task.valueDim - rest), group,
                [&](Value feature) {
                  emitValueTiles(b, block.tile, firstGroup, feature, 2, depth);
                });
      if (rest)
        emitValueTiles(b, block.tile, firstGroup, b.index(task.valueDim - rest),
                       1, depth);
    });
  }
}

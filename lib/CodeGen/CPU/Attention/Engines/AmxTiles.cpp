//===- AmxTiles.cpp - the matrix products by AMX tiles ----*- C++ -*-===//
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

#include "AmxTiles.h"

using namespace mlir;
using namespace mlir::dilated;

//===----------------------------------------------------------------------===//
// Operands
//===----------------------------------------------------------------------===//

amx::TileType mlir::dilated::getOperandTile(KernelBuilder &b) {
  return amx::TileType::get({kTilePairs, 2 * kTilePairs}, b.getBF16Type());
}

amx::TileType mlir::dilated::getSumTile(KernelBuilder &b) {
  return amx::TileType::get({kTilePairs, kTilePairs}, b.getF32Type());
}

Value mlir::dilated::loadKeyTile(KernelBuilder &b, AttentionTask &task,
                                 Value key, int64_t depth) {
  return amx::TileLoadOp::create(
      b, getOperandTile(b), task.keyPairs,
      ValueRange{key, b.index(2 * depth * kTilePairs)});
}

Value mlir::dilated::loadQueryTile(KernelBuilder &b, AttentionTask &task,
                                   Value tile, int64_t depth, int64_t v) {
  Value row =
      b.add(b.mul(tile, b.index(task.keyDepth)), b.index(depth * kTilePairs));
  return amx::TileLoadOp::create(b, getOperandTile(b), task.queryPairs,
                                 ValueRange{row, b.index(2 * v * kTilePairs)});
}

Value mlir::dilated::loadValueTile(KernelBuilder &b, AttentionTask &task,
                                   Value group, Value feature) {
  Value row = b.add(b.mul(group, b.index(task.valueDim)), feature);
  return amx::TileLoadOp::create(b, getOperandTile(b), task.valuePairs,
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

void mlir::dilated::emitTiledScores(KernelBuilder &b, AttentionTask &task,
                                    Value tile, Value first, Value count) {
  int64_t columns = task.tiling.tile.columns;
  b.forLoop(b.index(0), count, 2 * kTilePairs, [&](Value key) {
    SmallVector<Value> sums;
    for (int64_t i = 0; i < 2 * columns; ++i)
      sums.push_back(amx::TileZeroOp::create(b, getSumTile(b)));
    auto row = [&](int64_t m) { return b.add(key, b.index(m * kTilePairs)); };
    emitProducts(
        b, task.keyDepth / kTilePairs, columns,
        [&](int64_t k, int64_t m) {
          return loadKeyTile(b, task, b.add(first, row(m)), k);
        },
        [&](int64_t k, int64_t v) {
          return loadQueryTile(b, task, tile, k, v);
        },
        sums);
    for (auto [i, sum] : llvm::enumerate(sums)) {
      auto m = static_cast<int64_t>(i) / columns;
      auto v = static_cast<int64_t>(i) % columns;
      amx::TileStoreOp::create(
          b, task.scores, ValueRange{row(m), b.index(v * kTilePairs)}, sum);
    }
  });
}

/// Features [feature, feature + 16 * `rows`), over `depth` groups of keys.
static void emitValueTiles(KernelBuilder &b, AttentionTask &task, Value tile,
                           Value firstGroup, Value feature, int64_t rows,
                           int64_t depth) {
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
        return loadValueTile(b, task, group, row);
      },
      [&](int64_t k, int64_t v) -> Value {
        return amx::TileLoadOp::create(
            b, getOperandTile(b), task.weightPairs,
            ValueRange{b.index(k * kTilePairs), b.index(2 * v * kTilePairs)});
      },
      sums);
  for (auto [i, sum] : llvm::enumerate(sums))
    amx::TileStoreOp::create(b, task.tileOut, place(static_cast<int64_t>(i)),
                             sum);
}

void mlir::dilated::emitTiledValues(KernelBuilder &b, AttentionTask &task,
                                    Value tile, Value first, Value count) {
  int64_t group = 2 * kTilePairs;
  Value firstGroup = b.div(first, b.index(group));
  Value groups = b.div(count, b.index(group));
  int64_t rest = task.valueDim % group;
  for (int64_t depth = 1; depth <= task.tiling.blockKeys / group; ++depth) {
    Value isDepth = b.cmp(arith::CmpIPredicate::eq, groups, b.index(depth));
    b.ifThen(isDepth, [&] {
      b.forLoop(b.index(0), b.index(task.valueDim - rest), group,
                [&](Value feature) {
                  emitValueTiles(b, task, tile, firstGroup, feature, 2, depth);
                });
      if (rest)
        emitValueTiles(b, task, tile, firstGroup, b.index(task.valueDim - rest),
                       1, depth);
    });
  }
}

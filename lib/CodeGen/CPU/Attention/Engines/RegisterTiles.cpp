//===- RegisterTiles.cpp - products by register tiles ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RegisterTiles.h"
#include "../Task.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::dilated;

//===----------------------------------------------------------------------===//
// Buffers
//===----------------------------------------------------------------------===//

void RegisterTileEngine::allocate(KernelBuilder &b) {
  int64_t rows = task.tiling.tile.rows, blockKeys = task.tiling.blockKeys;
  int64_t depth = llvm::divideCeil(blockKeys, step);
  int64_t panels = llvm::divideCeil(task.valueDim, rows);
  Type operand = operands.getElementType();
  queries = b.alloc({task.numTiles, keyDepth, task.width}, operand);
  keys = b.alloc({blockKeys, keyDepth}, operand);
  values = b.alloc({panels, depth, rows}, operand);
  scores = b.alloc({blockKeys, task.width}, task.compute);
  // Where an operand is a number, weights take the place of their scores.
  weights = step == 1 ? scores : b.alloc({depth, task.width}, operand);
  stagedQuery = b.alloc({task.lanes, keyDepth}, operand);
}

void RegisterTileEngine::free(KernelBuilder &b) {
  for (Value memref : {queries, keys, values, scores, stagedQuery})
    b.free(memref);
  if (weights != scores)
    b.free(weights);
}

int64_t RegisterTileEngine::getKeyGroup() const {
  return std::lcm(task.tiling.tile.rows, step);
}

Value RegisterTileEngine::getBlockBegin(KernelBuilder &b, Value keyBegin) {
  Value group = b.index(getKeyGroup());
  return b.mul(b.div(keyBegin, group), group);
}

//===----------------------------------------------------------------------===//
// Values in panels
//===----------------------------------------------------------------------===//

/// Stores a vector of features of keys step*k, step*k + 1, ... to the panels.
void RegisterTileEngine::storeValues(KernelBuilder &b, Value vector,
                                     Value depth, Value column) {
  int64_t rows = task.tiling.tile.rows;
  // Panels divide a vector, or features go one by one.
  int64_t part = task.lanes % rows == 0 ? rows : 1;
  for (int64_t i = 0; i < task.lanes; i += part) {
    Value feature = b.add(column, b.index(i));
    Value panel = b.div(feature, b.index(rows));
    Value inside = part == rows ? b.index(0) : b.rem(feature, b.index(rows));
    if (part == 1) {
      Value scalar = vector::ExtractOp::create(b, vector, i);
      b.store(scalar, values, {panel, depth, inside});
      continue;
    }
    Value slice = vector::ExtractStridedSliceOp::create(
        b, vector, ArrayRef<int64_t>{i}, ArrayRef<int64_t>{part},
        ArrayRef<int64_t>{1});
    b.store(slice, values, {panel, depth, inside});
  }
}

void RegisterTileEngine::emitPackValues(KernelBuilder &b,
                                        const AttentionKeys &range, Value start,
                                        Value count, Value end) {
  b.forLoop(b.index(0), end, step, [&](Value key) {
    Value depth = getDepth(b, key);
    b.forLoop(
        b.index(0), b.index(task.valueDim), task.lanes, [&](Value column) {
          storeValues(b, loadPackedValues(b, range, start, count, key, column),
                      depth, column);
        });
  });
}

Value RegisterTileEngine::loadValue(KernelBuilder &b, const KeyBlock &block,
                                    Value feature, Value depth) {
  Value rows = b.index(task.tiling.tile.rows);
  return b.load(values, {b.div(feature, rows), depth, b.rem(feature, rows)});
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

SmallVector<Value> RegisterTileEngine::getScores(KernelBuilder &b,
                                                 const KeyBlock &block,
                                                 Value key) {
  RegisterTileShape shape = task.tiling.tile;
  Value zero = b.constant(task.vector, 0);
  return emitRegisterTile(
      b, shape, b.index(0), b.index(queryOperands),
      SmallVector<Value>(shape.rows * shape.columns, zero),
      [&](Value d, int64_t m) {
        return b.load(keys, {b.add(key, b.index(m)), d});
      },
      [&](Value d, int64_t v) {
        return b.load(operands, queries, {block.tile, d, task.getLane(b, v)});
      },
      [&](Value scalar, Value vector, Value sum) {
        return multiplyAdd(b, scalar, vector, sum);
      });
}

/// `rows` features from `feature` on: V^T P.
void RegisterTileEngine::emitValueTile(KernelBuilder &b, const KeyBlock &block,
                                       Value feature, int64_t rows,
                                       ValueRange corrections) {
  RegisterTileShape shape = {rows, task.tiling.tile.columns};
  Value panel = b.div(feature, b.index(task.tiling.tile.rows));
  SmallVector<Value> sums = emitRegisterTile(
      b, shape, getDepth(b, block.begin), getDepth(b, block.end),
      SmallVector<Value>(rows * shape.columns, b.constant(task.vector, 0)),
      [&](Value depth, int64_t m) {
        return b.load(values, {panel, depth, b.index(m)});
      },
      [&](Value depth, int64_t v) { return loadWeight(b, depth, v); },
      [&](Value scalar, Value vector, Value sum) {
        return multiplyAdd(b, scalar, vector, sum);
      });
  addToOutput(b, block.tile, feature, sums, corrections);
}

void RegisterTileEngine::emitValues(KernelBuilder &b, const KeyBlock &block,
                                    Value, ValueRange corrections) {
  int64_t rows = task.tiling.tile.rows;
  int64_t features = task.signature.value.getShape().back();
  // Rows of the last, smaller register tile.
  int64_t rest = features % rows;
  if (features > rest)
    b.forLoop(b.index(0), b.index(features - rest), rows, [&](Value feature) {
      emitValueTile(b, block, feature, rows, corrections);
    });
  if (rest)
    emitValueTile(b, block, b.index(features - rest), rest, corrections);
}

//===- Pack.cpp - keys and values of a run, packed -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The keys of a run lie `stride` positions apart, which for a dilated segment
// is many cache lines and, with the usual sizes, the same few cache sets. They
// are copied once per task and then read by all of its tiles: keys as rows,
// values in panels of as many features as a register tile has.
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::dilated;

/// Stores a vector of features of keys step*k, step*k + 1, ... to the panels.
static void emitStoreValues(KernelBuilder &b, AttentionTask &task, Value vector,
                            Value k, Value column) {
  int64_t rows = task.tiling.tile.rows;
  // Panels divide a vector, or features go one by one.
  int64_t part = task.lanes % rows == 0 ? rows : 1;
  for (int64_t i = 0; i < task.lanes; i += part) {
    Value feature = b.add(column, b.index(i));
    Value panel = b.div(feature, b.index(rows));
    Value inside = part == rows ? b.index(0) : b.rem(feature, b.index(rows));
    if (part == 1) {
      Value scalar = vector::ExtractOp::create(b, vector, i);
      b.store(scalar, task.values, {panel, k, inside});
      continue;
    }
    Value slice = vector::ExtractStridedSliceOp::create(
        b, vector, ArrayRef<int64_t>{i}, ArrayRef<int64_t>{part},
        ArrayRef<int64_t>{1});
    b.store(slice, task.values, {panel, k, inside});
  }
}

static SmallVector<Value> emitKeyRow(KernelBuilder &b, AttentionTask &task,
                                     const AttentionKeys &range, Value key) {
  Value position = b.add(range.base, b.mul(range.stride, key));
  return {task.batch, position, task.kvHead};
}

/// The operands of values of keys `key`, `key` + 1, ... of the chunk, one per
/// product of depth, from feature `column` on; keys from `count` on count as 0.
static Value emitLoadValues(KernelBuilder &b, AttentionTask &task,
                            const AttentionKeys &range, Value start,
                            Value count, Value key, Value column) {
  SmallVector<SmallVector<Value>> rows;
  SmallVector<Value> present;
  Value last = b.sub(count, b.index(1));
  for (int64_t i = 0; i < task.products.getStep(); ++i) {
    Value each = b.add(key, b.index(i));
    present.push_back(b.less(each, count));
    rows.push_back(emitKeyRow(b, task, range, b.add(start, b.min(each, last))));
  }
  return task.products.loadRows(b, task.value, rows, present, column);
}

/// In panels of register tiles.
static void emitPackValues(KernelBuilder &b, AttentionTask &task,
                           const AttentionKeys &range, Value start, Value count,
                           Value end) {
  int64_t step = task.products.getStep();
  b.forLoop(b.index(0), end, step, [&](Value key) {
    Value k = b.div(key, b.index(step));
    b.forLoop(b.index(0), b.index(task.valueDim), task.lanes,
              [&](Value column) {
                Value operands =
                    emitLoadValues(b, task, range, start, count, key, column);
                emitStoreValues(b, task, operands, k, column);
              });
  });
}

/// As tiles, rows being features: blocks of 16 pairs of keys are transposed.
static void emitPackTransposedValues(KernelBuilder &b, AttentionTask &task,
                                     const AttentionKeys &range, Value start,
                                     Value count, Value end) {
  Value zero = b.index(0), features = b.index(task.valueDim);
  VectorType operands = task.products.getOperands();
  b.forLoop(zero, end, 2 * kTilePairs, [&](Value firstKey) {
    b.forLoop(zero, b.index(kTilePairs), 1, [&](Value pair) {
      Value key = b.add(firstKey, b.mul(pair, b.index(2)));
      b.forLoop(zero, features, task.lanes, [&](Value column) {
        b.store(emitLoadValues(b, task, range, start, count, key, column),
                task.stagedValues, {pair, column});
      });
    });
    Value group = b.div(firstKey, b.index(2 * kTilePairs));
    b.forLoop(zero, features, task.lanes, [&](Value column) {
      SmallVector<Value> block;
      for (int64_t i = 0; i < kTilePairs; ++i)
        block.push_back(
            b.load(operands, task.stagedValues, {b.index(i), column}));
      block = emitTranspose(b, block);
      for (int64_t i = 0; i < task.lanes; ++i)
        b.store(block[i], task.values,
                {group, b.add(column, b.index(i)), zero});
    });
  });
}

void mlir::dilated::emitPackKeys(KernelBuilder &b, AttentionTask &task,
                                 const AttentionKeys &range, Value start,
                                 Value count) {
  const AttentionProducts &products = task.products;
  Value zero = b.index(0), step = b.index(products.getStep());
  // Products take whole groups of keys. What is missing is the last key again,
  // which the limits of the rows hide, and values of 0.
  Value end = b.roundUp(count, task.getKeyGroup());
  Value last = b.sub(count, b.index(1));
  b.forLoop(zero, end, 1, [&](Value key) {
    Value source = b.add(start, b.min(key, last));
    SmallVector<Value> row = emitKeyRow(b, task, range, source);
    b.forLoop(zero, b.index(task.keyDepth), task.lanes, [&](Value column) {
      Value operands =
          products.loadFeatures(b, task.key, row, b.mul(column, step));
      b.store(operands, task.keys, {key, column});
    });
  });
  if (products.isTiled())
    emitPackTransposedValues(b, task, range, start, count, end);
  else
    emitPackValues(b, task, range, start, count, end);
}

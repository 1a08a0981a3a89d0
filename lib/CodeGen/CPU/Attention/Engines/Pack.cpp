//===- Pack.cpp - queries, keys and values as operands -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Query rows come as [row][D] and are needed as [D][lane]: transpositions of
// square blocks of vectors, once per tile.
//
// The keys of a range lie `stride` positions apart, which for a dilated segment
// is many cache lines and, with the usual sizes, the same few cache sets. They
// are copied once per task and then read by all of its tiles: keys as rows,
// values as the engine needs them.
//
//===----------------------------------------------------------------------===//

#include "../Task.h"
#include "Engine.h"

using namespace mlir;
using namespace mlir::dilated;

//===----------------------------------------------------------------------===//
// Queries
//===----------------------------------------------------------------------===//

/// Row `lane` of a tile as operands, from `column` on. A lane without a row
/// reads the first position: it sees no key.
Value AttentionEngine::loadQuery(KernelBuilder &b, Value tile, Value lane,
                                 Value column) {
  Value position = b.load(task.schedule.rows, {tile, lane});
  position = b.max(position, b.integer(b.getI64Type(), 0));
  SmallVector<Value> row = {task.batch, b.cast(position, b.getIndexType()),
                            task.head};
  return loadFeatures(b, task.query, row, b.mul(column, b.index(step)));
}

void AttentionEngine::emitLoadQueries(KernelBuilder &b, Value count) {
  Value zero = b.index(0), lanes = b.index(task.lanes);
  Value depth = b.index(keyDepth);
  b.forLoop(zero, count, 1, [&](Value tile) {
    b.forLoop(zero, b.index(task.width), task.lanes, [&](Value firstLane) {
      b.forLoop(zero, lanes, 1, [&](Value i) {
        b.forLoop(zero, depth, task.lanes, [&](Value column) {
          b.store(loadQuery(b, tile, b.add(firstLane, i), column), stagedQuery,
                  {i, column});
        });
      });
      b.forLoop(zero, depth, task.lanes, [&](Value column) {
        SmallVector<Value> block;
        for (int64_t i = 0; i < task.lanes; ++i)
          block.push_back(b.load(operands, stagedQuery, {b.index(i), column}));
        block = emitTranspose(b, block);
        for (int64_t i = 0; i < task.lanes; ++i)
          b.store(block[i], queries,
                  {tile, b.add(column, b.index(i)), firstLane});
      });
    });
  });
}

//===----------------------------------------------------------------------===//
// Keys and values
//===----------------------------------------------------------------------===//

SmallVector<Value> AttentionEngine::getKeyRow(KernelBuilder &b,
                                              const AttentionKeys &range,
                                              Value key) {
  Value position = b.add(range.base, b.mul(range.stride, key));
  return {task.batch, position, task.kvHead};
}

Value AttentionEngine::loadPackedValues(KernelBuilder &b,
                                        const AttentionKeys &range, Value start,
                                        Value count, Value key, Value column) {
  SmallVector<SmallVector<Value>> rows;
  SmallVector<Value> present;
  Value last = b.sub(count, b.index(1));
  for (int64_t i = 0; i < step; ++i) {
    Value each = b.add(key, b.index(i));
    present.push_back(b.less(each, count));
    rows.push_back(getKeyRow(b, range, b.add(start, b.min(each, last))));
  }
  return loadRows(b, task.value, rows, present, column);
}

void AttentionEngine::emitPackKeys(KernelBuilder &b, const AttentionKeys &range,
                                   Value start, Value count) {
  Value zero = b.index(0), step = b.index(getStep());
  // Products take whole groups of keys. What is missing is the last key again,
  // which the limits of the rows hide, and values of 0.
  Value end = b.roundUp(count, getKeyGroup());
  Value last = b.sub(count, b.index(1));
  b.forLoop(zero, end, 1, [&](Value key) {
    Value source = b.add(start, b.min(key, last));
    SmallVector<Value> row = getKeyRow(b, range, source);
    b.forLoop(zero, b.index(keyDepth), task.lanes, [&](Value column) {
      b.store(loadFeatures(b, task.key, row, b.mul(column, step)), keys,
              {key, column});
    });
  });
  emitPackValues(b, range, start, count, end);
}

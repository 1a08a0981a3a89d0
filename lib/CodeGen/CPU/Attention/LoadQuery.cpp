//===- LoadQuery.cpp - query rows to lanes and back --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Query rows come as [row][D] and are needed as [D][lane], outputs the other
// way round: transpositions of square blocks of vectors, once per tile.
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"

using namespace mlir;
using namespace mlir::dilated;

void mlir::dilated::emitClearTiles(KernelBuilder &b, AttentionTask &task,
                                   Value count) {
  Value zero = b.constant(task.vector, 0);
  Value none = b.constant(task.vector, task.noMaximum);
  Value features = b.index(task.signature.value.getShape().back());
  b.forLoop(b.index(0), count, 1, [&](Value tile) {
    b.ifThen(b.load(task.retries, tile), [&] {
      b.forLoop(b.index(0), b.index(task.width), task.lanes, [&](Value lane) {
        b.store(none, task.tileMax, {tile, lane});
        b.store(zero, task.tileSum, {tile, lane});
        b.forLoop(b.index(0), features, 1, [&](Value d) {
          b.store(zero, task.tileOut, {tile, d, lane});
        });
      });
    });
  });
}

/// Row `lane` of a tile as operands, from `column` on. A lane without a row
/// reads the first position: no run sees it.
static Value emitLoadQuery(KernelBuilder &b, AttentionTask &task, Value tile,
                           Value lane, Value column) {
  Value position = b.load(task.plan.rows, {tile, lane});
  position = b.max(position, b.integer(b.getI64Type(), 0));
  SmallVector<Value> row = {task.batch, b.cast(position, b.getIndexType()),
                            task.head};
  Value feature = b.mul(column, b.index(task.products.getStep()));
  return task.products.loadFeatures(b, task.query, row, feature);
}

void mlir::dilated::emitLoadTiles(KernelBuilder &b, AttentionTask &task,
                                  Value count) {
  Value zero = b.index(0), lanes = b.index(task.lanes);
  VectorType operands = task.products.getOperands();
  b.forLoop(zero, count, 1, [&](Value tile) {
    b.forLoop(zero, b.index(task.width), task.lanes, [&](Value firstLane) {
      b.forLoop(zero, lanes, 1, [&](Value i) {
        b.forLoop(zero, b.index(task.keyDepth), task.lanes, [&](Value column) {
          Value lane = b.add(firstLane, i);
          b.store(emitLoadQuery(b, task, tile, lane, column), task.stagedQuery,
                  {i, column});
        });
      });
      b.forLoop(zero, b.index(task.keyDepth), task.lanes, [&](Value column) {
        SmallVector<Value> block;
        for (int64_t i = 0; i < task.lanes; ++i)
          block.push_back(
              b.load(operands, task.stagedQuery, {b.index(i), column}));
        block = emitTranspose(b, block);
        for (int64_t i = 0; i < task.lanes; ++i)
          b.store(block[i], task.tileQuery,
                  {tile, b.add(column, b.index(i)), firstLane});
      });
    });
  });
}

//===- AttentionState.cpp - rows, tiles and packed keys ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Data movement of the attention kernel. The state of a block is row-major, as
// the operands are; a tile holds some of its rows as lanes. Between the two
// stand transpositions of square blocks of vectors, a few per cent of a
// kernel's time.
//
//===----------------------------------------------------------------------===//

#include "AttentionKernel.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::dilated;

/// The running maximum of a row that has met no key: finite, so that
/// differences of maxima are never NaN, and below any score.
static constexpr double kNoMaximum = -1e30;

void mlir::dilated::emitClearRows(KernelBuilder &b, AttentionTask &task) {
  Value zero = b.constant(task.vector, 0);
  Value none = b.constant(task.vector, kNoMaximum);
  Value numRows = b.index(task.numStateRows);
  b.forLoop(b.index(0), numRows, task.lanes, [&](Value row) {
    b.store(none, task.rowMax, row);
    b.store(zero, task.rowSum, row);
    b.store(zero, task.rowNulls, row);
  });
  b.forLoop(b.index(0), numRows, 1, [&](Value row) {
    b.forLoop(b.index(0), b.index(task.valueDim), task.lanes,
              [&](Value column) { b.store(zero, task.rowOut, {row, column}); });
  });
}

/// Transposes [width][features] to [features][width] in square blocks. `load`
/// gives a vector of features of a lane, `store` takes a vector of lanes of a
/// feature; `toTile` false goes the other way.
static void emitTransposeTile(
    KernelBuilder &b, AttentionTask &task, int64_t features,
    function_ref<Value(Value lane, Value feature)> load,
    function_ref<void(Value vector, Value lane, Value feature)> store,
    bool toTile) {
  b.forLoop(b.index(0), b.index(task.width), task.lanes, [&](Value lane) {
    b.forLoop(b.index(0), b.index(features), task.lanes, [&](Value feature) {
      SmallVector<Value> rows;
      for (int64_t i = 0; i < task.lanes; ++i)
        rows.push_back(toTile ? load(b.add(lane, b.index(i)), feature)
                              : load(lane, b.add(feature, b.index(i))));
      rows = emitTranspose(b, rows);
      for (int64_t i = 0; i < task.lanes; ++i) {
        if (toTile)
          store(rows[i], lane, b.add(feature, b.index(i)));
        else
          store(rows[i], b.add(lane, b.index(i)), feature);
      }
    });
  });
}

void mlir::dilated::emitGatherTile(KernelBuilder &b, AttentionTask &task,
                                   const AttentionClass &rows, Value tile) {
  // Scores in base 2: exp(scale*s) = 2^(scale*log2(e)*s).
  Value factor = b.constant(task.vector, task.signature.scale / std::log(2.0));
  Value zero = b.index(0), dummy = b.index(task.tiling.blockRows);
  Value tileFirst = b.add(rows.first, b.mul(tile, b.index(task.width)));
  b.forLoop(zero, b.index(task.width), 1, [&](Value lane) {
    Value i = b.add(tileFirst, lane);
    Value last = b.sub(rows.last, b.index(1));
    Value position = b.add(rows.base, b.mul(rows.rate, b.min(i, last)));
    Value row =
        b.select(b.less(i, rows.last), b.sub(position, task.blockStart), dummy);
    b.store(row, task.tileRows, {tile, lane});
    b.store(b.load(task.rowMax, row), task.tileMax, {tile, lane});
    b.store(b.load(task.rowSum, row), task.tileSum, {tile, lane});
    if (rows.nulls)
      b.store(b.add(b.load(task.rowNulls, row), rows.nulls), task.rowNulls,
              row);
    b.forLoop(zero, b.index(task.headDim), task.lanes, [&](Value column) {
      Value vector = task.query.load(b, task.vector,
                                     {task.batch, position, task.head}, column);
      b.store(b.mul(vector, factor), task.staged, {lane, column});
    });
  });
  emitTransposeTile(
      b, task, task.headDim,
      [&](Value lane, Value feature) {
        return b.load(task.vector, task.staged, {lane, feature});
      },
      [&](Value vector, Value lane, Value feature) {
        b.store(vector, task.tileQuery, {tile, feature, lane});
      },
      /*toTile=*/true);
  emitTransposeTile(
      b, task, task.valueDim,
      [&](Value lane, Value feature) {
        Value row = b.load(task.tileRows, {tile, lane});
        return b.load(task.vector, task.rowOut, {row, feature});
      },
      [&](Value vector, Value lane, Value feature) {
        b.store(vector, task.tileOut, {tile, feature, lane});
      },
      /*toTile=*/true);
}

void mlir::dilated::emitScatterTile(KernelBuilder &b, AttentionTask &task,
                                    Value tile) {
  b.forLoop(b.index(0), b.index(task.width), 1, [&](Value lane) {
    Value row = b.load(task.tileRows, {tile, lane});
    b.store(b.load(task.tileMax, {tile, lane}), task.rowMax, row);
    b.store(b.load(task.tileSum, {tile, lane}), task.rowSum, row);
  });
  emitTransposeTile(
      b, task, task.valueDim,
      [&](Value lane, Value feature) {
        return b.load(task.vector, task.tileOut, {tile, feature, lane});
      },
      [&](Value vector, Value lane, Value feature) {
        Value row = b.load(task.tileRows, {tile, lane});
        b.store(vector, task.rowOut, {row, feature});
      },
      /*toTile=*/false);
}

/// Stores `lanes` values of `key` to the panels of tile.rows features.
static void emitStoreValues(KernelBuilder &b, AttentionTask &task, Value vector,
                            Value key, Value column) {
  int64_t rows = task.tiling.tile.rows;
  Value firstPanel = b.div(column, b.index(rows));
  for (int64_t part = 0; part < task.lanes / rows; ++part) {
    Value slice = vector::ExtractStridedSliceOp::create(
        b, vector, ArrayRef<int64_t>{part * rows}, ArrayRef<int64_t>{rows},
        ArrayRef<int64_t>{1});
    b.store(slice, task.values,
            {b.add(firstPanel, b.index(part)), key, b.index(0)});
  }
}

void mlir::dilated::emitPackKeys(KernelBuilder &b, AttentionTask &task,
                                 const AttentionClass &rows, Value start,
                                 Value count) {
  Value zero = b.index(0);
  auto forEachVector = [&](int64_t width, function_ref<void(Value)> body) {
    b.forLoop(zero, b.index(width), task.lanes, body);
  };
  b.forLoop(zero, count, 1, [&](Value key) {
    Value position = b.add(rows.base, b.mul(rows.rate, b.add(start, key)));
    SmallVector<Value> row = {task.batch, position, task.kvHead};
    forEachVector(task.headDim, [&](Value column) {
      b.store(task.key.load(b, task.vector, row, column), task.keys,
              {key, column});
    });
    forEachVector(task.valueDim, [&](Value column) {
      emitStoreValues(b, task, task.value.load(b, task.vector, row, column),
                      key, column);
    });
  });
  // Register tiles take whole groups of keys: the rest is zeros, which the
  // limits of the rows mask.
  Value padding = b.constant(task.vector, 0);
  b.forLoop(count, b.roundUp(count, task.tiling.tile.rows), 1, [&](Value key) {
    forEachVector(task.headDim, [&](Value column) {
      b.store(padding, task.keys, {key, column});
    });
    forEachVector(task.valueDim, [&](Value column) {
      emitStoreValues(b, task, padding, key, column);
    });
  });
}

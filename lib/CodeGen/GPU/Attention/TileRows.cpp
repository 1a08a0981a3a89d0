//===- TileRows.cpp - the rows of a thread block, found by itself *- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileRowsParts.h"

using namespace mlir;
using namespace mlir::dilated;

//===----------------------------------------------------------------------===//
// Shared memory
//===----------------------------------------------------------------------===//

/// Gives the arrays of the block their places from `scratch` on; returns the
/// bytes of all.
static int64_t placeArrays(RowsBlock &block, Value scratch, Type i32,
                           Type i64) {
  int64_t offset = 0;
  auto place = [&](ThreadBuilder::Array &array, int64_t count, Type type,
                   int64_t bytes) {
    array = {scratch, offset, type};
    offset += count * bytes;
  };
  place(block.keys, kTableSize, i64, 8);
  place(block.costs, kMaxSets, i64, 8);
  for (auto *array : {&block.firsts, &block.residues, &block.counts})
    place(*array, kTableSize, i32, 4);
  for (auto *array :
       {&block.listed, &block.sorted, &block.tailTiles, &block.filled})
    place(*array, kMaxSets, i32, 4);
  place(block.warps, kTileRowsThreads / 32, i32, 4);
  place(block.numSets, 1, i32, 4);
  place(block.numTails, 1, i32, 4);
  return offset;
}

int64_t mlir::dilated::getTileRowsScratchBytes() {
  TileRowsShape shape;
  RowsBlock block(shape);
  return placeArrays(block, Value(), Type(), Type());
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

/// Consecutive rows, for a block with too many sets. Returns how many there
/// are.
static Value emitInOrder(ThreadBuilder &b, RowsBlock &block) {
  Value width = b.i32(block.shape.tiles.width), thread = b.thread();
  Value begin = b.mul(block.slot, width);
  Value count = b.max(b.min(width, b.sub(block.length, begin)), b.i32(0));
  ThreadBuilder::Array rows = {block.rows, 0, b.getI64Type()};
  b.ifThen(b.less(thread, count), [&] {
    Value row = b.widen(b.add(begin, thread));
    b.store(rows, thread, b.add(block.first, row));
  });
  return count;
}

TileRowsResult mlir::dilated::emitTileRows(KernelBuilder &builder,
                                           const TileRowsShape &shape,
                                           const TileRowsCall &call, Value rows,
                                           Value scratch) {
  ThreadBuilder b(builder.getLoc(), builder.getContext());
  b.setInsertionPoint(builder.getInsertionBlock(), builder.getInsertionPoint());
  RowsBlock block(shape);
  block.rows = rows;
  placeArrays(block, scratch, b.getI32Type(), b.getI64Type());
  emitPlace(b, block, call);
  emitBranches(b, block, call);

  Value thread = b.thread();
  ThreadBuilder::Array result = {rows, 0, b.getI64Type()};
  b.ifThen(b.less(thread, b.i32(shape.tiles.width)),
           [&] { b.store(result, thread, b.i64(-1)); });
  Value numSets = emitSets(b, block); // its barriers are after the stores
  Value count = b.ifThenElse(
      b.atLeast(b.i32(std::min(shape.tiles.maxGroups, kMaxSets)), numSets),
      [&]() -> LaneBuilder::State {
        emitSort(b, block, numSets);
        return {emitShare(b, block, numSets)};
      },
      [&]() -> LaneBuilder::State { return {emitInOrder(b, block)}; })[0];
  b.barrier();
  builder.setInsertionPoint(b.getInsertionBlock(), b.getInsertionPoint());
  return {block.batch, block.head, b.less(b.i32(0), count)};
}

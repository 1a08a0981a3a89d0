//===- TileShare.cpp - the rows of a tile from sorted sets ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileRowsParts.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace mlir::dilated;

using State = LaneBuilder::State;

namespace {
/// A set by its place in the order, all i32.
struct SortedSet {
  Value entry, cell, mask, count;
  Value isCovered; // i1
};
} // namespace

static SortedSet emitSet(ThreadBuilder &b, RowsBlock &block, Value place) {
  SortedSet set;
  set.entry = b.load(block.sorted, place);
  Value key = b.load(block.keys, set.entry);
  set.cell = b.narrow(b.createOrFold<arith::ShRUIOp>(key, b.i64(32)));
  set.mask = b.narrow(key);
  set.count = b.load(block.counts, set.entry);
  set.isCovered = b.cmp(arith::CmpIPredicate::ne, set.mask, b.i32(0));
  return set;
}

//===----------------------------------------------------------------------===//
// Tails
//===----------------------------------------------------------------------===//

/// Do rows of the two sets see a run in common: the same branch, the same
/// segment of it?
static Value emitHaveCommonRun(ThreadBuilder &b, RowsBlock &block,
                               const SortedSet &x, const SortedSet &y) {
  Value common = b.both(x.mask, y.mask), result = b.boolean(false);
  for (auto [i, branch] : llvm::enumerate(block.branches)) {
    Value bit = b.both(common, b.i32(static_cast<int32_t>(uint32_t(1) << i)));
    Value isSame = b.equal(emitSegment(b, branch, x.cell).number,
                           emitSegment(b, branch, y.cell).number);
    Value isCommon = b.select(b.equal(bit, b.i32(0)), b.boolean(false), isSame);
    result = b.either(result, isCommon);
  }
  return result;
}

/// The first warp puts every tail into the first tail tile with room that has
/// a run in common with it; its lanes ask the sets before.
static void emitTails(ThreadBuilder &b, RowsBlock &block, Value numSets) {
  Value lane = b.thread(), zero = b.i32(0), none = b.i32(kFarOffset);
  Value all = b.i32(-1), width = b.i32(block.shape.tiles.width);
  Value numTails = b.forEach(
      zero, numSets, 1, {zero}, [&](Value i, ValueRange tiles) -> State {
        SortedSet set = emitSet(b, block, i);
        Value size = b.rem(set.count, width);
        Value hasTail = b.both(b.less(zero, size), set.isCovered);
        Value best = b.forEach(
            lane, i, 32, {none}, [&](Value j, ValueRange least) -> State {
              Value tile = b.load(block.tailTiles, j);
              Value isTile = b.less(tile, none);
              Value filled = b.load(block.filled, b.select(isTile, tile, zero));
              Value fits = b.atLeast(width, b.add(filled, size));
              Value common =
                  emitHaveCommonRun(b, block, set, emitSet(b, block, j));
              Value takes = b.both(isTile, b.both(fits, common));
              return {b.min(least[0], b.select(takes, tile, none))};
            })[0];
        best = NVVM::ReduxOp::create(b, b.getI32Type(), best,
                                     NVVM::ReduxKind::MIN, all);
        NVVM::SyncWarpOp::create(b, all); // all have read
        Value isNew = b.equal(best, none);
        Value tile = b.select(isNew, tiles[0], best);
        b.ifThen(b.equal(lane, zero), [&] {
          b.store(block.tailTiles, i, b.select(hasTail, tile, none));
          b.ifThen(hasTail, [&] {
            Value before = b.load(block.filled, tile);
            before = b.select(isNew, zero, before);
            b.store(block.filled, tile, b.add(before, size));
          });
        });
        NVVM::SyncWarpOp::create(b, all);
        Value opened = b.select(b.both(hasTail, isNew), b.i32(1), zero);
        return {b.add(tiles[0], opened)};
      })[0];
  b.ifThen(b.equal(lane, zero),
           [&] { b.store(block.numTails, zero, numTails); });
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

/// How many threads before this one have `flag`, and how many there are.
static std::pair<Value, Value> emitCountBefore(ThreadBuilder &b,
                                               RowsBlock &block, Value flag) {
  Value thread = b.thread(), zero = b.i32(0);
  Value lane = b.both(thread, b.i32(31));
  Value warp = b.createOrFold<arith::ShRUIOp>(thread, b.i32(5));
  Value ballot = NVVM::VoteSyncOp::create(b, b.getI32Type(), b.i32(-1), flag,
                                          NVVM::VoteSyncKind::ballot);
  Value lower = b.sub(b.createOrFold<arith::ShLIOp>(b.i32(1), lane), b.i32(1));
  auto count = [&](Value bits) -> Value {
    return LLVM::CtPopOp::create(b, b.getI32Type(), bits);
  };
  b.ifThen(b.equal(lane, zero),
           [&] { b.store(block.warps, warp, count(ballot)); });
  b.barrier();
  Value before = count(b.both(ballot, lower)), sum = zero;
  for (int64_t i = 0; i < kTileRowsThreads / 32; ++i) {
    Value ofWarp = b.load(block.warps, b.i32(i));
    before = b.add(before, b.select(b.less(b.i32(i), warp), ofWarp, zero));
    sum = b.add(sum, ofWarp);
  }
  b.barrier(); // before the counts of the next 128
  return {before, sum};
}

/// Rows [from, to) of a set, to the tile's rows from `place` on. Residue number
/// j of the set is row j, j + c, j + 2 c, ... of it, c residues.
static void emitRows(ThreadBuilder &b, RowsBlock &block, const SortedSet &set,
                     Value from, Value to, Value place) {
  Value zero = b.i32(0), thread = b.thread();
  RowsCell cell = emitCell(b, block, set.cell);
  Value residues = b.load(block.residues, set.entry);
  ThreadBuilder::Array rows = {block.rows, 0, b.getI64Type()};
  b.forEach(zero, cell.period, kTileRowsThreads, {zero},
            [&](Value chunk, ValueRange before) -> State {
              Value residue = b.add(chunk, thread);
              Value row = b.add(cell.begin, residue);
              Value isMember =
                  b.both(b.less(residue, cell.period),
                         b.equal(emitMask(b, block, cell, row), set.mask));
              auto [inChunk, sum] = emitCountBefore(b, block, isMember);
              Value number = b.add(before[0], inChunk);
              b.ifThen(isMember, [&] {
                Value ahead = b.max(b.sub(from, number), zero);
                Value periods =
                    b.div(b.add(ahead, b.sub(residues, b.i32(1))), residues);
                Value first = b.add(number, b.mul(periods, residues));
                Value offset = b.add(row, b.mul(periods, cell.period));
                b.whileLoop(
                    {first, offset},
                    [&](ValueRange state) { return b.less(state[0], to); },
                    [&](ValueRange state) -> State {
                      b.store(rows, b.add(place, b.sub(state[0], from)),
                              b.add(block.first, b.widen(state[1])));
                      return {b.add(state[0], residues),
                              b.add(state[1], cell.period)};
                    });
              });
              return {b.add(before[0], sum)};
            });
}

namespace {
/// Full tiles of all sets, all i32.
struct FullTiles {
  Value sum;
  Value set;  // the place of the one that tile `slot` is of, or kFarOffset
  Value from; // the tile's first row in it
};
} // namespace

static FullTiles emitFullTiles(ThreadBuilder &b, RowsBlock &block,
                               Value numSets) {
  Value zero = b.i32(0), width = b.i32(block.shape.tiles.width);
  State found = b.forEach(
      zero, numSets, 1, {zero, b.i32(kFarOffset), zero},
      [&](Value i, ValueRange state) -> State {
        SortedSet set = emitSet(b, block, i);
        Value tiles = b.select(set.isCovered, b.div(set.count, width), zero);
        Value number = b.sub(block.slot, state[0]);
        Value isIt = b.both(b.atLeast(number, zero), b.less(number, tiles));
        return {b.add(state[0], tiles), b.select(isIt, i, state[1]),
                b.select(isIt, b.mul(number, width), state[2])};
      });
  return {found[0], found[1], found[2]};
}

Value mlir::dilated::emitShare(ThreadBuilder &b, RowsBlock &block,
                               Value numSets) {
  Value zero = b.i32(0), width = b.i32(block.shape.tiles.width);
  FullTiles full = emitFullTiles(b, block, numSets);
  Value isFull = b.less(block.slot, full.sum);
  Value isTail = b.atLeast(block.slot, full.sum);
  b.ifThen(b.both(isTail, b.less(b.thread(), b.i32(32))),
           [&] { emitTails(b, block, numSets); });
  b.ifThen(b.both(isFull, b.equal(b.thread(), zero)),
           [&] { b.store(block.numTails, zero, zero); });
  b.barrier();
  Value tail = b.sub(block.slot, full.sum);
  // Rows that no branch covers lie in tiles after the tails.
  Value uncovered = b.mul(b.sub(tail, b.load(block.numTails, zero)), width);
  uncovered = b.select(b.both(isTail, b.atLeast(uncovered, zero)), uncovered,
                       b.i32(kFarOffset));

  State used = b.forEach(
      zero, numSets, 1, {zero, zero}, [&](Value i, ValueRange state) -> State {
        SortedSet set = emitSet(b, block, i);
        // Of a covered set: a full tile, or its tail.
        Value isIt = b.equal(i, full.set);
        Value size = b.rem(set.count, width);
        Value ofTail = b.ifThenElse(
            isTail,
            [&]() -> State {
              return {b.equal(b.load(block.tailTiles, i), tail)};
            },
            [&]() -> State { return {b.boolean(false)}; })[0];
        Value from = b.select(isIt, full.from, b.sub(set.count, size));
        Value to = b.select(isIt, b.add(full.from, width), set.count);
        to = b.select(b.either(isIt, ofTail), to, from);
        // Of the others: those from row `uncovered` on, as many as fit.
        Value start = b.sub(uncovered, state[1]);
        Value restFrom = b.max(start, zero);
        Value restTo = b.min(b.add(start, width), set.count);
        from = b.select(set.isCovered, from, restFrom);
        to = b.select(set.isCovered, to, restTo);
        Value hasRows = b.less(from, to);
        b.ifThen(hasRows, [&] { emitRows(b, block, set, from, to, state[0]); });
        Value rows = b.select(hasRows, b.sub(to, from), zero);
        Value seen = b.select(set.isCovered, zero, set.count);
        return {b.add(state[0], rows), b.add(state[1], seen)};
      });
  return used[0];
}

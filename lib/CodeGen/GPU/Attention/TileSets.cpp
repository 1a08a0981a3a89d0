//===- TileSets.cpp - sets of rows in shared memory -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileRowsParts.h"

using namespace mlir;
using namespace mlir::dilated;

//===----------------------------------------------------------------------===//
// The table
//===----------------------------------------------------------------------===//

/// The entry of a set, made if there is none; i1: there is one.
static std::pair<Value, Value> emitFind(ThreadBuilder &b, RowsBlock &block,
                                        Value cell, Value mask) {
  Value key = b.either(b.createOrFold<arith::ShLIOp>(b.widen(cell), b.i64(32)),
                       b.widen(mask));
  Value mixed = b.add(b.mul(mask, b.i32(static_cast<int32_t>(0x9E3779B1u))),
                      b.mul(cell, b.i32(static_cast<int32_t>(0x85EBCA77u))));
  Value start = b.createOrFold<arith::ShRUIOp>(mixed, b.i32(32 - 9));
  static_assert(kTableSize == 1 << 9);
  Value none = b.i32(0);
  // Linear probing: entry, steps, found.
  LaneBuilder::State found = b.whileLoop(
      {start, none, b.boolean(false)},
      [&](ValueRange state) {
        Value goesOn = b.less(state[1], b.i32(kTableSize));
        return b.select(state[2], b.boolean(false), goesOn);
      },
      [&](ValueRange state) -> LaneBuilder::State {
        Value before = b.claim(block.keys, state[0], key);
        Value isNew = b.equal(before, b.i64(-1));
        b.ifThen(isNew, [&] {
          Value number = b.update(ThreadBuilder::Update::Add, block.numSets,
                                  none, b.i32(1));
          b.ifThen(b.less(number, b.i32(kMaxSets)),
                   [&] { b.store(block.listed, number, state[0]); });
        });
        Value isFound = b.either(isNew, b.equal(before, key));
        Value next = b.both(b.add(state[0], b.i32(1)), b.i32(kTableSize - 1));
        return {b.select(isFound, state[0], next), b.add(state[1], b.i32(1)),
                isFound};
      });
  return {found[0], found[2]};
}

/// The threads look at a residue each.
static void emitResidue(ThreadBuilder &b, RowsBlock &block,
                        const RowsCell &cell, Value residue) {
  Value row = b.add(cell.begin, residue);
  Value mask = emitMask(b, block, cell, row);
  auto [entry, isFound] = emitFind(b, block, cell.begin, mask);
  Value length = b.sub(cell.end, cell.begin);
  Value whole = b.div(length, cell.period);
  Value isInRest = b.less(residue, b.rem(length, cell.period));
  Value count = b.select(isInRest, b.add(whole, b.i32(1)), whole);
  Value place = entry;
  b.ifThen(isFound, [&] {
    using Update = ThreadBuilder::Update;
    b.update(Update::Min, block.firsts, place, row);
    b.update(Update::Add, block.residues, place, b.i32(1));
    b.update(Update::Add, block.counts, place, count);
  });
}

Value mlir::dilated::emitSets(ThreadBuilder &b, RowsBlock &block) {
  Value thread = b.thread(), zero = b.i32(0);
  b.forEach(thread, b.i32(kTableSize), kTileRowsThreads, [&](Value i) {
    b.store(block.keys, i, b.i64(-1));
    b.store(block.firsts, i, b.i32(kFarOffset));
    b.store(block.residues, i, zero);
    b.store(block.counts, i, zero);
  });
  b.ifThen(b.equal(thread, zero), [&] {
    b.store(block.numSets, zero, zero);
    b.store(block.filled, zero, zero); // read where there is no tile yet
  });
  b.barrier();
  b.whileLoop(
      {zero}, [&](ValueRange begin) { return b.less(begin[0], block.length); },
      [&](ValueRange begin) -> LaneBuilder::State {
        RowsCell cell = emitCell(b, block, begin[0]);
        b.forEach(thread, cell.period, kTileRowsThreads,
                  [&](Value residue) { emitResidue(b, block, cell, residue); });
        return {cell.end};
      });
  b.barrier();
  return b.load(block.numSets, zero);
}

//===----------------------------------------------------------------------===//
// The order
//===----------------------------------------------------------------------===//

/// Keys of a row of the set without the causal cut, saturating.
static Value emitCost(ThreadBuilder &b, RowsBlock &block, Value cell,
                      Value mask) {
  constexpr int64_t most = ::dilated::plan::kMaxInt64;
  Value cost = b.i64(0);
  for (auto [i, branch] : llvm::enumerate(block.branches)) {
    RowsSegment later = emitSegment(b, branch, cell);
    Value segment =
        b.select(later.isLater, b.add(block.first, b.widen(later.offset)),
                 branch.segment);
    Value length = b.min(branch.length, b.sub(block.sequence, segment));
    // A covered row is a key itself: the class is not empty.
    Value keys = b.ceilQuotient(b.max(b.sub(length, branch.offset), b.i64(1)),
                                branch.rate);
    Value bit = b.both(mask, b.i32(static_cast<int32_t>(uint32_t(1) << i)));
    keys = b.select(b.equal(bit, b.i32(0)), b.i64(0), keys);
    Value room = b.sub(b.i64(most), keys);
    cost = b.select(b.less(room, cost), b.i64(most), b.add(cost, keys));
  }
  return cost;
}

void mlir::dilated::emitSort(ThreadBuilder &b, RowsBlock &block,
                             Value numSets) {
  Value thread = b.thread(), zero = b.i32(0);
  b.forEach(thread, numSets, kTileRowsThreads, [&](Value i) {
    Value key = b.load(block.keys, b.load(block.listed, i));
    Value cell = b.narrow(b.createOrFold<arith::ShRUIOp>(key, b.i64(32)));
    b.store(block.costs, i, emitCost(b, block, cell, b.narrow(key)));
  });
  b.barrier();
  // A set's place is the number of sets before it.
  b.forEach(thread, numSets, kTileRowsThreads, [&](Value i) {
    Value entry = b.load(block.listed, i);
    Value cost = b.load(block.costs, i), first = b.load(block.firsts, entry);
    Value place = b.forEach(
        zero, numSets, 1, {zero},
        [&](Value j, ValueRange sum) -> LaneBuilder::State {
          Value other = b.load(block.costs, j);
          Value otherFirst = b.load(block.firsts, b.load(block.listed, j));
          Value isBefore =
              b.either(b.less(cost, other),
                       b.both(b.equal(cost, other), b.less(otherFirst, first)));
          return {b.add(sum[0], b.select(isBefore, b.i32(1), zero))};
        })[0];
    b.store(block.sorted, place, entry);
  });
  b.barrier();
}

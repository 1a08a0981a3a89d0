//===- TilePlace.cpp - where a thread block's tile lies ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileRowsParts.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace mlir::dilated;
namespace plan = ::dilated::plan;

//===----------------------------------------------------------------------===//
// The grid, as plan::makeGrid has it
//===----------------------------------------------------------------------===//

namespace {
struct Grid {
  Value period, span, block, blocksPerSpan, blocksPerHead; // i64
};
} // namespace

static Value emitGcd(ThreadBuilder &b, Value x, Value y) {
  return b.whileLoop(
      {x, y}, [&](ValueRange state) { return b.less(b.i64(0), state[1]); },
      [&](ValueRange state) -> LaneBuilder::State {
        return {state[1], b.rem(state[0], state[1])};
      })[0];
}

/// The least common multiple of the rates, 0 when it is above `limit`.
static Value emitPeriod(ThreadBuilder &b, ValueRange rates, int64_t limit) {
  Value zero = b.i64(0), period = b.i64(1);
  for (Value rate : rates) {
    // Rates mostly grow by factors: one division finds the period's multiple.
    Value factor = b.div(rate, emitGcd(b, rate, period));
    Value known = b.max(period, b.i64(1));
    Value fits = b.both(b.less(zero, period),
                        b.atLeast(b.div(b.i64(limit), known), factor));
    period = b.select(fits, b.mul(period, factor), zero);
  }
  return period;
}

/// Segments shorter than a quarter of groupRows share a span.
static Value emitSpan(ThreadBuilder &b, const plan::TileOptions &tiles,
                      Value shortest, Value limit, Value sequence) {
  Value byRows = b.div(b.min(b.i64(tiles.groupRows), limit), shortest);
  Value byRuns = b.max(b.i64(plan::kMaxGroup),
                       b.ceilQuotient(b.i64(4 * tiles.width), shortest));
  Value group = b.select(b.less(shortest, b.i64(tiles.groupRows / 4)),
                         b.min(byRows, byRuns), b.i64(1));
  return b.select(b.less(b.i64(1), group),
                  b.min(b.mul(group, shortest), sequence), shortest);
}

static Grid emitGrid(ThreadBuilder &b, const plan::TileOptions &tiles,
                     const TileRowsCall &call) {
  Value sequence = call.sequence, shortest = sequence;
  SmallVector<Value> rates;
  for (auto [length, rate] : llvm::zip_equal(call.lengths, call.rates)) {
    Value clamped = b.min(length, sequence);
    shortest = b.min(shortest, clamped);
    rates.push_back(b.min(rate, clamped));
  }
  Grid grid;
  grid.period = emitPeriod(b, rates, tiles.maxRows);
  // Whole tiles of every set, if it can be.
  Value most = b.i64(tiles.maxRows), none = b.i64(0);
  Value unit = b.mul(grid.period, b.i64(tiles.width));
  Value fits = b.both(b.less(none, unit), b.atLeast(most, unit));
  unit = b.select(fits, unit,
                  b.i64(tiles.width <= tiles.maxRows ? tiles.width : 1));
  Value limit = b.sub(most, b.rem(most, unit));
  grid.span = emitSpan(b, tiles, shortest, limit, sequence);
  Value block = b.min(grid.span, limit);
  Value even = b.ceilQuotient(grid.span, b.ceilQuotient(grid.span, block));
  grid.block = b.min(block, b.mul(b.ceilQuotient(even, unit), unit));
  grid.blocksPerSpan = b.ceilQuotient(grid.span, grid.block);
  Value whole = b.sub(b.ceilQuotient(sequence, grid.span), b.i64(1));
  Value last = b.sub(sequence, b.mul(whole, grid.span));
  grid.blocksPerHead =
      b.add(b.mul(whole, grid.blocksPerSpan), b.ceilQuotient(last, grid.block));
  return grid;
}

void mlir::dilated::emitPlace(ThreadBuilder &b, RowsBlock &block,
                              const TileRowsCall &call) {
  const plan::TileOptions &tiles = block.shape.tiles;
  Grid grid = emitGrid(b, tiles, call);
  block.sequence = call.sequence;

  // number = ((slot * blocks + block) * heads + head) * batches + batch
  Value number = b.widen(NVVM::BlockIdXOp::create(b, b.getI32Type()));
  block.batch = b.rem(number, call.batches);
  number = b.div(number, call.batches);
  block.head = b.rem(number, call.heads);
  number = b.div(number, call.heads);
  Value inHead = b.rem(number, grid.blocksPerHead);
  block.slot = b.narrow(b.div(number, grid.blocksPerHead));
  if (block.shape.causal) // the later ones have more keys
    inHead = b.sub(b.sub(grid.blocksPerHead, b.i64(1)), inHead);

  Value span = b.mul(b.div(inHead, grid.blocksPerSpan), grid.span);
  Value inSpan = b.mul(b.rem(inHead, grid.blocksPerSpan), grid.block);
  Value rest = b.sub(b.min(grid.span, b.sub(call.sequence, span)), inSpan);
  block.first = b.add(span, inSpan);
  block.length = b.narrow(b.min(grid.block, rest));

  // A multiple of the period is one as well: a residue for every thread.
  Value period = b.narrow(grid.period);
  Value times = b.div(b.i32(kTileRowsThreads), b.max(period, b.i32(1)));
  block.period = b.mul(period, b.max(times, b.i32(1)));
}

//===----------------------------------------------------------------------===//
// Branches
//===----------------------------------------------------------------------===//

Value mlir::dilated::emitHeadOffset(LaneBuilder &b, HeadOffsetAttr offset,
                                    Value head, Value heads, Value rate) {
  switch (offset.getRule()) {
  case HeadOffsetRule::Block:
    return b.div(head, b.ceilQuotient(heads, rate));
  case HeadOffsetRule::Modulo:
    return b.rem(head, rate);
  case HeadOffsetRule::End:
    return b.sub(b.sub(rate, b.i64(1)), b.rem(head, rate));
  case HeadOffsetRule::Constant:
    return b.i64(offset.getConstant());
  }
  llvm_unreachable("unknown head offset rule");
}

static RowsBranch emitBranch(ThreadBuilder &b, const RowsBlock &block,
                             const TileRowsCall &call, size_t term) {
  RowsBranch branch;
  branch.length = b.min(call.lengths[term], call.sequence);
  branch.rate = b.min(call.rates[term], branch.length);
  branch.offset = emitHeadOffset(b, block.shape.offset, block.head, call.heads,
                                 call.rates[term]);
  branch.isActive = b.less(branch.offset, branch.length);
  for (const RowsBranch &other : block.branches) {
    Value isSame = b.both(b.equal(branch.length, other.length),
                          b.both(b.equal(branch.rate, other.rate),
                                 b.equal(branch.offset, other.offset)));
    branch.isActive = b.select(isSame, b.boolean(false), branch.isActive);
  }
  Value into = b.rem(block.first, branch.length);
  branch.segment = b.sub(block.first, into);
  branch.boundary = b.sub(branch.length, into);

  // x = into mod r: the class goes on at o - x, or in the next period.
  Value x = b.rem(into, branch.rate);
  Value ahead = b.sub(branch.offset, x);
  Value firstRow =
      b.select(b.less(ahead, b.i64(0)), b.add(ahead, branch.rate), ahead);
  Value far = b.i32(kFarOffset);
  branch.boundaryOffset =
      b.select(branch.isActive, b.clamp(branch.boundary, kFarOffset), far);
  branch.firstRow =
      b.select(branch.isActive, b.clamp(firstRow, kFarOffset), far);
  branch.lengthOffset = b.clamp(branch.length, kFarOffset);
  branch.stride = b.clamp(branch.rate, kFarOffset);
  branch.classOffset = b.clamp(branch.offset, kFarOffset);
  Value one = b.constant(b.getF32Type(), 1);
  auto toFloat = [&](Value integer) -> Value {
    return arith::SIToFPOp::create(b, b.getF32Type(), integer);
  };
  branch.inverseLength = b.div(one, toFloat(branch.lengthOffset));
  branch.inverseStride = b.div(one, toFloat(branch.stride));
  return branch;
}

void mlir::dilated::emitBranches(ThreadBuilder &b, RowsBlock &block,
                                 const TileRowsCall &call) {
  for (size_t term = 0; term < call.lengths.size(); ++term)
    block.branches.push_back(emitBranch(b, block, call, term));
}

//===----------------------------------------------------------------------===//
// Cells
//===----------------------------------------------------------------------===//

/// a div d for 0 <= a < 2^13 and 1 <= d <= 2^14, from 1/d in f32: the quotient
/// of a + 1/2 is at least 1/(2 d) away from an integer, its error is less.
static Value emitQuotient(ThreadBuilder &b, Value a, Value inverse) {
  Value wide = arith::SIToFPOp::create(b, b.getF32Type(), a);
  Value middle = b.add(wide, b.constant(b.getF32Type(), 0.5));
  return arith::FPToSIOp::create(b, b.getI32Type(), b.mul(middle, inverse));
}

RowsSegment mlir::dilated::emitSegment(ThreadBuilder &b,
                                       const RowsBranch &branch, Value row) {
  RowsSegment segment;
  Value behind = b.sub(row, branch.boundaryOffset);
  Value number = emitQuotient(b, b.max(behind, b.i32(0)), branch.inverseLength);
  segment.isLater = b.atLeast(behind, b.i32(0));
  segment.number = b.select(segment.isLater, b.add(number, b.i32(1)), b.i32(0));
  segment.offset =
      b.add(branch.boundaryOffset, b.mul(number, branch.lengthOffset));
  return segment;
}

RowsCell mlir::dilated::emitCell(ThreadBuilder &b, RowsBlock &block,
                                 Value begin) {
  RowsCell cell;
  cell.begin = begin;
  cell.end = block.length;
  for (const RowsBranch &branch : block.branches) {
    RowsSegment segment = emitSegment(b, branch, begin);
    Value end =
        b.select(segment.isLater, b.add(segment.offset, branch.lengthOffset),
                 branch.boundaryOffset);
    cell.end = b.min(cell.end, end);
    cell.firstRows.push_back(b.select(segment.isLater,
                                      b.add(segment.offset, branch.classOffset),
                                      branch.firstRow));
  }
  Value length = b.sub(cell.end, begin);
  cell.period = b.select(b.equal(block.period, b.i32(0)), length,
                         b.min(block.period, length));
  return cell;
}

Value mlir::dilated::emitMask(ThreadBuilder &b, RowsBlock &block,
                              const RowsCell &cell, Value row) {
  Value mask = b.i32(0);
  for (auto [i, branch] : llvm::enumerate(block.branches)) {
    Value distance = b.sub(row, cell.firstRows[i]);
    Value ahead = b.max(distance, b.i32(0));
    Value number = emitQuotient(b, ahead, branch.inverseStride);
    Value isCovered = b.equal(b.mul(number, branch.stride), distance);
    Value bit = b.i32(static_cast<int32_t>(uint32_t(1) << i));
    mask = b.either(mask, b.select(isCovered, bit, b.i32(0)));
  }
  return mask;
}

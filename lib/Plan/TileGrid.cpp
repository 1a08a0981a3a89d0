//===- TileGrid.cpp - blocks of positions, and their numbers ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Plan/TilePlan.h"

#include <numeric>

using namespace dilated::plan;

//===----------------------------------------------------------------------===//
// The terms, whatever the head
//===----------------------------------------------------------------------===//

/// A term clamped as for every head: without its offset.
static Term<> getTerm(const TileGrid &grid, int64_t index) {
  Term<> term = grid.getPattern().getTerm(index, 0, 1);
  term.offset = 0;
  clampTerm(term, grid.sequence);
  return term;
}

static int64_t getShortestSegment(const TileGrid &grid) {
  int64_t shortest = grid.sequence;
  for (int64_t i = 0, e = grid.getPattern().getNumTerms(); i < e; ++i) {
    Term<> term = getTerm(grid, i);
    if (term.kind == TermKind::Segment)
      shortest = minOf(shortest, term.length);
  }
  return shortest;
}

/// The least common multiple of the rates, after which coverage in an interval
/// repeats; 0 when it is above `limit`.
static int64_t getPeriod(const TileGrid &grid, int64_t limit) {
  int64_t period = 1;
  for (int64_t i = 0, e = grid.getPattern().getNumTerms(); i < e; ++i) {
    int64_t rate = getTerm(grid, i).rate;
    int64_t factor = rate / std::gcd(period, rate);
    if (factor > limit / period)
      return 0;
    period *= factor;
  }
  return period;
}

//===----------------------------------------------------------------------===//
// Sizes of blocks
//===----------------------------------------------------------------------===//

/// Positions that a block may have, a multiple of `unit`.
static int64_t limitBlock(const TileGrid &grid, const TileOptions &options,
                          int64_t &unit) {
  int64_t limit = options.maxRows;
  // Whole tiles of every group, if it can be.
  unit = multiplySaturating(grid.width, grid.period);
  if (unit == 0 || unit > limit)
    unit = grid.width <= limit ? grid.width : 1;
  return limit - limit % unit;
}

static void placeBlocks(TileGrid &grid, const TileOptions &options) {
  int64_t unit, limit = limitBlock(grid, options, unit);
  int64_t shortest = getShortestSegment(grid);
  int64_t group = 1;
  if (shortest < options.groupRows / 4)
    group = minOf(
        minOf(options.groupRows, limit) / shortest,
        maxOf(kMaxGroup, ceilDiv(multiplySaturating(4, grid.width), shortest)));
  grid.span = group <= 1 ? shortest : minOf(group * shortest, grid.sequence);
  // Blocks of a span are of one size, as even as units allow.
  grid.block = minOf(grid.span, limit);
  int64_t even = ceilDiv(grid.span, ceilDiv(grid.span, grid.block));
  grid.block = minOf(grid.block, ceilDiv(even, unit) * unit);
  grid.blocksPerSpan = ceilDiv(grid.span, grid.block);
  int64_t spans = ceilDiv(grid.sequence, grid.span);
  int64_t last = grid.sequence - (spans - 1) * grid.span;
  grid.blocksPerHead =
      (spans - 1) * grid.blocksPerSpan + ceilDiv(last, grid.block);
}

/// Tasks of a block, so that there are `minTasks`. Each packs the keys of its
/// block: it has four tiles of them at least, unless there would not be a
/// quarter of the tasks otherwise, which is about one for every thread.
static int64_t getNumParts(const TileGrid &grid, int64_t minTasks) {
  if (grid.numBlocks == 0 || grid.numBlocks >= minTasks)
    return 1;
  int64_t tiles = ceilDiv(grid.block, grid.width);
  int64_t least = minOf(tiles, ceilDiv(minTasks / 4, grid.numBlocks));
  int64_t most = minOf(tiles / 4, ceilDiv(minTasks, grid.numBlocks));
  return maxOf(1, maxOf(least, most));
}

//===----------------------------------------------------------------------===//
// The grid
//===----------------------------------------------------------------------===//

TileGrid dilated::plan::makeGrid(Pattern pattern, int64_t batches,
                                 int64_t heads, int64_t sequence,
                                 const TileOptions &options) {
  TileGrid grid = {};
  grid.pattern = pattern.getNumbers();
  grid.batches = batches;
  grid.heads = heads;
  grid.sequence = sequence;
  grid.width = options.width;
  grid.maxGroups = options.maxGroups;
  // A set has no multiplicities to count keys by.
  grid.deduplicates = options.deduplicates && !pattern.isSet();
  grid.keyStep = options.keyStep;
  grid.numParts = 1;
  if (sequence == 0)
    return grid;
  grid.period = getPeriod(grid, options.maxRows);
  placeBlocks(grid, options);
  grid.numBlocks = multiplySaturating(multiplySaturating(batches, heads),
                                      grid.blocksPerHead);
  grid.numParts = getNumParts(grid, options.minTasks);
  return grid;
}

BlockPlace dilated::plan::getBlock(const TileGrid &grid, int64_t index) {
  int64_t block = index % grid.blocksPerHead;
  int64_t head = index / grid.blocksPerHead;
  int64_t span = block / grid.blocksPerSpan * grid.span;
  int64_t inSpan = block % grid.blocksPerSpan * grid.block;
  int64_t rest = minOf(grid.span, grid.sequence - span) - inSpan;
  return {head / grid.heads, head % grid.heads, span + inSpan,
          minOf(grid.block, rest)};
}

BlockTiles &dilated::plan::makeTask(const TileGrid &grid, int64_t task,
                                    int64_t *work) {
  BlockTiles &block =
      makeTiles(grid, getBlock(grid, task / grid.numParts), work);
  int64_t part = task % grid.numParts;
  block.firstTile = block.numTiles * part / grid.numParts;
  block.endTile = block.numTiles * (part + 1) / grid.numParts;
  return block;
}

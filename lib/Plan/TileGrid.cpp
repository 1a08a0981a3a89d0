//===- TileGrid.cpp - blocks of positions, and their numbers ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Plan/TileGrid.h"

using namespace dilated::plan;

static int64_t gcd(int64_t a, int64_t b) {
  while (b != 0) {
    int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a;
}

//===----------------------------------------------------------------------===//
// The terms, whatever the head
//===----------------------------------------------------------------------===//

/// Length and rate of a term, clamped as for every head.
static Branch getTerm(const TileGrid &grid, int64_t term) {
  Branch branch = grid.getPattern().getBranch(term, 0, 1);
  clampBranch(branch, grid.sequence);
  return branch;
}

static int64_t getShortestSegment(const TileGrid &grid) {
  int64_t shortest = grid.sequence;
  for (int64_t i = 0, e = grid.getPattern().getNumTerms(); i < e; ++i)
    shortest = minOf(shortest, getTerm(grid, i).length);
  return shortest;
}

/// The least common multiple of the rates, after which coverage in a cell
/// repeats; 0 when it is above `limit`.
static int64_t getPeriod(const TileGrid &grid, int64_t limit) {
  int64_t period = 1;
  for (int64_t i = 0, e = grid.getPattern().getNumTerms(); i < e; ++i) {
    int64_t rate = getTerm(grid, i).rate;
    int64_t factor = rate / gcd(period, rate);
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
  int64_t heads = multiplySaturating(grid.batches, grid.heads);
  if (options.minBlocks > 0 && heads > 0) {
    int64_t blocksPerHead = ceilDiv(options.minBlocks, heads);
    limit = minOf(limit, maxOf(grid.width, grid.sequence / blocksPerHead));
  }
  // Whole tiles of every set, if it can be: that is worth more than the last
  // blocks of minBlocks.
  unit = multiplySaturating(grid.width, grid.period);
  if (unit != 0 && unit <= options.maxRows && limit >= unit / 2)
    limit = maxOf(limit, unit);
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

//===----------------------------------------------------------------------===//
// How many tiles a block may have
//===----------------------------------------------------------------------===//

/// Sets of a cell that some branch covers, at most. When of any two rates one
/// divides the other, the classes of two branches are nested or disjoint, and a
/// set is one class without those inside it.
static int64_t limitSets(const TileGrid &grid, bool hasRateOne) {
  int64_t terms = grid.getPattern().getNumTerms();
  bool isNested = true;
  for (int64_t i = 0; i < terms; ++i)
    for (int64_t j = 0; j < i; ++j) {
      int64_t a = getTerm(grid, i).rate, b = getTerm(grid, j).rate;
      isNested &= a % b == 0 || b % a == 0;
    }
  int64_t sets = terms;
  if (!isNested) {
    int64_t free = terms - (hasRateOne ? 1 : 0); // a rate of 1 is in every set
    sets = free > 32 ? kMaxInt64 : (int64_t(1) << free) - (hasRateOne ? 0 : 1);
  }
  return minOf(sets, grid.period ? minOf(grid.period, grid.block) : grid.block);
}

static int64_t limitTiles(const TileGrid &grid) {
  int64_t shortest = getShortestSegment(grid);
  int64_t cells = 1;
  if (grid.span > shortest)
    cells = ceilDiv(grid.block, shortest) + (grid.block < grid.span);
  bool hasRateOne = false;
  for (int64_t i = 0, e = grid.getPattern().getNumTerms(); i < e; ++i) {
    Branch term = grid.getPattern().getBranch(i, 0, 1);
    hasRateOne |= term.rate == 1 && term.offset == 0;
    int64_t length = getTerm(grid, i).length;
    if (length % shortest != 0 && length < grid.sequence)
      cells = addSaturating(cells, grid.block / length + 1);
  }
  // Every set may leave a tail, and the uncovered rows of the block one more.
  int64_t tails = multiplySaturating(cells, limitSets(grid, hasRateOne));
  if (!hasRateOne)
    tails = addSaturating(tails, 1);
  int64_t wasted = multiplySaturating(tails, grid.width - 1);
  int64_t tiles = addSaturating(grid.block, wasted) / grid.width;
  // All sets of a cell have the run of the branch of rate 1 in common: of tiles
  // that are half empty no two hold tails of one cell.
  if (hasRateOne)
    tiles = minOf(tiles, addSaturating(2 * grid.block / grid.width, cells));
  return minOf(tiles, grid.block);
}

//===----------------------------------------------------------------------===//
// The grid
//===----------------------------------------------------------------------===//

TileGrid dilated::plan::makeGrid(Pattern pattern, int64_t batches,
                                 int64_t heads, int64_t sequence,
                                 const TileOptions &options) {
  TileGrid grid = {};
  grid.pattern = pattern.getWords();
  grid.batches = batches;
  grid.heads = heads;
  grid.sequence = sequence;
  grid.width = options.width;
  grid.maxSets = options.maxSets;
  grid.mergesKeys = options.mergesKeys;
  if (sequence == 0)
    return grid;
  grid.period = getPeriod(grid, options.maxRows);
  placeBlocks(grid, options);
  grid.numBlocks = multiplySaturating(multiplySaturating(batches, heads),
                                      grid.blocksPerHead);
  grid.slots = limitTiles(grid);
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

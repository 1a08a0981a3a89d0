//===- Tiles.cpp - the tiles of a block -------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Coverage.h"
#include "Merge.h"

#include <algorithm>
#include <new>
#include <tuple>

using namespace dilated::plan;

//===----------------------------------------------------------------------===//
// The block's branches
//===----------------------------------------------------------------------===//

/// The branches of the head: clamped, without those that cover no row, equal
/// ones as one (S6).
static void findBranches(const TileGrid &grid, BlockTiles &block) {
  Pattern pattern = grid.getPattern();
  block.numBranches = 0;
  block.isWeighted = 0;
  for (int64_t term = 0, e = pattern.getNumTerms(); term < e; ++term) {
    Branch branch = pattern.getBranch(term, block.head, grid.heads);
    if (!clampBranch(branch, grid.sequence))
      continue;
    BlockBranch *same = block.branches, *end = same + block.numBranches;
    while (same != end && !(same->branch.length == branch.length &&
                            same->branch.rate == branch.rate &&
                            same->branch.offset == branch.offset))
      ++same;
    if (same != end) {
      same->branch.multiplicity =
          addSaturating(same->branch.multiplicity, branch.multiplicity);
    } else {
      *same = {};
      same->branch = branch;
      ++block.numBranches;
    }
    block.isWeighted |= same->branch.multiplicity != 1;
  }
  // The finest come first, as Merge.cpp has it, and of them the longest: what
  // is shorter lies inside more often than not. No two are equal.
  if (grid.mergesKeys)
    std::sort(
        block.branches, block.branches + block.numBranches,
        [](const BlockBranch &a, const BlockBranch &b) {
          return std::tie(a.branch.rate, b.branch.length, a.branch.offset) <
                 std::tie(b.branch.rate, a.branch.length, b.branch.offset);
        });
}

/// Which segments meet the block, and the runs that they are.
static void findRuns(const TileGrid &grid, BlockTiles &block) {
  for (int64_t i = 0; i < block.numBranches; ++i) {
    BlockBranch &of = block.branches[i];
    int64_t into = block.first % of.branch.length;
    of.segment = block.first - into;
    of.boundary = of.branch.length - into;
    int64_t segments = getNumSegments(block, of);
    of.end = addSaturating(of.segment,
                           multiplySaturating(segments, of.branch.length));
    of.end = minOf(of.end, grid.sequence);
  }
  if (grid.mergesKeys)
    findTargets(block);
  block.numRuns = 0;
  for (int64_t i = 0; i < block.numBranches; ++i) {
    BlockBranch &of = block.branches[i];
    of.firstRun = block.numRuns;
    block.numRuns += getNumSegments(block, of) * (of.numCuts + 1);
  }
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

/// Puts rows of a set into a tile.
static void addPiece(BlockTiles &block, Tile &tile, int64_t set, int64_t begin,
                     int64_t count) {
  auto number = static_cast<int32_t>(block.numPieces++);
  block.pieces[number] = {static_cast<int32_t>(set),
                          static_cast<int32_t>(begin),
                          static_cast<int32_t>(count), -1};
  if (tile.rows == 0)
    tile.firstPiece = number;
  else
    block.pieces[tile.lastPiece].next = number;
  tile.lastPiece = number;
  tile.rows += static_cast<int32_t>(count);
}

static Tile &openTile(BlockTiles &block) {
  Tile &tile = block.tiles[block.numTiles++];
  tile = {-1, -1, 0};
  return tile;
}

/// The first tail tile with room for the rows and a run in common, or a new
/// one. Rows without a run in common would cost as much alone.
static Tile &findTailTile(const TileGrid &grid, BlockTiles &block,
                          int64_t firstTail, const RowSet &set, int64_t count) {
  for (int64_t i = firstTail; i < block.numTiles; ++i) {
    Tile &tile = block.tiles[i];
    if (tile.rows + count > grid.width)
      continue;
    for (int32_t p = tile.firstPiece; p >= 0; p = block.pieces[p].next)
      if (haveCommonRun(block, set, block.sets[block.pieces[p].set]))
        return tile;
  }
  return openTile(block);
}

/// Full tiles of every set, then the tails, costliest first.
static void shareOut(const TileGrid &grid, BlockTiles &block) {
  int64_t covered = 0;
  for (; covered < block.numSets && block.sets[covered].cost > 0; ++covered) {
    const RowSet &set = block.sets[covered];
    for (int64_t k = 0; k + grid.width <= set.count; k += grid.width)
      addPiece(block, openTile(block), covered, set.begin + k, grid.width);
  }
  int64_t firstTail = block.numTiles;
  for (int64_t i = 0; i < covered; ++i) {
    const RowSet &set = block.sets[i];
    int64_t count = set.count % grid.width;
    if (count > 0)
      addPiece(block, findTailTile(grid, block, firstTail, set, count), i,
               set.begin + set.count - count, count);
  }
  // Rows that no branch covers, in ascending order.
  Tile *tile = nullptr;
  for (int64_t i = covered; i < block.numSets; ++i)
    for (int64_t k = 0, count; k < block.sets[i].count; k += count) {
      if (!tile || tile->rows == grid.width)
        tile = &openTile(block);
      count = minOf(grid.width - tile->rows, block.sets[i].count - k);
      addPiece(block, *tile, i, block.sets[i].begin + k, count);
    }
}

/// Tiles of consecutive rows, whatever their sets. Rows of a set ascend, so its
/// next row in `order` is the next one of it in the block.
static void cutInOrder(const TileGrid &grid, BlockTiles &block) {
  int32_t *setOfRow = block.classes, *next = block.counts;
  for (int64_t i = 0; i < block.numSets; ++i) {
    const RowSet &set = block.sets[i];
    next[i] = set.begin;
    for (int32_t k = 0; k < set.count; ++k)
      setOfRow[block.order[set.begin + k]] = static_cast<int32_t>(i);
  }
  Tile *tile = nullptr;
  for (int64_t row = 0; row < block.length; ++row) {
    if (row % grid.width == 0)
      tile = &openTile(block);
    addPiece(block, *tile, setOfRow[row], next[setOfRow[row]]++, 1);
  }
}

//===----------------------------------------------------------------------===//
// The block
//===----------------------------------------------------------------------===//

template <typename T>
static T *carve(char *&next, int64_t count) {
  T *array = reinterpret_cast<T *>(next);
  next += count * static_cast<int64_t>(sizeof(T));
  return array;
}

BlockTiles &dilated::plan::makeTiles(const TileGrid &grid,
                                     const BlockPlace &place, int64_t *work) {
  int64_t terms = grid.getPattern().getNumTerms(), rows = place.length;
  auto *next = reinterpret_cast<char *>(work);
  BlockTiles &block = *new (carve<BlockTiles>(next, 1)) BlockTiles();
  block.batch = place.batch;
  block.head = place.head;
  block.first = place.first;
  block.length = rows;
  block.maskWords = ceilDiv(terms, 64);
  block.branches = carve<BlockBranch>(next, terms);
  block.sets = carve<RowSet>(next, rows);
  block.masks = carve<uint64_t>(next, rows * block.maskWords);
  block.pieces = carve<TilePiece>(next, rows);
  block.wholes = carve<uint64_t>(next, rows * block.maskWords);
  block.merges = carve<uint64_t>(next, rows * block.maskWords);
  block.tiles = carve<Tile>(next, rows);
  block.order = carve<int32_t>(next, rows);
  block.classes = carve<int32_t>(next, rows);
  block.counts = carve<int32_t>(next, 2 * rows);
  block.split = carve<int32_t>(next, 2 * rows);
  findBranches(grid, block);
  findRuns(grid, block);
  makeSets(grid, block);
  if (block.numSets > grid.maxSets)
    cutInOrder(grid, block);
  else
    shareOut(grid, block);
  if (grid.mergesKeys)
    findMergedRuns(grid, block);
  return block;
}

void dilated::plan::getRows(const TileGrid &grid, const BlockTiles &block,
                            int64_t tile, int64_t *rows, int64_t *nulls) {
  int64_t lane = 0;
  for (int32_t p = block.tiles[tile].firstPiece; p >= 0;
       p = block.pieces[p].next) {
    const TilePiece &piece = block.pieces[p];
    const int32_t *offsets = block.order + piece.begin;
    int64_t ofRow = block.sets[piece.set].nulls;
    for (int32_t k = 0; k < piece.count; ++k, ++lane) {
      rows[lane] = block.first + offsets[k];
      nulls[lane] = ofRow;
    }
  }
  for (; lane < grid.width; ++lane) {
    rows[lane] = -1;
    nulls[lane] = 0;
  }
}

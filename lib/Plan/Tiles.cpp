//===- Tiles.cpp - the tiles of a block -------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Coverage.h"
#include "Deduplicate.h"

#include <algorithm>
#include <new>
#include <tuple>

using namespace dilated::plan;

//===----------------------------------------------------------------------===//
// The block's terms
//===----------------------------------------------------------------------===//

/// What distinguishes terms, in the order in which they take keys over: windows
/// first, whose keys differ from row to row; of segments the finest, as
/// Deduplicate.cpp has it, and of them the longest: what is shorter lies inside
/// more often than not.
static auto getOrder(const Term<> &term) {
  static_assert(TermKind::Segment < TermKind::Window);
  int64_t kind = term.kind == TermKind::Window    ? 0
                 : term.kind == TermKind::Segment ? 1
                                                  : 2;
  return std::tuple(kind, term.rate, -term.length, term.offset, term.left,
                    term.right, term.begin, term.end);
}

/// The terms of the head: clamped, without those that no row sees a key of,
/// equal ones as one (S6, S9).
static void findTerms(const TileGrid &grid, BlockTiles &block) {
  Pattern pattern = grid.getPattern();
  block.numTerms = 0;
  for (int64_t i = 0, e = pattern.getNumTerms(); i < e; ++i) {
    Term<> term = pattern.getTerm(i, block.head, grid.heads);
    if (!clampTerm(term, grid.sequence))
      continue;
    if (pattern.isSet())
      term.multiplicity = 1;
    BlockTerm *end = block.terms + block.numTerms;
    BlockTerm *same =
        std::find_if(block.terms, end, [&](const BlockTerm &other) {
          return getOrder(other.term) == getOrder(term);
        });
    if (same == end) {
      *same = {};
      same->term = term;
      ++block.numTerms;
    } else if (!pattern.isSet()) {
      same->term.multiplicity =
          addSaturating(same->term.multiplicity, term.multiplicity);
    }
  }
  std::sort(block.terms, block.terms + block.numTerms,
            [](const BlockTerm &a, const BlockTerm &b) {
              return getOrder(a.term) < getOrder(b.term);
            });
}

/// Which segments meet the block, and the key ranges that they are.
static void findKeyRanges(const TileGrid &grid, BlockTiles &block) {
  for (int64_t i = 0; i < block.numTerms; ++i) {
    BlockTerm &of = block.terms[i];
    of.classes = 1;
    if (of.term.kind == TermKind::Segment) {
      int64_t into = getPlace(block.first, of.term.length);
      of.segment = block.first - into;
      of.boundary = of.term.length - into;
      of.end = addSaturating(
          of.segment,
          multiplySaturating(getNumSegments(block, of), of.term.length));
      of.end = minOf(of.end, grid.sequence);
      continue;
    }
    // The whole sequence is one segment.
    of.boundary = grid.sequence - block.first;
    of.end = grid.sequence;
    if (of.term.kind == TermKind::Window)
      of.classes = minOf(of.term.rate, block.length);
  }
  if (grid.deduplicates || grid.getPattern().isSet())
    findTargets(grid, block);
  block.numRanges = 0;
  for (int64_t i = 0; i < block.numTerms; ++i) {
    BlockTerm &of = block.terms[i];
    of.firstRange = block.numRanges;
    block.numRanges +=
        getNumSegments(block, of) * of.classes * (of.numCuts + 1);
  }
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

/// Puts rows of a group into a tile.
static void addPiece(BlockTiles &block, Tile &tile, int64_t group,
                     int64_t begin, int64_t count) {
  auto number = static_cast<int32_t>(block.numPieces++);
  block.pieces[number] = {static_cast<int32_t>(group),
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

/// The first tail tile with room for the rows and a key range in common, or a
/// new one. Rows without a key range in common would cost as much alone.
static Tile &findTailTile(const TileGrid &grid, BlockTiles &block,
                          int64_t firstTail, const CoverageGroup &group,
                          int64_t count) {
  for (int64_t i = firstTail; i < block.numTiles; ++i) {
    Tile &tile = block.tiles[i];
    if (tile.rows + count > grid.width)
      continue;
    for (int32_t p = tile.firstPiece; p >= 0; p = block.pieces[p].next)
      if (haveCommonRange(block, group, block.groups[block.pieces[p].group]))
        return tile;
  }
  return openTile(block);
}

/// Full tiles of every group, then the tails, costliest first.
static void shareOut(const TileGrid &grid, BlockTiles &block) {
  int64_t covered = 0;
  for (; covered < block.numGroups && block.groups[covered].cost > 0;
       ++covered) {
    const CoverageGroup &group = block.groups[covered];
    for (int64_t k = 0; k + grid.width <= group.count; k += grid.width)
      addPiece(block, openTile(block), covered, group.begin + k, grid.width);
  }
  int64_t firstTail = block.numTiles;
  for (int64_t i = 0; i < covered; ++i) {
    const CoverageGroup &group = block.groups[i];
    int64_t count = group.count % grid.width;
    if (count > 0)
      addPiece(block, findTailTile(grid, block, firstTail, group, count), i,
               group.begin + group.count - count, count);
  }
  // Rows that no term covers, in ascending order.
  Tile *tile = nullptr;
  for (int64_t i = covered; i < block.numGroups; ++i)
    for (int64_t k = 0, count; k < block.groups[i].count; k += count) {
      if (!tile || tile->rows == grid.width)
        tile = &openTile(block);
      count = minOf(grid.width - tile->rows, block.groups[i].count - k);
      addPiece(block, *tile, i, block.groups[i].begin + k, count);
    }
}

/// Tiles of consecutive rows, whatever their groups. Rows of a group ascend, so
/// its next row in `order` is the next one of it in the block.
static void cutInOrder(const TileGrid &grid, BlockTiles &block) {
  int32_t *groupOfRow = block.classes, *next = block.counts;
  for (int64_t i = 0; i < block.numGroups; ++i) {
    const CoverageGroup &group = block.groups[i];
    next[i] = group.begin;
    for (int32_t k = 0; k < group.count; ++k)
      groupOfRow[block.order[group.begin + k]] = static_cast<int32_t>(i);
  }
  Tile *tile = nullptr;
  for (int64_t row = 0; row < block.length; ++row) {
    if (row % grid.width == 0)
      tile = &openTile(block);
    addPiece(block, *tile, groupOfRow[row], next[groupOfRow[row]]++, 1);
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
  block.terms = carve<BlockTerm>(next, terms);
  block.groups = carve<CoverageGroup>(next, rows);
  block.masks = carve<uint64_t>(next, rows * block.maskWords);
  block.pieces = carve<TilePiece>(next, rows);
  block.wholes = carve<uint64_t>(next, rows * block.maskWords);
  block.takes = carve<uint64_t>(next, rows * block.maskWords);
  block.tiles = carve<Tile>(next, rows);
  block.order = carve<int32_t>(next, rows);
  block.classes = carve<int32_t>(next, rows);
  block.counts = carve<int32_t>(next, 2 * rows);
  block.split = carve<int32_t>(next, 2 * rows);
  findTerms(grid, block);
  findKeyRanges(grid, block);
  makeGroups(grid, block);
  if (block.numGroups > grid.maxGroups)
    cutInOrder(grid, block);
  else
    shareOut(grid, block);
  block.endTile = block.numTiles;
  if (grid.deduplicates)
    findTakenRanges(grid, block);
  return block;
}

void dilated::plan::getRows(const TileGrid &grid, const BlockTiles &block,
                            int64_t tile, int64_t *rows, int64_t *nulls) {
  int64_t lane = 0;
  for (int32_t p = block.tiles[tile].firstPiece; p >= 0;
       p = block.pieces[p].next) {
    const TilePiece &piece = block.pieces[p];
    const int32_t *offsets = block.order + piece.begin;
    int64_t ofRow = block.groups[piece.group].nulls;
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

//===- TileList.cpp - the tile plan as kernels of GPUs read it --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Plan/TileList.h"

#include "ListRange.h"

#include <algorithm>
#include <string.h>

using namespace dilated::plan;

//===----------------------------------------------------------------------===//
// Heads
//===----------------------------------------------------------------------===//

/// Whether both heads are in the same residue classes: then their tiles are the
/// same.
static bool areAlike(const TileGrid &grid, int64_t a, int64_t b) {
  Pattern pattern = grid.getPattern();
  for (int64_t i = 0; i < pattern.getNumTerms(); ++i)
    if (pattern.getTerm(i, a, grid.heads).offset !=
        pattern.getTerm(i, b, grid.heads).offset)
      return false;
  return true;
}

/// Heads are compared in groups of that many.
static constexpr int64_t kHeadGroup = 256;

static int64_t findFirstAlike(const TileGrid &grid, int64_t head) {
  int64_t first = head / kHeadGroup * kHeadGroup;
  while (first < head && !areAlike(grid, first, head))
    ++first;
  return first;
}

//===----------------------------------------------------------------------===//
// Tiles
//===----------------------------------------------------------------------===//

/// Rows and null keys. False where there is no room.
static bool writeRows(const TileGrid &grid, const BlockTiles &block,
                      int64_t tile, ListBuffer &list, TileRecord &record) {
  int64_t rows[kListRows], nulls[kListRows];
  getRows(grid, block, tile, rows, nulls);
  record.base = block.first;
  auto *offsets = list.append<int32_t>(kListRows, record.rows);
  if (!offsets)
    return false;
  bool hasNulls = false;
  for (int64_t i = 0; i < kListRows; ++i) {
    offsets[i] = rows[i] < 0 ? -1 : static_cast<int32_t>(rows[i] - block.first);
    hasNulls |= nulls[i] != 0;
  }
  if (!hasNulls)
    return true;
  auto *counts = list.append<float>(kListRows, record.nulls);
  if (!counts)
    return false;
  for (int64_t i = 0; i < kListRows; ++i)
    counts[i] = static_cast<float>(nulls[i]);
  return true;
}

/// The tile's ranges follow each other; what they refer to comes before them.
static bool writeTile(const TileGrid &grid, const BlockTiles &block,
                      int64_t tile, ListBuffer &list, RangeWriter &writer,
                      TileRecord &record) {
  record = {};
  record.head = block.head;
  if (!writeRows(grid, block, tile, list, record) ||
      !writer.writeRanges(tile, record.ranges, record.blocks))
    return false;
  return true;
}

/// The tiles of a block, for its head and those after it that are alike.
static bool writeBlock(const TileGrid &grid, int64_t number, int64_t keys,
                       ListBuffer &list, int64_t *work) {
  BlockPlace place = getBlock(grid, number);
  const BlockTiles &block = makeTiles(grid, place, work);
  RangeWriter writer(grid, block, keys, list);
  int64_t first = list.getNumTiles();
  for (int64_t tile = 0; tile < block.numTiles; ++tile) {
    TileRecord record;
    if (!writeTile(grid, block, tile, list, writer, record) ||
        !list.addTile(record))
      return false;
  }
  int64_t last = minOf(grid.heads, (place.head / kHeadGroup + 1) * kHeadGroup);
  for (int64_t head = place.head + 1; head < last; ++head) {
    if (!areAlike(grid, place.head, head))
      continue;
    for (int64_t tile = 0; tile < block.numTiles; ++tile) {
      TileRecord record = list.getTile(first + tile);
      record.head = head;
      if (!list.addTile(record))
        return false;
    }
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Pieces
//===----------------------------------------------------------------------===//

TileGrid dilated::plan::makeListGrid(Pattern pattern, int64_t heads,
                                     int64_t sequence) {
  return makeGrid(pattern, /*batches=*/1, heads, sequence, kGpuTiles);
}

TileListPiece dilated::plan::makeTileList(const TileGrid &grid, int64_t keys,
                                          int64_t firstBlock, void *buffer,
                                          int64_t capacity, int64_t *work) {
  ListBuffer list(static_cast<char *>(buffer), capacity);
  int64_t number = firstBlock;
  while (number < grid.numBlocks) {
    int64_t head = number / grid.blocksPerHead;
    if (findFirstAlike(grid, head) < head) {
      number = (head + 1) * grid.blocksPerHead;
      continue;
    }
    ListBuffer before = list;
    if (!writeBlock(grid, number, keys, list, work)) {
      list = before;
      break;
    }
    ++number;
  }
  TileListPiece piece = {};
  piece.nextBlock = number;
  piece.numTiles = list.getNumTiles();
  piece.tilesOffset = list.sortTiles();
  piece.bytes = piece.tilesOffset +
                piece.numTiles * static_cast<int64_t>(sizeof(TileRecord));
  return piece;
}

//===----------------------------------------------------------------------===//
// The buffer
//===----------------------------------------------------------------------===//

void *ListBuffer::append(int64_t bytes, int64_t &offset) {
  // Records, and what lies behind one, are read in vectors of 16 bytes.
  bytes = (bytes + 15) / 16 * 16;
  if (bytes > end - used)
    return nullptr;
  offset = used;
  used += bytes;
  return start + offset;
}

bool ListBuffer::addTile(const TileRecord &record) {
  auto bytes = static_cast<int64_t>(sizeof(TileRecord));
  if (bytes > end - used)
    return false;
  end -= bytes;
  memcpy(start + end, &record, bytes);
  ++numTiles;
  return true;
}

TileRange *ListBuffer::pushRange() {
  auto bytes = static_cast<int64_t>(sizeof(TileRange));
  if (bytes > end - used)
    return nullptr;
  end -= bytes;
  return reinterpret_cast<TileRange *>(start + end);
}

TileRange *ListBuffer::popRanges(int64_t count, int64_t &offset) {
  auto *to = append<TileRange>(count + 1, offset);
  const auto *from = reinterpret_cast<const TileRange *>(start + end);
  end += count * static_cast<int64_t>(sizeof(TileRange));
  if (!to)
    return nullptr;
  std::reverse_copy(from, from + count, to);
  to[count] = {};
  return to;
}

TileRecord ListBuffer::getTile(int64_t i) const {
  TileRecord record;
  memcpy(&record, start + end + (numTiles - 1 - i) * sizeof(TileRecord),
         sizeof(record));
  return record;
}

int64_t ListBuffer::sortTiles() {
  auto *tiles = reinterpret_cast<TileRecord *>(start + end);
  // Tiles of one cost in their order, so that those of a head lie together.
  std::sort(tiles, tiles + numTiles,
            [](const TileRecord &a, const TileRecord &b) {
              if (a.blocks != b.blocks)
                return a.blocks > b.blocks;
              return a.head != b.head ? a.head < b.head : a.rows < b.rows;
            });
  memmove(start + used, tiles, numTiles * sizeof(TileRecord));
  tiles = reinterpret_cast<TileRecord *>(start + used);
  for (int64_t i = 0; i < numTiles; ++i) {
    int64_t place = used + i * static_cast<int64_t>(sizeof(TileRecord));
    tiles[i].ranges -= place;
    tiles[i].rows -= place;
    if (tiles[i].nulls != 0)
      tiles[i].nulls -= place;
  }
  return used;
}

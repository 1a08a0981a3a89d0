//===- ListRange.h - the key ranges of a tile list --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_PLAN_LISTRANGE_H
#define DILATED_MLIR_LIB_PLAN_LISTRANGE_H

#include "dilated-mlir/Plan/TileList.h"

namespace dilated::plan {

/// The memory of a piece: data from its beginning on, tiles from its end.
class ListBuffer {
public:
  /// Data begins after 16 bytes: offset 0 is none.
  ListBuffer(char *start, int64_t capacity)
      : start(start), used(16), end(capacity / 16 * 16) {}

  /// `count` elements at `offset`, aligned to 16 bytes; null without room.
  template <typename T>
  T *append(int64_t count, int64_t &offset) {
    if (count > (int64_t(1) << 58))
      return nullptr;
    return static_cast<T *>(
        append(count * static_cast<int64_t>(sizeof(T)), offset));
  }
  char *at(int64_t offset) const { return start + offset; }

  /// Tiles are numbered in the order in which they were added.
  bool addTile(const TileRecord &record);
  TileRecord getTile(int64_t i) const;
  int64_t getNumTiles() const { return numTiles; }

  /// A range that waits at the end of the memory until all of its tile are
  /// known; null without room.
  TileRange *pushRange();
  /// The `count` ranges that wait, in order and with an end, at `offset`; null
  /// without room.
  TileRange *popRanges(int64_t count, int64_t &offset);

  /// Puts the tiles behind the data, the costliest first, and makes offsets in
  /// them relative. Returns where they begin.
  int64_t sortTiles();

private:
  void *append(int64_t bytes, int64_t &offset);

  char *start;
  int64_t used, end;
  int64_t numTiles = 0;
};

/// Writes the ranges that tiles of a block see.
class RangeWriter {
public:
  RangeWriter(const TileGrid &grid, const BlockTiles &block, int64_t keys,
              ListBuffer &list)
      : grid(grid), block(block), keys(keys), list(list) {}

  /// The tile's ranges, at `offset`, and how many blocks of keys they have.
  /// Tiles in ascending order. False where there is no room.
  bool writeRanges(int64_t tile, int64_t &offset, int64_t &blocks);

private:
  struct Rows;
  bool writeRange(int64_t tile, const KeyRange &of, int64_t number,
                  int64_t begin, const Rows &rows, TileRange &range);
  bool writeLimits(const Rows &rows, TileRange &range);
  bool writeBiases(int64_t tile, const KeyRange &of, int64_t begin,
                   TileRange &range);
  bool writeMasks(int64_t tile, const KeyRange &of, int64_t begin,
                  TileRange &range);
  const TileRange *findAlike(int64_t tile, const TileRange &range) const;
  int64_t getOffset(const void *of) const {
    return static_cast<const char *>(of) - list.at(0);
  }

  const TileGrid &grid;
  const BlockTiles &block;
  int64_t keys;
  ListBuffer &list;
  // The tile before, with its ranges.
  int64_t lastTile = -1, lastOffset = 0, lastCount = 0;
};

} // namespace dilated::plan

#endif // DILATED_MLIR_LIB_PLAN_LISTRANGE_H

//===- Overlap.cpp - sets of keys -------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A key that several terms of a set select counts once (S9): in the key range
// of the first of these terms, in the order of the block. What a later term
// shares with an earlier one is a strided range too. Where it is an end of what
// the row sees, the limits leave it out; elsewhere the keys are masked row by
// row.
//
//===----------------------------------------------------------------------===//

#include "KeyRanges.h"

#include <algorithm>

using namespace dilated::plan;

/// Calls `visit(shared, other)` with what [low, high) of the key range shares
/// with the keys that an earlier term selects for the row, as elements of the
/// key range.
template <typename Visit>
static void visitShared(const TileGrid &grid, const BlockTiles &block,
                        const KeyRange &keys, int64_t row, int64_t low,
                        int64_t high, Visit visit) {
  StridedRange seen = {keys.base + keys.stride * low, keys.stride, high - low};
  for (int64_t i = 0; i < keys.term && seen.count > 0; ++i) {
    StridedRange other = getKeysOfRow(block.terms[i].term, row, grid.sequence,
                                      grid.getPattern().isCausal());
    SharedElements shared = getSharedElements(seen, other);
    if (shared.begin < shared.end)
      visit(SharedElements{shared.begin + low, shared.end + low,
                           shared.isPartial},
            other);
  }
}

bool dilated::plan::leaveOutShared(const TileGrid &grid,
                                   const BlockTiles &block,
                                   const KeyRange &keys, int64_t row,
                                   int64_t &low, int64_t &high) {
  // What one term leaves may end where the next one begins.
  bool isMasked, isSmaller;
  do {
    isMasked = isSmaller = false;
    int64_t first = low, end = high;
    visitShared(grid, block, keys, row, first, end,
                [&](const SharedElements &shared, const StridedRange &) {
                  if (!shared.isPartial && shared.begin <= low &&
                      low < shared.end)
                    low = minOf(shared.end, high);
                  else if (!shared.isPartial && shared.begin < high &&
                           high <= shared.end)
                    high = maxOf(shared.begin, low);
                  else if (shared.begin < high && low < shared.end)
                    isMasked = true;
                });
    isSmaller = low != first || high != end;
  } while (isMasked && isSmaller && low < high);
  if (low < high)
    return isMasked;
  low = high = 0;
  return false;
}

/// Hides what the lane shares with earlier terms.
static void hideShared(const TileGrid &grid, const BlockTiles &block,
                       const KeyRange &keys, int64_t row, int64_t low,
                       int64_t high, int64_t start, uint64_t *masks,
                       uint64_t lane) {
  visitShared(grid, block, keys, row, low, high,
              [&](const SharedElements &shared, const StridedRange &other) {
                for (int64_t i = shared.begin; i < shared.end; ++i)
                  if (!shared.isPartial ||
                      other.contains(keys.base + keys.stride * i))
                    masks[i - start] &= ~lane;
              });
}

void dilated::plan::getMasks(const TileGrid &grid, const BlockTiles &block,
                             const KeyRange &keys, int64_t tile, int64_t start,
                             int64_t count, uint64_t *masks) {
  std::fill_n(masks, count, 0);
  int64_t lows[kMaxMaskedRows], highs[kMaxMaskedRows];
  bool isMasked = getLimits(grid, block, keys, tile, lows, highs).isMasked;
  int64_t lane = 0;
  for (int32_t p = block.tiles[tile].firstPiece; p >= 0;
       p = block.pieces[p].next) {
    const TilePiece &piece = block.pieces[p];
    for (int32_t k = 0; k < piece.count; ++k, ++lane) {
      int64_t low = maxOf(lows[lane], start);
      int64_t high = minOf(highs[lane], start + count);
      uint64_t bit = uint64_t(1) << lane;
      for (int64_t i = low; i < high; ++i)
        masks[i - start] |= bit;
      if (isMasked && low < high)
        hideShared(grid, block, keys,
                   block.first + block.order[piece.begin + k], low, high, start,
                   masks, bit);
    }
  }
}

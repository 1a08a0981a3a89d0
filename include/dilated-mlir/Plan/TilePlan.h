//===- TilePlan.h - the tiles of a block, and their keys --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From a block of positions to tiles of rows and strided key ranges:
//
//   interval   a block cut at the segment boundaries of its head's terms:
//   inside
//              a segment-aligned interval every term is in exactly one segment
//   group      a coverage group: the rows of an interval that the same terms
//              cover and that are in the same classes of the windows
//   tile       `width` rows of one group; what is left of the groups shares
//              tiles with groups that have a key range in common. Rows that no
//              term covers come last. With more groups than
//              TileOptions::maxGroups: consecutive rows
//   key range  the keys of one (term, segment) or (term, class of a window):
//              base, base + stride, ...
//   limits     per row and key range: the row sees keys [low, high). Ends of
//              segments, the causal diagonal, windows and shared tiles need no
//              other mask
//
// Terms select many keys in common: those of (5792, 2) in a segment of (1024,
// 1) are keys of the latter too. Where a plan deduplicates keys, a range is cut
// in parts at the ends of such segments, and a tile that sees both leaves the
// part out and counts its keys in the other range. Where a pattern is a set
// (S9), the first of the terms that select a key has it: the rest is outside
// the limits or, where that is no interval, masked.
//
// No memory of its own: everything is in the caller's buffer.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_PLAN_TILEPLAN_H
#define DILATED_MLIR_PLAN_TILEPLAN_H

#include "dilated-mlir/Plan/TileGrid.h"

namespace dilated::plan {

/// How often the key ranges of a term may be cut, and how many terms may take
/// over its keys.
constexpr int64_t kMaxCuts = 12, kMaxTargets = 8;

/// A tile has at most that many rows where keys are masked: a mask is a word.
constexpr int64_t kMaxMaskedRows = 64;

/// A term of the block's head, and its segments that meet the block. Offsets
/// are relative to the block's first position.
struct BlockTerm {
  Term<> term;      // clamped; columns and windows are one segment of length N
  int64_t segment;  // where the first one begins, a position
  int64_t boundary; // offset of the second one, which may lie behind the block
  int64_t end;      // where the last one ends, a position
  int64_t firstRange; // number of the first one's first key range
  int64_t classes;    // of a window's rows, that meet the block; else 1
  // Parts of its ranges begin at positions cuts[0 ... numCuts), ascending. Its
  // keys may count in ranges of terms targets[0 ... numTargets): the first of
  // them that has a key has it.
  int64_t numCuts, numTargets;
  int64_t cuts[kMaxCuts];
  int64_t targets[kMaxTargets];
  // Of the interval that is looked at:
  int64_t intervalSegment; // a position
  int64_t intervalEnd;     // offset of the segment's end
  int64_t phase;           // offset in the interval of the first covered row
};

/// Rows of an interval with the same coverage; `order[begin...]` are they.
struct CoverageGroup {
  int64_t cost;  // keys of a row, roughly: without the causal cut and null keys
  int64_t nulls; // null keys of a row, multiplicities counted, saturating
  int32_t begin, count;
  int32_t interval; // offset of its interval
  int32_t mask;     // number of its mask
};

/// Rows order[begin...begin + count) of a tile, all of one group.
struct TilePiece {
  int32_t group, begin, count;
  int32_t next; // the tile's next piece, or -1
};

struct Tile {
  int32_t firstPiece, lastPiece, rows;
};

/// The tiles of a block. The first seven are part of the run-time library's
/// interface (dilated_rt_plan_task).
struct BlockTiles {
  int64_t batch, head;
  int64_t firstTile, endTile; // of the task
  int64_t numRanges;
  int64_t first, length; // positions

  int64_t numTiles;
  int64_t numTerms, numGroups, numPieces;
  int64_t maskWords;     // of 64 terms each
  BlockTerm *terms;      // those that take keys over come before the others
  CoverageGroup *groups; // costliest first; groups without terms last
  uint64_t *masks;       // [group's mask][maskWords]: which terms cover it
  TilePiece *pieces;
  Tile *tiles;
  // [tile][maskWords], where keys are deduplicated: which terms cover all rows
  // of the tile in one segment, and in whose range it counts keys of others.
  uint64_t *wholes, *takes;
  int32_t *order; // offsets of rows; a permutation of 0 ... length - 1
  int32_t *classes, *counts, *split; // of an interval's residues: Coverage.h
};

/// int64 words of the buffer of a block of at most `maxRows` positions and a
/// pattern of `terms` terms.
constexpr int64_t getWorkWords(int64_t terms, int64_t maxRows) {
  int64_t bytes =
      sizeof(BlockTiles) + terms * sizeof(BlockTerm) +
      maxRows *
          (sizeof(CoverageGroup) + 3 * sizeof(uint64_t) * ceilDiv(terms, 64) +
           sizeof(TilePiece) + sizeof(Tile) + 6 * sizeof(int32_t));
  return bytes / 8 + 8;
}

/// The tiles of the block that lies at `place`. `work` has getWorkWords(terms,
/// grid.block) words, aligned to 8 bytes; the result lies at its beginning.
BlockTiles &makeTiles(const TileGrid &grid, const BlockPlace &place,
                      int64_t *work);

/// The tiles of the block of a task, 0 <= task < grid.getNumTasks(), of which
/// [firstTile, endTile) are the task's.
BlockTiles &makeTask(const TileGrid &grid, int64_t task, int64_t *work);

/// The positions of a tile's rows, and the null keys of each (S5,
/// multiplicities counted). Lanes without a row get -1 and 0. Both have
/// grid.width elements.
void getRows(const TileGrid &grid, const BlockTiles &block, int64_t tile,
             int64_t *rows, int64_t *nulls);

/// A strided key range: the keys of a term in one of its segments, or in one of
/// the classes of a window as far as the block's rows see them, or a part of
/// these: key j lies at base + stride * j, j < count.
struct KeyRange {
  int64_t term;    // of the block
  int64_t segment; // where it begins, a position
  int64_t base, stride, count, multiplicity;
  int64_t classNumber; // of a window's rows: the offset of the first one
};

/// Key range `number` of the block, 0 <= number < numRanges: by term, then by
/// segment or class, then by part, which may be without keys.
KeyRange getKeyRange(const TileGrid &grid, const BlockTiles &block,
                     int64_t number);

/// What the rows of a tile see of a key range: some row sees keys in [begin,
/// end) only, and all of its rows see [fullBegin, fullEnd), which is empty
/// where fullEnd <= fullBegin. A row that sees any key sees one up to
/// fullBegin.
struct TileLimits {
  int64_t begin, end;
  int64_t fullBegin, fullEnd;
  /// Keys inside the limits are hidden from some rows: getMasks says which.
  /// Then [fullBegin, fullEnd) is empty.
  bool isMasked;
};

/// `lows` and `highs` have grid.width elements; lanes without a row and rows
/// that see nothing get 0 and 0, and all of them do where the tile counts the
/// keys in another range.
TileLimits getLimits(const TileGrid &grid, const BlockTiles &block,
                     const KeyRange &keys, int64_t tile, int64_t *lows,
                     int64_t *highs);

/// Of keys [start, start + count) of the range, which rows of the tile see
/// them, limits included: bit l of masks[i] is lane l. grid.width <=
/// kMaxMaskedRows.
void getMasks(const TileGrid &grid, const BlockTiles &block,
              const KeyRange &keys, int64_t tile, int64_t start, int64_t count,
              uint64_t *masks);

/// Does the tile count keys of other ranges in this one?
bool takesKeys(const TileGrid &grid, const BlockTiles &block,
               const KeyRange &keys, int64_t tile);

/// How often keys [start, start + count) of the range count for the rows of the
/// tile that see them. Keys that no row sees have the range's multiplicity or
/// more.
void getMultiplicities(const TileGrid &grid, const BlockTiles &block,
                       const KeyRange &keys, int64_t tile, int64_t start,
                       int64_t count, int64_t *multiplicities);

} // namespace dilated::plan

#endif // DILATED_MLIR_PLAN_TILEPLAN_H

//===- TilePlan.h - the tiles of a block, and their keys --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// From a block of positions to tiles of rows and runs of keys:
//
//   cell   a block cut at the segment boundaries of its head's branches: inside
//          a cell every branch is in exactly one segment
//   set    the rows of a cell that the same branches cover
//   tile   `width` rows of one set; what is left of the sets shares tiles with
//          sets that have a run in common. Rows that no branch covers come
//          last. With more sets than TileOptions::maxSets: consecutive rows
//   run    the keys of one (branch, segment): base, base + stride, ...
//   limit  per row and run: how many keys of the run the row sees, 0 where the
//          branch does not cover it. Ends of segments, the causal diagonal and
//          shared tiles need no other mask
//
// Branches select many keys in common: those of (5792, 2) in a segment of
// (1024, 1) are keys of the latter too. Where a plan merges keys, a run is cut
// in parts at the ends of such segments, and a tile that sees both leaves the
// part out and counts its keys in the other run.
//
// No memory of its own: everything is in the caller's buffer.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_PLAN_TILEPLAN_H
#define DILATED_MLIR_PLAN_TILEPLAN_H

#include "dilated-mlir/Plan/TileGrid.h"

namespace dilated::plan {

/// How often the runs of a branch may be cut, and how many branches may take
/// over its keys.
constexpr int64_t kMaxCuts = 12, kMaxTargets = 8;

/// A branch of the block's head, and its segments that meet the block. Offsets
/// are relative to the block's first position.
struct BlockBranch {
  Branch branch;    // clamped
  int64_t segment;  // where the first one begins, a position
  int64_t boundary; // offset of the second one, which may lie behind the block
  int64_t end;      // where the last one ends, a position
  int64_t firstRun; // number of the first one's first run
  // Parts of its runs begin at positions cuts[0 ... numCuts), ascending. Its
  // keys may count in runs of branches targets[0 ... numTargets): the first of
  // them that has a key has it.
  int64_t numCuts, numTargets;
  int64_t cuts[kMaxCuts];
  int64_t targets[kMaxTargets];
  // Of the cell that is looked at:
  int64_t cellSegment; // a position
  int64_t cellEnd;     // offset of the segment's end
  int64_t phase;       // offset in the cell of the first covered row
};

/// Rows of a cell that the same branches cover; `order[begin...]` are they.
struct RowSet {
  int64_t cost;  // keys of a row without the causal cut, null keys not counted
  int64_t nulls; // null keys of a row, multiplicities counted, saturating
  int32_t begin, count;
  int32_t cell; // offset of its cell
  int32_t mask; // number of its mask
};

/// Rows order[begin...begin + count) of a tile, all of one set.
struct TilePiece {
  int32_t set, begin, count;
  int32_t next; // the tile's next piece, or -1
};

struct Tile {
  int32_t firstPiece, lastPiece, rows;
};

/// The tiles of a block. The first seven are part of the run-time library's
/// interface (dilated_rt_plan_task).
struct BlockTiles {
  int64_t batch, head;
  int64_t numTiles, numRuns;
  int64_t first, length; // positions
  int64_t isWeighted;    // 1 if some multiplicity is not 1

  int64_t numBranches, numSets, numPieces;
  int64_t maskWords;     // of 64 branches each
  BlockBranch *branches; // finest first where keys are merged
  RowSet *sets;          // costliest first; sets without branches last
  uint64_t *masks;       // [set's mask][maskWords]: which branches cover it
  TilePiece *pieces;
  Tile *tiles;
  // [tile][maskWords], where keys are merged: which branches cover all rows of
  // the tile in one segment, and in whose run it counts keys of other runs.
  uint64_t *wholes, *merges;
  int32_t *order; // offsets of rows; a permutation of 0 ... length - 1
  int32_t *classes, *counts, *split; // of a cell's residues, see Coverage.h
};

/// int64 words of the buffer of a block of at most `maxRows` positions and a
/// pattern of `terms` terms.
constexpr int64_t getWorkWords(int64_t terms, int64_t maxRows) {
  int64_t bytes =
      sizeof(BlockTiles) + terms * sizeof(BlockBranch) +
      maxRows * (sizeof(RowSet) + 3 * sizeof(uint64_t) * ceilDiv(terms, 64) +
                 sizeof(TilePiece) + sizeof(Tile) + 6 * sizeof(int32_t));
  return bytes / 8 + 8;
}

/// The tiles of the block that lies at `place`. `work` has getWorkWords(terms,
/// grid.block) words, aligned to 8 bytes; the result lies at its beginning.
BlockTiles &makeTiles(const TileGrid &grid, const BlockPlace &place,
                      int64_t *work);

/// The positions of a tile's rows, and the null keys of each (S5,
/// multiplicities counted). Lanes without a row get -1 and 0. Both have
/// grid.width elements.
void getRows(const TileGrid &grid, const BlockTiles &block, int64_t tile,
             int64_t *rows, int64_t *nulls);

/// The keys of a branch in one of its segments, or a part of them: key j lies
/// at base + stride * j, j < count.
struct KeyRun {
  int64_t branch;  // of the block
  int64_t segment; // where it begins, a position
  int64_t base, stride, count, multiplicity;
};

/// Run `run` of the block, 0 <= run < numRuns: by branch, then by segment, then
/// by part, which may be without keys.
KeyRun getRun(const TileGrid &grid, const BlockTiles &block, int64_t run);

/// What the rows of a tile see of a run: the largest limit, and the smallest
/// one of the lanes that have a row.
struct TileLimits {
  int64_t end, full;
};

/// `limits` has grid.width elements; lanes without a row get 0, and all of them
/// do where the tile counts the keys in another run.
TileLimits getLimits(const TileGrid &grid, const BlockTiles &block,
                     const KeyRun &run, int64_t tile, int64_t *limits);

/// Does the tile count keys of other runs in this one?
bool hasMergedKeys(const TileGrid &grid, const BlockTiles &block,
                   const KeyRun &run, int64_t tile);

/// How often keys [start, start + count) of the run count for the rows of the
/// tile that see them. Keys that no row sees have the run's multiplicity or
/// more.
void getMultiplicities(const TileGrid &grid, const BlockTiles &block,
                       const KeyRun &run, int64_t tile, int64_t start,
                       int64_t count, int64_t *multiplicities);

} // namespace dilated::plan

#endif // DILATED_MLIR_PLAN_TILEPLAN_H

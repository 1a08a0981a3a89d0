//===- TileList.h - the tile plan as kernels of GPUs read it ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What a thread block works on: a *tile list* holds, for each tile, its rows,
// its key ranges and what rows see of them, found once on the host. It does not
// depend on the batch, nor on strides. A list is made in *pieces* of bounded
// size, each of which is a launch.
//
// A piece is one array of bytes, position independent: offsets are in bytes and
// relative to the record that holds them; 0 is none.
//
//   data of the tiles: rows, null keys, TileRange[] of each tile, the limits,
//                      biases and masks of ranges, in any order
//   TileRecord[]       from `tilesOffset` on, the costliest tile first
//
// Several heads in the same residue classes have records of their own and the
// data in common.
//
// No memory of its own: it is part of the run-time library too.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_PLAN_TILELIST_H
#define DILATED_MLIR_PLAN_TILELIST_H

#include "dilated-mlir/Plan/TilePlan.h"

namespace dilated::plan {

/// Of the layout below; part of the version of a .ptx.
constexpr int64_t kTileListVersion = 1;

/// A warp has 16 rows of a tile, and a tile four warps.
constexpr int64_t kWarpRows = 16, kTileWarps = 4;
constexpr int64_t kListRows = kWarpRows * kTileWarps;
static_assert(kListRows == kGpuTiles.width && kListRows <= kMaxMaskedRows);

/// A block of keys has at most that many, a power of two.
constexpr int64_t kMaxBlockKeys = 64;

struct TileRecord {
  int64_t base;   // a position
  int64_t ranges; // offset of TileRange[], which ends with a count of 0
  int64_t rows;   // offset of int32_t[kListRows]: position - base, or -1
  int64_t nulls;  // offset of float[kListRows]: null keys of the rows, or 0
  int64_t blocks; // of keys, in all ranges: what the tile costs
  int64_t head;
};
static_assert(sizeof(TileRecord) == 48);

/// Blocks of keys, counted from the range's first, as the rows of a warp see
/// them: none sees a key outside of `count` blocks from `first` on; of
/// `countFull` blocks from `firstFull` on, all rows that see any key of the
/// range see all.
struct WarpBlocks {
  int32_t first, count, firstFull, countFull;
};

/// What a range has; bits of TileRange::flags.
constexpr int32_t kRangeLimits = 1, kRangeBiases = 2, kRangeMasks = 4;

/// The keys of a range that a tile sees: key j lies at base + stride * j.
struct TileRange {
  int64_t base, stride;
  int32_t count;
  int32_t flags;
  float logMultiplicity; // base 2
  /// Biases of block i begin i * biasStep bytes on: 0 where all are alike.
  int32_t biasStep;
  int64_t limits; // offset of {int32_t low, high}[kListRows]: a row sees keys
                  // [low, high), none where low >= high; 0: all see all
  int64_t biases; // offset of float[]: what a key adds to its scores beyond
                  // logMultiplicity, for whole blocks; or 0
  int64_t masks;  // offset of uint64_t[], for whole blocks: which rows see the
                  // key; then there are no limits; or 0
  int64_t number; // of the key range, in the block of positions
  WarpBlocks warps[kTileWarps];
};
static_assert(sizeof(TileRange) == 128);

/// A piece in a buffer.
struct TileListPiece {
  int64_t bytes;       // of the array
  int64_t tilesOffset; // of the first TileRecord
  int64_t numTiles;
  /// The block after the piece's last one; grid.numBlocks at the end. Where it
  /// is the first one, the buffer is too small for that block: nothing is done.
  int64_t nextBlock;
};

/// The grid that a list is made of.
TileGrid makeListGrid(Pattern pattern, int64_t heads, int64_t sequence);

/// Fills `buffer`, of `capacity` bytes and aligned to 16, with the tiles of the
/// blocks from `firstBlock` on, as many as fit. `grid` is one of makeListGrid,
/// `keys` how many a block of keys has. `work` has getWorkWords(terms,
/// grid.block) words.
TileListPiece makeTileList(const TileGrid &grid, int64_t keys,
                           int64_t firstBlock, void *buffer, int64_t capacity,
                           int64_t *work);

} // namespace dilated::plan

#endif // DILATED_MLIR_PLAN_TILELIST_H

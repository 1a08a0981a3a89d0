//===- TileGrid.h - blocks of positions, and their numbers ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A *block* is a range of positions of one head of one batch element: a chunk
// of a segment of the shortest branch, or several short segments. Blocks have
// an index, and where each one lies follows from the index by arithmetic. The
// rows of a block are shared out among *tiles* (TilePlan.h).
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_PLAN_TILEGRID_H
#define DILATED_MLIR_PLAN_TILEGRID_H

#include "dilated-mlir/Plan/Pattern.h"

namespace dilated::plan {

/// A block holds at most that many short segments, unless they are shorter than
/// a tile: every segment is a run of its own.
constexpr int64_t kMaxGroup = 16;

/// How a device wants its tiles.
struct TileOptions {
  int64_t width;     // rows of a tile, at least 1
  int64_t maxRows;   // positions of a block, at least 1, at most 2^30
  int64_t groupRows; // segments shorter than a quarter of that share a block
                     // of up to that many positions
  /// A block with more coverage groups than that is not sorted by them: its
  /// tiles are consecutive rows.
  int64_t maxGroups = kMaxInt64;
  /// A key that a tile meets in several key ranges is computed in one of them,
  /// and counts as often there (Deduplicate.cpp).
  bool deduplicates = false;
  /// Keys that the device computes or skips together: a key range that is cut
  /// leaves one such step partly filled.
  int64_t keyStep = 8;
  /// Tasks of all heads together: the tiles of a block are shared out among
  /// several tasks for it. What is computed together, and in which order, does
  /// not depend on it.
  int64_t minTasks = 1;
};

/// What a GPU's kernels use: 64 rows per thread block. Only segments of less
/// than 64 rows are grouped: rows of different segments have less in common.
constexpr TileOptions kGpuTiles = {64,
                                   4096,
                                   256,
                                   kMaxInt64,
                                   /*deduplicates=*/true,
                                   /*keyStep=*/64};

/// What a CPU's kernels use: keys that are packed serve a task, so blocks are
/// as large as `maxRows` allows, short segments grouped, and every thread has
/// several tasks. Causal blocks differ more in work.
constexpr TileOptions getCpuTiles(int64_t width, int64_t maxRows,
                                  int64_t threads, bool isCausal) {
  return {width,
          maxRows,
          multiplySaturating(4, maxRows),
          kMaxInt64,
          /*deduplicates=*/true,
          /*keyStep=*/8,
          threads > 1 ? (isCausal ? 8 : 4) * threads : 1};
}

/// What a CPU's kernel computes or skips as a whole, `rows` rows of a tile with
/// `keys` keys, and how many rows a block has at most.
struct CpuTile {
  int64_t rows, keys, blockRows;
};

/// The blocks of one call. All numbers are int64: the memory of a plan belongs
/// to the caller.
struct TileGrid {
  const int64_t *pattern; // encoded, which must stay
  int64_t batches, heads, sequence;
  int64_t width;
  int64_t period; // of the rates together; 0 when it is beyond maxRows
  int64_t span;  // positions of a segment of the shortest branch, or of a group
  int64_t block; // positions of a block at most
  int64_t blocksPerSpan;
  int64_t blocksPerHead;
  int64_t numBlocks;    // batches * heads * blocksPerHead, saturating
  int64_t numParts;     // tasks of a block: each has a share of its tiles
  int64_t maxTiles;     // no block has more
  int64_t maxGroups;    // as in TileOptions
  int64_t deduplicates; // the same, 0 or 1
  int64_t keyStep;      // the same

  Pattern getPattern() const { return Pattern(pattern); }
  int64_t getNumTasks() const {
    return multiplySaturating(numBlocks, numParts);
  }
};

/// Preconditions: those of TileOptions and Pattern; batches, heads and sequence
/// at least 0.
TileGrid makeGrid(Pattern pattern, int64_t batches, int64_t heads,
                  int64_t sequence, const TileOptions &options);

/// Where a block lies: `length` >= 1 positions from `first` on.
struct BlockPlace {
  int64_t batch, head, first, length;
};

/// `index` counts blocks of a head first, then heads, then batch elements;
/// 0 <= index < numBlocks.
BlockPlace getBlock(const TileGrid &grid, int64_t index);

} // namespace dilated::plan

#endif // DILATED_MLIR_PLAN_TILEGRID_H

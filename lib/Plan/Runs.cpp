//===- Runs.cpp - the keys of a block, and what its rows see of them *- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Coverage.h"

using namespace dilated::plan;

KeyRun dilated::plan::getRun(const TileGrid &grid, const BlockTiles &block,
                             int64_t run) {
  int64_t i = 0;
  while (i + 1 < block.numBranches && block.branches[i + 1].firstRun <= run)
    ++i;
  const BlockBranch &of = block.branches[i];
  int64_t segment = run == of.firstRun
                        ? of.segment
                        : block.first + of.boundary +
                              (run - of.firstRun - 1) * of.branch.length;
  int64_t length = minOf(of.branch.length, grid.sequence - segment);
  return {i,
          segment,
          addSaturating(segment, of.branch.offset),
          of.branch.rate,
          getClassSize(of.branch, length),
          of.branch.multiplicity};
}

/// How many keys up to themselves rows at `offsets` see, all of one class: the
/// number of the first is a division, those after it follow from their
/// distance, which is exact in double.
static void fillCausal(const KeyRun &run, int64_t first, const int32_t *offsets,
                       int32_t count, int64_t *limits) {
  int64_t ofFirst = (first + offsets[0] - run.base) / run.stride + 1;
  double perPosition = 1.0 / static_cast<double>(run.stride);
  for (int32_t k = 0; k < count; ++k) {
    double distance = static_cast<double>(offsets[k] - offsets[0]);
    limits[k] = ofFirst + static_cast<int32_t>(distance * perPosition + 0.5);
  }
}

TileLimits dilated::plan::getLimits(const TileGrid &grid,
                                    const BlockTiles &block, const KeyRun &run,
                                    int64_t tile, int64_t *limits) {
  TileLimits result = {0, kMaxInt64};
  int64_t lane = 0, length = block.branches[run.branch].branch.length;
  bool isCausal = grid.getPattern().isCausal();
  for (int32_t p = block.tiles[tile].firstPiece; p >= 0;
       p = block.pieces[p].next) {
    const TilePiece &piece = block.pieces[p];
    const RowSet &set = block.sets[piece.set];
    int64_t into = block.first + set.cell - run.segment;
    int64_t *ofPiece = limits + lane;
    lane += piece.count;
    if (into < 0 || into >= length || !isCovered(block, set, run.branch)) {
      for (int32_t k = 0; k < piece.count; ++k)
        ofPiece[k] = 0;
      result.full = 0;
      continue;
    }
    if (isCausal)
      fillCausal(run, block.first, block.order + piece.begin, piece.count,
                 ofPiece);
    else
      for (int32_t k = 0; k < piece.count; ++k)
        ofPiece[k] = run.count;
    // Rows of a piece ascend, and so do their limits.
    result.full = minOf(result.full, ofPiece[0]);
    result.end = maxOf(result.end, ofPiece[piece.count - 1]);
  }
  for (; lane < grid.width; ++lane)
    limits[lane] = 0;
  return result;
}

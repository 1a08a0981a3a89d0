//===- Runs.cpp - keys, and what rows see of them ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Coverage.h"
#include "Merge.h"

using namespace dilated::plan;

KeyRun dilated::plan::getPart(const TileGrid &grid, const BlockTiles &block,
                              int64_t branch, int64_t segment, int64_t part) {
  const BlockBranch &of = block.branches[branch];
  int64_t rate = of.branch.rate;
  int64_t begin = of.segment + segment * of.branch.length;
  int64_t length = minOf(of.branch.length, grid.sequence - begin);
  int64_t base = addSaturating(begin, of.branch.offset);
  int64_t from = 0, to = getClassSize(of.branch, length);
  if (part < of.numCuts)
    to = minOf(to, ceilDiv(of.cuts[part] - base, rate));
  if (part > 0)
    from = minOf(to, ceilDiv(of.cuts[part - 1] - base, rate));
  return {
      branch, begin,     addSaturating(base, multiplySaturating(from, rate)),
      rate,   to - from, of.branch.multiplicity};
}

KeyRun dilated::plan::getRun(const TileGrid &grid, const BlockTiles &block,
                             int64_t run) {
  int64_t i = 0;
  while (i + 1 < block.numBranches && block.branches[i + 1].firstRun <= run)
    ++i;
  const BlockBranch &of = block.branches[i];
  int64_t ofBranch = run - of.firstRun, parts = of.numCuts + 1;
  return getPart(grid, block, i, ofBranch / parts, ofBranch % parts);
}

/// How many keys up to themselves rows at `offsets` see, all of the run's
/// class: the number of the first is a division, and exact, those after it
/// follow from their distance, which is exact in double.
static void fillCausal(const KeyRun &run, int64_t first, const int32_t *offsets,
                       int32_t count, int64_t *limits) {
  int64_t ofFirst = (first + offsets[0] - run.base) / run.stride + 1;
  double perPosition = 1.0 / static_cast<double>(run.stride);
  for (int32_t k = 0; k < count; ++k) {
    double distance = static_cast<double>(offsets[k] - offsets[0]);
    int64_t limit =
        ofFirst + static_cast<int32_t>(distance * perPosition + 0.5);
    limits[k] = maxOf(0, minOf(limit, run.count));
  }
}

TileLimits dilated::plan::getLimits(const TileGrid &grid,
                                    const BlockTiles &block, const KeyRun &run,
                                    int64_t tile, int64_t *limits) {
  TileLimits result = {0, kMaxInt64};
  int64_t lane = 0, length = block.branches[run.branch].branch.length;
  bool isCausal = grid.getPattern().isCausal();
  if (run.count == 0 || findTarget(block, run, tile) >= 0) {
    for (; lane < grid.width; ++lane)
      limits[lane] = 0;
    return {0, 0};
  }
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

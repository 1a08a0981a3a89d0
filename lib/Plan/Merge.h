//===- Merge.h - keys that runs have in common ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_PLAN_MERGE_H
#define DILATED_PLAN_MERGE_H

#include "dilated-mlir/Plan/TilePlan.h"

namespace dilated::plan {

/// Segments of the branch that meet the block.
inline int64_t getNumSegments(const BlockTiles &block, const BlockBranch &of) {
  return 1 + ceilDiv(block.length - of.boundary, of.branch.length);
}

/// Part `part` of the branch's segment number `segment`, counted from the first
/// one that meets the block.
KeyRun getPart(const TileGrid &grid, const BlockTiles &block, int64_t branch,
               int64_t segment, int64_t part);

/// Decides which branches may take over keys of which others, and where runs
/// are cut for it. The segments that meet the block are known, and of any two
/// branches the finer one comes first.
void findTargets(BlockTiles &block);

/// Fills BlockTiles::wholes and ::merges of the tiles.
void findMergedRuns(const TileGrid &grid, BlockTiles &block);

/// The branch in whose run the tile counts the keys of `run`, or -1 when that
/// is `run` itself.
int64_t findTarget(const BlockTiles &block, const KeyRun &run, int64_t tile);

} // namespace dilated::plan

#endif // DILATED_PLAN_MERGE_H

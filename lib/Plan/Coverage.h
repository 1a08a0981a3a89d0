//===- Coverage.h - which branches cover which rows of a cell ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_PLAN_COVERAGE_H
#define DILATED_PLAN_COVERAGE_H

#include "dilated-mlir/Plan/TilePlan.h"

namespace dilated::plan {

/// Fills in the sets of the block and the order of its rows by them. The
/// block's branches, its place and its arrays are set.
void makeSets(const TileGrid &grid, BlockTiles &block);

/// Do the rows of two sets see a run in common?
bool haveCommonRun(const BlockTiles &block, const RowSet &a, const RowSet &b);

/// Does `branch` cover the rows of the set?
inline bool isCovered(const BlockTiles &block, const RowSet &set,
                      int64_t branch) {
  return block.masks[set.mask * block.maskWords + branch / 64] >>
             (branch % 64) &
         1;
}

/// Which of the branch's segments that meet the block the row at `offset` is
/// in.
int64_t getSegmentNumber(const BlockBranch &of, int64_t offset);

} // namespace dilated::plan

#endif // DILATED_PLAN_COVERAGE_H

//===- Coverage.h - which terms cover which rows ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_PLAN_COVERAGE_H
#define DILATED_PLAN_COVERAGE_H

#include "dilated-mlir/Plan/TilePlan.h"

namespace dilated::plan {

/// Fills in the coverage groups of the block and the order of its rows by them.
/// The block's terms, its place and its arrays are set.
void makeGroups(const TileGrid &grid, BlockTiles &block);

/// Do the rows of two groups see a key range in common?
bool haveCommonRange(const BlockTiles &block, const CoverageGroup &a,
                     const CoverageGroup &b);

/// Does `term` cover the rows of the group?
inline bool isCovered(const BlockTiles &block, const CoverageGroup &group,
                      int64_t term) {
  return block.masks[group.mask * block.maskWords + term / 64] >> (term % 64) &
         1;
}

/// Which of the term's segments that meet the block the row at `offset` is in.
int64_t getSegmentNumber(const BlockTerm &of, int64_t offset);

/// Segments of the term that meet the block.
inline int64_t getNumSegments(const BlockTiles &block, const BlockTerm &of) {
  if (of.term.kind != TermKind::Segment)
    return 1;
  return 1 + ceilDiv(block.length - of.boundary, of.term.length);
}

/// Which class of a window's rows the row at `offset` is in.
inline int64_t getClassNumber(const BlockTerm &of, int64_t offset) {
  return of.term.kind == TermKind::Window ? offset % of.term.rate : 0;
}

} // namespace dilated::plan

#endif // DILATED_PLAN_COVERAGE_H

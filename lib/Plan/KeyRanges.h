//===- KeyRanges.h - parts of key ranges, and sets of keys ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_PLAN_KEYRANGES_H
#define DILATED_PLAN_KEYRANGES_H

#include "dilated-mlir/Plan/TilePlan.h"

namespace dilated::plan {

/// Part `part` of the keys of a term in its segment or class number `inTerm`,
/// counted from the first one that meets the block.
KeyRange getPart(const TileGrid &grid, const BlockTiles &block, int64_t term,
                 int64_t inTerm, int64_t part);

/// Of a set (S9): leaves the keys that an earlier term of the block selects for
/// the row at position `row` out of [low, high), where that is possible: at its
/// ends. Returns whether some are left between them. Limits without keys become
/// 0 and 0.
bool leaveOutShared(const TileGrid &grid, const BlockTiles &block,
                    const KeyRange &keys, int64_t row, int64_t &low,
                    int64_t &high);

} // namespace dilated::plan

#endif // DILATED_PLAN_KEYRANGES_H

//===- Deduplicate.h - keys that ranges have in common -----------*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_PLAN_DEDUPLICATE_H
#define DILATED_PLAN_DEDUPLICATE_H

#include "dilated-mlir/Plan/TilePlan.h"

namespace dilated::plan {

/// Decides which terms may take over keys of which others, and where key ranges
/// are cut for it. The segments that meet the block are known, and of any two
/// segments the finer one comes first.
void findTargets(const TileGrid &grid, BlockTiles &block);

/// Fills BlockTiles::wholes and ::takes of the tiles.
void findTakenRanges(const TileGrid &grid, BlockTiles &block);

/// The term in whose key range the tile counts the keys of `keys`, or -1 when
/// that is `keys` itself.
int64_t findTarget(const BlockTiles &block, const KeyRange &keys, int64_t tile);

} // namespace dilated::plan

#endif // DILATED_PLAN_DEDUPLICATE_H

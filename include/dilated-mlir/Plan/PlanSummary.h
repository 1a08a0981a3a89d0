//===- PlanSummary.h - how well a plan fits its pattern ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_PLAN_PLANSUMMARY_H
#define DILATED_MLIR_PLAN_PLANSUMMARY_H

#include "dilated-mlir/Plan/TilePlan.h"

#include <optional>
#include <vector>

namespace dilated::plan {

/// A compute tile: what a device computes or skips as a whole, `rows` rows of a
/// tile, in their order, with `keys` keys of a key range, counted from the
/// range's first. It computes one when any of the rows sees any of the keys.
struct ComputeTile {
  int64_t rows, keys;
};

/// How the work is handed out: pieces in order, each to the first worker that
/// is free.
enum class WorkOrder {
  Tasks, // tasks by their numbers, as on a CPU
  Tiles, // tiles, the costliest first, as on a GPU
};

/// The device that a plan is for.
struct PlanTarget {
  TileOptions tiles;
  std::vector<ComputeTile> computeTiles; // balance counts the first one
  WorkOrder order;
  int64_t workers; // threads or multiprocessors, at least 1
};

struct PlanSummary {
  TileGrid grid;
  int64_t tiles = 0; // of all heads and batch elements, as are the following
  int64_t keyRanges =
      0; // pairs of a tile and a key range that a row of it sees
  /// Pairs of a row and a real key, once per key range however often it counts
  /// (S6), deduplicated keys in one range only: what has to be computed.
  double usefulPairs = 0;
  std::vector<double> executedPairs; // per compute tile
  double balance = 1; // the workers' mean time over the longest, at most 1

  double getEfficiency(size_t computeTile) const {
    return executedPairs[computeTile] > 0
               ? usefulPairs / executedPairs[computeTile]
               : 1;
  }
};

/// Goes through every tile. std::nullopt when there are more than `maxRows`
/// rows, batch elements counted.
std::optional<PlanSummary> summarizePlan(Pattern pattern, int64_t batches,
                                         int64_t heads, int64_t sequence,
                                         const PlanTarget &target,
                                         int64_t maxRows);

} // namespace dilated::plan

#endif // DILATED_MLIR_PLAN_PLANSUMMARY_H

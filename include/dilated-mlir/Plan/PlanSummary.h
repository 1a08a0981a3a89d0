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

/// What a device computes or skips as a whole: `rows` rows of a tile, in their
/// order, with `keys` keys of a run, counted from the run's first. It computes
/// one when any of the rows sees any of the keys.
struct Granule {
  int64_t rows, keys;
};

/// How the work is handed out: pieces in order, each to the first worker that
/// is free.
enum class WorkOrder {
  Blocks, // a block with all its tiles, by index, as on a CPU
  Slots, // a tile: first slot 0 of every block, then slot 1, as on a GPU, where
         // a block of all heads follows the one before, or, causal, after it
};

/// The device that a plan is for.
struct PlanTarget {
  TileOptions tiles;
  std::vector<Granule> granules; // the first one is what balance counts
  WorkOrder order;
  int64_t workers; // threads or multiprocessors, at least 1
};

struct PlanSummary {
  TileGrid grid;
  int64_t tiles = 0; // of all heads and batch elements, as are the following
  int64_t runs = 0;  // pairs of a tile and a run that one of its rows sees
  /// Pairs of a row and a real key, once per run however often it counts (S6),
  /// merged keys in one run only: what has to be computed.
  double usefulPairs = 0;
  std::vector<double> executedPairs; // per granule
  double balance = 1; // the workers' mean time over the longest, at most 1

  double getEfficiency(size_t granule) const {
    return executedPairs[granule] > 0 ? usefulPairs / executedPairs[granule]
                                      : 1;
  }
};

/// Goes through every tile. std::nullopt when there are more than `maxRows`
/// rows, batch elements counted.
std::optional<PlanSummary> summarisePlan(Pattern pattern, int64_t batches,
                                         int64_t heads, int64_t sequence,
                                         const PlanTarget &target,
                                         int64_t maxRows);

} // namespace dilated::plan

#endif // DILATED_MLIR_PLAN_PLANSUMMARY_H

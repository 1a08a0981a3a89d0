//===- PatternCount.h - how much work a pattern is --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Counts of what one head of a dilated attention selects, without visiting
// pairs (specification, S1 to S7). The convention behind every rate of this
// project: only pairs of a real query and a real key are useful, once for each
// branch that selects them, and a pair takes 2 * D operations for the score and
// 2 * Dv for the value. Softmax, null keys and padding are work that nobody
// asked for.
//
// No LLVM here: whoever plans at run time counts alike.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_PLAN_PATTERNCOUNT_H
#define DILATED_MLIR_PLAN_PATTERNCOUNT_H

#include "dilated-mlir/Plan/Pattern.h"

#include <optional>
#include <vector>

namespace dilated::plan {

/// What one branch selects. Counts saturate at the largest int64.
struct BranchCount {
  int64_t rows = 0;      // positions that the branch covers (S2)
  int64_t pairs = 0;     // (query, key), real ones, times the multiplicity
  int64_t nullKeys = 0;  // n0 summed over segments that have rows (S5)
  int64_t nullPairs = 0; // (query, null key)
};

/// In closed form. `nullKeys` is padding = null_keys; causal attention has none
/// in any case.
BranchCount countBranch(int64_t sequence, const Branch &branch, bool causal,
                        bool nullKeys);

/// What all branches of all heads select, added up.
BranchCount countPattern(Pattern pattern, int64_t heads, int64_t sequence);

/// What the branches select together, each row and pair once (S9).
struct UnionCount {
  int64_t rows = 0;  // rows with at least one key; the others are 0 (S7)
  int64_t pairs = 0; // different (query, key)
};

/// By inclusion and exclusion over branches, in closed form between segment
/// boundaries. std::nullopt when that takes more than `maxSteps` steps or the
/// sequence is 2^48 or longer.
std::optional<UnionCount> countUnion(int64_t sequence,
                                     const std::vector<Branch> &branches,
                                     bool causal, int64_t maxSteps);

/// The least and the largest number of real keys of a row, multiplicities
/// counted; a row that no branch covers has 0.
struct KeyRange {
  int64_t least = 0, most = 0;
};

/// Visits one period of rows between two segment boundaries. std::nullopt when
/// that takes more than `maxSteps` steps.
std::optional<KeyRange> countKeysPerRow(int64_t sequence,
                                        const std::vector<Branch> &branches,
                                        bool causal, int64_t maxSteps);

} // namespace dilated::plan

#endif // DILATED_MLIR_PLAN_PATTERNCOUNT_H

//===- PatternCount.h - how much work a pattern is --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Counts of what one head of a dilated attention selects, without visiting
// pairs (specification, S1 to S11). The convention behind every rate of this
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

/// What one term selects. Counts saturate at the largest int64.
struct TermCount {
  int64_t rows = 0;      // positions that the term covers (S2); of columns and
                         // causal attention, rows that see one of them
  int64_t pairs = 0;     // (query, key), real ones, times the multiplicity
  int64_t nullKeys = 0;  // n0 summed over segments that have rows (S5)
  int64_t nullPairs = 0; // (query, null key)
};

/// In closed form. `nullKeys` is padding = null_keys; causal attention has none
/// in any case.
TermCount countTerm(int64_t sequence, const Term<> &term, bool causal,
                    bool nullKeys);

/// What all terms of all heads select, added up.
TermCount countPattern(Pattern pattern, int64_t heads, int64_t sequence);

/// Pairs of all heads that the pattern is useful for: a pair counts once for
/// each term that selects it, or once in all where the pattern is a set.
/// std::nullopt when a head of a set takes more than `maxSteps` steps.
std::optional<int64_t> countUsefulPairs(Pattern pattern, int64_t heads,
                                        int64_t sequence, int64_t maxSteps);

/// What the terms select together, each row and pair once (S9).
struct UnionCount {
  int64_t rows = 0;  // rows with at least one key; the others are 0 (S7)
  int64_t pairs = 0; // different (query, key)
};

/// Of segments by inclusion and exclusion, in closed form between segment
/// boundaries; row by row where there are other terms. std::nullopt when that
/// takes more than `maxSteps` steps or the sequence is 2^48 or longer.
std::optional<UnionCount> countUnion(int64_t sequence,
                                     const std::vector<Term<>> &terms,
                                     bool causal, int64_t maxSteps);

/// The least and the largest number of real keys of a row, multiplicities
/// counted; a row that no term covers has 0.
struct KeyCounts {
  int64_t least = 0, most = 0;
};

/// Visits one period of rows between two segment boundaries, or every row where
/// there are other terms than segments. std::nullopt when that takes more than
/// `maxSteps` steps.
std::optional<KeyCounts> countKeysPerRow(int64_t sequence,
                                         const std::vector<Term<>> &terms,
                                         bool causal, int64_t maxSteps);

} // namespace dilated::plan

#endif // DILATED_MLIR_PLAN_PATTERNCOUNT_H

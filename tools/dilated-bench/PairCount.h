//===- PairCount.h - how much work an attention is --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The convention behind every rate of this project: only pairs of a real query
// and a real key count, once for each branch that selects them, and a pair
// takes 4 * D operations (2 * D for the score, 2 * D for the value). Softmax,
// null keys and padding are work that nobody asked for.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TOOLS_DILATED_BENCH_PAIRCOUNT_H
#define DILATED_MLIR_TOOLS_DILATED_BENCH_PAIRCOUNT_H

#include <cstdint>
#include <vector>

namespace mlir::dilated {

struct SegmentBranch {
  int64_t length, rate;
};

enum class OffsetRule { Block, Modulo, End };

/// The head offset o(h) of a branch (specification, section 3): in [0, rate).
int64_t headOffset(OffsetRule rule, int64_t head, int64_t heads, int64_t rate);

/// Pairs (query, key) of one batch element, over all heads and branches (S1 to
/// S4). Saturates at the largest int64.
int64_t countUsefulPairs(int64_t sequence, int64_t heads,
                         const std::vector<SegmentBranch> &branches,
                         OffsetRule rule, bool causal);

} // namespace mlir::dilated

#endif // DILATED_MLIR_TOOLS_DILATED_BENCH_PAIRCOUNT_H

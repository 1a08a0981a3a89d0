//===- PatternOracle.h - what a pattern selects, by its text ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_TEST_UNIT_PLAN_PATTERNORACLE_H
#define DILATED_TEST_UNIT_PLAN_PATTERNORACLE_H

#include "dilated-mlir/Plan/Pattern.h"

#include <random>
#include <string>
#include <vector>

namespace dilated::plan {

/// A pattern with its words, and the call that it is used in.
struct AttentionShape {
  std::vector<int64_t> words; // of a Pattern
  int64_t batches, heads, sequence;

  Pattern getPattern() const { return Pattern(words.data()); }
  std::string toString() const;
};

/// What one head selects: S1 to S5 by looking at every row and key.
struct HeadOracle {
  std::vector<int64_t> pairs; // [row][key]: how often (S6)
  std::vector<int64_t> nulls; // [row], multiplicities counted
  std::vector<bool> covered;  // [row]

  HeadOracle(const AttentionShape &shape, int64_t head);
};

/// Up to 400 positions and 16 heads, any rule, segments and rates from 1 to
/// 2^63 - 1, most of them near the sequence.
AttentionShape makeRandomShape(std::mt19937_64 &random);

} // namespace dilated::plan

#endif // DILATED_TEST_UNIT_PLAN_PATTERNORACLE_H

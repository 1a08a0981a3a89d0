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

/// A pattern, and the call that it is used in.
struct AttentionShape {
  PatternOptions options;
  std::vector<Term<>> terms;
  int64_t batches = 1, heads = 1, sequence = 1;

  /// Of the terms and options as they are now; valid until the next call.
  Pattern getPattern() const;
  std::string toString() const;

private:
  mutable std::vector<int64_t> numbers;
};

/// What one head selects: S1 to S11 by looking at every row and key.
struct HeadOracle {
  std::vector<int64_t> pairs; // [row][key]: how often (S6, S9)
  std::vector<int64_t> nulls; // [row], multiplicities counted
  /// [term][row][key], without multiplicity, whatever other terms select.
  std::vector<std::vector<bool>> ofTerms;

  HeadOracle(const AttentionShape &shape, int64_t head);
};

/// Up to 400 positions and 16 heads, any rule, numbers from 1 to 2^63 - 1, most
/// of them near the sequence: segments alone, as a multiset.
AttentionShape makeRandomShape(std::mt19937_64 &random);

/// The same with windows and columns, as a multiset or a set.
AttentionShape makeRandomMix(std::mt19937_64 &random);

} // namespace dilated::plan

#endif // DILATED_TEST_UNIT_PLAN_PATTERNORACLE_H

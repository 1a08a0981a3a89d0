//===- Pattern.h - a pattern as an array of numbers -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// What generated code hands to the run-time library: a pattern of segment terms
// as an array of int64, without the compiler's attributes.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_PLAN_PATTERN_H
#define DILATED_MLIR_PLAN_PATTERN_H

#include "dilated-mlir/Plan/Branch.h"

namespace dilated::plan {

/// Which residue class a head takes (specification, section 3). The numbers are
/// those of the dialect's HeadOffsetRule.
enum class OffsetRule : int64_t { Block, Modulo, End, Constant };

/// o(h) of a term with this rate, before any clamping. Preconditions: rate and
/// heads >= 1, 0 <= head < heads.
constexpr int64_t getOffset(OffsetRule rule, int64_t constant, int64_t head,
                            int64_t heads, int64_t rate) {
  switch (rule) {
  case OffsetRule::Block:
    return head / ceilDiv(heads, rate);
  case OffsetRule::Modulo:
    return head % rate;
  case OffsetRule::End:
    return rate - 1 - head % rate;
  case OffsetRule::Constant:
    break;
  }
  return constant;
}

/// The words of a pattern: number of terms, head offset rule, constant of the
/// rule, causal, null keys (0 or 1 each), then length, rate and multiplicity of
/// every term. Every term satisfies the preconditions of Branch.
class Pattern {
public:
  static constexpr int64_t kHeaderWords = 5, kTermWords = 3;

  /// Keeps the pointer.
  explicit Pattern(const int64_t *words) : words(words) {}

  int64_t getNumTerms() const { return words[0]; }
  OffsetRule getRule() const { return static_cast<OffsetRule>(words[1]); }
  int64_t getConstant() const { return words[2]; }
  bool isCausal() const { return words[3] != 0; }
  /// In causal attention null keys lie after every row (S5).
  bool hasNullKeys() const { return words[4] != 0 && !isCausal(); }

  /// The term as a head sees it, not clamped.
  Branch getBranch(int64_t term, int64_t head, int64_t heads) const {
    const int64_t *numbers = words + kHeaderWords + kTermWords * term;
    return {numbers[0], numbers[1],
            getOffset(getRule(), getConstant(), head, heads, numbers[1]),
            numbers[2]};
  }

  const int64_t *getWords() const { return words; }

private:
  const int64_t *words;
};

} // namespace dilated::plan

#endif // DILATED_MLIR_PLAN_PATTERN_H

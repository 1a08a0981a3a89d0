//===- Pattern.h - a pattern as an array of numbers -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The encoded pattern: what generated code hands to the run-time library, and
// what plans and counts are made of, without the compiler's attributes.
// PatternEncoder writes it, Pattern reads it; nobody else knows the order.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_PLAN_PATTERN_H
#define DILATED_MLIR_PLAN_PATTERN_H

#include "dilated-mlir/Plan/Geometry.h"

namespace dilated::plan {

/// What the terms of a pattern share.
struct PatternOptions {
  OffsetRule rule = OffsetRule::Block;
  int64_t constant = 0; // of OffsetRule::Constant
  bool isCausal = false;
  bool hasNullKeys = false; // padding = null_keys (S5)
  bool isSet = false;       // overlap = set (S9)
};

/// Reads an encoded pattern.
class Pattern {
public:
  /// Keeps the pointer.
  explicit Pattern(const int64_t *numbers) : numbers(numbers) {}

  int64_t getNumTerms() const { return numbers[0]; }
  OffsetRule getRule() const { return static_cast<OffsetRule>(numbers[1]); }
  int64_t getConstant() const { return numbers[2]; }
  bool isCausal() const { return (numbers[3] & kCausal) != 0; }
  /// In causal attention null keys lie after every row (S5).
  bool hasNullKeys() const {
    return (numbers[3] & kNullKeys) != 0 && !isCausal();
  }
  /// A key that several terms select counts once (S9).
  bool isSet() const { return (numbers[3] & kSet) != 0; }

  /// The term as a head sees it, not clamped.
  Term<> getTerm(int64_t index, int64_t head, int64_t heads) const {
    const int64_t *of = numbers + kHeaderNumbers + kTermNumbers * index;
    Term<> term = {};
    term.kind = static_cast<TermKind>(of[0]);
    term.multiplicity = of[1];
    switch (term.kind) {
    case TermKind::Segment:
      term.length = of[2];
      term.rate = of[3];
      term.offset =
          getHeadOffset(getRule(), getConstant(), head, heads, term.rate);
      break;
    case TermKind::Window:
      term.left = of[2];
      term.right = of[3];
      term.rate = of[4];
      break;
    case TermKind::Columns:
      term.begin = of[2];
      term.end = of[3];
      term.rate = 1;
      break;
    }
    return term;
  }

  /// How many numbers it has.
  int64_t getSize() const { return getSize(getNumTerms()); }
  const int64_t *getNumbers() const { return numbers; }

  static constexpr int64_t getSize(int64_t terms) {
    return kHeaderNumbers + kTermNumbers * terms;
  }

private:
  friend class PatternEncoder;
  friend bool isEncodedPattern(const int64_t *numbers, int64_t size);
  static constexpr int64_t kHeaderNumbers = 4, kTermNumbers = 5;
  static constexpr int64_t kCausal = 1, kNullKeys = 2, kSet = 4;

  const int64_t *numbers;
};

/// Whether `size` numbers, of any origin, are an encoded pattern whose terms
/// keep the preconditions of Term.
bool isEncodedPattern(const int64_t *numbers, int64_t size);

/// Writes an encoded pattern to a container of int64_t that has push_back.
class PatternEncoder {
public:
  template <typename Numbers>
  static void writeHeader(Numbers &numbers, int64_t terms,
                          const PatternOptions &options) {
    numbers.push_back(terms);
    numbers.push_back(static_cast<int64_t>(options.rule));
    numbers.push_back(options.constant);
    numbers.push_back((options.isCausal ? Pattern::kCausal : 0) |
                      (options.hasNullKeys ? Pattern::kNullKeys : 0) |
                      (options.isSet ? Pattern::kSet : 0));
  }

  /// The offset of a segment is not written: it follows from the head.
  template <typename Numbers>
  static void writeTerm(Numbers &numbers, const Term<> &term) {
    numbers.push_back(static_cast<int64_t>(term.kind));
    numbers.push_back(term.multiplicity);
    switch (term.kind) {
    case TermKind::Segment:
      return writeNumbers(numbers, term.length, term.rate, 0);
    case TermKind::Window:
      return writeNumbers(numbers, term.left, term.right, term.rate);
    case TermKind::Columns:
      return writeNumbers(numbers, term.begin, term.end, 0);
    }
  }

private:
  template <typename Numbers>
  static void writeNumbers(Numbers &numbers, int64_t a, int64_t b, int64_t c) {
    for (int64_t number : {a, b, c})
      numbers.push_back(number);
  }
};

/// Constructors of terms, with 1 for the multiplicity.
constexpr Term<> makeSegment(int64_t length, int64_t rate,
                             int64_t multiplicity = 1) {
  Term<> term = {};
  term.kind = TermKind::Segment;
  term.multiplicity = multiplicity;
  term.length = length;
  term.rate = rate;
  return term;
}
constexpr Term<> makeWindow(int64_t left, int64_t right, int64_t rate = 1,
                            int64_t multiplicity = 1) {
  Term<> term = {};
  term.kind = TermKind::Window;
  term.multiplicity = multiplicity;
  term.left = left;
  term.right = right;
  term.rate = rate;
  return term;
}
constexpr Term<> makeColumns(int64_t begin, int64_t end,
                             int64_t multiplicity = 1) {
  Term<> term = {};
  term.kind = TermKind::Columns;
  term.multiplicity = multiplicity;
  term.begin = begin;
  term.end = end;
  term.rate = 1;
  return term;
}

} // namespace dilated::plan

#endif // DILATED_MLIR_PLAN_PATTERN_H

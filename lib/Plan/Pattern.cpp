//===- Pattern.cpp - a pattern as an array of numbers -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Plan/Pattern.h"

using namespace dilated::plan;

static bool isTerm(const Term<> &term) {
  if (term.multiplicity < 1)
    return false;
  switch (term.kind) {
  case TermKind::Segment:
    return term.length >= 1 && term.rate >= 1;
  case TermKind::Window:
    return term.left >= 0 && term.right >= 0 && term.rate >= 1;
  case TermKind::Columns:
    return term.begin >= 0 && term.begin < term.end;
  }
  return false;
}

bool dilated::plan::isEncodedPattern(const int64_t *numbers, int64_t size) {
  if (size < Pattern::kHeaderNumbers)
    return false;
  Pattern pattern(numbers);
  int64_t terms = pattern.getNumTerms();
  if (terms < 1 || terms > size || pattern.getSize() != size)
    return false;
  constexpr int64_t flags =
      Pattern::kCausal | Pattern::kNullKeys | Pattern::kSet;
  if (numbers[1] < 0 ||
      numbers[1] > static_cast<int64_t>(OffsetRule::Constant) ||
      pattern.getConstant() < 0 || (numbers[3] & ~flags) != 0)
    return false;
  for (int64_t i = 0; i < terms; ++i) {
    // A rate below 1 has no head offset: its term is looked at without one.
    const int64_t *of =
        numbers + Pattern::kHeaderNumbers + Pattern::kTermNumbers * i;
    if (of[0] < 0 || of[0] > static_cast<int64_t>(TermKind::Columns) ||
        (static_cast<TermKind>(of[0]) == TermKind::Segment && of[3] < 1) ||
        !isTerm(pattern.getTerm(i, /*head=*/0, /*heads=*/1)))
      return false;
  }
  return true;
}

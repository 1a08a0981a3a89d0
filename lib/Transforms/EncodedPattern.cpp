//===- EncodedPattern.cpp - a pattern as numbers ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Transforms/EncodedPattern.h"

#include "dilated-mlir/Plan/Pattern.h"

using namespace mlir;
using namespace mlir::dilated;
namespace plan = ::dilated::plan;

std::optional<SmallVector<int64_t>>
mlir::dilated::getEncodedPattern(PatternAttr pattern, bool isCausal) {
  plan::PatternOptions options;
  options.rule = getOffsetRule(pattern.getOffset());
  options.constant = pattern.getOffset().getConstant();
  options.isCausal = isCausal;
  options.hasNullKeys = pattern.getPadding() == Padding::NullKeys;
  options.isSet = pattern.getOverlap() == Overlap::Set;

  SmallVector<int64_t> numbers;
  plan::PatternEncoder::writeHeader(
      numbers, static_cast<int64_t>(pattern.getTerms().size()), options);
  for (TermAttrInterface attribute : pattern.getTermAttrs()) {
    plan::Term<> term = attribute.getTerm();
    if (options.isSet)
      term.multiplicity = 1;
    plan::PatternEncoder::writeTerm(numbers, term);
  }
  return numbers;
}

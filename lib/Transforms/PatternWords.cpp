//===- PatternWords.cpp - a pattern as numbers ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Transforms/PatternWords.h"

#include "dilated-mlir/Plan/Pattern.h"

using namespace mlir;
using namespace mlir::dilated;
namespace plan = ::dilated::plan;

// The rules have the same numbers on both sides.
static_assert(static_cast<int>(HeadOffsetRule::Block) ==
                  static_cast<int>(plan::OffsetRule::Block) &&
              static_cast<int>(HeadOffsetRule::Modulo) ==
                  static_cast<int>(plan::OffsetRule::Modulo) &&
              static_cast<int>(HeadOffsetRule::End) ==
                  static_cast<int>(plan::OffsetRule::End) &&
              static_cast<int>(HeadOffsetRule::Constant) ==
                  static_cast<int>(plan::OffsetRule::Constant));

std::optional<SmallVector<int64_t>>
mlir::dilated::getPatternWords(PatternAttr pattern, bool isCausal) {
  std::optional<SmallVector<SegmentAttr>> segments = pattern.getSegments();
  if (!segments)
    return std::nullopt;
  HeadOffsetAttr offset = pattern.getOffset();
  SmallVector<int64_t> words = {static_cast<int64_t>(segments->size()),
                                static_cast<int64_t>(offset.getRule()),
                                offset.getConstant(), isCausal,
                                pattern.getPadding() == Padding::NullKeys};
  for (SegmentAttr segment : *segments)
    words.append(
        {segment.getLength(), segment.getRate(), segment.getMultiplicity()});
  return words;
}

//===- EncodedPattern.h - a pattern as numbers ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TRANSFORMS_ENCODEDPATTERN_H
#define DILATED_MLIR_TRANSFORMS_ENCODEDPATTERN_H

#include "dialects/Dilated/Dilated.h"

namespace mlir::dilated {

/// The pattern as lib/Plan and the run-time library take it
/// (dilated-mlir/Plan/Pattern.h). A set counts each term once (S9).
/// std::nullopt when it has terms that encoded patterns do not hold.
std::optional<SmallVector<int64_t>> getEncodedPattern(PatternAttr pattern,
                                                      bool isCausal);

} // namespace mlir::dilated

#endif // DILATED_MLIR_TRANSFORMS_ENCODEDPATTERN_H

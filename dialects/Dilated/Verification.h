//===- Verification.h - checks that verifiers share -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Labels in brackets are those of docs/spec.md, section 6.
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_DILATED_VERIFICATION_H
#define DIALECTS_DILATED_VERIFICATION_H

#include "dialects/Dilated/Dilated.h"

namespace mlir::dilated {

/// A dimension of an operand, with the words an error needs.
struct NamedDim {
  StringRef operand;
  int64_t size;
};

LogicalResult verifyRank(Operation *op, StringRef name, Value value,
                         int64_t rank);

/// Two sizes agree when both are static and equal, or one is dynamic.
LogicalResult verifySameSize(Operation *op, StringRef what, NamedDim a,
                             NamedDim b, StringRef label);

LogicalResult verifySameElementType(Operation *op, StringRef nameA, Value a,
                                    StringRef nameB, Value b);

/// (C9) head sizes are static and in [1, 256].
LogicalResult verifyHeadSize(Operation *op, StringRef name, int64_t size);

/// (C10) a segment of an empty sequence would have no length.
LogicalResult verifySequence(Operation *op, StringRef name, int64_t n);

/// (C7) the scale is finite.
LogicalResult verifyScale(Operation *op, std::optional<APFloat> scale);

/// (C8) the log-sum-exp is f32, or f64 when the query is.
LogicalResult verifyLseType(Operation *op, Value lse, Value query);

/// (C3) for the ops that carry term and offset apart.
LogicalResult verifyOffset(Operation *op, TermAttrInterface term,
                           HeadOffsetAttr offset);

} // namespace mlir::dilated

#endif // DIALECTS_DILATED_VERIFICATION_H

//===- Builders.h - small builders of the reference path --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_LIB_TRANSFORMS_LOWERBRANCHES_BUILDERS_H
#define DILATED_LIB_TRANSFORMS_LOWERBRANCHES_BUILDERS_H

#include "dialects/Dilated/Dilated.h"
#include "dialects/Dilated/EmittedNumber.h"

/// The reference path.
namespace mlir::dilated::reference {

using Body = function_ref<Value(ImplicitLocOpBuilder &, ValueRange)>;

Value floatConstant(ImplicitLocOpBuilder &b, Type type, double value);
Value minusInfinity(ImplicitLocOpBuilder &b, Type type);
Value dim(ImplicitLocOpBuilder &b, Value tensor, int64_t i);
Value emptyTensor(ImplicitLocOpBuilder &b, ArrayRef<OpFoldResult> sizes,
                  Type elementType);
Value filled(ImplicitLocOpBuilder &b, ArrayRef<OpFoldResult> sizes,
             Type elementType, double value);

/// The map (d0..d_{rank-1}) -> (d_i for i in `dims`).
AffineMap projection(ImplicitLocOpBuilder &b, unsigned rank,
                     ArrayRef<unsigned> dims);

/// A linalg.generic over `inputs` into `init`; the last `numReduced` of its
/// dimensions are reductions.
Value generic(ImplicitLocOpBuilder &b, ValueRange inputs, Value init,
              ArrayRef<AffineMap> maps, unsigned numReduced, Body body);

/// Replaces `old` by `fresh`, whose sizes may be known better or worse.
void replace(ImplicitLocOpBuilder &b, Value old, Value fresh);

/// A run-time check; none where `condition` is known to hold.
void require(ImplicitLocOpBuilder &b, Value condition, const Twine &message);

/// (C5) at run time: a dimension of `value` is that of `query`.
void requireSameSize(ImplicitLocOpBuilder &b, Value value, Value query,
                     int64_t i, const Twine &message);

/// Index `dim` of the element that a body of linalg computes.
EmittedNumber index(ImplicitLocOpBuilder &b, int64_t dim);

/// The term as head `head` of `heads` sees it in a sequence of that length,
/// clamped as far as arithmetic needs it (S1). Emitted where `b` stands.
::dilated::plan::Term<EmittedNumber> emitTerm(ImplicitLocOpBuilder &b,
                                              TermAttrInterface term,
                                              HeadOffsetAttr offset, Value head,
                                              Value heads, Value sequence);

} // namespace mlir::dilated::reference

#endif // DILATED_LIB_TRANSFORMS_LOWERBRANCHES_BUILDERS_H

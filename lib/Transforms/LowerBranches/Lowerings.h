//===- Lowerings.h - one function per op of phase branches ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Each replaces the op by linalg on tensors and erases it.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_LIB_TRANSFORMS_LOWERBRANCHES_LOWERINGS_H
#define DILATED_LIB_TRANSFORMS_LOWERBRANCHES_LOWERINGS_H

#include "Builders.h"

namespace mlir::dilated::reference {

void lowerGather(GatherOp op);
void lowerDenseAttention(DenseAttentionOp op);
void lowerScatter(ScatterOp op);
void lowerMaskedAttention(MaskedAttentionOp op);
void lowerCombine(CombineOp op);

/// Operands [B, G, H, L, D] of softmax attention within every (b, g, h).
struct SoftmaxOperands {
  Value query, key, value;
  double scale;
  Type wide;       // of scores and log-sum-exps
  Type outElement; // of the output
};

/// Output [B, G, H, L, Dv] and log-sum-exps [B, G, H, L].
struct OutAndLse {
  Value out, lse;
};

/// Emits whether a row sees a key, an i1: called in the body of an op whose
/// indices are b, g, h, row and key. Returns null where every row sees every
/// key.
using EmitMask = function_ref<Value(ImplicitLocOpBuilder &)>;

/// A row that sees no key gives 0 and -inf. (C5) is checked at run time.
OutAndLse emitSoftmaxAttention(ImplicitLocOpBuilder &b,
                               const SoftmaxOperands &operands,
                               EmitMask emitMask);

} // namespace mlir::dilated::reference

#endif // DILATED_LIB_TRANSFORMS_LOWERBRANCHES_LOWERINGS_H

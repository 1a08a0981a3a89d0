//===- AttentionChecks.h - what holds when attention runs -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CODEGEN_COMMON_ATTENTIONCHECKS_H
#define DILATED_MLIR_CODEGEN_COMMON_ATTENTIONCHECKS_H

#include "dialects/Dilated/Dilated.h"
#include "dilated-mlir/CodeGen/Common/KernelBuilder.h"

namespace mlir::dilated {

/// Whether kernels can be made of the op. Fails with a diagnostic unless it is
/// on memrefs of static head sizes.
LogicalResult verifyLowerable(FusedAttentionOp op);

/// The operand with its dimensions in the order of kernels, [B, N, H, D].
Value emitBNHD(KernelBuilder &b, Value memref, Layout layout);

/// Asserts what the sizes of an attention's operands must satisfy and is not
/// known (C4, C5, C10). `operands` are query, key, value, out as [B, N, H, D],
/// and lse as [B, H, N] if there is one.
void emitAttentionChecks(KernelBuilder &b, ValueRange operands);

} // namespace mlir::dilated

#endif // DILATED_MLIR_CODEGEN_COMMON_ATTENTIONCHECKS_H

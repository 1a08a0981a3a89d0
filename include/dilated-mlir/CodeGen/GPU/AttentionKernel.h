//===- AttentionKernel.h - the attention kernel of GPUs ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CODEGEN_GPU_ATTENTIONKERNEL_H
#define DILATED_MLIR_CODEGEN_GPU_ATTENTIONKERNEL_H

#include "dialects/Dilated/Dilated.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace mlir::dilated {

/// The kernel for the op in `module`, for `chip`, emitted on first use; an
/// error says what has no kernel. Its arguments are those of
/// dilated-mlir/Plan/AttentionArguments.h, its attribute `tile.launch`
/// (#tile.launch) says what else a launch needs. The grid is tiles x batch
/// elements.
FailureOr<gpu::GPUFuncOp> getAttentionKernel(FusedAttentionOp op,
                                             gpu::GPUModuleOp module,
                                             StringRef chip,
                                             bool allowTF32 = false);

} // namespace mlir::dilated

#endif // DILATED_MLIR_CODEGEN_GPU_ATTENTIONKERNEL_H

//===- Pipeline.h - the phase llvm of GPUs ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CODEGEN_GPU_PIPELINE_H
#define DILATED_MLIR_CODEGEN_GPU_PIPELINE_H

#include "mlir/Pass/PassManager.h"

namespace mlir::dilated {

/// Phase llvm, for the passes of one `gpu.module`: from gpu.func with ops of
/// tile, scf, arith and gpu to the LLVM and NVVM dialects. The module stays a
/// gpu.module, its kernels are llvm.func with `nvvm.kernel`.
void buildGPULlvmPipeline(OpPassManager &pm);

/// Registers it as dilated-gpu-llvm, for all modules of kernels of a module.
void registerGPUCodeGenPipelines();

} // namespace mlir::dilated

#endif // DILATED_MLIR_CODEGEN_GPU_PIPELINE_H

//===- Pipeline.h - the phase llvm of GPUs ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CODEGEN_GPU_PIPELINE_H
#define DILATED_MLIR_CODEGEN_GPU_PIPELINE_H

#include "mlir/Pass/PassManager.h"

namespace mlir::dilated {

/// What the code is for.
struct GPUPipelineOptions {
  /// sm_80, sm_90, ...
  std::string chip = "sm_80";
  /// 80 for PTX 8.0.
  int64_t ptxVersion = 80;
};

/// Phase llvm, for the passes of one `gpu.module`: from gpu.func with ops of
/// tile, scf, arith and gpu to the LLVM and NVVM dialects. The module stays a
/// gpu.module, its kernels are llvm.func with `nvvm.kernel`.
void buildGPULlvmPipeline(OpPassManager &pm, const GPUPipelineOptions &options);

/// Registers it as dilated-gpu-llvm, for all modules of kernels of a module.
void registerGPUCodeGenPipelines();

} // namespace mlir::dilated

#endif // DILATED_MLIR_CODEGEN_GPU_PIPELINE_H

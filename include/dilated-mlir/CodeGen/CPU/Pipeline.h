//===- Pipeline.h - the phases kernel and llvm of the CPU -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CODEGEN_CPU_PIPELINE_H
#define DILATED_MLIR_CODEGEN_CPU_PIPELINE_H

#include "mlir/Pass/PassManager.h"

namespace mlir::dilated {

/// What the kernels need to know about the processor.
struct CPUPipelineOptions {
  /// Bytes of a vector register: 64 for AVX-512, 32 for AVX2, 16 for SSE and
  /// NEON; 0 asks the processor that the compiler runs on.
  int64_t vectorBytes = 0;
  /// The function that `dilated_main` calls.
  std::string entry = "main";
};

/// The width of the vector registers of this machine, 16 where it is unknown.
int64_t getHostVectorBytes();

/// Phase kernel: from dilated.fused_attention and linalg on tensors to scf,
/// vector and memref.
void buildCPUKernelPipeline(OpPassManager &pm,
                            const CPUPipelineOptions &options = {});

/// Phase llvm: from there to the LLVM dialect, parallel loops being tasks of
/// the run-time library.
void buildCPULlvmPipeline(OpPassManager &pm,
                          const CPUPipelineOptions &options = {});

/// Registers the two as dilated-cpu-kernel and dilated-cpu-llvm.
void registerCPUCodeGenPipelines();

} // namespace mlir::dilated

#endif // DILATED_MLIR_CODEGEN_CPU_PIPELINE_H

//===- Pipeline.h - the phases kernel and llvm of the CPU -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CODEGEN_CPU_PIPELINE_H
#define DILATED_MLIR_CODEGEN_CPU_PIPELINE_H

#include "dilated-mlir/Plan/TileGrid.h"
#include "mlir/Pass/PassManager.h"

#include <functional>
#include <optional>

namespace mlir::dilated {

class FusedAttentionOp;

/// What the kernels need to know about the processor: features, not names.
struct VectorFeatures {
  /// Bytes of a vector register: 64 for AVX-512, 32 for AVX2, 16 for SSE and
  /// NEON.
  int64_t bytes = 16;
  /// vreduce and vscalef.
  bool avx512dq = false;
  /// Products of pairs of bf16.
  bool avx512bf16 = false;
  /// Products of tiles of bf16.
  bool amxbf16 = false;

  /// Of a processor that has the features for which `has` is true, by LLVM's
  /// names of them.
  static VectorFeatures get(llvm::function_ref<bool(llvm::StringRef)> has) {
    VectorFeatures features;
    if (has("avx512f"))
      features.bytes = 64;
    else if (has("avx2") && has("fma"))
      features.bytes = 32;
    features.avx512dq = has("avx512f") && has("avx512dq");
    features.avx512bf16 = has("avx512f") && has("avx512bf16");
    features.amxbf16 = has("avx512f") && has("amx-tile") && has("amx-bf16");
    return features;
  }
};

struct CPUPipelineOptions {
  /// Without them the processor that the compiler runs on is asked.
  std::optional<VectorFeatures> vectors;
  /// The function that `dilated_main` calls.
  std::string entry = "main";
  /// Adds passes that take attention on memrefs to another device; what they
  /// leave is the CPU's.
  std::function<void(OpPassManager &)> offloadAttention;
};

/// The tile of the attention kernel for operands of `element`, with blocks as
/// large as their queries and outputs fit into the cache.
::dilated::plan::CpuTile getCpuTile(const VectorFeatures &features,
                                    Type element, int64_t headDim,
                                    int64_t valueDim);
::dilated::plan::CpuTile getCpuTile(const VectorFeatures &features,
                                    FusedAttentionOp op);

/// What this machine has, by the names that LLVM gives features.
VectorFeatures getHostVectorFeatures();

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

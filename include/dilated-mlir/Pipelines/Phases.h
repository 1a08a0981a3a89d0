//===- Phases.h - the phases of the compiler --------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// One vocabulary: these names are the values of --compile-to, the pipelines
// --pipeline-<phase>, the headings of docs/architecture.md and the files of
// test/Pipelines.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_PIPELINES_PHASES_H
#define DILATED_MLIR_PIPELINES_PHASES_H

#include "dilated-mlir/CodeGen/CPU/Pipeline.h"
#include "dilated-mlir/Target/NvptxTarget.h"
#include "mlir/Pass/PassManager.h"

#include <optional>

namespace mlir::dilated {

/// In order. `Import` is made by the importer and `Object` by code emission;
/// the others are pass pipelines.
enum class Phase { Import, Graph, Branches, Fused, Kernel, Llvm, Object };

struct PhaseInfo {
  Phase phase;
  StringRef name;
  StringRef description; // what stands after it
};

ArrayRef<PhaseInfo> getPhases();
StringRef getPhaseName(Phase phase);
std::optional<Phase> parsePhase(StringRef name);

/// Choices that change which passes run.
struct PhaseOptions {
  /// Fuse branches into attention kernels. Off: they run as they are, through
  /// linalg (the reference).
  bool fuse = true;

  /// Code generation for the CPU.
  CPUPipelineOptions cpu;

  /// Attention goes to a GPU; the options are resolved (Target/NvptxTarget.h).
  /// Nothing: all is for the CPU.
  std::optional<NvptxOptions> gpu;

  /// Let GPUs multiply f32 with the precision of tf32.
  bool allowTF32 = false;
};

/// Adds the passes that lead from the phase before to `phase`, its contract
/// check last. Nothing for Import and Object.
void buildPhase(OpPassManager &pm, Phase phase, const PhaseOptions &options);

/// Adds the part of phase llvm that takes every gpu.module to the LLVM and NVVM
/// dialects.
void buildKernelLowering(OpPassManager &pm);

/// Registers `--pipeline-<phase>` for every phase that is a pipeline.
void registerPhasePipelines();

} // namespace mlir::dilated

#endif // DILATED_MLIR_PIPELINES_PHASES_H

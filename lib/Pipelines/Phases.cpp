//===- Phases.cpp - every phase, in order, a line per pass -------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The table of contents of the compiler. The kernel and llvm phases of a target
// are spelled out beside their passes (lib/CodeGen/CPU/Pipeline.cpp).
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Pipelines/Phases.h"

#include "dilated-mlir/CodeGen/CPU/Passes.h"
#include "dilated-mlir/CodeGen/GPU/Host/Passes.h"
#include "dilated-mlir/CodeGen/GPU/Pipeline.h"
#include "dilated-mlir/Conversion/Passes.h"
#include "dilated-mlir/Transforms/Passes.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/Linalg/Passes.h"
#include "mlir/Pass/PassRegistry.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::dilated;

ArrayRef<PhaseInfo> mlir::dilated::getPhases() {
  static const PhaseInfo phases[] = {
      {Phase::Import, "import",
       "onnx.node, func; small constants, named weights"},
      {Phase::Graph, "graph", "dilated.attention, linalg, tensor, arith"},
      {Phase::Branches, "branches",
       "dilated.gather, dense_attention, scatter, combine"},
      {Phase::Fused, "fused", "dilated.fused_attention"},
      {Phase::Kernel, "kernel", "scf, vector, memref"},
      {Phase::Llvm, "llvm", "the LLVM dialect"},
      {Phase::Object, "object", "machine code"},
  };
  return phases;
}

StringRef mlir::dilated::getPhaseName(Phase phase) {
  return getPhases()[static_cast<unsigned>(phase)].name;
}

std::optional<Phase> mlir::dilated::parsePhase(StringRef name) {
  for (const PhaseInfo &info : getPhases())
    if (info.name == name)
      return info.phase;
  return std::nullopt;
}

static void verifyPhase(OpPassManager &pm, Phase phase) {
  DilatedVerifyPhaseOptions options;
  options.phase = getPhaseName(phase).str();
  pm.addPass(createDilatedVerifyPhase(options));
}

/// While attention still shows who reads an input.
static void addStrideInputs(OpPassManager &pm, const PhaseOptions &options) {
  DilatedStrideInputsOptions inputs;
  inputs.function = options.cpu.entry;
  pm.addPass(createDilatedStrideInputs(inputs));
}

/// Kernels for attention, and the host's side of them.
static void addGpuKernels(OpPassManager &pm, const PhaseOptions &options) {
  DilatedLowerAttentionToGpuOptions attention;
  attention.function = options.cpu.entry;
  attention.chip = options.gpu->chip;
  attention.ptxVersion = options.gpu->ptxVersion;
  attention.allowTF32 = options.allowTF32;
  pm.addPass(createDilatedLowerAttentionToGpu(attention));
}

static void addKernelPhase(OpPassManager &pm, const PhaseOptions &options) {
  CPUPipelineOptions cpu = options.cpu;
  if (options.gpu)
    cpu.offloadAttention = [&](OpPassManager &pm) {
      addGpuKernels(pm, options);
    };
  buildCPUKernelPipeline(pm, cpu);
}

void mlir::dilated::buildKernelLowering(OpPassManager &pm) {
  buildGPULlvmPipeline(pm.nest<gpu::GPUModuleOp>());
}

void mlir::dilated::buildPhase(OpPassManager &pm, Phase phase,
                               const PhaseOptions &options) {
  // Written by hand, IR enters at any of these; what folded is looked at anew.
  if (phase >= Phase::Graph && phase <= Phase::Kernel)
    pm.addPass(createDilatedVerifyIndices());
  switch (phase) {
  case Phase::Import:
    // The importer writes this phase; there is only its contract to check.
    break;
  case Phase::Graph:
    pm.addPass(createDilatedGuardIndices()); // of IR written by hand
    pm.addPass(createConvertOnnxToLinalg());
    pm.addPass(createCanonicalizerPass()); // clamps patterns where N is static
    pm.addPass(createCSEPass());
    pm.addPass(createSymbolDCEPass()); // weights that nothing reads
    pm.addPass(createDilatedWarnUncoveredRows());
    break;
  case Phase::Branches:
    pm.addPass(createDilatedDecomposeAttention());
    pm.addPass(createCSEPass()); // one fill for all branches
    break;
  case Phase::Fused:
    if (options.fuse) {
      pm.addPass(createDilatedFuseBranches());
      pm.addPass(createDilatedAbsorbTransposes());
    }
    pm.addPass(createCanonicalizerPass());
    pm.addPass(createCSEPass());
    break;
  case Phase::Kernel:
    pm.addPass(createDilatedIsolateNames());
    pm.addPass(createInlinerPass()); // one function has all buffers
    addStrideInputs(pm, options);
    pm.addPass(createDilatedLowerBranches());           // what did not fuse
    pm.addPass(createConvertElementwiseToLinalgPass()); // arith on tensors
    pm.addPass(createDilatedGuardDivision());
    addKernelPhase(pm, options);
    pm.addPass(createDilatedLowerChecks()); // expectations of tests
    break;
  case Phase::Llvm:
    if (options.gpu) {
      buildKernelLowering(pm);
      pm.addPass(createDilatedLowerGpuToRuntime());
    }
    buildCPULlvmPipeline(pm, options.cpu);
    break;
  case Phase::Object:
    return;
  }
  verifyPhase(pm, phase);
}

namespace {
struct PhasePipelineOptions : PassPipelineOptions<PhasePipelineOptions> {
  Option<bool> fuse{*this, "fuse",
                    llvm::cl::desc("fuse branches into attention kernels"),
                    llvm::cl::init(true)};
  Option<std::string> target{*this, "target",
                             llvm::cl::desc("cpu, or nvptx: attention goes to "
                                            "the GPU"),
                             llvm::cl::init("cpu")};
  Option<std::string> chip{*this, "chip", llvm::cl::desc("of target=nvptx"),
                           llvm::cl::init("sm_80")};
};
} // namespace

void mlir::dilated::registerPhasePipelines() {
  for (const PhaseInfo &info : getPhases()) {
    if (info.phase == Phase::Object)
      continue;
    // The registry keeps references: the strings live as long as the program.
    static SmallVector<std::string> names, descriptions;
    names.reserve(2 * getPhases().size());
    descriptions.reserve(2 * getPhases().size());
    names.push_back(("pipeline-" + info.name).str());
    descriptions.push_back(
        ("Phase " + info.name + "; after it stand: " + info.description).str());
    PassPipelineRegistration<PhasePipelineOptions>(
        names.back(), descriptions.back(),
        [phase = info.phase](OpPassManager &pm,
                             const PhasePipelineOptions &options) {
          PhaseOptions phaseOptions;
          phaseOptions.fuse = options.fuse;
          if (options.target == "nvptx") {
            phaseOptions.gpu.emplace();
            phaseOptions.gpu->chip = options.chip;
            phaseOptions.gpu->ptxVersion = 80;
          }
          buildPhase(pm, phase, phaseOptions);
        });
  }
}

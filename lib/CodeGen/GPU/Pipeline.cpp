//===- Pipeline.cpp - the phase llvm of GPUs, pass by pass -------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/CodeGen/GPU/Pipeline.h"

#include "dilated-mlir/CodeGen/GPU/Passes.h"

#include "mlir/Conversion/GPUToNVVM/GPUToNVVMPass.h"
#include "mlir/Conversion/ReconcileUnrealizedCasts/ReconcileUnrealizedCasts.h"
#include "mlir/Conversion/SCFToControlFlow/SCFToControlFlow.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;
using namespace mlir::dilated;

void mlir::dilated::buildGPULlvmPipeline(OpPassManager &pm) {
  pm.addPass(createConvertTileToNVVM());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
  pm.addPass(createSCFToControlFlowPass());
  pm.addPass(createConvertGpuOpsToNVVMOps());
  pm.addPass(createReconcileUnrealizedCastsPass());
  pm.addPass(createCanonicalizerPass());
  pm.addPass(createCSEPass());
}

void mlir::dilated::registerGPUCodeGenPipelines() {
  PassPipelineRegistration<>(
      "dilated-gpu-llvm",
      "Phase llvm of GPUs: a gpu.module to the LLVM dialect",
      [](OpPassManager &pm) {
        buildGPULlvmPipeline(pm.nest<gpu::GPUModuleOp>());
      });
}

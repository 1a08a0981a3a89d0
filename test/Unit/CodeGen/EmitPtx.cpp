//===- EmitPtx.cpp - kernels of tests as PTX --------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "EmitPtx.h"

#include "dilated-mlir/CodeGen/GPU/Pipeline.h"
#include "dilated-mlir/Target/PtxEmission.h"
#include "mlir/Conversion/ArithToLLVM/ArithToLLVM.h"
#include "mlir/Conversion/ControlFlowToLLVM/ControlFlowToLLVM.h"
#include "mlir/Pass/PassManager.h"

#include <gtest/gtest.h>

using namespace mlir;

std::string mlir::dilated::test::emitPtx(ModuleOp module) {
  MLIRContext *context = module.getContext();
  // createConvertGpuOpsToNVVMOps takes these dialects with it.
  DialectRegistry conversions;
  arith::registerConvertArithToLLVMInterface(conversions);
  cf::registerConvertControlFlowToLLVMInterface(conversions);
  context->appendDialectRegistry(conversions);

  FailureOr<NvptxOptions> target =
      resolveTarget(NvptxOptions(), [&] { return module.emitError(); });
  FailureOr<Operation *> kernels = findKernelModule(module);
  if (failed(target) || failed(kernels) || !*kernels) {
    ADD_FAILURE() << "the module has not one gpu.module";
    return "";
  }
  PassManager pm(context);
  buildGPULlvmPipeline(pm.nest<gpu::GPUModuleOp>(), {});
  if (failed(pm.run(module))) {
    ADD_FAILURE() << "the module can't be lowered";
    return "";
  }
  FailureOr<std::string> ptx = dilated::emitPtx(*kernels, *target);
  if (failed(ptx)) {
    ADD_FAILURE() << "the module can't be translated";
    return "";
  }
  return *ptx;
}

//===- EmitAttentionKernels.cpp - kernels of a module's attention -*- C++ -*-=//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/CodeGen/GPU/AttentionKernel.h"
#include "dilated-mlir/CodeGen/GPU/Passes.h"

#include "dialects/Tile/Tile.h"

#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDEMITATTENTIONKERNELS
#include "dilated-mlir/CodeGen/GPU/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

namespace {
class EmitAttentionKernels
    : public mlir::dilated::impl::DilatedEmitAttentionKernelsBase<
          EmitAttentionKernels> {
  using DilatedEmitAttentionKernelsBase::DilatedEmitAttentionKernelsBase;

  void runOnOperation() override {
    ModuleOp module = getOperation();
    gpu::GPUModuleOp kernels;
    auto result = module.walk([&](FusedAttentionOp op) {
      if (!kernels) {
        OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
        kernels = gpu::GPUModuleOp::create(b, module.getLoc(), "kernels");
      }
      if (failed(getAttentionKernel(op, kernels, chip, allowTF32)))
        return WalkResult::interrupt();
      return WalkResult::advance();
    });
    if (result.wasInterrupted())
      signalPassFailure();
  }
};
} // namespace

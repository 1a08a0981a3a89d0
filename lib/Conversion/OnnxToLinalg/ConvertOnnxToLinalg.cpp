//===- ConvertOnnxToLinalg.cpp - phase import to phase graph ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The pass: every function of the module, every problem in one run. In:
// onnx.node. Out: linalg, tensor, arith, math, dilated.attention, cf.assert.
//
//===----------------------------------------------------------------------===//

#include "FunctionConverter.h"

#include "dilated-mlir/Conversion/Passes.h"

#include "dialects/Dilated/Dilated.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_CONVERTONNXTOLINALG
#include "dilated-mlir/Conversion/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

namespace {
struct ConvertOnnxToLinalg
    : public mlir::dilated::impl::ConvertOnnxToLinalgBase<ConvertOnnxToLinalg> {
  void runOnOperation() override;
};
} // namespace

void ConvertOnnxToLinalg::runOnOperation() {
  bool failedOnce = false;
  for (auto func : getOperation().getOps<func::FuncOp>())
    if (!func.isExternal())
      failedOnce |= failed(FunctionConverter(func).convert());
  if (failedOnce)
    return signalPassFailure();
  // Nodes elsewhere, as in regions that no importer makes.
  getOperation().walk([&](onnx::NodeOp op) {
    op.emitError() << "a node must stand in the body of a function";
    signalPassFailure();
  });
}

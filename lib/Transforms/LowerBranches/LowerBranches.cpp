//===- LowerBranches.cpp - branches as linalg on tensors ---------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The readable reference: each op becomes the formula of docs/spec.md. What a
// body computes per element stands above its builder calls; which rows and keys
// a term selects is dilated-mlir/Plan/Geometry.h, on numbers of IR.
//
//===----------------------------------------------------------------------===//

#include "Lowerings.h"

#include "dilated-mlir/Transforms/Passes.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDLOWERBRANCHES
#include "dilated-mlir/Transforms/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;
using namespace mlir::dilated::reference;

namespace {
struct LowerBranches
    : mlir::dilated::impl::DilatedLowerBranchesBase<LowerBranches> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) { ops.push_back(op); });
    for (Operation *op : ops)
      llvm::TypeSwitch<Operation *>(op)
          .Case(lowerGather)
          .Case(lowerDenseAttention)
          .Case(lowerScatter)
          .Case(lowerMaskedAttention)
          .Case(lowerCombine);
  }
};
} // namespace

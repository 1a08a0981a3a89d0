//===- SplitDestinations.cpp - a destination of its own for each op -*- C++
//-*-//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// CSE makes one tensor.empty, and one filled tensor, of all that are equal. For
// bufferisation they are one buffer then, which every writer but the last must
// copy.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/CodeGen/CPU/Passes.h"

#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDSPLITDESTINATIONS
#include "dilated-mlir/CodeGen/CPU/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

/// Leaves `op` its first use; every other gets a copy of it.
static void split(Operation *op) {
  SmallVector<OpOperand *> uses;
  for (OpOperand &use : op->getUses())
    uses.push_back(&use);
  for (OpOperand *use : ArrayRef(uses).drop_front(uses.empty() ? 0 : 1)) {
    OpBuilder b(use->getOwner());
    use->set(b.clone(*op)->getResult(0));
  }
}

namespace {

class SplitDestinations
    : public mlir::dilated::impl::DilatedSplitDestinationsBase<
          SplitDestinations> {
public:
  void runOnOperation() override {
    // Fills first: each then has a use of the empty tensor.
    SmallVector<Operation *> fills, empties;
    getOperation()->walk([&](linalg::FillOp op) {
      if (op.hasPureTensorSemantics() &&
          op.getOutputs()[0].getDefiningOp<tensor::EmptyOp>())
        fills.push_back(op);
    });
    for (Operation *op : fills)
      split(op);
    getOperation()->walk([&](tensor::EmptyOp op) { empties.push_back(op); });
    for (Operation *op : empties)
      split(op);
  }
};

} // namespace

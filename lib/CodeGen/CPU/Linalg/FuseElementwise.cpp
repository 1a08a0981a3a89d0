//===- FuseElementwise.cpp - fewer passes over memory -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Upstream's fusion of linalg ops, with a say in what fuses. Left alone, it
// puts the layer norm before a projection into the projection: then there is no
// matrix product any more, and every element is normalized once per column.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/CodeGen/CPU/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Linalg/Transforms/Transforms.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDFUSEELEMENTWISE
#include "dilated-mlir/CodeGen/CPU/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

/// True when the producer's elements would be computed as often as before: it
/// has no other reader, and every iteration of the consumer reads another
/// element.
static bool fusesWithoutRepetition(OpOperand *operand) {
  auto producer = operand->get().getDefiningOp<linalg::LinalgOp>();
  auto consumer = dyn_cast<linalg::LinalgOp>(operand->getOwner());
  if (!producer || !consumer || !producer->hasOneUse() ||
      linalg::isaContractionOpInterface(consumer))
    return false;
  AffineMap map = consumer.getMatchingIndexingMap(operand);
  return map.isProjectedPermutation() &&
         map.getNumResults() == consumer.getNumLoops();
}

namespace {

class FuseElementwise
    : public mlir::dilated::impl::DilatedFuseElementwiseBase<FuseElementwise> {
public:
  void runOnOperation() override {
    MLIRContext *context = &getContext();
    RewritePatternSet patterns(context);
    linalg::populateElementwiseOpsFusionPatterns(patterns,
                                                 fusesWithoutRepetition);
    linalg::populateEraseUnusedOperandsAndResultsPatterns(patterns);
    linalg::GenericOp::getCanonicalizationPatterns(patterns, context);
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

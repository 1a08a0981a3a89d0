//===- ApproximateMath.cpp - f32 functions without library calls -*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A library function takes one number; on a vector that is a call per lane.
// What upstream has as polynomials for f32 replaces it, on scalars as well, so
// that a value doesn't depend on whether its loop was vectorised.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/CodeGen/CPU/Passes.h"

#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/StringSet.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDAPPROXIMATEMATH
#include "dilated-mlir/CodeGen/CPU/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

namespace {

class ApproximateMath
    : public mlir::dilated::impl::DilatedApproximateMathBase<ApproximateMath> {
public:
  void runOnOperation() override {
    // Relative errors of these are below 1e-6. Upstream's tanh, expm1 and
    // others are not in the list: library calls are right where they are rare.
    static const llvm::StringSet<> functions = {
        math::ExpOp::getOperationName(), math::ErfOp::getOperationName(),
        math::LogOp::getOperationName(), math::TanhOp::getOperationName()};
    RewritePatternSet patterns(&getContext());
    populateMathPolynomialApproximationPatterns(
        patterns, [&](StringRef name) { return functions.contains(name); });
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

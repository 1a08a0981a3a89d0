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

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/Math/Transforms/Passes.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include "llvm/ADT/StringSet.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDAPPROXIMATEMATH
#include "dilated-mlir/CodeGen/CPU/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

//===----------------------------------------------------------------------===//
// The ends of the range
//===----------------------------------------------------------------------===//

static Value buildNumber(ImplicitLocOpBuilder &b, Type type, float value) {
  TypedAttr number = b.getF32FloatAttr(value);
  if (auto shaped = dyn_cast<ShapedType>(type))
    number = DenseElementsAttr::get(shaped, Attribute(number));
  return arith::ConstantOp::create(b, number);
}

/// Upstream's polynomials take subnormal numbers for zero, and erf(-0) for 0.
/// Around them e^x = (e^(x/2))^2 where the result is subnormal, the logarithm
/// of a subnormal number is that of 2^23 times it, and erf has the sign of x.
static void extendRange(Operation *op) {
  Value x = op->getOperand(0);
  Type type = x.getType();
  if (!getElementTypeOrSelf(type).isF32())
    return;
  ImplicitLocOpBuilder b(op->getLoc(), op);
  Value result = op->getResult(0);
  if (isa<math::ErfOp>(op)) {
    b.setInsertionPointAfter(op);
    auto sign = math::CopySignOp::create(b, result, x);
    result.replaceAllUsesExcept(sign, sign);
    return;
  }
  bool isExp = isa<math::ExpOp>(op);
  Value isExtreme =
      isExp ? arith::CmpFOp::create(b, arith::CmpFPredicate::OGT,
                                    math::AbsFOp::create(b, x),
                                    buildNumber(b, type, 87.3f))
            : arith::CmpFOp::create(b, arith::CmpFPredicate::OLT, x,
                                    buildNumber(b, type, 0x1p-126f));
  Value scaled =
      arith::MulFOp::create(b, x, buildNumber(b, type, isExp ? 0.5f : 0x1p23f));
  op->setOperand(0, arith::SelectOp::create(b, isExtreme, scaled, x));
  b.setInsertionPointAfter(op);
  Value extended;
  if (isExp)
    extended = arith::MulFOp::create(b, result, result);
  else
    extended = arith::SubFOp::create(
        b, result, buildNumber(b, type, 15.942385152878742f)); // 23 log(2)
  Operation *user = extended.getDefiningOp();
  auto select = arith::SelectOp::create(b, isExtreme, extended, result);
  result.replaceUsesWithIf(select, [&](OpOperand &use) {
    return use.getOwner() != user && use.getOwner() != select;
  });
}

namespace {

class ApproximateMath
    : public mlir::dilated::impl::DilatedApproximateMathBase<ApproximateMath> {
public:
  void runOnOperation() override {
    // With extendRange these are within 4 ulp of the library's. Upstream's
    // expm1 and others are not in the list: library calls are right where they
    // are rare.
    static const llvm::StringSet<> functions = {
        math::ExpOp::getOperationName(), math::ErfOp::getOperationName(),
        math::LogOp::getOperationName(), math::TanhOp::getOperationName()};
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (isa<math::ExpOp, math::LogOp, math::ErfOp>(op))
        ops.push_back(op);
    });
    llvm::for_each(ops, extendRange);
    RewritePatternSet patterns(&getContext());
    populateMathPolynomialApproximationPatterns(
        patterns, [&](StringRef name) { return functions.contains(name); });
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};

} // namespace

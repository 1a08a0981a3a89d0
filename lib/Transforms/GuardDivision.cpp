//===- GuardDivision.cpp - integer division without traps --------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/Matchers.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDGUARDDIVISION
#include "dilated-mlir/Transforms/Passes.h.inc"
#include "mlir/IR/TypeUtilities.h"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

static bool isSigned(Operation *op) {
  return isa<arith::DivSIOp, arith::RemSIOp, arith::CeilDivSIOp,
             arith::FloorDivSIOp>(op);
}

static bool isRemainder(Operation *op) {
  return isa<arith::RemSIOp, arith::RemUIOp>(op);
}

static bool isDivision(Operation *op) {
  return isSigned(op) ||
         isa<arith::DivUIOp, arith::RemUIOp, arith::CeilDivUIOp>(op);
}

/// A constant divisor that never traps.
static bool isHarmless(Value divisor) {
  APInt value;
  return matchPattern(divisor, m_ConstantInt(&value)) && !value.isZero() &&
         !value.isAllOnes();
}

/// With y the divisor: none = (y == 0), all = (y == -1). The division is done
/// by 1 instead, and its result replaced: by 0, and -x for quotients by -1.
static void guard(Operation *op) {
  OpBuilder b(op);
  Location loc = op->getLoc();
  Value x = op->getOperand(0), y = op->getOperand(1);
  Type type = y.getType();
  Type element = getElementTypeOrSelf(type);
  unsigned width = element.isIndex() ? 64 : element.getIntOrFloatBitWidth();
  auto constant = [&](const APInt &value) -> Value {
    TypedAttr attribute = IntegerAttr::get(element, value);
    if (auto shaped = dyn_cast<ShapedType>(type))
      attribute = SplatElementsAttr::get(shaped, Attribute(attribute));
    return arith::ConstantOp::create(b, loc, attribute);
  };
  auto equal = [&](Value value, Value other) -> Value {
    return arith::CmpIOp::create(b, loc, arith::CmpIPredicate::eq, value,
                                 other);
  };
  Value zero = constant(APInt::getZero(width)), one = constant(APInt(width, 1));
  Value none = equal(y, zero), special = none, minusOne;
  if (isSigned(op)) {
    minusOne = equal(y, constant(APInt::getAllOnes(width)));
    special = arith::OrIOp::create(b, loc, none, minusOne);
  }
  op->setOperand(1, arith::SelectOp::create(b, loc, special, one, y));
  b.setInsertionPointAfter(op);
  Value result = op->getResult(0);
  SmallVector<OpOperand *> uses;
  for (OpOperand &use : result.getUses())
    uses.push_back(&use);
  Value safe = result;
  if (minusOne && !isRemainder(op)) {
    Value negative = arith::SubIOp::create(b, loc, zero, x);
    safe = arith::SelectOp::create(b, loc, minusOne, negative, safe);
  }
  safe = arith::SelectOp::create(b, loc, none, zero, safe);
  for (OpOperand *use : uses)
    use->set(safe);
}

namespace {
struct GuardDivision
    : mlir::dilated::impl::DilatedGuardDivisionBase<GuardDivision> {
  void runOnOperation() override {
    // On tensors they become loops over scalars first.
    SmallVector<Operation *> divisions;
    getOperation()->walk([&](Operation *op) {
      if (isDivision(op) && !isa<TensorType>(op->getResult(0).getType()) &&
          !isHarmless(op->getOperand(1)))
        divisions.push_back(op);
    });
    for (Operation *op : divisions)
      guard(op);
  }
};
} // namespace

//===- EmittedNumber.h - a number that IR computes --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the templates of dilated-mlir/Plan/Geometry.h take where the numbers are
// known at run time alone: an index value (or the i1 of a comparison) with its
// builder. Operators emit `arith` and fold constants. As in the templates,
// numbers are signed and divisors at least 1.
//
//===----------------------------------------------------------------------===//

#ifndef DIALECTS_DILATED_EMITTEDNUMBER_H
#define DIALECTS_DILATED_EMITTEDNUMBER_H

#include "dilated-mlir/Plan/Geometry.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"

namespace mlir::dilated {

class EmittedNumber {
public:
  /// No number: a member of a term that its kind does not have.
  EmittedNumber() = default;
  /// Keeps the builder, which must stay.
  EmittedNumber(ImplicitLocOpBuilder &b, Value value)
      : builder(&b), value(value) {}
  EmittedNumber(ImplicitLocOpBuilder &b, int64_t constant)
      : EmittedNumber(b, arith::ConstantIndexOp::create(b, constant)) {}

  Value getValue() const { return value; }
  ImplicitLocOpBuilder &getBuilder() const { return *builder; }

  friend EmittedNumber operator+(EmittedNumber a, EmittedNumber b) {
    return a.emit<arith::AddIOp>(b);
  }
  friend EmittedNumber operator-(EmittedNumber a, EmittedNumber b) {
    return a.emit<arith::SubIOp>(b);
  }
  friend EmittedNumber operator*(EmittedNumber a, EmittedNumber b) {
    return a.emit<arith::MulIOp>(b);
  }
  friend EmittedNumber operator/(EmittedNumber a, EmittedNumber b) {
    return a.emit<arith::DivSIOp>(b);
  }
  friend EmittedNumber operator%(EmittedNumber a, EmittedNumber b) {
    return a.emit<arith::RemSIOp>(b);
  }
  friend EmittedNumber minOf(EmittedNumber a, EmittedNumber b) {
    return a.emit<arith::MinSIOp>(b);
  }
  friend EmittedNumber maxOf(EmittedNumber a, EmittedNumber b) {
    return a.emit<arith::MaxSIOp>(b);
  }
  friend EmittedNumber constantLike(EmittedNumber like, int64_t value) {
    return EmittedNumber(*like.builder, value);
  }
  friend EmittedNumber isEqual(EmittedNumber a, EmittedNumber b) {
    return a.compare(arith::CmpIPredicate::eq, b);
  }
  friend EmittedNumber isLess(EmittedNumber a, EmittedNumber b) {
    return a.compare(arith::CmpIPredicate::slt, b);
  }
  friend EmittedNumber both(EmittedNumber a, EmittedNumber b) {
    return a.emit<arith::AndIOp>(b);
  }
  /// ceil(a / b), 0 for a <= 0, without forming a + b.
  friend EmittedNumber ceilDiv(EmittedNumber a, EmittedNumber b) {
    return maxOf(a, constantLike(a, 0)).emit<arith::CeilDivUIOp>(b);
  }

private:
  template <typename OpTy>
  EmittedNumber emit(EmittedNumber other) const {
    return {*builder, builder->createOrFold<OpTy>(value, other.value)};
  }
  EmittedNumber compare(arith::CmpIPredicate predicate,
                        EmittedNumber other) const {
    return {*builder, builder->createOrFold<arith::CmpIOp>(predicate, value,
                                                           other.value)};
  }

  ImplicitLocOpBuilder *builder = nullptr;
  Value value;
};

} // namespace mlir::dilated

#endif // DIALECTS_DILATED_EMITTEDNUMBER_H

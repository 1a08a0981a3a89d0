//===- ReshapeTarget.cpp - what sizes a Reshape asks for --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// 0 is the tensor's own size (unless `allowzero`), one -1 is what is left.
// Mostly both are constants; an entry known only at run time that is not a size
// of some tensor may be either, and is resolved at run time.
//
//===----------------------------------------------------------------------===//

#include "ReshapeTarget.h"

#include "ScalarMath.h"
#include "ShapeInputs.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

using namespace mlir;
using namespace mlir::dilated;

/// total / others, where it is known, else at run time; whether it is without a
/// remainder is the caller's check.
static FailureOr<OpFoldResult> inferSize(NodeView &node, OpFoldResult total,
                                         OpFoldResult others) {
  GraphBuilder &b = node.b;
  Monomial dividend = b.algebra().parse(total),
           divisor = b.algebra().parse(others);
  if (std::optional<Monomial> quotient = divideExactly(dividend, divisor))
    return b.algebra().materialize(b, b.getLoc(), *quotient);
  if (dividend.isConstant() && divisor.isConstant()) {
    if (divisor.constant == 0)
      return OpFoldResult(b.getIndexAttr(0));
    return node.error() << "cannot infer -1: " << dividend.constant
                        << " elements are not a multiple of "
                        << divisor.constant;
  }
  Value quotient =
      buildTruncatingDivision(b, b.toScalar(total), b.toScalar(others));
  OpFoldResult size = b.toSize(quotient);
  b.algebra().assumeNonNegative(b.algebra().parse(size));
  return size;
}

/// The target with entries that may be 0 or -1 at run time.
static FailureOr<Sizes> resolveAtRunTime(NodeView &node,
                                         ArrayRef<Value> entries,
                                         OpFoldResult total, bool allowZero) {
  GraphBuilder &b = node.b;
  Type i64 = b.getI64Type();
  Value zero = buildNumber(b, i64, 0), one = buildNumber(b, i64, 1),
        minusOne = buildNumber(b, i64, -1);
  auto equals = [&](Value left, Value right) {
    return b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, left, right);
  };
  Sizes own = b.sizes(node.input(0));
  SmallVector<Value> copied;
  Value others = one;
  for (auto [dim, entry] : llvm::enumerate(entries)) {
    Value value = entry;
    if (!allowZero && dim < own.size())
      value = b.createOrFold<arith::SelectOp>(equals(entry, zero),
                                              b.toScalar(own[dim]), entry);
    copied.push_back(value);
    others = b.createOrFold<arith::MulIOp>(
        others,
        b.createOrFold<arith::SelectOp>(equals(value, minusOne), one, value));
  }
  Value inferred = buildTruncatingDivision(b, b.toScalar(total), others);
  Sizes target;
  for (Value value : copied) {
    target.push_back(b.toSize(b.createOrFold<arith::SelectOp>(
        equals(value, minusOne), inferred, value)));
    if (failed(b.requireNonNegative(target.back(), "a size is negative")))
      return failure();
  }
  return target;
}

FailureOr<Sizes> mlir::dilated::readReshapeTarget(NodeView &node) {
  GraphBuilder &b = node.b;
  FailureOr<SmallVector<Value>> entries = node.scalarList(1, "the sizes");
  Sizes own = b.sizes(node.input(0));
  FailureOr<OpFoldResult> total = b.product(own);
  if (failed(entries) || failed(total))
    return failure();
  bool allowZero = node.intAttr("allowzero", 0) != 0, hasZero = false;

  Sizes target;
  std::optional<size_t> inferred;
  for (auto [dim, entry] : llvm::enumerate(*entries)) {
    OpFoldResult size = b.toSize(entry);
    std::optional<int64_t> known = constantSize(size);
    if (!known && !b.algebra().isNonNegative(b.algebra().parse(size)))
      return resolveAtRunTime(node, *entries, *total, allowZero);
    if (known == 0 && !allowZero) {
      if (dim >= own.size())
        return node.error()
               << "entry " << dim
               << " of the sizes is 0, but the tensor has rank " << own.size();
      size = own[dim];
    }
    hasZero |= known == 0 && allowZero;
    if (known && *known < -1)
      return node.error() << "entry " << dim << " of the sizes is " << *known;
    if (known == -1) {
      if (inferred)
        return node.error() << "entries " << *inferred << " and " << dim
                            << " of the sizes are both -1";
      inferred = dim;
      size = b.getIndexAttr(1);
    }
    target.push_back(size);
  }
  if (inferred && hasZero)
    return node.error()
           << "sizes hold both 0 and -1, which 'allowzero' forbids";
  if (inferred) {
    FailureOr<OpFoldResult> others = b.product(target);
    if (failed(others))
      return failure();
    FailureOr<OpFoldResult> size = inferSize(node, *total, *others);
    if (failed(size))
      return failure();
    target[*inferred] = *size;
  }
  return target;
}

//===- ScalarMath.cpp - arithmetic on single elements -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ScalarMath.h"

#include "GraphBuilder.h"
#include "Structured.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/Matchers.h"

#include <cmath>

using namespace mlir;
using namespace mlir::dilated;

Value mlir::dilated::buildNumber(ImplicitLocOpBuilder &b, Type type,
                                 double value) {
  return arith::ConstantOp::create(b, numberAttr(type, value));
}

Value mlir::dilated::buildTruncatingDivision(ImplicitLocOpBuilder &b, Value x,
                                             Value y) {
  APInt constant;
  if (matchPattern(y, m_ConstantInt(&constant)) && !constant.isZero() &&
      !constant.isAllOnes())
    return b.createOrFold<arith::DivSIOp>(x, y);
  Type type = x.getType();
  Value zero = buildNumber(b, type, 0), one = buildNumber(b, type, 1),
        minusOne = buildNumber(b, type, -1);
  auto equals = [&](Value value) {
    return b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, y, value);
  };
  Value isZero = equals(zero), isMinusOne = equals(minusOne);
  Value traps = b.createOrFold<arith::OrIOp>(isZero, isMinusOne);
  Value safe = b.createOrFold<arith::SelectOp>(traps, one, y);
  Value quotient = b.createOrFold<arith::DivSIOp>(x, safe);
  Value negated = b.createOrFold<arith::SubIOp>(zero, x);
  quotient = b.createOrFold<arith::SelectOp>(isMinusOne, negated, quotient);
  return b.createOrFold<arith::SelectOp>(isZero, zero, quotient);
}

/// x to a small constant power without a call; null when it is not one.
static Value buildConstantPower(ImplicitLocOpBuilder &b, Value x,
                                double exponent) {
  Type type = x.getType();
  auto product = [&](Value left, Value right) {
    return isa<FloatType>(type) ? b.createOrFold<arith::MulFOp>(left, right)
                                : b.createOrFold<arith::MulIOp>(left, right);
  };
  if (exponent == 0)
    return buildNumber(b, type, 1);
  if (exponent == 1)
    return x;
  if (exponent == 2)
    return product(x, x);
  if (exponent == 3)
    return product(product(x, x), x);
  if (!isa<FloatType>(type))
    return {};
  // pow(-inf, 0.5) is inf and the square root NaN: no shortcut for 0.5.
  if (exponent == -1)
    return b.createOrFold<arith::DivFOp>(buildNumber(b, type, 1), x);
  return {};
}

Value mlir::dilated::buildPower(ImplicitLocOpBuilder &b, Value x, Value y) {
  Type type = x.getType();
  // An integer to a real power is computed in f64.
  Type wide = computeType(type);
  if (isa<IntegerType>(type) && isa<FloatType>(y.getType()))
    wide = b.getF64Type();
  Value base = buildConversion(b, x, wide);
  Attribute constant;
  Value power;
  if (matchPattern(y, m_Constant(&constant))) {
    double exponent =
        isa<FloatAttr>(constant)
            ? cast<FloatAttr>(constant).getValueAsDouble()
            : static_cast<double>(cast<IntegerAttr>(constant).getInt());
    power = buildConstantPower(b, base, exponent);
  }
  if (!power) {
    Value exponent = buildConversion(b, y, wide);
    power = isa<FloatType>(wide)
                ? b.createOrFold<math::PowFOp>(base, exponent)
                : b.createOrFold<math::IPowIOp>(base, exponent);
  }
  return buildConversion(b, power, type);
}

/// Float to integer of `width` bits: inside [-2^(w-1), 2^(w-1)) fptosi is
/// defined; both bounds are powers of two, so exact in every float type used.
static Value buildFloatToInt(ImplicitLocOpBuilder &b, Value x,
                             IntegerType type) {
  Type floatType = x.getType();
  double bound = std::ldexp(1.0, type.getWidth() - 1);
  Value low = buildNumber(b, floatType, -bound);
  Value high = buildNumber(b, floatType, bound);
  auto compare = [&](arith::CmpFPredicate predicate, Value limit) {
    return b.createOrFold<arith::CmpFOp>(predicate, x, limit);
  };
  Value tooLow = compare(arith::CmpFPredicate::OLT, low);
  Value tooHigh = compare(arith::CmpFPredicate::OGE, high);
  Value isNaN = compare(arith::CmpFPredicate::UNO, x);
  Value outside = b.createOrFold<arith::OrIOp>(
      b.createOrFold<arith::OrIOp>(tooLow, tooHigh), isNaN);
  Value safe =
      b.createOrFold<arith::SelectOp>(outside, buildNumber(b, floatType, 0), x);
  Value result = b.createOrFold<arith::FPToSIOp>(type, safe);
  auto integer = [&](const APInt &value) -> Value {
    return arith::ConstantOp::create(b, b.getIntegerAttr(type, value));
  };
  result = b.createOrFold<arith::SelectOp>(
      tooLow, integer(APInt::getSignedMinValue(type.getWidth())), result);
  return b.createOrFold<arith::SelectOp>(
      tooHigh, integer(APInt::getSignedMaxValue(type.getWidth())), result);
}

Value mlir::dilated::buildConversion(ImplicitLocOpBuilder &b, Value x,
                                     Type type) {
  Type from = x.getType();
  if (from == type)
    return x;
  bool fromBool = from.isInteger(1), toBool = type.isInteger(1);
  auto fromFloat = dyn_cast<FloatType>(from),
       toFloat = dyn_cast<FloatType>(type);
  if (fromFloat && toFloat) {
    if (fromFloat.getWidth() < toFloat.getWidth())
      return b.createOrFold<arith::ExtFOp>(type, x);
    if (fromFloat.getWidth() > toFloat.getWidth())
      return b.createOrFold<arith::TruncFOp>(type, x);
    // f16 and bf16: neither holds the other, f32 holds both.
    Value wide = b.createOrFold<arith::ExtFOp>(b.getF32Type(), x);
    return b.createOrFold<arith::TruncFOp>(type, wide);
  }
  if (fromFloat && toBool)
    return b.createOrFold<arith::CmpFOp>(arith::CmpFPredicate::UNE, x,
                                         buildNumber(b, from, 0));
  if (fromFloat) {
    Value wide = buildConversion(b, x, computeType(from));
    return buildFloatToInt(b, wide, cast<IntegerType>(type));
  }
  if (toFloat) {
    // Through f32 for narrow types, which LLVM does anyway.
    Type wide = computeType(type);
    Value value = fromBool ? b.createOrFold<arith::UIToFPOp>(wide, x)
                           : b.createOrFold<arith::SIToFPOp>(wide, x);
    return buildConversion(b, value, type);
  }
  if (toBool)
    return b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::ne, x,
                                         buildNumber(b, from, 0));
  if (fromBool)
    return b.createOrFold<arith::ExtUIOp>(type, x);
  return from.getIntOrFloatBitWidth() < type.getIntOrFloatBitWidth()
             ? b.createOrFold<arith::ExtSIOp>(type, x)
             : b.createOrFold<arith::TruncIOp>(type, x);
}

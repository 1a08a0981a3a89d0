//===- Exp2.cpp - 2^x on vectors without a library call ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// math.exp2 on a vector becomes one library call per lane, which would cost
// more than the matrix products around it. This is the usual polynomial
// instead.
//
//===----------------------------------------------------------------------===//

#include "Exp2.h"

using namespace mlir;
using namespace mlir::dilated;

/// 2^f on [-1/2, 1/2]. f32: minimax of degree 6, relative error 2e-9 before
/// rounding. f64: the Taylor series ln(2)^k/k!, remainder 2e-16.
static constexpr double kCoefficientsF32[] = {
    1.0000000005541663,    0.6931472057372685,   0.24022646890634483,
    0.05550328776963938,   0.009618488957056593, 0.0013399931219594849,
    0.00015345812020766547};
static constexpr double kCoefficientsF64[] = {1.0,
                                              0.6931471805599453,
                                              0.2402265069591007,
                                              0.055504108664821576,
                                              0.009618129107628477,
                                              0.0013333558146428441,
                                              0.00015403530393381606,
                                              1.5252733804059838e-05,
                                              1.3215486790144305e-06,
                                              1.0178086009239696e-07,
                                              7.054911620801121e-09,
                                              4.44553827187081e-10,
                                              2.5678435993488196e-11};

Value mlir::dilated::emitExp2(KernelBuilder &b, Value x) {
  auto type = cast<VectorType>(x.getType());
  bool isF64 = type.getElementType().isF64();
  int64_t mantissa = isF64 ? 52 : 23;
  double bias = isF64 ? 1023 : 127;
  ArrayRef<double> coefficients =
      isF64 ? ArrayRef<double>(kCoefficientsF64) : kCoefficientsF32;

  // x = i + f with i integral and |f| <= 1/2. Adding 1.5*2^mantissa rounds to
  // an integer in the low bits; with the bias added as well these bits are the
  // exponent field of 2^i. i = -bias gives the field 0, which is the number 0.
  x = b.max(b.constant(type, -bias), x);
  Value magic = b.constant(type, 1.5 * double(int64_t(1) << mantissa) + bias);
  Value rounded = b.add(x, magic);
  Value f = b.sub(x, b.sub(rounded, magic));

  // 2^f by Horner's rule.
  Value power = b.constant(type, coefficients.back());
  for (double coefficient : llvm::reverse(coefficients.drop_back()))
    power = b.fma(power, f, b.constant(type, coefficient));

  // 2^x = 2^f * 2^i.
  auto bits = cast<VectorType>(
      type.clone(b.getIntegerType(type.getElementTypeBitWidth())));
  Value exponent = arith::ShLIOp::create(
      b, arith::BitcastOp::create(b, bits, rounded), b.integer(bits, mantissa));
  return b.mul(power, arith::BitcastOp::create(b, type, exponent));
}

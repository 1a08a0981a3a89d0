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

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace mlir::dilated;

/// Minimax polynomials of 2^f, relative to 2^f, lowest power first: for f in
/// [-1/2, 1/2], and for f in [0, 1).
static constexpr double kNearest3[] = {0.9999280735394012, 0.6932609854606555,
                                       0.24261112219321604, 0.055171669057925};
static constexpr double kNearest5[] = {
    1.0000000716546849,   0.6931469670647609,   0.24022119723839974,
    0.055507132734978495, 0.009675541334453752, 0.0013276471992533978};
static constexpr double kNearest6[] = {
    1.0000000005541665,    0.6931472057372684,   0.24022646890635185,
    0.055503287769638636,  0.009618488956996489, 0.0013399931219666543,
    0.00015345812034032785};
static constexpr double kFloor3[] = {0.9999252185627154, 0.6958335404947528,
                                     0.226067155427483, 0.07802452264047964};
static constexpr double kFloor5[] = {
    0.9999999250635262,   0.6931530732001692,   0.2401536170443786,
    0.055826318053277646, 0.008989340090521965, 0.0018775766751787312};
static constexpr double kFloor6[] = {
    1.0000000018558002,    0.6931469838406228,   0.24022983627391462,
    0.05548334198476758,   0.009678840995741001, 0.0012439687830674963,
    0.00021702255448596686};
/// f64 on [-1/2, 1/2]: the Taylor series ln(2)^k/k!, remainder 2e-16.
static constexpr double kNearestF64[] = {1.0,
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

static ArrayRef<double> getPolynomial(bool isF64, const Exp2Options &options) {
  bool isFloor = options.form == ExponentForm::Scale;
  if (isF64)
    return kNearestF64;
  if (options.degree <= 3)
    return isFloor ? kFloor3 : kNearest3;
  if (options.degree <= 5)
    return isFloor ? kFloor5 : kNearest5;
  return isFloor ? kFloor6 : kNearest6;
}

/// By Horner's rule, `offset` being added to the value.
static Value emitPolynomial(KernelBuilder &b, ArrayRef<double> coefficients,
                            Value f, double offset = 0) {
  Type type = f.getType();
  Value power = b.constant(type, coefficients.back());
  for (double coefficient :
       llvm::reverse(coefficients.drop_front().drop_back()))
    power = b.fma(power, f, b.constant(type, coefficient));
  return b.fma(power, f, b.constant(type, coefficients.front() + offset));
}

Value mlir::dilated::emitHalfPlaceMore(KernelBuilder &b, Value number) {
  Type type = number.getType();
  auto bits = cast<VectorType>(cast<VectorType>(type).clone(b.getI32Type()));
  Value sum =
      b.add(arith::BitcastOp::create(b, bits, number), b.integer(bits, 0x8000));
  return arith::BitcastOp::create(b, type, sum);
}

/// x = i + f with i integral and |f| <= 1/2; 2^x = 2^f * 2^i.
static Value emitByBits(KernelBuilder &b, Value x,
                        ArrayRef<double> coefficients, bool roundsToBF16) {
  auto type = cast<VectorType>(x.getType());
  bool isF64 = type.getElementType().isF64();
  int64_t mantissa = isF64 ? 52 : 23;
  double bias = isF64 ? 1023 : 127;
  // Adding 1.5*2^mantissa rounds to an integer in the low bits; with the bias
  // added as well these bits are the exponent field of 2^i. i = -bias gives the
  // field 0, which is the number 0, and i = bias + 1 is infinity.
  x = b.max(b.constant(type, -bias), x);
  x = b.min(b.constant(type, bias + 1), x);
  Value magic = b.constant(type, 1.5 * double(int64_t(1) << mantissa) + bias);
  Value rounded = b.add(x, magic);
  Value f = b.sub(x, b.sub(rounded, magic));

  auto bits = cast<VectorType>(
      type.clone(b.getIntegerType(type.getElementTypeBitWidth())));
  Value exponent = arith::ShLIOp::create(
      b, arith::BitcastOp::create(b, bits, rounded), b.integer(bits, mantissa));
  Value power = b.mul(emitPolynomial(b, coefficients, f),
                      arith::BitcastOp::create(b, type, exponent));
  return roundsToBF16 ? emitHalfPlaceMore(b, power) : power;
}

/// x = floor(x) + f; vscalef takes the floor of x itself.
static Value emitByScale(KernelBuilder &b, Value x,
                         ArrayRef<double> coefficients, bool roundsToBF16) {
  auto type = cast<VectorType>(x.getType());
  // Intrinsics want constants of the LLVM dialect for their immediates.
  auto immediate = [&](int32_t value) {
    return LLVM::ConstantOp::create(b, b.getI32IntegerAttr(value));
  };
  Value all = b.integer(b.getI16Type(), -1);
  auto call = [&](StringRef name, ValueRange arguments) {
    return LLVM::CallIntrinsicOp::create(b, type, b.getStringAttr(name),
                                         arguments)
        .getResult(0);
  };
  // 9: the difference to the next lower integer, without exceptions.
  Value f = call("llvm.x86.avx512.mask.reduce.ps.512",
                 {x, immediate(9), x, all, immediate(4)});
  // 2^f lies in [1, 2): the last place of its 8 bits is 2^-7.
  Value power = emitPolynomial(b, coefficients, f, roundsToBF16 ? 0x1p-8 : 0);
  return call("llvm.x86.avx512.mask.scalef.ps.512",
              {power, x, power, all, immediate(4)});
}

Value mlir::dilated::emitExp2(KernelBuilder &b, Value x,
                              const Exp2Options &options) {
  auto type = cast<VectorType>(x.getType());
  bool isF64 = type.getElementType().isF64();
  ArrayRef<double> coefficients = getPolynomial(isF64, options);
  auto emit = options.form == ExponentForm::Scale ? emitByScale : emitByBits;
  return emit(b, x, coefficients, options.roundsToBF16);
}

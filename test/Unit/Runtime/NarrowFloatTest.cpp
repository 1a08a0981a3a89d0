//===- NarrowFloatTest.cpp - f16 and bf16 -----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Runtime/NarrowFloat.h"

#include "llvm/ADT/APFloat.h"

#include <cmath>
#include <cstdint>
#include <gtest/gtest.h>
#include <random>

using namespace dilated::runtime;
using llvm::APFloat;

/// LLVM's arbitrary floats are the oracle.
static uint16_t round(double value, const llvm::fltSemantics &semantics) {
  APFloat number(value);
  bool losesInfo;
  number.convert(semantics, APFloat::rmNearestTiesToEven, &losesInfo);
  return static_cast<uint16_t>(number.bitcastToAPInt().getZExtValue());
}

static void expectAllRoundings(double value) {
  EXPECT_EQ(f64ToF16(value), round(value, APFloat::IEEEhalf())) << value;
  EXPECT_EQ(f64ToBf16(value), round(value, APFloat::BFloat())) << value;
  float narrow = static_cast<float>(value);
  EXPECT_EQ(f32ToF16(narrow), round(narrow, APFloat::IEEEhalf())) << narrow;
  EXPECT_EQ(f32ToBf16(narrow), round(narrow, APFloat::BFloat())) << narrow;
}

TEST(NarrowFloat, RoundsEveryNeighbourhoodToNearestEven) {
  // Around every f16 and bf16, and half-way between neighbours.
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    auto half = static_cast<uint16_t>(bits);
    double values[] = {f16ToF32(half), bf16ToF32(half)};
    double next[] = {f16ToF32(static_cast<uint16_t>(half + 1)),
                     bf16ToF32(static_cast<uint16_t>(half + 1))};
    for (int i : {0, 1}) {
      if (!std::isfinite(values[i]) || !std::isfinite(next[i]))
        continue;
      double middle = values[i] + (next[i] - values[i]) / 2;
      for (double value : {values[i], middle, std::nextafter(middle, 1e300),
                           std::nextafter(middle, -1e300)})
        expectAllRoundings(value);
      if (testing::Test::HasFailure())
        return;
    }
  }
}

TEST(NarrowFloat, RoundsRandomBits) {
  std::mt19937_64 random(7);
  for (int i = 0; i < 200000 && !testing::Test::HasFailure(); ++i) {
    uint64_t bits = random();
    double value;
    memcpy(&value, &bits, sizeof(value));
    if (!std::isnan(value))
      expectAllRoundings(value);
  }
}

TEST(NarrowFloat, KeepsSpecialValues) {
  double infinity = HUGE_VAL;
  for (double value : {0.0, -0.0, infinity, -infinity, 1e300, 65519.999,
                       65520.0, 5e-324, 0x1p-25, 0x1.8p-25, 0x1p-134})
    expectAllRoundings(value);
  EXPECT_TRUE(std::isnan(f16ToF32(f64ToF16(NAN))));
  EXPECT_TRUE(std::isnan(bf16ToF32(f64ToBf16(NAN))));
  EXPECT_TRUE(std::isnan(bf16ToF32(f32ToBf16(NAN))));
}

TEST(NarrowFloat, WidensEveryHalf) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    APFloat number(APFloat::IEEEhalf(), llvm::APInt(16, bits));
    float expected = number.convertToFloat();
    float actual = f16ToF32(static_cast<uint16_t>(bits));
    ASSERT_TRUE(actual == expected ||
                (std::isnan(actual) && std::isnan(expected)))
        << bits;
  }
}

//===----------------------------------------------------------------------===//
// Helper calls
//===----------------------------------------------------------------------===//

extern "C" {
_Float16 __truncsfbf2(float);
_Float16 __truncdfbf2(double);
_Float16 __truncsfhf2(float);
_Float16 __truncdfhf2(double);
float __extendhfsf2(_Float16);
double __extendhfdf2(_Float16);
}

template <typename To, typename From>
static To bitCast(From value) {
  static_assert(sizeof(To) == sizeof(From));
  To bits;
  memcpy(&bits, &value, sizeof(bits));
  return bits;
}

TEST(NarrowFloat, HelperCallsUseTheFloatRegister) {
  EXPECT_EQ(bitCast<uint16_t>(__truncsfbf2(1.0f)), 0x3f80);
  EXPECT_EQ(bitCast<uint16_t>(__truncdfbf2(-2.0)), 0xc000);
  EXPECT_EQ(bitCast<uint16_t>(__truncsfhf2(1.0f)), 0x3c00);
  EXPECT_EQ(bitCast<uint16_t>(__truncdfhf2(65504.0)), 0x7bff);
  EXPECT_EQ(__extendhfsf2(bitCast<_Float16>(uint16_t(0x3c00))), 1.0f);
  EXPECT_EQ(__extendhfdf2(bitCast<_Float16>(uint16_t(0x0001))), 0x1p-24);
}

//===- NarrowFloat.cpp - f16 and bf16 conversions ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Runtime/NarrowFloat.h"

using namespace dilated::runtime;

/// The narrow format with `mantissaBits` stored bits and largest exponent
/// 2^maxExponent, nearest to `value`; ties to even.
///
/// With value = 1.m * 2^e (m of 52 bits), the result keeps the upper
/// `mantissaBits` of m when e >= 1 - maxExponent (a normal number), and one
/// less for each power of two below that. What is cut decides the rounding; a
/// carry out of the mantissa moves into the exponent field by itself, up to
/// infinity.
static uint16_t roundToNarrow(double value, int mantissaBits, int maxExponent) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof(bits));
  uint16_t sign = static_cast<uint16_t>((bits >> 48) & 0x8000u);
  int exponent = static_cast<int>((bits >> 52) & 0x7ff) - 1023;
  uint64_t mantissa = bits & ((uint64_t(1) << 52) - 1);
  uint16_t infinity =
      static_cast<uint16_t>((2 * maxExponent + 1) << mantissaBits);

  if (exponent == 1024)
    return static_cast<uint16_t>(
        sign | infinity | (mantissa ? uint16_t(1) << (mantissaBits - 1) : 0));
  if (exponent > maxExponent)
    return sign | infinity;
  int minExponent = 1 - maxExponent;
  int cut = 52 - mantissaBits;
  uint64_t significand = mantissa;
  uint64_t field = 0; // the biased exponent, in place
  if (exponent >= minExponent) {
    field = uint64_t(exponent - minExponent + 1) << mantissaBits;
  } else {
    significand |= uint64_t(1) << 52; // the leading one becomes explicit
    cut += minExponent - exponent;
    if (cut > 53) // below half of the smallest subnormal
      return sign;
  }
  uint64_t kept = significand >> cut;
  uint64_t rest = significand & ((uint64_t(1) << cut) - 1);
  uint64_t half = uint64_t(1) << (cut - 1);
  if (rest > half || (rest == half && (kept & 1)))
    ++kept;
  return static_cast<uint16_t>(sign | (field + kept));
}

uint16_t dilated::runtime::f64ToF16(double value) {
  return roundToNarrow(value, /*mantissaBits=*/10, /*maxExponent=*/15);
}

uint16_t dilated::runtime::f64ToBf16(double value) {
  return roundToNarrow(value, /*mantissaBits=*/7, /*maxExponent=*/127);
}

uint16_t dilated::runtime::f32ToF16(float value) {
  return f64ToF16(static_cast<double>(value)); // exact, so rounded once
}

float dilated::runtime::f16ToF32(uint16_t half) {
  uint32_t sign = uint32_t(half & 0x8000u) << 16;
  uint32_t exponent = (half >> 10) & 0x1fu;
  uint32_t mantissa = half & 0x3ffu;
  uint32_t bits;
  if (exponent == 0x1f) {
    bits = sign | 0x7f800000u | (mantissa << 13);
  } else if (exponent != 0) {
    bits = sign | ((exponent + 127 - 15) << 23) | (mantissa << 13);
  } else {
    // Subnormal: mantissa * 2^-24, exact in f32.
    float magnitude = static_cast<float>(mantissa) * 0x1p-24f;
    memcpy(&bits, &magnitude, sizeof(bits));
    bits |= sign;
  }
  float value;
  memcpy(&value, &bits, sizeof(value));
  return value;
}

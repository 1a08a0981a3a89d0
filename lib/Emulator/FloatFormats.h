//===- FloatFormats.h - narrow floats and rounding --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_LIB_EMULATOR_FLOATFORMATS_H
#define DILATED_LIB_EMULATOR_FLOATFORMATS_H

#include "Types.h"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace dilated::emulator {

/// A binary format of IEEE 754: sign, exponent, mantissa.
struct FloatFormat {
  unsigned mantissaBits, exponentBits;
};

inline constexpr FloatFormat halfFormat = {10, 5};
inline constexpr FloatFormat bfloatFormat = {7, 8};
inline constexpr FloatFormat tf32Format = {10, 8};
inline constexpr FloatFormat floatFormat = {23, 8};
inline constexpr FloatFormat doubleFormat = {52, 11};

/// The bits of mantissa * 2^exponent, with the sign given, in the format. Every
/// rounding mode; overflow as the mode wants it.
uint64_t roundMagnitude(bool negative, uint64_t mantissa, int exponent,
                        Rounding rounding, FloatFormat format);
/// Of a double, exactly rounded once. NaN becomes the canonical one, all ones
/// behind the sign.
uint64_t roundDouble(double value, Rounding rounding, FloatFormat format);

inline float halfToFloat(uint16_t bits) {
  uint32_t sign = uint32_t(bits & 0x8000) << 16;
  uint32_t rest = bits & 0x7fff;
  if (rest >= 0x7c00) // infinity and NaN keep their payload
    return std::bit_cast<float>(sign | 0x7f800000 | (rest & 0x3ff) << 13);
  // Scaling by 2^112 corrects the exponent, of denormals too.
  float scaled = std::bit_cast<float>(rest << 13) * 0x1p112f;
  return std::bit_cast<float>(std::bit_cast<uint32_t>(scaled) | sign);
}

inline float bfloatToFloat(uint16_t bits) {
  return std::bit_cast<float>(uint32_t(bits) << 16);
}

/// To nearest, ties to even; NaN becomes 0x7fff.
inline uint16_t floatToHalf(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  uint32_t sign = bits >> 16 & 0x8000;
  bits &= 0x7fffffff;
  if (bits > 0x7f800000)
    return 0x7fff;
  if (bits >= 0x47800000) // 65536 and more
    return uint16_t(sign | 0x7c00);
  if (bits < 0x38800000) {
    // Denormal: adding 0.5 puts the bits where they belong, and rounds.
    float shifted = std::bit_cast<float>(bits) + 0.5f;
    return uint16_t(sign | (std::bit_cast<uint32_t>(shifted) - 0x3f000000));
  }
  bits += 0xfff + (bits >> 13 & 1);
  return uint16_t(sign | ((bits - 0x38000000) >> 13));
}

inline uint16_t floatToBfloat(float value) {
  uint32_t bits = std::bit_cast<uint32_t>(value);
  if ((bits & 0x7fffffff) > 0x7f800000)
    return 0x7fff;
  return uint16_t((bits + 0x7fff + (bits >> 16 & 1)) >> 16);
}

/// f32 arithmetic has one NaN.
inline float canonical(float value) {
  return value != value ? std::bit_cast<float>(0x7fffffffu) : value;
}

inline float flushDenormal(float value) {
  return std::fabs(value) < std::numeric_limits<float>::min()
             ? std::copysign(0.0f, value)
             : value;
}

/// a * b + c with one rounding to a format much narrower than double: the sum
/// is rounded to odd first, which keeps what the second rounding needs.
double fusedToOdd(double a, double b, double c);

} // namespace dilated::emulator

#endif // DILATED_LIB_EMULATOR_FLOATFORMATS_H

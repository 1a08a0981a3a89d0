//===- FloatFormats.cpp - narrow floats and rounding ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "FloatFormats.h"

using namespace dilated::emulator;

/// Is the kept part to be increased by one unit?
static bool roundsUp(Rounding rounding, bool negative, bool odd, bool half,
                     bool more) {
  switch (rounding) {
  case Rounding::Nearest:
    return half && (more || odd);
  case Rounding::NearestAway:
    return half;
  case Rounding::Zero:
    return false;
  case Rounding::Down:
    return negative && (half || more);
  case Rounding::Up:
    return !negative && (half || more);
  }
  return false;
}

uint64_t dilated::emulator::roundMagnitude(bool negative, uint64_t mantissa,
                                           int exponent, Rounding rounding,
                                           FloatFormat format) {
  unsigned m = format.mantissaBits;
  uint64_t sign = uint64_t(negative) << (m + format.exponentBits);
  if (mantissa == 0)
    return sign;
  int bias = (1 << (format.exponentBits - 1)) - 1;
  int smallest = 1 - bias;
  int top = exponent + 63 - std::countl_zero(mantissa);
  int effective = std::max(top, smallest);
  // The weight of the last kept bit is 2^(effective - m).
  int shift = effective - int(m) - exponent;
  uint64_t kept;
  bool half = false, more = false;
  if (shift <= 0) {
    kept = mantissa << -shift;
  } else if (shift > 64) {
    kept = 0;
    more = true;
  } else {
    kept = shift == 64 ? 0 : mantissa >> shift;
    uint64_t rest =
        shift == 64 ? mantissa : mantissa & ((uint64_t(1) << shift) - 1);
    half = rest >> (shift - 1) & 1;
    more = (rest & ((uint64_t(1) << (shift - 1)) - 1)) != 0;
  }
  if (roundsUp(rounding, negative, kept & 1, half, more))
    ++kept;
  // A kept part below 2^m is denormal; a carry moves into the exponent.
  uint64_t bits = kept;
  if (kept >> m)
    bits = (uint64_t(effective - smallest) << m) + kept;
  uint64_t infinity = ((uint64_t(1) << format.exponentBits) - 1) << m;
  if (bits >= infinity) {
    bool toInfinity = rounding == Rounding::Nearest ||
                      rounding == Rounding::NearestAway ||
                      (rounding == Rounding::Down && negative) ||
                      (rounding == Rounding::Up && !negative);
    bits = toInfinity ? infinity : infinity - 1;
  }
  return sign | bits;
}

uint64_t dilated::emulator::roundDouble(double value, Rounding rounding,
                                        FloatFormat format) {
  unsigned m = format.mantissaBits;
  bool negative = std::signbit(value);
  uint64_t sign = uint64_t(negative) << (m + format.exponentBits);
  if (value != value)
    return (uint64_t(1) << (m + format.exponentBits)) - 1;
  if (std::isinf(value))
    return sign | ((uint64_t(1) << format.exponentBits) - 1) << m;
  if (value == 0)
    return sign;
  uint64_t bits = std::bit_cast<uint64_t>(value);
  int biased = int(bits >> 52 & 0x7ff);
  uint64_t mantissa = bits & ((uint64_t(1) << 52) - 1);
  if (biased)
    mantissa |= uint64_t(1) << 52;
  else
    biased = 1;
  return roundMagnitude(negative, mantissa, biased - 1075, rounding, format);
}

double dilated::emulator::fusedToOdd(double a, double b, double c) {
  double product = a * b; // exact: the factors have few bits
  double sum = product + c;
  // The error of the sum (Knuth).
  double back = sum - product;
  double error = (product - (sum - back)) + (c - back);
  if (error == 0 || !std::isfinite(sum))
    return sum;
  uint64_t bits = std::bit_cast<uint64_t>(sum);
  if (bits & 1)
    return sum;
  // One step towards the error makes the last bit odd.
  bool away = (error > 0) == (sum > 0);
  return std::bit_cast<double>(away ? bits + 1 : bits - 1);
}

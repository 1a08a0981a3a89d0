//===- ConvertTest.cpp - every 16-bit float, every rounding -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The expected values come from tables of all values of a format in order, and
// a search in them: nothing is shared with the emulator's bit arithmetic.
//
//===----------------------------------------------------------------------===//

#include "Evaluate.h"

#include <algorithm>
#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>

using namespace dilated::emulator::test;

namespace {

/// A 16-bit format: sign, exponent, mantissa.
struct Format {
  const char *name;
  int exponentBits, mantissaBits;

  double decode(uint16_t bits) const {
    int exponent = bits >> mantissaBits & ((1 << exponentBits) - 1);
    int mantissa = bits & ((1 << mantissaBits) - 1);
    int bias = (1 << (exponentBits - 1)) - 1;
    double sign = bits & 0x8000 ? -1 : 1;
    if (exponent == (1 << exponentBits) - 1)
      return mantissa ? NAN : sign * INFINITY;
    double value = exponent
                       ? std::ldexp(1.0 + std::ldexp(mantissa, -mantissaBits),
                                    exponent - bias)
                       : std::ldexp(mantissa, 1 - bias - mantissaBits);
    return sign * value;
  }
  uint16_t infinity() const {
    return uint16_t(((1 << exponentBits) - 1) << mantissaBits);
  }
};

constexpr Format half = {"f16", 5, 10};
constexpr Format bfloat = {"bf16", 8, 7};

/// Magnitudes of a format in ascending order of their bits; the last is the
/// first value that overflows, in the place of infinity.
class Magnitudes {
public:
  explicit Magnitudes(const Format &format) {
    for (uint32_t bits = 0; bits < format.infinity(); ++bits)
      values.push_back(format.decode(uint16_t(bits)));
    values.push_back(2 * values.back() - values[values.size() - 2]);
  }

  /// The bits of x in a rounding mode: "rn", "rz", "rm", "rp", "rna".
  uint16_t round(double x, const std::string &mode) const {
    bool negative = std::signbit(x);
    double size = std::fabs(x);
    uint16_t sign = negative ? 0x8000 : 0;
    uint16_t infinity = uint16_t(values.size() - 1);
    if (std::isinf(x))
      return sign | infinity;
    auto above = std::lower_bound(values.begin(), values.end(), size);
    bool overflows = above == values.end();
    if (!overflows && *above == size && above + 1 != values.end())
      return uint16_t(sign | (above - values.begin()));
    uint16_t up = overflows ? infinity : uint16_t(above - values.begin());
    uint16_t down = uint16_t(up - 1);
    if (overflows || up == infinity)
      down = uint16_t(infinity - 1);
    bool toLarger;
    if (mode == "rz")
      toLarger = false;
    else if (mode == "rm")
      toLarger = negative;
    else if (mode == "rp")
      toLarger = !negative;
    else if (overflows)
      toLarger = true;
    else {
      double middle = (values[down] + values[up]) / 2;
      toLarger =
          size > middle || (size == middle && (mode == "rna" || (down & 1)));
    }
    return sign | (toLarger ? up : down);
  }

private:
  std::vector<double> values;
};

std::vector<Inputs> everyHalf() {
  std::vector<Inputs> inputs;
  for (uint32_t bits = 0; bits < 65536; ++bits)
    inputs.push_back({bits, 0, 0, 0});
  return inputs;
}

/// Every value of a format as f32, what lies half way to the next one, and the
/// neighbours of that; then some special ones.
std::vector<Inputs> aroundEvery(const Format &format) {
  std::vector<Inputs> inputs;
  auto add = [&](float value) { inputs.push_back({bitsOf(value), 0, 0, 0}); };
  for (uint32_t bits = 0; bits < format.infinity(); ++bits)
    for (int sign : {1, -1}) {
      double value = format.decode(uint16_t(bits));
      double next = bits + 1 < format.infinity()
                        ? format.decode(uint16_t(bits + 1))
                        : 2 * value - format.decode(uint16_t(bits - 1));
      float middle = float((value + next) / 2);
      add(float(sign * value));
      add(float(sign) * middle);
      add(float(sign) * std::nextafter(middle, INFINITY));
      add(float(sign) * std::nextafter(middle, 0.0f));
    }
  for (float value : {INFINITY, -INFINITY, 3e38f, -3e38f, 1e-45f, -1e-45f,
                      std::numeric_limits<float>::max()})
    add(value);
  return inputs;
}

double roundIntegral(double x, const std::string &mode) {
  if (mode == "rzi")
    return x < 0 ? -std::floor(-x) : std::floor(x);
  if (mode == "rmi")
    return std::floor(x);
  if (mode == "rpi")
    return -std::floor(-x);
  double low = std::floor(x), rest = x - low;
  bool odd = std::fmod(low, 2) != 0;
  double result = rest > 0.5 || (rest == 0.5 && odd) ? low + 1 : low;
  return std::copysign(result, x);
}

class Formats : public testing::TestWithParam<Format> {};

} // namespace

TEST_P(Formats, ToFloatIsExact) {
  const Format &format = GetParam();
  std::vector<Inputs> inputs = everyHalf();
  std::vector<uint64_t> results = evaluateAll(
      fmt::format("cvt.f32.{} %r8, %h0;", format.name), 'r', inputs);
  for (uint32_t bits = 0; bits < 65536; ++bits) {
    double expected = format.decode(uint16_t(bits));
    if (std::isnan(expected))
      ASSERT_EQ(results[bits], 0x7fffffffu) << bits;
    else
      ASSERT_EQ(results[bits], bitsOf(float(expected))) << bits;
  }
}

TEST_P(Formats, FromFloatInEveryMode) {
  const Format &format = GetParam();
  Magnitudes magnitudes(format);
  std::vector<Inputs> inputs = aroundEvery(format);
  for (const char *mode : {"rn", "rz", "rm", "rp"}) {
    std::vector<uint64_t> results = evaluateAll(
        fmt::format("cvt.{}.{}.f32 %h8, %r0;", mode, format.name), 'h', inputs);
    for (size_t i = 0; i < inputs.size(); ++i)
      ASSERT_EQ(results[i], magnitudes.round(asFloat(inputs[i][0]), mode))
          << mode << " of " << asFloat(inputs[i][0]);
  }
}

TEST_P(Formats, PairsPutTheFirstSourceOnTop) {
  const Format &format = GetParam();
  Magnitudes magnitudes(format);
  std::vector<Inputs> inputs = aroundEvery(format);
  for (size_t i = 0; i < inputs.size(); ++i)
    inputs[i][1] = inputs[(i * 7 + 3) % inputs.size()][0];
  for (const char *mode : {"rn", "rz"}) {
    std::vector<uint64_t> results = evaluateAll(
        fmt::format("cvt.{}.{}x2.f32 %r8, %r0, %r1;", mode, format.name), 'r',
        inputs);
    for (size_t i = 0; i < inputs.size(); ++i) {
      uint32_t high = magnitudes.round(asFloat(inputs[i][0]), mode);
      uint32_t low = magnitudes.round(asFloat(inputs[i][1]), mode);
      ASSERT_EQ(results[i], high << 16 | low) << i;
    }
  }
}

TEST_P(Formats, NanIsCanonicalSaturationClampsReluCuts) {
  const Format &format = GetParam();
  Magnitudes magnitudes(format);
  std::string to = fmt::format(".{}.f32 %h8, %r0;", format.name);
  EXPECT_EQ(evaluate("cvt.rn" + to, 'h', {0x7fc12345}), 0x7fffu);
  EXPECT_EQ(evaluate("cvt.rn" + to, 'h', {0xff812345}), 0x7fffu);
  EXPECT_EQ(evaluate("cvt.rn.relu" + to, 'h', {bitsOf(-2.0f)}), 0u);
  EXPECT_EQ(evaluate("cvt.rn.relu" + to, 'h', {bitsOf(2.0f)}),
            magnitudes.round(2, "rn"));
  EXPECT_EQ(evaluate("cvt.rn.relu" + to, 'h', {0x7fc00000}), 0x7fffu);
  EXPECT_EQ(evaluate("cvt.rn.satfinite" + to, 'h', {bitsOf(INFINITY)}),
            uint64_t(format.infinity() - 1));
  if (format.exponentBits == 5) {
    EXPECT_EQ(evaluate("cvt.rn.sat" + to, 'h', {bitsOf(7.5f)}), 0x3c00u);
    EXPECT_EQ(evaluate("cvt.rn.sat" + to, 'h', {bitsOf(-7.5f)}), 0u);
    EXPECT_EQ(evaluate("cvt.rn.sat" + to, 'h', {0x7fc00000}), 0u);
    EXPECT_EQ(evaluate("cvt.rn.sat" + to, 'h', {bitsOf(0.25f)}), 0x3400u);
  }
}

TEST_P(Formats, ToIntegersInEveryMode) {
  const Format &format = GetParam();
  std::vector<Inputs> inputs = everyHalf();
  struct {
    const char *name;
    unsigned bits;
    bool isSigned;
  } integers[] = {{"s16", 16, true},  {"u16", 16, false}, {"s32", 32, true},
                  {"u32", 32, false}, {"s64", 64, true},  {"u64", 64, false},
                  {"s8", 8, true},    {"u8", 8, false}};
  for (const auto &integer : integers)
    for (const char *mode : {"rni", "rzi", "rmi", "rpi"}) {
      std::vector<uint64_t> results =
          evaluateAll(fmt::format("cvt.{}.{}.{} %{}8, %h0;", mode, integer.name,
                                  format.name,
                                  integer.bits == 64   ? 'x'
                                  : integer.bits == 32 ? 'r'
                                                       : 'h'),
                      integer.bits == 64   ? 'x'
                      : integer.bits == 32 ? 'r'
                                           : 'h',
                      inputs);
      for (uint32_t i = 0; i < 65536; ++i) {
        double value = format.decode(uint16_t(i));
        double top = std::ldexp(1.0, int(integer.bits) - integer.isSigned);
        uint64_t expected;
        double whole = roundIntegral(value, mode);
        if (std::isnan(value))
          expected = integer.bits == 64 ? uint64_t(1) << 63 : 0;
        else if (whole >= top)
          expected = (~uint64_t(0) >> (64 - integer.bits)) >> integer.isSigned;
        else if (whole < (integer.isSigned ? -top : 0))
          expected = integer.isSigned ? ~uint64_t(0) << (integer.bits - 1) : 0;
        else
          expected =
              integer.isSigned ? uint64_t(int64_t(whole)) : uint64_t(whole);
        // 8 bits are extended into the register of 16.
        expected &= integer.bits == 64   ? ~uint64_t(0)
                    : integer.bits == 32 ? 0xffffffff
                                         : 0xffff;
        ASSERT_EQ(results[i], expected)
            << mode << "." << integer.name << " of " << value;
      }
    }
}

TEST_P(Formats, FromIntegersInEveryMode) {
  const Format &format = GetParam();
  Magnitudes magnitudes(format);
  std::vector<Inputs> inputs = everyHalf();
  for (const char *mode : {"rn", "rz", "rm", "rp"})
    for (bool isSigned : {false, true}) {
      std::vector<uint64_t> results =
          evaluateAll(fmt::format("cvt.{}.{}.{}16 %h8, %h0;", mode, format.name,
                                  isSigned ? 's' : 'u'),
                      'h', inputs);
      for (uint32_t i = 0; i < 65536; ++i) {
        double value = isSigned ? int16_t(i) : double(i);
        ASSERT_EQ(results[i], magnitudes.round(value, mode))
            << mode << " of " << value;
      }
    }
}

INSTANTIATE_TEST_SUITE_P(Convert, Formats, testing::Values(half, bfloat),
                         [](const auto &info) { return info.param.name; });

TEST(Convert, Tf32RoundsToTenBits) {
  // To nearest, ties away: 1 + 2^-11 is half way between 1 and 1 + 2^-10.
  EXPECT_EQ(
      evaluate("cvt.rna.tf32.f32 %r8, %r0;", 'r', {bitsOf(1.00048828125f)}),
      bitsOf(1.0009765625f));
  EXPECT_EQ(evaluate("cvt.rna.tf32.f32 %r8, %r0;", 'r', {0x3f800fff}),
            0x3f800000u);
  EXPECT_EQ(evaluate("cvt.rna.tf32.f32 %r8, %r0;", 'r', {0x3f801000}),
            0x3f802000u);
}

TEST(Convert, FloatsAndIntegersAtTheEdges) {
  EXPECT_EQ(evaluate("cvt.rzi.s32.f32 %r8, %r0;", 'r', {bitsOf(3e9f)}),
            0x7fffffffu);
  EXPECT_EQ(evaluate("cvt.rzi.s32.f32 %r8, %r0;", 'r', {bitsOf(-3e9f)}),
            0x80000000u);
  EXPECT_EQ(evaluate("cvt.rzi.u32.f32 %r8, %r0;", 'r', {bitsOf(-1.5f)}), 0u);
  EXPECT_EQ(evaluate("cvt.rzi.s32.f32 %r8, %r0;", 'r', {0x7fc00000}), 0u);
  EXPECT_EQ(evaluate("cvt.rni.s32.f64 %r8, %x0;", 'r', {bitsOf(2.5)}), 2u);
  EXPECT_EQ(evaluate("cvt.rni.s32.f64 %r8, %x0;", 'r', {bitsOf(NAN + 0.0)}),
            0x80000000u);
  // 2^24 + 1 does not fit an f32.
  EXPECT_EQ(evaluate("cvt.rn.f32.u32 %r8, %r0;", 'r', {16777217}),
            bitsOf(16777216.0f));
  EXPECT_EQ(evaluate("cvt.rp.f32.u32 %r8, %r0;", 'r', {16777217}),
            bitsOf(16777218.0f));
  EXPECT_EQ(evaluate("cvt.rn.f64.s64 %x8, %x0;", 'x', {uint64_t(-3)}),
            bitsOf(-3.0));
  EXPECT_EQ(evaluate("cvt.rn.f32.f64 %r8, %x0;", 'r', {bitsOf(1e300)}),
            bitsOf(INFINITY));
  EXPECT_EQ(evaluate("cvt.rz.f32.f64 %r8, %x0;", 'r', {bitsOf(1e300)}),
            0x7f7fffffu);
  EXPECT_EQ(evaluate("cvt.rn.ftz.f32.f64 %r8, %x0;", 'r', {bitsOf(-1e-40)}),
            0x80000000u);
  EXPECT_EQ(evaluate("cvt.rmi.f32.f32 %r8, %r0;", 'r', {bitsOf(-0.5f)}),
            bitsOf(-1.0f));
  EXPECT_EQ(evaluate("cvt.rpi.f32.f32 %r8, %r0;", 'r', {bitsOf(-0.5f)}),
            0x80000000u);
  EXPECT_EQ(evaluate("cvt.sat.f32.f32 %r8, %r0;", 'r', {bitsOf(-0.5f)}), 0u);
}

TEST(Convert, IntegersExtendTruncateSaturate) {
  EXPECT_EQ(evaluate("cvt.s64.s32 %x8, %r0;", 'x', {0x80000000}),
            0xffffffff80000000u);
  EXPECT_EQ(evaluate("cvt.u64.u32 %x8, %r0;", 'x', {0x80000000}), 0x80000000u);
  EXPECT_EQ(evaluate("cvt.s32.s8 %r8, %r0;", 'r', {0x1ff}), 0xffffffffu);
  EXPECT_EQ(evaluate("cvt.u32.u8 %r8, %r0;", 'r', {0x1fe}), 0xfeu);
  EXPECT_EQ(evaluate("cvt.sat.s8.s32 %r8, %r0;", 'r', {300}), 127u);
  EXPECT_EQ(evaluate("cvt.sat.u8.s32 %r8, %r0;", 'r', {uint32_t(-300)}), 0u);
  EXPECT_EQ(evaluate("cvt.sat.s8.s32 %r8, %r0;", 'r', {uint32_t(-300)}),
            0xffffff80u);
  EXPECT_EQ(evaluate("cvt.sat.u16.u64 %h8, %x0;", 'h', {70000}), 65535u);
  EXPECT_EQ(evaluate("cvt.pack.sat.u8.s32.b32 %r8, %r0, %r1, %r2;", 'r',
                     {300, uint32_t(-5), 0xabcd}),
            0xabcdff00u);
}

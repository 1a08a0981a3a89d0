//===- HalfTest.cpp - f16 and bf16 arithmetic -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluate.h"

#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <random>

using namespace dilated::emulator::test;

namespace {

double decode(uint16_t bits, int exponentBits) {
  int mantissaBits = 15 - exponentBits;
  int exponent = bits >> mantissaBits & ((1 << exponentBits) - 1);
  double mantissa = std::ldexp(bits & ((1 << mantissaBits) - 1), -mantissaBits);
  int bias = (1 << (exponentBits - 1)) - 1;
  double sign = bits >> 15 ? -1 : 1;
  if (exponent == (1 << exponentBits) - 1)
    return mantissa != 0 ? NAN : sign * INFINITY;
  return sign * (exponent ? std::ldexp(1 + mantissa, exponent - bias)
                          : std::ldexp(mantissa, 1 - bias));
}

/// Is `bits` the value nearest to x, ties to even? Against its neighbours.
/// x is a long double, which holds sums of products of halves exactly.
bool isNearest(uint16_t bits, long double x, int exponentBits) {
  if (std::isnan(x))
    return bits == 0x7fff;
  uint16_t size = bits & 0x7fff;
  uint16_t infinity =
      uint16_t(((1 << exponentBits) - 1) << (15 - exponentBits));
  long double largest = decode(uint16_t(infinity - 1), exponentBits);
  long double step = largest - decode(uint16_t(infinity - 2), exponentBits);
  if (size == infinity)
    return std::signbit(x) == (bits >> 15) &&
           std::fabs(x) >= largest + step / 2;
  if (size > infinity)
    return false;
  if (x != 0 && std::signbit(x) != (bits >> 15))
    return false;
  long double here = decode(size, exponentBits), target = std::fabs(x);
  auto distance = [&](uint16_t other) {
    long double value =
        other == infinity ? largest + step : decode(other, exponentBits);
    return std::fabs(value - target);
  };
  long double mine = std::fabs(here - target);
  for (int other : {size - 1, size + 1}) {
    if (other < 0)
      continue;
    long double theirs = distance(uint16_t(other));
    if (theirs < mine || (theirs == mine && (size & 1)))
      return false;
  }
  return true;
}

} // namespace

class Halves : public testing::TestWithParam<int> {};

TEST_P(Halves, OneRoundingPerInstruction) {
  int exponentBits = GetParam();
  std::string name = exponentBits == 5 ? "f16" : "bf16";
  std::mt19937 random(11);
  std::vector<Inputs> inputs;
  for (int i = 0; i < 40000; ++i) {
    uint32_t a = random() & 0xffff, b = random() & 0xffff,
             c = random() & 0xffff;
    if (exponentBits == 8) { // keep sums within the bits of a long double
      a = (a & 0x83ff) | 0x3c00;
      b = (b & 0x83ff) | 0x3c00;
      c = (c & 0x83ff) | 0x3c00;
    }
    inputs.push_back({a, b, c, 0});
  }
  auto check = [&](const std::string &body, auto exact) {
    std::vector<uint64_t> results = evaluateAll(body, 'h', inputs);
    for (size_t i = 0; i < inputs.size(); ++i) {
      long double x = exact(decode(uint16_t(inputs[i][0]), exponentBits),
                            decode(uint16_t(inputs[i][1]), exponentBits),
                            decode(uint16_t(inputs[i][2]), exponentBits));
      ASSERT_TRUE(isNearest(uint16_t(results[i]), x, exponentBits))
          << body << std::hex << " of " << inputs[i][0] << " " << inputs[i][1]
          << " " << inputs[i][2] << " gives " << results[i];
    }
  };
  using Wide = long double;
  check("add.rn." + name + " %h8, %h0, %h1;",
        [](Wide a, Wide b, Wide) { return a + b; });
  check("sub.rn." + name + " %h8, %h0, %h1;",
        [](Wide a, Wide b, Wide) { return a - b; });
  check("mul.rn." + name + " %h8, %h0, %h1;",
        [](Wide a, Wide b, Wide) { return a * b; });
  check("fma.rn." + name + " %h8, %h0, %h1, %h2;",
        [](Wide a, Wide b, Wide c) { return a * b + c; });
}

TEST_P(Halves, PairsAreTwoOfThem) {
  std::string name = GetParam() == 5 ? "f16" : "bf16";
  std::mt19937 random(13);
  std::vector<Inputs> inputs;
  for (int i = 0; i < 2000; ++i)
    inputs.push_back({random(), random(), random(), 0});
  for (const char *operation : {"add.rn", "mul.rn", "min", "max"}) {
    std::vector<uint64_t> pairs = evaluateAll(
        fmt::format("{}.{}x2 %r8, %r0, %r1;", operation, name), 'r', inputs);
    std::vector<uint64_t> singles = evaluateAll(
        fmt::format("{{ mov.b32 {{%h4, %h5}}, %r0; mov.b32 {{%h6, %h7}}, %r1;\n"
                    "{0}.{1} %h9, %h4, %h6; {0}.{1} %h10, %h5, %h7;\n"
                    "mov.b32 %r8, {{%h9, %h10}}; }}",
                    operation, name),
        'r', inputs);
    EXPECT_EQ(pairs, singles) << operation;
  }
}

TEST_P(Halves, EdgesOfExtremaAndSigns) {
  std::string name = GetParam() == 5 ? "f16" : "bf16";
  uint64_t one = GetParam() == 5 ? 0x3c00 : 0x3f80;
  EXPECT_EQ(evaluate("max." + name + " %h8, %h0, %h1;", 'h', {0x7fc1, one}),
            one);
  EXPECT_EQ(evaluate("max.NaN." + name + " %h8, %h0, %h1;", 'h', {0x7fc1, one}),
            0x7fffu);
  EXPECT_EQ(evaluate("min." + name + " %h8, %h0, %h1;", 'h', {0, 0x8000}),
            0x8000u);
  EXPECT_EQ(evaluate("neg." + name + " %h8, %h0;", 'h', {0}), 0x8000u);
  EXPECT_EQ(evaluate("abs." + name + " %h8, %h0;", 'h', {0x8001}), 1u);
  EXPECT_EQ(evaluate("fma.rn.relu." + name + " %h8, %h0, %h1, %h2;", 'h',
                     {one, one | 0x8000, 0}),
            0u);
  if (GetParam() == 5) {
    // The smallest denormal times one, kept and flushed.
    EXPECT_EQ(evaluate("mul.rn.f16 %h8, %h0, %h1;", 'h', {1, one}), 1u);
    EXPECT_EQ(evaluate("mul.rn.ftz.f16 %h8, %h0, %h1;", 'h', {0x8001, one}),
              0x8000u);
    EXPECT_EQ(evaluate("add.rn.sat.f16 %h8, %h0, %h1;", 'h', {one, one}), one);
  }
}

INSTANTIATE_TEST_SUITE_P(Half, Halves, testing::Values(5, 8));

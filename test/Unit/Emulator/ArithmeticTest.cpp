//===- ArithmeticTest.cpp - integers, bits, floats against host arithmetic *-
// C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluate.h"

#include <cmath>
#include <fmt/format.h>
#include <functional>
#include <gtest/gtest.h>
#include <random>

using namespace dilated::emulator::test;

namespace {

/// Pairs of interesting numbers and random ones.
std::vector<Inputs> integerInputs() {
  std::vector<uint64_t> values = {0,
                                  1,
                                  2,
                                  3,
                                  0x7f,
                                  0x80,
                                  0x7fff,
                                  0x8000,
                                  0xffff,
                                  0x7fffffff,
                                  0x80000000,
                                  0xffffffff,
                                  uint64_t(1) << 63,
                                  ~uint64_t(0),
                                  0x123456789abcdef0};
  std::vector<Inputs> inputs;
  std::mt19937_64 random(5);
  for (uint64_t a : values)
    for (uint64_t b : values)
      inputs.push_back({a, b, random(), random()});
  for (int i = 0; i < 300; ++i)
    inputs.push_back({random(), random(), random(), random()});
  return inputs;
}

using Expected = std::function<uint64_t(const Inputs &)>;

void check(const std::string &body, char result, const Expected &expected,
           const std::vector<Inputs> &inputs) {
  std::vector<uint64_t> results = evaluateAll(body, result, inputs);
  for (size_t i = 0; i < inputs.size(); ++i)
    ASSERT_EQ(results[i], expected(inputs[i]))
        << body << " of " << std::hex << inputs[i][0] << " " << inputs[i][1]
        << " " << inputs[i][2];
}

uint32_t low(uint64_t x) { return uint32_t(x); }
int32_t slow(uint64_t x) { return int32_t(uint32_t(x)); }

std::vector<float> interestingFloats() {
  return {0.0f,
          -0.0f,
          1.0f,
          -1.0f,
          1.5f,
          3.0f,
          1e-45f,
          -1e-45f,
          1e-39f,
          -1e-39f,
          1.17549435e-38f,
          3.4e38f,
          -3.4e38f,
          INFINITY,
          -INFINITY,
          NAN,
          0.33333334f,
          1e20f,
          1e-20f,
          16777217.0f};
}

std::vector<Inputs> floatInputs() {
  std::vector<Inputs> inputs;
  std::mt19937 random(7);
  std::vector<float> values = interestingFloats();
  for (float a : values)
    for (float b : values)
      inputs.push_back(
          {bitsOf(a), bitsOf(b), bitsOf(values[random() % 20]), random()});
  for (int i = 0; i < 400; ++i)
    inputs.push_back({random(), random(), random(), 0});
  return inputs;
}

uint64_t canonical(float value) {
  return std::isnan(value) ? 0x7fffffff : bitsOf(value);
}
float flush(float value) {
  return std::fpclassify(value) == FP_SUBNORMAL ? std::copysign(0.0f, value)
                                                : value;
}

} // namespace

TEST(Integer, AddSubtractMultiply) {
  std::vector<Inputs> inputs = integerInputs();
  check(
      "add.s32 %r8, %r0, %r1;", 'r',
      [](const Inputs &i) { return low(i[0] + i[1]); }, inputs);
  check(
      "sub.s64 %x8, %x0, %x1;", 'x',
      [](const Inputs &i) { return i[0] - i[1]; }, inputs);
  check(
      "add.u16 %h8, %h0, %h1;", 'h',
      [](const Inputs &i) { return uint16_t(i[0] + i[1]); }, inputs);
  check(
      "mul.lo.s32 %r8, %r0, %r1;", 'r',
      [](const Inputs &i) { return low(low(i[0]) * low(i[1])); }, inputs);
  check(
      "mul.hi.u32 %r8, %r0, %r1;", 'r',
      [](const Inputs &i) { return uint64_t(low(i[0])) * low(i[1]) >> 32; },
      inputs);
  check(
      "mul.hi.s64 %x8, %x0, %x1;", 'x',
      [](const Inputs &i) {
        return uint64_t((__int128(int64_t(i[0])) * int64_t(i[1])) >> 64);
      },
      inputs);
  check(
      "mul.wide.s32 %x8, %r0, %r1;", 'x',
      [](const Inputs &i) {
        return uint64_t(int64_t(slow(i[0])) * slow(i[1]));
      },
      inputs);
  check(
      "mul.wide.u16 %r8, %h0, %h1;", 'r',
      [](const Inputs &i) { return uint32_t(uint16_t(i[0])) * uint16_t(i[1]); },
      inputs);
  check(
      "mad.wide.u32 %x8, %r0, %r1, %x2;", 'x',
      [](const Inputs &i) { return uint64_t(low(i[0])) * low(i[1]) + i[2]; },
      inputs);
  check(
      "mad.lo.s32 %r8, %r0, %r1, %r2;", 'r',
      [](const Inputs &i) { return low(i[0] * i[1] + i[2]); }, inputs);
  check(
      "mul24.lo.u32 %r8, %r0, %r1;", 'r',
      [](const Inputs &i) {
        return low((i[0] & 0xffffff) * (i[1] & 0xffffff));
      },
      inputs);
  check(
      "add.sat.s32 %r8, %r0, %r1;", 'r',
      [](const Inputs &i) {
        double sum = double(slow(i[0])) + slow(i[1]);
        return low(uint64_t(
            int64_t(std::min(std::max(sum, -2147483648.0), 2147483647.0))));
      },
      inputs);
}

TEST(Integer, DivideRemainderExtremaSigns) {
  std::vector<Inputs> inputs;
  for (Inputs each : integerInputs())
    if (low(each[1]) && each[1])
      inputs.push_back(each);
  check(
      "div.s32 %r8, %r0, %r1;", 'r',
      [](const Inputs &i) {
        return low(uint64_t(int64_t(slow(i[0])) / slow(i[1])));
      },
      inputs);
  check(
      "rem.s32 %r8, %r0, %r1;", 'r',
      [](const Inputs &i) {
        return low(uint64_t(int64_t(slow(i[0])) % slow(i[1])));
      },
      inputs);
  check(
      "div.u64 %x8, %x0, %x1;", 'x',
      [](const Inputs &i) { return i[0] / i[1]; }, inputs);
  check(
      "min.s32 %r8, %r0, %r1;", 'r',
      [](const Inputs &i) { return low(std::min(slow(i[0]), slow(i[1]))); },
      inputs);
  check(
      "max.u64 %x8, %x0, %x1;", 'x',
      [](const Inputs &i) { return std::max(i[0], i[1]); }, inputs);
  check(
      "abs.s32 %r8, %r0;", 'r',
      [](const Inputs &i) { return low(std::llabs(slow(i[0]))); }, inputs);
  check(
      "neg.s64 %x8, %x0;", 'x', [](const Inputs &i) { return 0 - i[0]; },
      inputs);
  check(
      "sad.u32 %r8, %r0, %r1, %r2;", 'r',
      [](const Inputs &i) {
        return low(uint64_t(std::llabs(int64_t(low(i[0])) - low(i[1]))) + i[2]);
      },
      inputs);
  // Division by zero must not stop the host.
  EXPECT_EQ(evaluate("div.s32 %r8, %r0, %r1;", 'r', {5, 0}), 0xffffffffu);
  EXPECT_EQ(evaluate("rem.u64 %x8, %x0, %x1;", 'x', {5, 0}), 5u);
}

TEST(Integer, CarriesMakeWideNumbers) {
  std::vector<Inputs> inputs = integerInputs();
  // 128 bits: {x1, x0} + {x3, x2}.
  check(
      "add.cc.u64 %x9, %x0, %x2; addc.u64 %x8, %x1, %x3;", 'x',
      [](const Inputs &i) {
        unsigned __int128 a = (unsigned __int128)(i[1]) << 64 | i[0];
        unsigned __int128 b = (unsigned __int128)(i[3]) << 64 | i[2];
        return uint64_t((a + b) >> 64);
      },
      inputs);
  check(
      "sub.cc.u64 %x9, %x0, %x2; subc.u64 %x8, %x1, %x3;", 'x',
      [](const Inputs &i) {
        unsigned __int128 a = (unsigned __int128)(i[1]) << 64 | i[0];
        unsigned __int128 b = (unsigned __int128)(i[3]) << 64 | i[2];
        return uint64_t((a - b) >> 64);
      },
      inputs);
  check(
      "mad.lo.cc.u32 %r9, %r0, %r1, %r2; madc.hi.u32 %r8, %r0, %r1, %r3;", 'r',
      [](const Inputs &i) {
        uint64_t product = uint64_t(low(i[0])) * low(i[1]);
        uint64_t sum = uint64_t(low(product)) + low(i[2]);
        return low((product >> 32) + low(i[3]) + (sum >> 32));
      },
      inputs);
}

TEST(Bits, ShiftsClampFunnelsWrap) {
  std::vector<Inputs> inputs = integerInputs();
  for (size_t i = 0; i < inputs.size(); ++i)
    inputs[i][2] = i % 70;
  check(
      "shl.b32 %r8, %r0, %r2;", 'r',
      [](const Inputs &i) { return i[2] > 31 ? 0 : low(i[0] << i[2]); },
      inputs);
  check(
      "shr.u64 %x8, %x0, %r2;", 'x',
      [](const Inputs &i) { return i[2] > 63 ? 0 : i[0] >> i[2]; }, inputs);
  check(
      "shr.s32 %r8, %r0, %r2;", 'r',
      [](const Inputs &i) {
        return low(
            uint64_t(int64_t(slow(i[0])) >> std::min<uint64_t>(i[2], 63)));
      },
      inputs);
  check(
      "shf.l.wrap.b32 %r8, %r0, %r1, %r2;", 'r',
      [](const Inputs &i) {
        uint64_t both = i[1] << 32 | low(i[0]);
        return low((both << (i[2] & 31)) >> 32);
      },
      inputs);
  check(
      "shf.r.clamp.b32 %r8, %r0, %r1, %r2;", 'r',
      [](const Inputs &i) {
        uint64_t both = i[1] << 32 | low(i[0]);
        return low(both >> std::min<uint64_t>(i[2], 32));
      },
      inputs);
}

TEST(Bits, CountsAndFields) {
  std::vector<Inputs> inputs = integerInputs();
  check(
      "popc.b64 %r8, %x0;", 'r',
      [](const Inputs &i) { return uint64_t(__builtin_popcountll(i[0])); },
      inputs);
  check(
      "clz.b32 %r8, %r0;", 'r',
      [](const Inputs &i) {
        return low(i[0]) ? uint64_t(__builtin_clz(low(i[0]))) : 32;
      },
      inputs);
  check(
      "bfind.s32 %r8, %r0;", 'r',
      [](const Inputs &i) {
        uint32_t bits = slow(i[0]) < 0 ? ~low(i[0]) : low(i[0]);
        return bits ? uint64_t(31 - __builtin_clz(bits)) : 0xffffffff;
      },
      inputs);
  check(
      "brev.b32 %r8, %r0;", 'r',
      [](const Inputs &i) {
        uint32_t result = 0;
        for (int k = 0; k < 32; ++k)
          result = result << 1 | (low(i[0]) >> k & 1);
        return uint64_t(result);
      },
      inputs);
  check(
      "prmt.b32 %r8, %r0, %r1, 0x7531;", 'r',
      [](const Inputs &i) {
        auto byte = [](uint64_t x, int k) { return x >> (8 * k) & 255; };
        return byte(i[0], 1) | byte(i[0], 3) << 8 | byte(i[1], 1) << 16 |
               byte(i[1], 3) << 24;
      },
      inputs);
  check(
      "lop3.b32 %r8, %r0, %r1, %r2, 0xe8;", 'r', // the majority
      [](const Inputs &i) {
        return low((i[0] & i[1]) | (i[0] & i[2]) | (i[1] & i[2]));
      },
      inputs);
  EXPECT_EQ(evaluate("bfe.u32 %r8, %r0, 4, 8;", 'r', {0x12345678}), 0x67u);
  EXPECT_EQ(evaluate("bfe.s32 %r8, %r0, 4, 8;", 'r', {0x12345f78}),
            0xfffffff7u);
  EXPECT_EQ(evaluate("bfe.s32 %r8, %r0, 28, 8;", 'r', {0x90000000}),
            0xfffffff9u);
  EXPECT_EQ(evaluate("bfi.b32 %r8, %r0, %r1, 8, 4;", 'r', {0xab, 0x11111111}),
            0x11111b11u);
  EXPECT_EQ(evaluate("fns.b32 %r8, %r0, 0, 2;", 'r', {0b10110}), 2u);
  EXPECT_EQ(
      evaluate("dp4a.s32.s32 %r8, %r0, %r1, 5;", 'r', {0xff020304, 0x01010101}),
      13u);
}

TEST(Compare, OrderedAndUnordered) {
  struct {
    const char *name;
    bool (*expected)(float, float);
  } cases[] = {
      {"eq", [](float a, float b) { return a == b; }},
      {"ne", [](float a, float b) { return a < b || a > b; }},
      {"lt", [](float a, float b) { return a < b; }},
      {"ge", [](float a, float b) { return a >= b; }},
      {"equ", [](float a, float b) { return !(a < b || a > b); }},
      {"neu", [](float a, float b) { return !(a == b); }},
      {"ltu", [](float a, float b) { return !(a >= b); }},
      {"gtu", [](float a, float b) { return !(a <= b); }},
      {"num", [](float a, float b) { return a == a && b == b; }},
      {"nan", [](float a, float b) { return a != a || b != b; }},
  };
  for (const auto &each : cases)
    check(
        fmt::format("setp.{}.f32 %p8, %r0, %r1;", each.name), 'p',
        [&](const Inputs &i) {
          return each.expected(asFloat(i[0]), asFloat(i[1]));
        },
        floatInputs());
  EXPECT_EQ(evaluate("setp.lo.u32 %p8, %r0, %r1;", 'p', {1, 0xffffffff}), 1u);
  EXPECT_EQ(evaluate("setp.lt.s32 %p8, %r0, %r1;", 'p', {1, 0xffffffff}), 0u);
  EXPECT_EQ(evaluate("setp.eq.u32 %p1|%p8, %r0, %r1;", 'p', {3, 3}), 0u);
  EXPECT_EQ(evaluate("setp.eq.u32 %p1, 0, 1; setp.eq.and.u32 %p8, %r0, %r1, "
                     "!%p1;",
                     'p', {3, 3}),
            1u);
  EXPECT_EQ(evaluate("setp.eq.ftz.f32 %p8, %r0, 0f00000000;", 'p', {1}), 1u);
  EXPECT_EQ(evaluate("set.gt.u32.f32 %r8, %r0, %r1;", 'r',
                     {bitsOf(2.0f), bitsOf(1.0f)}),
            0xffffffffu);
}

TEST(Float, PairsOfFloatsAreTwoNumbers) {
  auto pair = [](float low, float high) {
    return uint64_t(bitsOf(high)) << 32 | bitsOf(low);
  };
  const float tiny = 0x1p-140f;
  Inputs inputs = {pair(1.5f, -3.0f), pair(0.25f, 1e30f), pair(8.0f, tiny)};
  EXPECT_EQ(evaluate("add.rn.f32x2 %x8, %x0, %x1;", 'x', inputs),
            pair(1.75f, 1e30f));
  EXPECT_EQ(evaluate("sub.f32x2 %x8, %x0, %x1;", 'x', inputs),
            pair(1.25f, -3.0f - 1e30f));
  EXPECT_EQ(evaluate("mul.rz.f32x2 %x8, %x0, %x2;", 'x', inputs),
            pair(12.0f, -3.0f * tiny));
  EXPECT_EQ(evaluate("mul.ftz.f32x2 %x8, %x0, %x2;", 'x', inputs),
            pair(12.0f, -0.0f));
  EXPECT_EQ(evaluate("fma.rn.f32x2 %x8, %x0, %x1, %x2;", 'x', inputs),
            pair(8.375f, -3e30f));
}

TEST(Float, ArithmeticRoundsOnce) {
  std::vector<Inputs> inputs = floatInputs();
  check(
      "add.f32 %r8, %r0, %r1;", 'r',
      [](const Inputs &i) { return canonical(asFloat(i[0]) + asFloat(i[1])); },
      inputs);
  check(
      "mul.rn.f32 %r8, %r0, %r1;", 'r',
      [](const Inputs &i) { return canonical(asFloat(i[0]) * asFloat(i[1])); },
      inputs);
  check(
      "fma.rn.f32 %r8, %r0, %r1, %r2;", 'r',
      [](const Inputs &i) {
        return canonical(std::fma(asFloat(i[0]), asFloat(i[1]), asFloat(i[2])));
      },
      inputs);
  check(
      "div.rn.f32 %r8, %r0, %r1;", 'r',
      [](const Inputs &i) { return canonical(asFloat(i[0]) / asFloat(i[1])); },
      inputs);
  check(
      "sqrt.rn.f32 %r8, %r0;", 'r',
      [](const Inputs &i) { return canonical(std::sqrt(asFloat(i[0]))); },
      inputs);
  check(
      "add.ftz.f32 %r8, %r0, %r1;", 'r',
      [](const Inputs &i) {
        return canonical(flush(flush(asFloat(i[0])) + flush(asFloat(i[1]))));
      },
      inputs);
  check(
      "mul.sat.f32 %r8, %r0, %r1;", 'r',
      [](const Inputs &i) {
        float x = asFloat(i[0]) * asFloat(i[1]);
        return bitsOf(x > 0 ? std::min(x, 1.0f) : 0.0f);
      },
      inputs);
}

TEST(Float, DirectedRoundingsBracketTheSum) {
  // 1 + 2^-30 lies between 1 and its successor.
  uint32_t one = bitsOf(1.0f), tiny = bitsOf(0x1p-30f);
  EXPECT_EQ(evaluate("add.rz.f32 %r8, %r0, %r1;", 'r', {one, tiny}), one);
  EXPECT_EQ(evaluate("add.rm.f32 %r8, %r0, %r1;", 'r', {one, tiny}), one);
  EXPECT_EQ(evaluate("add.rp.f32 %r8, %r0, %r1;", 'r', {one, tiny}), one + 1);
  EXPECT_EQ(evaluate("sub.rz.f32 %r8, %r0, %r1;", 'r', {one, tiny}), one - 1);
  EXPECT_EQ(evaluate("div.rp.f32 %r8, %r0, %r1;", 'r', {one, bitsOf(3.0f)}),
            bitsOf(0.33333334f));
  EXPECT_EQ(evaluate("div.rm.f32 %r8, %r0, %r1;", 'r', {one, bitsOf(3.0f)}),
            bitsOf(std::nextafter(0.33333334f, 0.0f)));
  EXPECT_EQ(evaluate("sqrt.rp.f32 %r8, %r0;", 'r', {bitsOf(2.0f)}),
            bitsOf(std::nextafter(std::sqrt(2.0f), 2.0f)));
  EXPECT_EQ(evaluate("sqrt.rm.f32 %r8, %r0;", 'r', {bitsOf(2.0f)}),
            bitsOf(std::sqrt(2.0f)));
  EXPECT_EQ(evaluate("rcp.rm.f32 %r8, %r0;", 'r', {bitsOf(-3.0f)}),
            bitsOf(-0.33333334f));
  EXPECT_EQ(evaluate("add.rp.f64 %x8, %x0, %x1;", 'x',
                     {bitsOf(1.0), bitsOf(0x1p-80)}),
            bitsOf(1.0) + 1);
  EXPECT_EQ(evaluate("fma.rz.f64 %x8, %x0, %x1, %x2;", 'x',
                     {bitsOf(1.0), bitsOf(1.0), bitsOf(-0x1p-80)}),
            bitsOf(1.0) - 1);
}

TEST(Float, ExtremaOrderZerosAndPreferNumbers) {
  uint32_t nan = 0x7fc00001, zero = 0, minusZero = 0x80000000;
  uint32_t one = bitsOf(1.0f);
  EXPECT_EQ(evaluate("min.f32 %r8, %r0, %r1;", 'r', {nan, one}), one);
  EXPECT_EQ(evaluate("max.f32 %r8, %r0, %r1;", 'r', {one, nan}), one);
  EXPECT_EQ(evaluate("max.NaN.f32 %r8, %r0, %r1;", 'r', {one, nan}),
            0x7fffffffu);
  EXPECT_EQ(evaluate("max.f32 %r8, %r0, %r1;", 'r', {nan, nan}), 0x7fffffffu);
  EXPECT_EQ(evaluate("min.f32 %r8, %r0, %r1;", 'r', {zero, minusZero}),
            minusZero);
  EXPECT_EQ(evaluate("max.f32 %r8, %r0, %r1;", 'r', {minusZero, zero}), zero);
  EXPECT_EQ(evaluate("neg.f32 %r8, %r0;", 'r', {zero}), minusZero);
  EXPECT_EQ(evaluate("abs.ftz.f32 %r8, %r0;", 'r', {0x80000001}), zero);
  EXPECT_EQ(evaluate("copysign.f32 %r8, %r0, %r1;", 'r', {minusZero, one}),
            bitsOf(-1.0f));
  EXPECT_EQ(evaluate("testp.subnormal.f32 %p8, %r0;", 'p', {1}), 1u);
  EXPECT_EQ(evaluate("testp.normal.f32 %p8, %r0;", 'p', {1}), 0u);
}

TEST(Float, ApproximationsAreWithinTheirError) {
  struct {
    const char *body;
    double (*exact)(double);
    double from, to, relative, absolute;
  } cases[] = {
      {"ex2.approx.f32", [](double x) { return std::exp2(x); }, -140, 127,
       0x1p-22, 0x1p-149},
      {"ex2.approx.ftz.f32", [](double x) { return std::exp2(x); }, -125, 127,
       0x1p-22, 0},
      {"lg2.approx.f32", [](double x) { return std::log2(x); }, 1e-30, 1e30,
       0x1p-22, 0x1p-22},
      {"rcp.approx.f32", [](double x) { return 1 / x; }, 1e-30, 1e30, 0x1p-23,
       0},
      {"rsqrt.approx.f32", [](double x) { return 1 / std::sqrt(x); }, 1e-30,
       1e30, 0x1p-22, 0},
      {"sqrt.approx.f32", [](double x) { return std::sqrt(x); }, 1e-30, 1e30,
       0x1p-22, 0},
      {"sin.approx.f32", [](double x) { return std::sin(x); }, -3.14, 3.14, 0,
       0x1p-20},
      {"cos.approx.f32", [](double x) { return std::cos(x); }, -3.14, 3.14, 0,
       0x1p-20},
      {"tanh.approx.f32", [](double x) { return std::tanh(x); }, -9, 9, 0x1p-11,
       0},
  };
  std::mt19937 random(3);
  for (const auto &each : cases) {
    std::vector<Inputs> inputs;
    std::uniform_real_distribution<double> uniform(0, 1);
    for (int i = 0; i < 2000; ++i) {
      double x = each.to / each.from > 1e9
                     ? std::exp(std::log(each.from) +
                                uniform(random) * std::log(each.to / each.from))
                     : each.from + uniform(random) * (each.to - each.from);
      inputs.push_back({bitsOf(float(x)), 0, 0, 0});
    }
    std::vector<uint64_t> results =
        evaluateAll(fmt::format("{} %r8, %r0;", each.body), 'r', inputs);
    for (size_t i = 0; i < inputs.size(); ++i) {
      double exact = each.exact(asFloat(inputs[i][0]));
      ASSERT_NEAR(asFloat(results[i]), exact,
                  std::fabs(exact) * each.relative + each.absolute)
          << each.body << " of " << asFloat(inputs[i][0]);
    }
  }
  EXPECT_EQ(evaluate("rcp.approx.ftz.f32 %r8, %r0;", 'r', {0x80000001}),
            bitsOf(-INFINITY));
  EXPECT_EQ(evaluate("rsqrt.approx.f32 %r8, %r0;", 'r', {bitsOf(-1.0f)}),
            0x7fffffffu);
  EXPECT_EQ(evaluate("lg2.approx.f32 %r8, %r0;", 'r', {0}), bitsOf(-INFINITY));
}

//===- UndefinedTest.cpp - undefined values, bit by bit ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluate.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <random>

using namespace dilated::emulator;
using namespace dilated::emulator::test;

namespace {

/// `body` behind the registers of all tests, its result as 64 bits in %x10:
/// %h1 to %h3 and %r1 to %r3 are defined, %h9 and %r9 are as `fill` leaves
/// them; %r4 is 0x34 with the upper half of %h9, %r5 has its lower half from
/// there, and %r6 bits 8 to 11 from %r9.
std::string makeBody(std::string_view fill, std::string_view body,
                     std::string_view result, unsigned width) {
  return fmt::format(R"(
  {}
  mov.b16 %h1, 0x34; mov.b16 %h2, 0x12; mov.b16 %h3, 0x3c00;
  mov.u32 %r1, 0x10001; mov.u32 %r2, 0x3c003c00; mov.u32 %r3, 8;
  mov.b32 %r4, {{%h1, %h9}}; mov.b32 %r5, {{%h9, %h2}};
  mov.u32 %r6, 0x120034; bfi.b32 %r6, %r9, %r6, 8, 4;
  {}
  cvt.u64.u{} %x10, {};)",
                     fill, body, width, result);
}

/// The bits of `result` (of `width` bits) that are undefined behind `body`,
/// where %h9 and %r9 have no value: one launch per bit, which lets that bit
/// alone decide.
uint64_t getUndefined(std::string_view body, std::string_view result,
                      unsigned width) {
  uint64_t undefined = 0;
  std::string text = makeBody("", body, result, width);
  for (unsigned bit = 0; bit < width; ++bit) {
    LaunchResult launched =
        run(makeKernel(
                fmt::format("{}\n  shr.u64 %x10, %x10, {}; and.b64 %x10, "
                            "%x10, 1; setp.eq.u64 %p8, %x10, 0;\n"
                            "  @%p8 exit;",
                            text, bit)),
            1, 4)
            .result;
    for (const Report &report : launched.reports)
      EXPECT_EQ(report.kind, ReportKind::UninitializedRegister)
          << report.format("test.ptx");
    undefined |= uint64_t(!launched.reports.empty()) << bit;
  }
  return undefined;
}

/// The bits of `result` that differ between some values of %h9 and %r9: no
/// others need be undefined, and none of these may be called defined.
uint64_t getVarying(std::string_view body, std::string_view result,
                    unsigned width) {
  uint64_t first = 0, varying = 0;
  std::minstd_rand random;
  for (unsigned k = 0; k < 32; ++k) {
    uint32_t value = k ? uint32_t(random()) * 2654435761u : 0;
    Ran ran =
        run(makeKernel(makeBody(fmt::format("mov.b16 %h9, {}; mov.b32 %r9, {};",
                                            value >> 16, value),
                                body, result, width) +
                       "\n  st.global.u64 [%x0], %x10;"),
            1, 4);
    uint64_t word = uint64_t(ran.memory[1]) << 32 | ran.memory[0];
    first = k ? first : word;
    varying |= word ^ first;
  }
  return varying;
}

struct Case {
  const char *instruction; // with its result in %r10 or, of 64 bits, %x8
  uint64_t undefined;
};

void expectUndefined(std::initializer_list<Case> cases,
                     std::string_view result = "%r10", unsigned width = 32) {
  for (const Case &each : cases) {
    EXPECT_EQ(getUndefined(each.instruction, result, width), each.undefined)
        << each.instruction;
    EXPECT_EQ(getVarying(each.instruction, result, width) & ~each.undefined, 0u)
        << each.instruction;
  }
}

constexpr uint64_t low = 0xffff, high = 0xffff0000, all = 0xffffffff;

} // namespace

TEST(Undefined, PackedNumbersOneByOne) {
  expectUndefined({
      {"min.f16x2 %r10, %r4, %r4;", high},
      {"max.bf16x2 %r10, %r2, %r5;", low},
      {"add.f16x2 %r10, %r4, %r2;", high},
      {"add.f16x2 %r10, %r4, %r5;", all},
      {"mul.bf16x2 %r10, %r5, %r2;", low},
      {"fma.rn.f16x2 %r10, %r2, %r2, %r4;", high},
      {"fma.rn.bf16x2 %r10, %r2, %r5, %r2;", low},
      {"neg.f16x2 %r10, %r4;", high},
      {"abs.bf16x2 %r10, %r5;", low},
      {"ex2.approx.f16x2 %r10, %r4;", high},
      {"tanh.approx.bf16x2 %r10, %r5;", low},
      {"add.u16x2 %r10, %r1, %r4;", high},
      {"min.s16x2 %r10, %r5, %r1;", low},
      {"set.lt.f16x2.f16x2 %r10, %r4, %r2;", high},
      {"set.lt.u32.bf16x2 %r10, %r5, %r2;", low},
      {"set.lt.u32.f16 %r10, %h9, %h1;", all},
  });
  expectUndefined({{"mov.b64 %x1, {%r1, %r9}; mov.b64 %x2, {%r2, %r2};"
                    "add.f32x2 %x8, %x1, %x2;",
                    all << 32}},
                  "%x8", 64);
}

TEST(Undefined, ComparisonsOfPairsOnePerHalf) {
  auto select = [](const char *setp) {
    return getUndefined(fmt::format("setp.eq.u32 %p3, 1, 1; {} selp.u32 %r10, "
                                    "1, 0, %p1; selp.u32 %r11, 2, 0, %p2; "
                                    "or.b32 %r10, %r10, %r11;",
                                    setp),
                        "%r10", 32);
  };
  EXPECT_EQ(select("setp.lt.f16x2 %p1|%p2, %r4, %r2;"), 2u);
  EXPECT_EQ(select("setp.lt.bf16x2 %p1|%p2, %r5, %r2;"), 1u);
  EXPECT_EQ(select("setp.lt.or.f16x2 %p1|%p2, %r4, %r5, %p3;"), 0u);
  EXPECT_EQ(select("setp.lt.and.f16x2 %p1|%p2, %r4, %r2, %p3;"), 2u);
  EXPECT_EQ(select("setp.lt.and.f16x2 %p1|%p2, %r2, %r2, %p9;"), 3u);
  EXPECT_EQ(select("setp.lt.u32 %p1|%p2, %r4, %r2;"), 3u);
}

TEST(Undefined, TwoSourcesBecomeHalves) {
  expectUndefined({
      {"mov.f32 %r11, 0f3f800000; cvt.rn.f16x2.f32 %r10, %r9, %r11;", high},
      {"mov.f32 %r11, 0f3f800000; cvt.rn.bf16x2.f32 %r10, %r11, %r9;", low},
      {"mov.f32 %r11, 0f3f800000; cvt.rn.relu.f16x2.f32 %r10, %r9, %r11;",
       high},
      {"cvt.pack.sat.u16.s32 %r10, %r9, %r1;", high},
      {"cvt.pack.sat.u8.s32.b32 %r10, %r1, %r9, %r1;", 0xff},
      {"cvt.pack.sat.s8.s32.b32 %r10, %r9, %r1, %r1;", 0xff00},
      {"cvt.pack.sat.u8.s32.b32 %r10, %r1, %r1, %r4;", 0},
      {"cvt.pack.sat.u8.s32.b32 %r10, %r1, %r1, %r5;", high},
  });
}

TEST(Undefined, SumsAndProductsFromTheLowestBitUp) {
  expectUndefined({
      {"add.u32 %r10, %r4, 1;", high},
      {"add.s32 %r10, %r6, %r4;", all << 8 & all},
      {"sub.u32 %r10, %r1, %r6;", all << 8 & all},
      {"sub.u32 %r10, %r6, %r5;", all},
      {"neg.s32 %r10, %r4;", high},
      {"mul.lo.u32 %r10, %r6, 3;", all << 8 & all},
      {"mul.lo.u32 %r10, %r6, %r3;", all << 11 & all},
      {"mul.lo.u32 %r10, %r4, 0x10000;", 0},
      {"mul.lo.u32 %r10, %r4, 0;", 0},
      {"mad.lo.u32 %r10, %r4, 5, %r6;", all << 8 & all},
      {"mad.lo.u32 %r10, %r6, %r3, %r4;", all << 11 & all},
      // What saturates looks at all bits.
      {"add.sat.s32 %r10, %r4, 1;", all},
  });
  expectUndefined({{"mul.wide.u32 %x8, %r4, 16;", ~0ull << 20},
                   {"mul.wide.s32 %x8, %r6, 1;", ~0ull << 8},
                   {"mov.b64 %x1, {%r1, %r9}; mad.wide.u32 %x8, %r1, %r1, %x1;",
                    ~0ull << 32}},
                  "%x8", 64);
}

TEST(Undefined, LogicWhereItDecides) {
  expectUndefined({
      {"lop3.b32 %r10, %r4, 0xff, %r1, 0xc0;", 0},            // a & b
      {"lop3.b32 %r10, %r4, 0xffffff, %r1, 0xc0;", 0xff0000}, // a & b
      {"lop3.b32 %r10, %r4, %r1, 0, 0x96;", high},            // a ^ b ^ c
      {"lop3.b32 %r10, %r4, %r4, %r5, 0xff;", 0},             // one
      {"lop3.b32 %r10, %r1, %r4, %r2, 0xe2;", 0x3c010000},    // b ? a : c
  });
}

TEST(Undefined, BitsThatMove) {
  expectUndefined({
      {"shf.l.clamp.b32 %r10, %r4, %r1, 8;", 0xff},
      {"shf.l.clamp.b32 %r10, %r5, %r1, 16;", 0},
      {"shf.l.wrap.b32 %r10, %r1, %r6, 36;", 0xf000},
      {"shf.r.clamp.b32 %r10, %r5, %r1, 8;", 0xff},
      {"shf.r.clamp.b32 %r10, %r1, %r6, 40;", 0xf00},
      {"shf.r.wrap.b32 %r10, %r1, %r6, 44;", 0xf0000000},
      {"shf.r.wrap.b32 %r10, %r1, %r1, %r9;", all},
      {"brev.b32 %r10, %r6;", 0x00f00000},
      {"szext.clamp.u32 %r10, %r4, 16;", 0},
      {"szext.clamp.s32 %r10, %r4, 16;", 0},
      {"szext.clamp.s32 %r10, %r6, 12;", all << 8 & all},
      {"szext.clamp.u32 %r10, %r6, 10;", 0x300},
      {"szext.wrap.u32 %r10, %r6, 40;", 0},
      {"szext.clamp.u32 %r10, %r6, 40;", 0xf00},
      {"prmt.b32.rc16 %r10, %r4, %r1, 0;", 0},
      {"prmt.b32.rc16 %r10, %r4, %r1, 1;", all},
      {"prmt.b32.f4e %r10, %r4, %r1, 2;", low},
  });
  expectUndefined({{"mov.b64 %x1, {%r1, %r9}; brev.b64 %x8, %x1;", all}}, "%x8",
                  64);
}

TEST(Undefined, ChoiceBetweenEqualBits) {
  expectUndefined({
      {"selp.u32 %r10, 5, 4, %p9;", 1},
      {"selp.u32 %r10, 5, 5, %p9;", 0},
      {"selp.u32 %r10, %r4, %r4, %p9;", high},
  });
}

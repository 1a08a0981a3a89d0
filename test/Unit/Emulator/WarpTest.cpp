//===- WarpTest.cpp - shuffles, votes, matrices of a warp -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluate.h"

#include <cmath>
#include <fmt/format.h>
#include <gtest/gtest.h>
#include <random>

using namespace dilated::emulator;
using namespace dilated::emulator::test;

namespace {

const std::string store = R"(
  mul.wide.u32 %x8, %r0, 4; add.u64 %x9, %x0, %x8; st.global.u32 [%x9], %r8;)";

std::vector<uint32_t> lanes(const std::string &body) {
  Ran run = test::run(makeKernel(body + store), 32, 32);
  for (const Report &report : run.result.reports)
    ADD_FAILURE() << report.format("test.ptx");
  return run.memory;
}

} // namespace

TEST(Warp, ShufflesOfSegments) {
  std::vector<uint32_t> down =
      lanes("shfl.sync.down.b32 %r8|%p1, %r0, 3, 31, 0xffffffff;"
            "@!%p1 add.u32 %r8, %r8, 100;");
  std::vector<uint32_t> up =
      lanes("shfl.sync.up.b32 %r8, %r0, 3, 0, 0xffffffff;");
  // Segments of 8: the mask is 0x18 in the upper byte.
  std::vector<uint32_t> index =
      lanes("shfl.sync.idx.b32 %r8, %r0, 2, 0x181f, 0xffffffff;");
  std::vector<uint32_t> butterfly =
      lanes("shfl.sync.bfly.b32 %r8, %r0, 5, 31, 0xffffffff;");
  for (uint32_t t = 0; t < 32; ++t) {
    EXPECT_EQ(down[t], t + 3 < 32 ? t + 3 : t + 100);
    EXPECT_EQ(up[t], t >= 3 ? t - 3 : t);
    EXPECT_EQ(index[t], t / 8 * 8 + 2);
    EXPECT_EQ(butterfly[t], t ^ 5);
  }
}

TEST(Warp, VotesMatchesReductions) {
  std::string odd = "and.b32 %r1, %r0, 1; setp.eq.u32 %p1, %r1, 1;";
  EXPECT_EQ(lanes(odd + "vote.sync.ballot.b32 %r8, %p1, 0xffffffff;")[4],
            0xaaaaaaaau);
  EXPECT_EQ(lanes(odd + "vote.sync.all.pred %p2, %p1, 0xffffffff; "
                        "selp.u32 %r8, 1, 0, %p2;")[0],
            0u);
  EXPECT_EQ(lanes(odd + "vote.sync.any.pred %p2, %p1, 0xffffffff; "
                        "selp.u32 %r8, 1, 0, %p2;")[0],
            1u);
  EXPECT_EQ(lanes(odd + "match.any.sync.b32 %r8, %r1, 0xffffffff;")[1],
            0xaaaaaaaau);
  EXPECT_EQ(lanes(odd + "match.all.sync.b32 %r8|%p2, %r1, 0xffffffff;")[1], 0u);
  EXPECT_EQ(lanes("redux.sync.add.u32 %r8, %r0, 0xffffffff;")[9], 496u);
  EXPECT_EQ(lanes("redux.sync.max.s32 %r8, %r0, 0xffffffff;")[9], 31u);
  EXPECT_EQ(lanes("elect.sync %r8|%p1, 0xffffffff;")[9], 0u);
}

TEST(Warp, MembersOfBothSidesOfABranchMeet) {
  // Half of the warp gets to the shuffle later than the other half.
  std::vector<uint32_t> values = lanes(R"(
  setp.lt.u32 %p1, %r0, 16;
  mov.u32 %r1, 0xffff;
  @!%p1 mov.u32 %r1, 0xffff0000;
  mov.u32 %r2, 0;
  @%p1 bra LOW;
  shfl.sync.bfly.b32 %r8, %r0, 1, 31, %r1;
  bra JOIN;
LOW:
  shfl.sync.bfly.b32 %r8, %r0, 2, 31, %r1;
JOIN:)");
  for (uint32_t t = 0; t < 32; ++t)
    EXPECT_EQ(values[t], t < 16 ? t ^ 2 : t ^ 1);
}

//===----------------------------------------------------------------------===//
// Matrices: the layouts are worked out here by hand
//===----------------------------------------------------------------------===//

namespace {

uint16_t toHalf(int value) { // small integers
  if (value == 0)
    return 0;
  int size = std::abs(value), exponent = 0;
  while (size >> (exponent + 1))
    ++exponent;
  return uint16_t((value < 0 ? 0x8000 : 0) | (exponent + 15) << 10 |
                  ((size << (10 - exponent)) & 0x3ff));
}
uint16_t toBfloat(int value) { return uint16_t(bitsOf(float(value)) >> 16); }

struct Product {
  int a[16][32], b[32][8], c[16][8];
  explicit Product(int bound) {
    std::mt19937 random(1);
    auto next = [&] { return int(random() % (2 * bound + 1)) - bound; };
    for (auto &row : a)
      for (int &x : row)
        x = next();
    for (auto &row : b)
      for (int &x : row)
        x = next();
    for (auto &row : c)
      for (int &x : row)
        x = next();
  }
  int result(int row, int column, int depth) const {
    int sum = c[row][column];
    for (int k = 0; k < depth; ++k)
      sum += a[row][k] * b[k][column];
    return sum;
  }
};

/// Registers per lane: A, B, C, one row of 16 words each.
Ran runMma(const std::string &instruction,
           const std::vector<std::array<uint32_t, 16>> &registers) {
  // Inputs come as a table in constant memory.
  std::string table = ".const .align 16 .u32 t[512] = {";
  for (const auto &row : registers)
    for (uint32_t word : row)
      table += fmt::format("{}{}", table.back() == '{' ? "" : ", ", word);
  table += "};\n";
  return test::run(makeKernel(R"(
  mul.wide.u32 %x1, %r0, 64; mov.u64 %x2, t; add.u64 %x1, %x1, %x2;
  ld.const.v4.u32 {%r1, %r2, %r3, %r4}, [%x1];
  ld.const.v4.u32 {%r5, %r6, %r7, %r8}, [%x1+16];
  ld.const.v4.u32 {%r9, %r10, %r11, %r12}, [%x1+32];
  mov.u32 %r13, 0; mov.u32 %r14, 0; mov.u32 %r15, 0; mov.u32 %r16, 0;)" +
                                  instruction + R"(
  mul.wide.u32 %x3, %r0, 16; add.u64 %x3, %x0, %x3;
  st.global.v4.u32 [%x3], {%r13, %r14, %r15, %r16};)",
                              table),
                   32, 128);
}

void checkMma(const std::string &type, int depth, int per,
              uint32_t (*encode)(int), int shift) {
  Product product(7);
  std::vector<std::array<uint32_t, 16>> registers(32);
  for (int lane = 0; lane < 32; ++lane) {
    int g = lane / 4, t = lane % 4;
    registers[lane].fill(0);
    for (int r = 0; r < depth / (2 * per); ++r)
      for (int e = 0; e < per; ++e)
        registers[lane][r] |=
            encode(product.a[g + 8 * (r & 1)][per * t + (r >> 1) * 4 * per + e])
            << (shift * e);
    for (int r = 0; r < depth / (4 * per); ++r)
      for (int e = 0; e < per; ++e)
        registers[lane][4 + r] |=
            encode(product.b[per * t + r * 4 * per + e][g]) << (shift * e);
    for (int e = 0; e < 4; ++e)
      registers[lane][8 + e] =
          per == 4
              ? uint32_t(product.c[g + 8 * (e >> 1)][2 * t + (e & 1)])
              : bitsOf(float(product.c[g + 8 * (e >> 1)][2 * t + (e & 1)]));
  }
  std::string a =
      depth / (2 * per) == 4 ? "{%r1, %r2, %r3, %r4}" : "{%r1, %r2}";
  std::string b = depth / (4 * per) == 2 ? "{%r5, %r6}" : "{%r5}";
  std::string accumulator = per == 4 ? "s32" : "f32";
  Ran run = runMma(fmt::format("mma.sync.aligned.m16n8k{0}.row.col.{1}.{2}.{2}."
                               "{1} {{%r13, %r14, %r15, %r16}}, {3}, {4}, "
                               "{{%r9, %r10, %r11, %r12}};",
                               depth, accumulator, type, a, b),
                   registers);
  for (const Report &report : run.result.reports)
    ADD_FAILURE() << report.format("test.ptx");
  for (int lane = 0; lane < 32; ++lane)
    for (int e = 0; e < 4; ++e) {
      int expected = product.result(lane / 4 + 8 * (e >> 1),
                                    2 * (lane % 4) + (e & 1), depth);
      uint32_t bits = per == 4 ? uint32_t(expected) : bitsOf(float(expected));
      ASSERT_EQ(run.memory[lane * 4 + e], bits)
          << type << " k" << depth << " lane " << lane << " element " << e;
    }
  EXPECT_EQ(run.result.counters.matrixFlops, uint64_t(2 * 16 * 8 * depth));
}

} // namespace

TEST(Matrix, ProductsOfEveryType) {
  auto f16 = [](int x) { return uint32_t(toHalf(x)); };
  auto bf16 = [](int x) { return uint32_t(toBfloat(x)); };
  auto tf32 = [](int x) { return bitsOf(float(x)) | 0xfff; };
  auto s8 = [](int x) { return uint32_t(uint8_t(x)); };
  checkMma("f16", 16, 2, f16, 16);
  checkMma("f16", 8, 2, f16, 16);
  checkMma("bf16", 16, 2, bf16, 16);
  checkMma("bf16", 8, 2, bf16, 16);
  checkMma("tf32", 8, 1, tf32, 0);
  checkMma("tf32", 4, 1, tf32, 0);
  checkMma("s8", 32, 4, s8, 8);
  checkMma("s8", 16, 4, s8, 8);
}

TEST(Matrix, LoadStoreTransposeThroughSharedMemory) {
  // Row i of the matrix holds 8 i … 8 i + 7.
  const std::string fill = R"(
  .shared .align 16 .b8 s[256];
  mul.lo.u32 %r1, %r0, 2; add.u32 %r2, %r1, 1;
  shl.b32 %r3, %r2, 16; or.b32 %r3, %r3, %r1;
  mov.u32 %r4, s; shl.b32 %r5, %r0, 2; add.u32 %r5, %r4, %r5;
  st.shared.u32 [%r5], %r3;
  bar.warp.sync 0xffffffff;
  and.b32 %r6, %r0, 7; shl.b32 %r6, %r6, 4; add.u32 %r6, %r4, %r6;)";
  std::vector<uint32_t> plain =
      lanes(fill + "ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r8}, [%r6];");
  std::vector<uint32_t> transposed = lanes(
      fill + "ldmatrix.sync.aligned.m8n8.x1.trans.shared.b16 {%r8}, [%r6];");
  std::vector<uint32_t> moved =
      lanes(fill + "ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r7}, [%r6];"
                   "movmatrix.sync.aligned.m8n8.trans.b16 %r8, %r7;");
  std::vector<uint32_t> stored =
      lanes(fill + "ldmatrix.sync.aligned.m8n8.x1.shared.b16 {%r7}, [%r6];"
                   "stmatrix.sync.aligned.m8n8.x1.trans.shared.b16 [%r6+128], "
                   "{%r7}; bar.warp.sync 0xffffffff;"
                   "ld.shared.u32 %r8, [%r5+128];");
  for (uint32_t t = 0; t < 32; ++t) {
    uint32_t row = t / 4, column = 2 * (t % 4);
    EXPECT_EQ(plain[t], (8 * row + column + 1) << 16 | (8 * row + column));
    uint32_t across = (8 * (column + 1) + row) << 16 | (8 * column + row);
    EXPECT_EQ(transposed[t], across);
    EXPECT_EQ(moved[t], across);
    EXPECT_EQ(stored[t], across);
  }
}

TEST(Matrix, APartOfAWarpIsReported) {
  Ran run = test::run(makeKernel(R"(
  setp.lt.u32 %p1, %r0, 8;
  mov.u32 %r1, 0;
  @%p1 movmatrix.sync.aligned.m8n8.trans.b16 %r2, %r1;)"),
                      16, 1);
  EXPECT_TRUE(has(run.result, ReportKind::InvalidInstruction));
}

TEST(Matrix, WmmaMultipliesAndFollowsUndefinedRows) {
  // 16 x 16 halves of ones in shared memory; with `rows` rows written.
  auto multiply = [](unsigned rows) {
    return test::run(makeKernel(fmt::format(R"(
  .shared .align 32 .b8 s[512];
  mov.u32 %r1, s; mul.lo.u32 %r2, %r0, 16; add.u32 %r2, %r1, %r2;
  mov.u32 %r3, 0x3c003c00;
  setp.lt.u32 %p1, %r0, {};
  @%p1 st.shared.v4.u32 [%r2], {{%r3, %r3, %r3, %r3}};
  bar.warp.sync 0xffffffff;
  mov.u64 %x1, s;
  wmma.load.a.sync.aligned.row.m16n16k16.shared.f16 {{%r4, %r5, %r6, %r7, %r8, %r9, %r10, %r11}}, [%x1], 16;
  mov.u32 %r12, 0x3c003c00; mov.u32 %r30, 0;
  wmma.mma.sync.aligned.row.col.m16n16k16.f32.f32
    {{%r16, %r17, %r18, %r19, %r20, %r21, %r22, %r23}},
    {{%r4, %r5, %r6, %r7, %r8, %r9, %r10, %r11}},
    {{%r12, %r12, %r12, %r12, %r12, %r12, %r12, %r12}},
    {{%r30, %r30, %r30, %r30, %r30, %r30, %r30, %r30}};
  wmma.store.d.sync.aligned.row.m16n16k16.global.f32 [%x0],
    {{%r16, %r17, %r18, %r19, %r20, %r21, %r22, %r23}}, 16;)",
                                            rows)),
                     32, 256);
  };
  Ran whole = multiply(32);
  for (const Report &report : whole.result.reports)
    ADD_FAILURE() << report.format("test.ptx");
  for (uint32_t value : whole.memory)
    EXPECT_EQ(value, bitsOf(16.0f));
  // Two threads write a row of 16 halves: the last row is missing.
  Ran part = multiply(30);
  ASSERT_EQ(part.result.reports.size(), 1u);
  EXPECT_EQ(getReportName(part.result.reports[0].kind),
            getReportName(ReportKind::UninitializedShared));
}

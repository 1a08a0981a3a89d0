//===- MemoryTest.cpp - state spaces, vectors, atomics, copies --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluate.h"

#include <gtest/gtest.h>

using namespace dilated::emulator;
using namespace dilated::emulator::test;

namespace {

const std::string store = R"(
  mul.wide.u32 %x8, %r0, 4; add.u64 %x9, %x0, %x8; st.global.u32 [%x9], %r8;)";

void expectClean(const Ran &run) {
  for (const Report &report : run.result.reports)
    ADD_FAILURE() << report.format("test.ptx");
}

} // namespace

TEST(Memory, SpacesByNameAndByGenericAddress) {
  Ran run = test::run(makeKernel(R"(
  .shared .align 8 .b8 s[256];
  .local .align 8 .b8 l[16];
  mul.lo.u32 %r1, %r0, 8;
  mov.u32 %r2, s; add.u32 %r2, %r2, %r1;
  st.shared.v2.u32 [%r2], {%r0, %r1};
  mov.u64 %x1, s; cvta.shared.u64 %x1, %x1;
  cvt.u64.u32 %x2, %r1; add.u64 %x1, %x1, %x2;
  ld.u32 %r3, [%x1+4];                       // generic: 8 t
  mov.u64 %x3, l; cvta.local.u64 %x4, %x3;
  st.u32 [%x4+8], %r3;
  ld.local.u32 %r4, [l+8];                   // 8 t
  ld.const.u32 %r5, [c+4];                   // 20
  mov.u64 %x5, g; ld.global.u32 %r6, [%x5];  // 7
  isspacep.shared %p1, %x1;
  isspacep.local %p2, %x4;
  isspacep.global %p3, %x5;
  and.pred %p1, %p1, %p2; and.pred %p1, %p1, %p3;
  selp.u32 %r7, 1000, 0, %p1;
  add.u32 %r8, %r4, %r5; add.u32 %r8, %r8, %r6; add.u32 %r8, %r8, %r7;)" +
                                     store,
                                 ".const .align 4 .u32 c[2] = {10, 20};\n"
                                 ".global .align 4 .u32 g = 7;\n"),
                      32, 32);
  expectClean(run);
  for (uint32_t t = 0; t < 32; ++t)
    EXPECT_EQ(run.memory[t], 8 * t + 1027);
}

TEST(Memory, NarrowAndVectorAccesses) {
  EXPECT_EQ(evaluate(".local .align 16 .b8 l[16]; st.local.u32 [l], %r0; "
                     "ld.local.s8 %r8, [l+1];",
                     'r', {0x0000f100}),
            0xfffffff1u);
  EXPECT_EQ(evaluate(".local .align 16 .b8 l[16]; st.local.v4.u16 [l], "
                     "{%h0, %h1, %h2, %h3}; ld.local.v2.u32 {%r7, %r8}, [l];",
                     'r', {1, 2, 3, 4}),
            0x00040003u);
  EXPECT_EQ(evaluate("mov.b64 {%r5, %r6}, %x0; mov.b64 %x8, {%r6, %r5};", 'x',
                     {0x0123456789abcdef}),
            0x89abcdef01234567u);
  EXPECT_EQ(
      evaluate("mov.b32 {%h5, _}, %r0; mov.u16 %h8, %h5;", 'h', {0x12345678}),
      0x5678u);
}

TEST(Memory, AtomicsInGlobalAndSharedMemory) {
  Ran run = test::run(makeKernel(R"(
  .shared .align 4 .b8 s[8];
  setp.eq.u32 %p1, %r0, 0;
  mov.u32 %r5, 0;
  @%p1 st.shared.u32 [s], %r5;
  @%p1 st.shared.u32 [s+4], %r5;
  bar.sync 0;
  atom.shared.add.u32 %r1, [s], 2;
  red.shared.max.u32 [s+4], %r0;
  red.global.add.u32 [%x0], %r0;
  red.global.add.f32 [%x0+4], 0f3F800000;
  red.global.min.s32 [%x0+8], -5;
  atom.global.inc.u32 %r2, [%x0+12], 9;
  red.global.or.b32 [%x0+16], 6;
  bar.sync 0;
  ld.shared.u32 %r3, [s];
  ld.shared.u32 %r4, [s+4];
  @%p1 st.global.v2.u32 [%x0+24], {%r3, %r4};)"),
                      64, 8);
  expectClean(run);
  EXPECT_EQ(run.memory[0], 64u * 63 / 2);
  EXPECT_EQ(run.memory[1], bitsOf(64.0f));
  EXPECT_EQ(run.memory[2], uint32_t(-5));
  EXPECT_EQ(run.memory[3], 4u); // 64 increments modulo 10
  EXPECT_EQ(run.memory[4], 6u);
  EXPECT_EQ(run.memory[6], 128u);
  EXPECT_EQ(run.memory[7], 63u);
}

TEST(Memory, AtomicsOfManyBlocksAddUp) {
  Ran run = test::run(makeKernel("red.global.add.u32 [%x0], 1;"), 128, 1, 50);
  expectClean(run);
  EXPECT_EQ(run.memory[0], 6400u);
}

TEST(Memory, VariablesHoldAddressesOfOthers) {
  Ran run = test::run(makeKernel(R"(
  ld.global.u64 %x1, [table+8];
  ld.global.u32 %r8, [%x1];)" + store,
                                 ".global .align 4 .u32 a = 1;\n"
                                 ".global .align 4 .u32 b[2] = {2, 3};\n"
                                 ".global .align 8 .u64 table[2] = {a, "
                                 "generic(b)+4};\n"),
                      1, 1);
  expectClean(run);
  EXPECT_EQ(run.memory[0], 3u);
}

TEST(Memory, CopiesArriveWithTheirGroup) {
  Ran run = test::run(makeKernel(R"(
  .shared .align 16 .b8 s[1024];
  shl.b32 %r1, %r0, 4;
  mov.u32 %r2, s; add.u32 %r2, %r2, %r1;
  shl.b32 %r9, %r0, 2;
  setp.ne.u32 %p1, %r0, 0;
  @%p1 bra COPY;
  mov.u32 %r3, 41; st.global.u32 [%x0], %r3;
COPY:
  cp.async.ca.shared.global [%r2], [%x0], 16, 4;  // 12 bytes of zeros
  cp.async.commit_group;
  cp.async.ca.shared.global [%r2+512], [%x0], 4;
  cp.async.commit_group;
  cp.async.wait_group 1;
  ld.shared.v2.u32 {%r4, %r5}, [%r2];
  add.u32 %r8, %r4, %r5;
  cp.async.wait_all;)" + store),
                      32, 64);
  expectClean(run);
  EXPECT_EQ(run.memory[0], 41u);
  EXPECT_EQ(run.memory[31], 41u);
}

TEST(Counters, SectorsAndBankConflicts) {
  // 32 lanes, 4 bytes each, 128 apart in global memory: a sector per lane.
  Ran apart = test::run(makeKernel(R"(
  mul.wide.u32 %x1, %r0, 128; add.u64 %x1, %x0, %x1;
  ld.global.u32 %r1, [%x1];)"),
                        32, 1024);
  EXPECT_EQ(apart.result.counters.globalSectors, 32u);
  Ran together = test::run(makeKernel(R"(
  mul.wide.u32 %x1, %r0, 4; add.u64 %x1, %x0, %x1;
  ld.global.u32 %r1, [%x1];)"),
                           32, 32);
  EXPECT_EQ(together.result.counters.globalSectors, 4u);
  EXPECT_EQ(together.result.counters.bytesRead[0], 128u);

  auto conflicts =
      [](const char *stride) {
        Ran run = test::run(makeKernel(std::string(R"(
  .shared .align 4 .b8 s[8192];
  mul.lo.u32 %r1, %r0, )") + stride + R"(;
  mov.u32 %r2, s; add.u32 %r2, %r2, %r1;
  st.shared.u32 [%r2], %r0;)"),
                            32, 1);
        return run.result.counters.sharedWavefronts;
      };
  EXPECT_EQ(conflicts("4"), 1u);
  EXPECT_EQ(conflicts("8"), 2u);
  EXPECT_EQ(conflicts("128"), 32u);
  EXPECT_EQ(conflicts("132"), 1u);
}

TEST(Counters, ClassesAndLines) {
  Ran run = test::run(makeKernel("  add.u32 %r1, %r0, 1;\n"
                                 "  add.f32 %r2, %r1, %r1;\n"),
                      40, 1);
  const Counters &counters = run.result.counters;
  EXPECT_EQ(counters.warps, 2u);
  EXPECT_EQ(counters.laneByClass[unsigned(InstructionClass::Integer)], 40u);
  EXPECT_EQ(counters.warpByClass[unsigned(InstructionClass::Float32)], 2u);
  bool found = false;
  for (const LineCounters &line : counters.lines)
    found |= line.line == 8 && line.lanes == 40 && line.warps == 2;
  EXPECT_TRUE(found);
}

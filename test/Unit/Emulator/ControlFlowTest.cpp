//===- ControlFlowTest.cpp - divergence, calls, barriers --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluate.h"

#include <gtest/gtest.h>

using namespace dilated::emulator;
using namespace dilated::emulator::test;

namespace {

/// Stores %r8 of each thread at its place.
const std::string store = R"(
  mul.wide.u32 %x8, %r0, 4; add.u64 %x9, %x0, %x8; st.global.u32 [%x9], %r8;)";

void expectClean(const Ran &run) {
  for (const Report &report : run.result.reports)
    ADD_FAILURE() << report.format("test.ptx");
}

} // namespace

TEST(ControlFlow, LoopsOfDifferentLengthMeetAgain) {
  Ran run = test::run(makeKernel(R"(
  mov.u32 %r1, 0; mov.u32 %r8, 0;
LOOP:
  setp.ge.u32 %p1, %r1, %r0;
  @%p1 bra DONE;
  add.u32 %r8, %r8, %r1;
  add.u32 %r1, %r1, 1;
  bra LOOP;
DONE:
  activemask.b32 %r9;
  setp.ne.u32 %p2, %r9, 0xffffffff;
  @%p2 mov.u32 %r8, 999999;)" + store),
                      64, 64);
  expectClean(run);
  for (uint32_t t = 0; t < 64; ++t)
    EXPECT_EQ(run.memory[t], t * (t - 1) / 2);
  EXPECT_GT(run.result.counters.divergentBranches, 0u);
}

TEST(ControlFlow, NestedBranchesAndEarlyReturn) {
  Ran run = test::run(makeKernel(R"(
  and.b32 %r1, %r0, 3;
  setp.eq.u32 %p1, %r1, 3;
  @%p1 ret;
  setp.lt.u32 %p2, %r1, 1;
  @%p2 bra SMALL;
  setp.eq.u32 %p3, %r1, 1;
  @%p3 bra ONE;
  mov.u32 %r8, 22;
  bra JOIN;
ONE:
  mov.u32 %r8, 11;
  bra JOIN;
SMALL:
  mov.u32 %r8, 7;
JOIN:)" + store + R"(
  bar.sync 0;)"),
                      32, 32);
  expectClean(run);
  const uint32_t expected[] = {7, 11, 22, 0};
  for (uint32_t t = 0; t < 32; ++t)
    EXPECT_EQ(run.memory[t], expected[t % 4]);
}

TEST(ControlFlow, IndexedBranch) {
  Ran run = test::run(makeKernel(R"(
  and.b32 %r1, %r0, 3;
  TARGETS: .branchtargets A, B, A, C;
  brx.idx %r1, TARGETS;
A: mov.u32 %r8, 1; bra JOIN;
B: mov.u32 %r8, 2; bra JOIN;
C: mov.u32 %r8, 3;
JOIN:)" + store),
                      32, 32);
  expectClean(run);
  const uint32_t expected[] = {1, 2, 1, 3};
  for (uint32_t t = 0; t < 32; ++t)
    EXPECT_EQ(run.memory[t], expected[t % 4]);
}

TEST(ControlFlow, ALockWithinAWarpIsHandedOn) {
  // The holder leaves the loop and waits at its end for those who spin: lanes
  // must make progress one by one.
  Ran run = test::run(makeKernel(R"(
  mov.u32 %r8, 0;
SPIN:
  atom.global.cas.b32 %r1, [%x0], 0, 1;
  setp.ne.u32 %p1, %r1, 0;
  @%p1 bra SPIN;
  ld.volatile.global.u32 %r2, [%x0+4];
  add.u32 %r2, %r2, 1;
  st.volatile.global.u32 [%x0+4], %r2;
  membar.gl;
  atom.global.exch.b32 %r3, [%x0], 0;)"),
                      32, 2);
  expectClean(run);
  EXPECT_EQ(run.memory[0], 0u);
  EXPECT_EQ(run.memory[1], 32u);
}

TEST(Calls, RecursionIndirectionAndParameters) {
  std::string functions = R"(
.func (.param .b32 out) factorial(.param .b32 n) {
  .reg .b32 %r<8>; .reg .pred %p<2>;
  ld.param.u32 %r1, [n];
  mov.u32 %r2, 1;
  setp.le.u32 %p1, %r1, 1;
  @%p1 bra DONE;
  sub.u32 %r3, %r1, 1;
  { .param .b32 p; .param .b32 q;
    st.param.b32 [p], %r3;
    call (q), factorial, (p);
    ld.param.b32 %r4, [q]; }
  mul.lo.u32 %r2, %r1, %r4;
DONE:
  st.param.b32 [out], %r2;
  ret;
}
.func (.reg .b32 sum) plus(.reg .b32 a, .reg .b32 b) { add.u32 sum, a, b; ret; }
.func (.reg .b32 product) times(.reg .b32 a, .reg .b32 b) { mul.lo.u32 product, a, b; ret; }
)";
  Ran run = test::run(makeKernel(R"(
  and.b32 %r1, %r0, 7;
  { .param .b32 p; .param .b32 q;
    st.param.b32 [p], %r1;
    call (q), factorial, (p);
    ld.param.b32 %r2, [q]; }
  and.b32 %r3, %r0, 1;
  setp.eq.u32 %p1, %r3, 0;
  mov.u64 %x1, plus;
  mov.u64 %x2, times;
  selp.b64 %x3, %x1, %x2, %p1;
  call (%r8), %x3, (%r2, 10), proto;
  proto: .callprototype (.reg .b32 _) _ (.reg .b32 _, .reg .b32 _);)" +
                                     store,
                                 functions),
                      64, 64);
  expectClean(run);
  const uint32_t factorials[] = {1, 1, 2, 6, 24, 120, 720, 5040};
  for (uint32_t t = 0; t < 64; ++t)
    EXPECT_EQ(run.memory[t],
              t % 2 ? factorials[t % 8] * 10 : factorials[t % 8] + 10);
}

TEST(Calls, EndlessRecursionIsReported) {
  Ran run = test::run(
      makeKernel("call f;", ".func f() { .local .b8 l[1024]; call f; ret; }"),
      32, 1);
  EXPECT_TRUE(has(run.result, ReportKind::ResourceLimit));
}

TEST(Barriers, NamedAndCountedOnesSynchroniseTheirWarps) {
  // Warp 0 produces, warp 1 consumes; warps 2 and 3 never come.
  Ran run = test::run(makeKernel(R"(
  .shared .align 4 .b8 s[128];
  shr.u32 %r1, %r0, 5;
  and.b32 %r2, %r0, 31;
  shl.b32 %r3, %r2, 2;
  mov.u32 %r4, s;
  add.u32 %r4, %r4, %r3;
  setp.eq.u32 %p0, %r1, 0;
  setp.eq.u32 %p1, %r1, 1;
  @!%p0 bra CONSUMER;
  st.shared.u32 [%r4], %r0;
  bar.arrive 1, 64;
  ret;
CONSUMER:
  @!%p1 ret;
  bar.sync 1, 64;
  xor.b32 %r5, %r3, 124;
  mov.u32 %r6, s;
  add.u32 %r6, %r6, %r5;
  ld.shared.u32 %r8, [%r6];
  mov.u32 %r0, %r2;)" + store),
                      128, 32);
  expectClean(run);
  for (uint32_t t = 0; t < 32; ++t)
    EXPECT_EQ(run.memory[t], 31 - t);
}

TEST(Barriers, ReductionsOverTheBlock) {
  Ran run = test::run(makeKernel(R"(
  setp.lt.u32 %p1, %r0, 40;
  bar.red.popc.u32 %r1, 0, %p1;
  bar.red.and.pred %p2, 0, %p1;
  bar.red.or.pred %p3, 0, %p1;
  selp.u32 %r2, 1000, 0, %p2;
  selp.u32 %r3, 2000, 0, %p3;
  add.u32 %r8, %r1, %r2; add.u32 %r8, %r8, %r3;)" +
                                 store),
                      96, 96);
  expectClean(run);
  for (uint32_t value : run.memory)
    EXPECT_EQ(value, 2040u);
}

TEST(Limits, AnEndlessLoopIsStopped) {
  Ran run = test::run(makeKernel("L: bra L;"), 32, 1);
  EXPECT_TRUE(has(run.result, ReportKind::InstructionLimit));
}

//===- DetectorTest.cpp - what each detector finds --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluate.h"

#include <gtest/gtest.h>

using namespace dilated::emulator;
using namespace dilated::emulator::test;

namespace {

const std::string shared = R"(
  .shared .align 16 .b8 s[1024];
  mov.u32 %r1, s; shl.b32 %r2, %r0, 2; add.u32 %r3, %r1, %r2;
  xor.b32 %r4, %r2, 4; add.u32 %r4, %r1, %r4;)";
// %r3: the place of the thread, %r4: that of its neighbour.

LaunchResult launch(const std::string &body, unsigned threads = 64,
                    unsigned words = 64) {
  return run(makeKernel(body), threads, words).result;
}

/// Exactly this finding.
void expectOnly(const LaunchResult &result, ReportKind kind) {
  EXPECT_TRUE(has(result, kind)) << getReportName(kind);
  for (const Report &report : result.reports)
    EXPECT_EQ(getReportName(report.kind), getReportName(kind))
        << report.format("test.ptx");
}

void expectClean(const LaunchResult &result) {
  for (const Report &report : result.reports)
    ADD_FAILURE() << report.format("test.ptx");
}

} // namespace

TEST(Detectors, OutOfBounds) {
  expectOnly(launch("st.global.u32 [%x0+256], %r0;", 1),
             ReportKind::OutOfBounds);
  expectClean(launch("st.global.u32 [%x0+252], %r0;", 1));
  expectOnly(launch("ld.global.u32 %r1, [%x0+-4];", 1),
             ReportKind::OutOfBounds);
  expectOnly(launch(shared + "st.shared.u32 [%r1+1024], %r0;", 1),
             ReportKind::OutOfBounds);
  expectOnly(launch("mov.u64 %x1, 0; ld.u32 %r1, [%x1];", 1),
             ReportKind::OutOfBounds);
  expectOnly(launch("ld.param.u64 %x1, [memory+8];", 1),
             ReportKind::OutOfBounds);
}

TEST(Detectors, AReportSaysWhereAndWho) {
  LaunchResult result = run(makeKernel(R"(.loc 1 77 3
  setp.gt.u32 %p1, %r0, 61;
  mul.wide.u32 %x1, %r0, 4; add.u64 %x1, %x1, %x0;
  @%p1 st.global.u32 [%x1+8], %r0;)",
                                       ".file 1 \"kernel.cu\"\n"),
                            64, 64)
                            .result;
  ASSERT_EQ(result.reports.size(), 1u);
  const Report &report = result.reports[0];
  EXPECT_EQ(report.instruction, "@%p1 st.global.u32 [%x1+8], %r0;");
  EXPECT_EQ(report.location.file, "kernel.cu");
  EXPECT_EQ(report.location.line, 77u);
  EXPECT_EQ(report.threads, (std::vector<uint32_t>{62, 63}));
  EXPECT_NE(report.message.find("'memory' of 256 bytes"), std::string::npos);
  EXPECT_EQ(report.line, 13u);
}

TEST(Detectors, Misaligned) {
  expectOnly(launch("ld.global.u32 %r1, [%x0+2];", 1), ReportKind::Misaligned);
  expectOnly(launch("ld.global.v2.u32 {%r1, %r2}, [%x0+4];", 1),
             ReportKind::Misaligned);
  expectClean(launch("ld.global.v2.u32 {%r1, %r2}, [%x0+8];", 1));
}

TEST(Detectors, RaceBetweenWarpsAndLanes) {
  std::string exchange = "st.shared.u32 [%r3], %r0;";
  std::string read = "ld.shared.u32 %r5, [%r4];";
  expectOnly(launch(shared + exchange + read), ReportKind::Race);
  expectClean(launch(shared + exchange + "bar.sync 0;" + read));
  // Within a warp bar.warp.sync is enough, and nothing is not.
  expectClean(
      launch(shared + exchange + "bar.warp.sync 0xffffffff;" + read, 32));
  expectOnly(launch(shared + exchange + read, 32), ReportKind::Race);
  // A write after the read of another thread.
  expectOnly(launch(shared + exchange + "bar.sync 0;" + read + exchange),
             ReportKind::Race);
  expectClean(launch(shared + exchange + "bar.sync 0;" + read + "bar.sync 0;" +
                     exchange));
  // Bytes of one word that belong to different threads.
  expectClean(launch(R"(
  .shared .align 4 .b8 s[64];
  mov.u32 %r1, s; add.u32 %r1, %r1, %r0;
  cvt.u16.u32 %h1, %r0;
  st.shared.u8 [%r1], %h1;
  ld.shared.u8 %h2, [%r1];)"));
}

TEST(Detectors, LanesOfOneInstructionThatDisagree) {
  expectOnly(launch(shared + "st.shared.u32 [%r1], %r0;", 32),
             ReportKind::Race);
  expectClean(launch(shared + "mov.u32 %r5, 7; st.shared.u32 [%r1], %r5;", 32));
  expectClean(launch(shared + R"(
  setp.eq.u32 %p1, %r0, 0; mov.u32 %r5, 0;
  @%p1 st.shared.u32 [%r1], %r5;
  bar.sync 0;
  red.shared.add.u32 [%r1], 1;)"));
}

TEST(Detectors, BarriersBetweenSomeWarpsOrderThose) {
  // Warps 0 and 1 meet at barrier 1; warp 2 reads without.
  std::string body = shared + R"(
  shr.u32 %r5, %r0, 5;
  setp.eq.u32 %p0, %r5, 0;
  setp.le.u32 %p1, %r5, 1;
  @%p0 st.shared.u32 [%r3], %r0;
  @%p1 bar.sync 1, 64;
  and.b32 %r6, %r2, 127; add.u32 %r6, %r6, %r1;
  setp.eq.u32 %p2, %r5, )";
  expectClean(launch(body + "1;\n @%p2 ld.shared.u32 %r7, [%r6];", 96));
  expectOnly(launch(body + "2;\n @%p2 ld.shared.u32 %r7, [%r6];", 96),
             ReportKind::Race);
}

TEST(Detectors, UninitialisedRegisters) {
  expectOnly(launch("st.global.u32 [%x0], %r9;", 1),
             ReportKind::UninitializedRegister);
  expectOnly(launch("@%p5 exit;", 1), ReportKind::UninitializedRegister);
  EXPECT_TRUE(has(launch("ld.global.u32 %r1, [%x5];", 1),
                  ReportKind::UninitializedRegister));
  // What does not matter is not reported: a part that is cut off, a value that
  // is not chosen, a copy that is not used.
  expectClean(launch(R"(
  mov.b32 %r5, {%h1, %h2};
  setp.eq.u32 %p1, 0, 0;
  selp.u32 %r6, %r0, %r9, %p1;
  mov.u32 %r7, %r9;
  cvt.u16.u32 %h3, %r0;
  mov.b32 %r10, {%h3, %h2};
  and.b32 %r11, %r10, 0xffff;
  prmt.b32 %r12, %r10, %r9, 0x1010;
  add.u32 %r6, %r6, %r11; add.u32 %r6, %r6, %r12;
  st.global.u32 [%x0], %r6;)",
                     1));
  expectOnly(launch(R"(
  cvt.u16.u32 %h3, %r0;
  mov.b32 %r10, {%h3, %h2};
  add.u32 %r10, %r10, 1;
  mov.b32 {%h4, %h5}, %r10;
  st.global.u16 [%x0], %h4;
  st.global.u16 [%x0+2], %h5;)",
                    1),
             ReportKind::UninitializedRegister);
  expectClean(launch(R"(
  setp.ne.u32 %p1, 0, 0;
  setp.eq.and.u32 %p2, %r9, 3, %p1;
  @%p2 st.global.u32 [%x0], %r0;
  mov.b64 %x1, {%r0, %r9};
  bfe.u64 %x2, %x1, 4, 12;
  st.global.u64 [%x0], %x2;
  bfi.b32 %r10, %r0, %r9, 0, 16;
  bfe.u32 %r10, %r10, 0, 16;
  st.global.u32 [%x0], %r10;)",
                     1));
  expectOnly(launch(R"(
  mov.b64 %x1, {%r0, %r9};
  bfe.u64 %x2, %x1, 24, 12;
  setp.eq.u64 %p1, %x2, 0;
  @%p1 exit;)",
                    1),
             ReportKind::UninitializedRegister);
  // Defined on the path that every lane took.
  expectClean(launch(R"(
  setp.lt.u32 %p1, %r0, 5;
  @%p1 mov.u32 %r5, 1;
  @!%p1 mov.u32 %r5, 2;
  st.global.u32 [%x0], %r5;)"));
}

TEST(Detectors, UninitialisedSharedMemory) {
  expectOnly(launch(shared + "ld.shared.u32 %r5, [%r3]; "
                             "st.global.u32 [%x0], %r5;"),
             ReportKind::UninitializedShared);
  expectClean(launch(shared + "ld.shared.u32 %r5, [%r3];")); // not used
  expectClean(launch(shared + "st.shared.u32 [%r3], %r0; "
                              "ld.shared.u32 %r5, [%r3]; "
                              "st.global.u32 [%x0], %r5;"));
}

TEST(Detectors, DivergentMismatchedBarriersAndDeadlock) {
  LaunchResult divergent = launch(R"(
  setp.lt.u32 %p1, %r0, 5;
  @%p1 bra SKIP;
  bar.sync 0;
SKIP:
  st.global.u32 [%x0], %r0;)");
  EXPECT_TRUE(has(divergent, ReportKind::DivergentBarrier));
  expectClean(launch("setp.lt.u32 %p1, %r0, 32; @%p1 exit; bar.sync 0;"));
  // Lanes that only return are not waited for.
  expectClean(launch(R"(
  setp.lt.u32 %p1, %r0, 5;
  @%p1 bra SKIP;
  bar.sync 0;
SKIP:)"));
  LaunchResult mismatched = launch(R"(
  setp.lt.u32 %p1, %r0, 32;
  @%p1 bar.sync 1, 64;
  @!%p1 bar.sync 1, 96;)",
                                   96);
  EXPECT_TRUE(has(mismatched, ReportKind::MismatchedBarrier));
  LaunchResult deadlock = launch(R"(
  setp.lt.u32 %p1, %r0, 32;
  @%p1 bar.sync 1, 64;
  @!%p1 bar.sync 2, 64;)");
  ASSERT_TRUE(has(deadlock, ReportKind::Deadlock));
  for (const Report &report : deadlock.reports)
    if (report.kind == ReportKind::Deadlock) {
      EXPECT_NE(report.message.find("barrier 1 (line 11, 32 of 64"),
                std::string::npos)
          << report.message;
      EXPECT_NE(report.message.find("barrier 2 (line 12, 32 of 64"),
                std::string::npos)
          << report.message;
    }
}

TEST(Detectors, CopiesBeforeTheirWaitAndAtExit) {
  std::string copy = shared + R"(
  cp.async.ca.shared.global [%r3], [%x0], 4;
  cp.async.commit_group;)";
  std::string read = "ld.shared.u32 %r5, [%r3];";
  expectClean(launch(copy + "cp.async.wait_group 0;" + read));
  LaunchResult early = launch(copy + read + "cp.async.wait_all;");
  EXPECT_TRUE(has(early, ReportKind::AsyncBeforeWait));
  LaunchResult oneGroupOpen =
      launch(copy + "cp.async.wait_group 1;" + read + "cp.async.wait_all;");
  EXPECT_TRUE(has(oneGroupOpen, ReportKind::AsyncBeforeWait));
  expectOnly(launch(copy), ReportKind::AsyncAtExit);
  // Other threads need a barrier behind the wait.
  std::string neighbour = "ld.shared.u32 %r5, [%r4];";
  expectOnly(launch(copy + "cp.async.wait_group 0;" + neighbour),
             ReportKind::Race);
  expectClean(launch(copy + "cp.async.wait_group 0; bar.sync 0;" + neighbour));
}

TEST(Detectors, LimitsOfTheChip) {
  ParseError error;
  auto module = Module::parse(
      makeKernel("mov.u32 %r1, s;", ".shared .align 4 .b8 s[50000];\n"), error);
  ASSERT_TRUE(module) << error.message;
  GlobalMemory memory;
  Program program(*module, memory);
  Launch launch;
  launch.kernel = "k";
  launch.addArgument(uint64_t(0));
  expectOnly(program.launch(launch), ReportKind::ResourceLimit);

  auto dynamic = Module::parse(
      makeKernel("mov.u32 %r1, s;", ".extern .shared .align 4 .b8 s[];\n"),
      error);
  ASSERT_TRUE(dynamic) << error.message;
  Program other(*dynamic, memory);
  launch.dynamicSharedBytes = 160 * 1024;
  expectClean(other.launch(launch)); // sm_90 has 227 KiB
  launch.chip = "sm_86";
  expectOnly(other.launch(launch), ReportKind::ResourceLimit);
  launch.chip = "sm_90";
  launch.registersPerThread = 256;
  expectOnly(other.launch(launch), ReportKind::ResourceLimit);
}

TEST(Detectors, ChecksNoneRunsOn) {
  ParseError error;
  auto module = Module::parse(makeKernel("st.global.u32 [%x0], %r9;"), error);
  ASSERT_TRUE(module) << error.message;
  GlobalMemory memory;
  Program program(*module, memory);
  Launch launch;
  launch.kernel = "k";
  launch.checks = Checks::None;
  launch.addArgument(memory.allocate(4));
  EXPECT_TRUE(program.launch(launch).ok());
}

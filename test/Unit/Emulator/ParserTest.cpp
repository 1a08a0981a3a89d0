//===- ParserTest.cpp - what a module says, and what is refused -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluate.h"

#include "dilated-mlir/Emulator/Chip.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

using namespace dilated::emulator;
using namespace dilated::emulator::test;

namespace {

ParseError refuse(std::string_view text) {
  ParseError error;
  EXPECT_FALSE(Module::parse(text, error)) << text;
  return error;
}

std::string withHeader(std::string_view text) {
  return fmt::format(".version 8.0\n.target sm_80\n.address_size 64\n{}", text);
}

/// `body` starts on line 9 of makeKernel's text.
void expectError(std::string_view body, std::string_view message,
                 unsigned line = 9) {
  ParseError error = refuse(makeKernel(body));
  EXPECT_EQ(error.message, message);
  EXPECT_EQ(error.line, line) << body;
}

} // namespace

TEST(Parser, DescribesKernels) {
  ParseError error;
  auto module = Module::parse(withHeader(R"(
.extern .shared .align 16 .b8 dynamic[];
.global .align 8 .u64 g;
.visible .entry first(
  .param .u64 .ptr .global .align 4 a, .param .f32 b, .param .align 8 .b8 c[24])
.maxntid 256, 1, 1
.minnctapersm 2
{
  .reg .b32 %r<5>; .reg .b64 %x<3>;
  .shared .align 4 .b8 s[100];
  mov.u32 %r1, s;
  mov.u32 %r2, dynamic;
  add.u32 %r3, %r1, %r2;
  mov.u64 %x1, g;
  st.global.u32 [%x1], %r3;
  ret;
}
.entry second .reqntid 64 { ret; })"),
                              error);
  ASSERT_TRUE(module) << error.line << ": " << error.message;
  ASSERT_EQ(module->getKernels().size(), 2u);
  const KernelDescription &first = *module->findKernel("first");
  ASSERT_EQ(first.parameters.size(), 3u);
  EXPECT_EQ(first.parameters[0].type, "u64");
  EXPECT_EQ(first.parameters[1].offset, 8u);
  EXPECT_EQ(first.parameters[2].offset, 16u);
  EXPECT_EQ(first.parameters[2].bytes, 24u);
  EXPECT_EQ(first.parameterBytes, 40u);
  EXPECT_EQ(first.maximalThreads[0], 256u);
  EXPECT_EQ(first.minimalBlocks, 2u);
  EXPECT_EQ(first.staticSharedBytes, 112u); // the dynamic array is aligned
  EXPECT_TRUE(first.usesDynamicShared);
  EXPECT_EQ(first.liveRegisters, 3u); // %x1 and %r3
  EXPECT_EQ(module->findKernel("second")->requiredThreads[0], 64u);
  EXPECT_EQ(module->getTarget(), "sm_80");
  ASSERT_EQ(module->getVariables().size(), 1u);
  EXPECT_EQ(module->getVariables()[0].bytes, 8u);
}

TEST(Parser, NamesWhatItDoesNotKnowAndTheLine) {
  expectError("frobnicate.u32 %r1, %r2;",
              "unknown instruction 'frobnicate.u32'");
  expectError("\n\n add.u32.wobble %r1, %r2, %r3;",
              "unknown modifier '.wobble' of 'add'", 11);
  expectError("add.u32 %r1, %r99, %r2;", "unknown name '%r99'");
  expectError("add.u32 %r1, %x1, %r2;", "'%x1' has 64 bits, expects 32");
  expectError("add.u32 %r1, %p1, %r2;",
              "'%p1' is a predicate, expects 32 bits");
  expectError("add.u32 %r1, %r2;", "expects ',', not ';'");
  expectError("add.u32 %r1, %r2, %r3, %r4;", "'add' takes no more operands");
  expectError("add.b8 %h1, %h2, %h3;", "add is not supported for type .b8");
  expectError("add %r1, %r2, %r3;", "'add' needs a type");
  expectError("bra NOWHERE;", "unknown label 'NOWHERE'");
  expectError("L: L: ret;", "label 'L' is defined twice");
  expectError(".reg .b32 %r<3>;", "registers '%r' are declared twice");
  expectError("call missing;", "unknown function 'missing'");
  expectError("mov.f32 %r1, 3;", "expects a constant of type .f32, not '3'");
  expectError("tex.2d.v4.f32.s32 {%r1}, [%x0, {%r1}];",
              "unknown instruction 'tex.2d'");
  expectError("mma.sync.aligned.m8n8k4.row.col.f32.f16.f16.f32 {%r1}, {%r1}, "
              "{%r1}, {%r1};",
              "unknown modifier '.m8n8k4' of 'mma.sync'");
  expectError("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%r1, %r2, "
              "%r3, %r4}, {%r1}, {%r1, %r2}, {%r1, %r2, %r3, %r4};",
              "operand 2 has 1 elements, expects 4");
  expectError("ld.global.v4.u32 {%r1, %r2}, [%x0];",
              "operand 1 has 2 elements, expects 4");
  expectError("@%r1 ret;", "'%r1' is not a predicate");
  expectError("setp.eq.and.u32 %p1, %r1, %r2;",
              "a boolean operation takes a fourth operand");
  expectError("mov.u32 %r1, 0xfffffffffffffffff;",
              "integer does not fit 64 bits");
  expectError("mov.u32 %r1, 0f3F80;", "expects 8 hexadecimal digits, not 4");
}

TEST(Parser, ModulesThatAreNone) {
  EXPECT_EQ(refuse("").message, "the module has no .version");
  EXPECT_EQ(refuse(".global .u32 g;").message, "a module begins with .version");
  EXPECT_EQ(refuse("hello").message, "expects a directive, not 'hello'");
  EXPECT_EQ(refuse(withHeader(".entry k {")).message,
            "function 'k' has no end");
  EXPECT_EQ(refuse(withHeader("/* ")).message, "comment without an end");
  EXPECT_EQ(refuse(".version 8.0\n.address_size 32").message,
            "address size '32' is not supported, 64 is");
  ParseError error = refuse(withHeader("\n.global .u32 g[1] = {1, 2};"));
  EXPECT_EQ(error.line, 5u);
  EXPECT_EQ(refuse(withHeader(".global .u64 g = missing;")).message,
            "unknown name 'missing' in the initial values of 'g'");
  EXPECT_EQ(refuse(withHeader(".entry k { ret; } .entry k { ret; }")).message,
            "function 'k' is defined twice");
  EXPECT_EQ(refuse(withHeader(".section .debug_info { .b8 1")).message,
            "section '.debug_info' has no end");
}

TEST(Parser, SkipsDebugSectionsKeepsScopes) {
  ParseError error;
  auto module = Module::parse(withHeader(R"(
.file 1 "a.cu"
.visible .entry k() {
  .reg .b32 %r<3>;
  .loc 1 5 7, function_name $L__info_string0, inlined_at 1 9 2
  { .reg .b32 t; mov.u32 t, 1; { .reg .b32 t; mov.u32 t, 2; } mov.u32 %r1, t; }
  .pragma "nounroll";
  ret;
}
.section .debug_str
{
$L__info_string0:
.b8 107, 0
}
)"),
                              error);
  EXPECT_TRUE(module) << error.line << ": " << error.message;
}

TEST(Launches, WrongOnesDoNotRun) {
  ParseError error;
  auto module = Module::parse(makeKernel(""), error);
  ASSERT_TRUE(module);
  GlobalMemory memory;
  Program program(*module, memory);
  Launch launch;
  launch.kernel = "other";
  EXPECT_EQ(program.launch(launch).error, "there is no kernel 'other'");
  launch.kernel = std::string("k");
  EXPECT_EQ(program.launch(launch).error, "'k' takes 1 arguments, not 0");
  launch.addArgument(uint32_t(0));
  EXPECT_EQ(program.launch(launch).error,
            "argument 0 of 'k' has 4 bytes, parameter 'memory' has 8");
  launch.arguments.clear();
  launch.addArgument(uint64_t(0));
  launch.block.x = 2048;
  EXPECT_EQ(program.launch(launch).error,
            "a block of 2048 x 1 x 1 threads, the most is 1024");
}

TEST(Chips, OccupancyIsWhatTheTableSays) {
  // 128 threads, 128 registers: 65536 / (128 * 128) = 4 blocks.
  Occupancy occupancy = computeOccupancy(*findChip("sm_80"), 128, 128, 0);
  EXPECT_EQ(occupancy.blocksPerProcessor, 4u);
  EXPECT_EQ(occupancy.warpsPerProcessor, 16u);
  EXPECT_EQ(occupancy.limiter, "registers");
  // 48 KiB of 164 KiB, 1 KiB taken by the system: 3 blocks.
  EXPECT_EQ(
      computeOccupancy(*findChip("sm_80"), 128, 32, 49152).blocksPerProcessor,
      3u);
  EXPECT_EQ(computeOccupancy(*findChip("sm_90"), 1024, 32, 0).limiter,
            "threads");
  EXPECT_EQ(findChip("sm_90a"), findChip("sm_90"));
  EXPECT_EQ(findChip("sm_10"), nullptr);
}

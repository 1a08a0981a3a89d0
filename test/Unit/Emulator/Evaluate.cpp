//===- Evaluate.cpp - run a few instructions of PTX -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Evaluate.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

namespace dilated::emulator::test {

static constexpr std::string_view header =
    ".version 8.6\n.target sm_90\n.address_size 64\n";

std::vector<uint64_t> evaluateAll(std::string_view body, char result,
                                  const std::vector<Inputs> &inputs) {
  std::string_view widen = result == 'r'   ? "cvt.u64.u32 %x8, %r8;"
                           : result == 'h' ? "cvt.u64.u16 %x8, %h8;"
                           : result == 'p' ? "selp.b64 %x8, 1, 0, %p8;"
                                           : "";
  std::string text = fmt::format(R"({}
.visible .entry k(.param .u64 in, .param .u64 out, .param .u32 n) {{
  .reg .pred %p<16>; .reg .b16 %h<16>; .reg .b32 %r<16>; .reg .b64 %x<24>;
  mov.u32 %r10, %ctaid.x; mov.u32 %r11, %ntid.x; mov.u32 %r12, %tid.x;
  mad.lo.u32 %r13, %r10, %r11, %r12;
  ld.param.u32 %r14, [n];
  setp.ge.u32 %p15, %r13, %r14;
  @%p15 ret;
  ld.param.u64 %x16, [in]; ld.param.u64 %x17, [out];
  mul.wide.u32 %x18, %r13, 32; add.u64 %x16, %x16, %x18;
  mul.wide.u32 %x19, %r13, 8; add.u64 %x17, %x17, %x19;
  ld.global.v2.u64 {{%x0, %x1}}, [%x16]; ld.global.v2.u64 {{%x2, %x3}}, [%x16+16];
  cvt.u32.u64 %r0, %x0; cvt.u32.u64 %r1, %x1; cvt.u32.u64 %r2, %x2; cvt.u32.u64 %r3, %x3;
  cvt.u16.u64 %h0, %x0; cvt.u16.u64 %h1, %x1; cvt.u16.u64 %h2, %x2; cvt.u16.u64 %h3, %x3;
  {}
  {}
  st.global.u64 [%x17], %x8;
  ret;
}})",
                                 header, body, widen);
  ParseError error;
  std::unique_ptr<Module> module = Module::parse(text, error);
  if (!module) {
    ADD_FAILURE() << error.line << ": " << error.message << " in: " << body;
    return std::vector<uint64_t>(inputs.size());
  }
  GlobalMemory memory;
  uint64_t in = memory.allocate(inputs.size() * sizeof(Inputs), "in");
  uint64_t out = memory.allocate(inputs.size() * 8, "out");
  memory.write(in, inputs.data(), inputs.size() * sizeof(Inputs));
  Program program(*module, memory);
  Launch launch;
  launch.kernel = "k";
  launch.block.x = unsigned(std::min<size_t>(inputs.size(), 256));
  launch.grid.x =
      unsigned((inputs.size() + launch.block.x - 1) / launch.block.x);
  launch.addArgument(in);
  launch.addArgument(out);
  launch.addArgument(uint32_t(inputs.size()));
  LaunchResult launched = program.launch(launch);
  EXPECT_EQ(launched.error, "");
  for (const Report &report : launched.reports)
    ADD_FAILURE() << report.format("test.ptx");
  std::vector<uint64_t> results(inputs.size());
  memory.read(out, results.data(), results.size() * 8);
  return results;
}

uint64_t evaluate(std::string_view body, char result, Inputs inputs) {
  return evaluateAll(body, result, {inputs})[0];
}

std::string makeKernel(std::string_view body, std::string_view variables) {
  return fmt::format(R"({}{}
.visible .entry k(.param .u64 memory) {{
  .reg .pred %p<16>; .reg .b16 %h<16>; .reg .b32 %r<32>; .reg .b64 %x<16>;
  ld.param.u64 %x0, [memory];
  mov.u32 %r0, %tid.x;
{}
  ret;
}})",
                     header, variables, body);
}

Ran run(std::string_view text, unsigned threads, unsigned words,
        unsigned blocks, uint32_t dynamicShared) {
  Ran run;
  ParseError error;
  std::unique_ptr<Module> module = Module::parse(text, error);
  if (!module) {
    ADD_FAILURE() << error.line << ": " << error.message;
    run.result.error = error.message;
    return run;
  }
  GlobalMemory memory;
  uint64_t address = memory.allocate(words * 4ull, "memory");
  Program program(*module, memory);
  Launch launch;
  launch.kernel = "k";
  launch.block.x = threads;
  launch.grid.x = blocks;
  launch.dynamicSharedBytes = dynamicShared;
  launch.instructionLimit = 1 << 20;
  launch.addArgument(address);
  run.result = program.launch(launch);
  EXPECT_EQ(run.result.error, "");
  run.memory.resize(words);
  memory.read(address, run.memory.data(), words * 4ull);
  return run;
}

bool has(const LaunchResult &result, ReportKind kind) {
  for (const Report &report : result.reports)
    if (report.kind == kind)
      return true;
  return false;
}

} // namespace dilated::emulator::test

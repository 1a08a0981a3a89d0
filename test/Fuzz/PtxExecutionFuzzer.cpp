//===- PtxExecutionFuzzer.cpp - short kernels, no crash ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The input is the body of a kernel of one block. What it computes does not
// matter; it must end, and touch nothing but its own memory.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Emulator/Emulator.h"

#include <cstdint>
#include <string>

using namespace dilated::emulator;

static constexpr std::string_view header = R"(.version 8.6
.target sm_90
.address_size 64
.func (.param .b32 out) f(.param .b32 in) {
  .reg .b32 %r<4>;
  ld.param.b32 %r1, [in]; add.u32 %r1, %r1, 1; st.param.b32 [out], %r1; ret;
}
.global .align 16 .b8 g[256];
.const .align 16 .b8 c[64] = {1, 2, 3};
.visible .entry k(.param .u64 memory, .param .align 8 .b8 p[16]) {
  .reg .pred %p<8>; .reg .b16 %h<8>; .reg .b32 %r<32>; .reg .b64 %x<8>;
  .shared .align 16 .b8 s[512]; .local .align 16 .b8 l[64];
  .param .align 4 .b32 a; .param .align 4 .b32 b;
  ld.param.u64 %x0, [memory]; mov.u32 %r0, %tid.x; mov.u32 %r1, s;
  mov.u64 %x1, l; cvta.local.u64 %x2, %x1; mov.u64 %x3, s;
)";

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string text(header);
  text.append(reinterpret_cast<const char *>(data), size);
  text += "\nret; }\n";
  ParseError error;
  std::unique_ptr<Module> module = Module::parse(text, error);
  if (!module || !module->findKernel("k"))
    return 0;
  GlobalMemory memory;
  Program program(*module, memory);
  Launch launch;
  launch.kernel = "k";
  launch.block.x = 48; // a whole warp and a half
  launch.hostThreads = 1;
  launch.dynamicSharedBytes = 64;
  launch.instructionLimit = 2000;
  launch.checks = size % 2 ? Checks::All : Checks::None;
  launch.addArgument(memory.allocate(1024));
  launch.addArgument(uint64_t(7));
  program.launch(launch);
  return 0;
}

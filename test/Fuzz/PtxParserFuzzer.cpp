//===- PtxParserFuzzer.cpp - no text crashes the parser ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Emulator/Module.h"

#include <cstdint>
#include <cstdlib>
#include <string_view>

using namespace dilated::emulator;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string_view text(reinterpret_cast<const char *>(data), size);
  ParseError error;
  std::unique_ptr<Module> module = Module::parse(text, error);
  // Either a module, or an error that says what and where.
  if (!module && (error.message.empty() || error.line == 0))
    std::abort();
  return 0;
}

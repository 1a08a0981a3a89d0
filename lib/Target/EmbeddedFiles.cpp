//===- EmbeddedFiles.cpp - files inside the compiler ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A compiler that is moved or embedded elsewhere still finds them. The build
// defines the two paths and rebuilds this file when the files change.
//
//===----------------------------------------------------------------------===//

#include "EmbeddedFiles.h"

using namespace mlir;

#define DILATED_EMBED(name, path)                                              \
  __asm__(".section .rodata\n"                                                 \
          ".balign 16\n"                                                       \
          ".local " #name "_begin\n"                                           \
          ".local " #name "_end\n" #name "_begin:\n"                           \
          ".incbin \"" path "\"\n" #name "_end:\n"                             \
          ".byte 0\n"                                                          \
          ".text\n");                                                          \
  extern "C" const char name##_begin[] __attribute__((visibility("hidden")));  \
  extern "C" const char name##_end[] __attribute__((visibility("hidden")))

DILATED_EMBED(dilated_runtime_archive, DILATED_RUNTIME_ARCHIVE);
DILATED_EMBED(dilated_model_header, DILATED_MODEL_HEADER);

StringRef mlir::dilated::getRuntimeArchive() {
  return StringRef(dilated_runtime_archive_begin,
                   dilated_runtime_archive_end - dilated_runtime_archive_begin);
}

StringRef mlir::dilated::getModelHeader() {
  return StringRef(dilated_model_header_begin,
                   dilated_model_header_end - dilated_model_header_begin);
}

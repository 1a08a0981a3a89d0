//===- ChecksumTest.cpp - the same checksum as LLVM's -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "lib/Runtime/Checksum.h"

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/xxhash.h"

#include <gtest/gtest.h>

/// The compiler writes LLVM's, the run-time library compares with its own.
TEST(Checksum, EqualsLlvms) {
  std::string text;
  for (int i = 0; i < 300; ++i) {
    EXPECT_EQ(dilated::runtime::checksum(text.data(), text.size()),
              llvm::xxHash64(text))
        << i;
    text += char(i * 37);
  }
}

//===- TestFile.h - a file that lives as long as a test ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TEST_UNIT_TARGET_TESTFILE_H
#define DILATED_MLIR_TEST_UNIT_TARGET_TESTFILE_H

#include "llvm/ADT/SmallString.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <gtest/gtest.h>
#include <string>

namespace mlir::dilated {

/// A temporary file, removed at the end of the scope.
class TestFile {
public:
  explicit TestFile(llvm::StringRef suffix, llvm::StringRef contents = "") {
    std::error_code code =
        llvm::sys::fs::createTemporaryFile("dilated-test", suffix, path);
    EXPECT_FALSE(code) << code.message();
    llvm::raw_fd_ostream stream(path, code);
    stream << contents;
  }
  ~TestFile() { llvm::sys::fs::remove(path); }

  std::string str() const { return path.str().str(); }

private:
  llvm::SmallString<128> path;
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_TEST_UNIT_TARGET_TESTFILE_H

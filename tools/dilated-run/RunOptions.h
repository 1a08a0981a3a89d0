//===- RunOptions.h - what dilated-run was asked to do ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TOOLS_DILATED_RUN_RUNOPTIONS_H
#define DILATED_MLIR_TOOLS_DILATED_RUN_RUNOPTIONS_H

#include "dilated-mlir/Pipelines/Compiler.h"
#include "dilated-mlir/Support/CommandLine.h"
#include "dilated-mlir/Target/Jit.h"
#include "dilated-mlir/Target/RunDevice.h"

#include <optional>

namespace mlir::dilated {

struct RunOptions {
  CompilerOptions compiler;
  JitOptions jit;
  std::shared_ptr<RunDevice> device; // never null
  bool freezeInputs = false;
  bool profile = false;
  std::string kernelCounts; // where counts of an emulated kernel go, as JSON
  int64_t repeat = 1;
  std::optional<double> rtol, atol; // default: by element type
};

/// Prints "dilated-run: error: …" and returns kUsage.
int usageError(const Twine &message);

} // namespace mlir::dilated

#endif // DILATED_MLIR_TOOLS_DILATED_RUN_RUNOPTIONS_H

//===- CommandLine.h - what the command lines of tools share ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_SUPPORT_COMMANDLINE_H
#define DILATED_MLIR_SUPPORT_COMMANDLINE_H

#include "llvm/Support/CommandLine.h"
#include "llvm/Support/raw_ostream.h"

#include <string>

namespace mlir::dilated {

/// Exit codes of every tool: done; the answer is no (a mismatch, a model that
/// is invalid or unsupported); bad usage or unreadable input.
constexpr int kDone = 0, kNo = 1, kUsage = 2;

/// The base of a tool's options, a struct of llvm::cl members in `category`.
/// LLVM registers hundreds of options of its own, with names such as --threads;
/// a tool has only those of its contract. So there is one such object at a
/// time.
struct ToolOptions {
  explicit ToolOptions(llvm::StringRef categoryName)
      : category((llvm::cl::ResetCommandLineParser(), categoryName)) {}

  llvm::cl::OptionCategory category;

  /// Reads the command line; false after having printed what is wrong.
  bool parse(int argc, char **argv, llvm::StringRef overview) {
    llvm::cl::HideUnrelatedOptions(category);
    std::string errors;
    llvm::raw_string_ostream stream(errors);
    if (!llvm::cl::ParseCommandLineOptions(argc, argv, overview, &stream)) {
      llvm::errs() << errors;
      return false;
    }
    unregister();
    return true;
  }

private:
  /// lld, as a library, registers LLVM's options, some under our options'
  /// names.
  static void unregister() {
    llvm::SmallVector<llvm::cl::Option *> registered;
    for (auto &entry : llvm::cl::getRegisteredOptions())
      registered.push_back(entry.second);
    for (llvm::cl::Option *option : registered)
      option->removeArgument();
  }
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_SUPPORT_COMMANDLINE_H

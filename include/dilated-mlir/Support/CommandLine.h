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

/// How machine code is made: dilated-compile, dilated-run and dilated-bench.
struct CodeOptions : ToolOptions {
  using ToolOptions::ToolOptions;

  llvm::cl::opt<std::string> cpu{
      "mcpu", llvm::cl::desc("native (the default), x86-64-v3, znver4, ..."),
      llvm::cl::init("native"), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> features{
      "mattr", llvm::cl::desc("features to add or remove"),
      llvm::cl::value_desc("+avx2,-avx512f"), llvm::cl::cat(category)};
  llvm::cl::opt<bool> noFuse{
      "no-fuse",
      llvm::cl::desc(
          "leave branches as they are: the reference through linalg"),
      llvm::cl::cat(category)};
};

/// How a model is compiled: dilated-compile and dilated-run.
struct ModelOptions : CodeOptions {
  using CodeOptions::CodeOptions;

  llvm::cl::list<std::string> shapes{
      "shape",
      llvm::cl::desc(
          "shape of an input; ? keeps a dimension as the model has it"),
      llvm::cl::value_desc("NAME=1x?x768"), llvm::cl::cat(category)};
  llvm::cl::opt<bool> expandFunctions{
      "expand-functions",
      llvm::cl::desc(
          "inline model-local functions also where the operator is known"),
      llvm::cl::cat(category)};
  llvm::cl::opt<std::string> externalDataDir{
      "external-data-dir",
      llvm::cl::desc("folder of external data (default: the model's)"),
      llvm::cl::value_desc("DIR"), llvm::cl::cat(category)};
  llvm::cl::opt<std::string> ptxVersion{
      "ptx-version",
      llvm::cl::desc("version of the PTX language (default: 8.0, or what the "
                     "chip needs)"),
      llvm::cl::value_desc("8.0"), llvm::cl::cat(category)};
  llvm::cl::opt<bool> allowTF32{
      "allow-tf32",
      llvm::cl::desc("let GPUs multiply f32 with the precision of tf32"),
      llvm::cl::cat(category)};
  llvm::cl::opt<std::string> cacheDir{
      "cache-dir",
      llvm::cl::desc("folder of compiled code (default: DILATED_CACHE_DIR, "
                     "else ~/.cache/dilated-mlir)"),
      llvm::cl::value_desc("DIR"), llvm::cl::cat(category)};
  llvm::cl::opt<bool> noCache{
      "no-cache", llvm::cl::desc("compile, whatever was compiled before"),
      llvm::cl::cat(category)};
  llvm::cl::opt<std::string> dumpPhasesTo{
      "dump-phases-to",
      llvm::cl::desc("folder for the IR after every phase, LLVM IR and object"),
      llvm::cl::value_desc("DIR"), llvm::cl::cat(category)};
};

/// Those of `options` that were given, as "--a, --b"; "" when none was.
inline std::string listGiven(const auto &...options) {
  std::string given;
  auto add = [&](const llvm::cl::Option &option) {
    if (option.getNumOccurrences())
      given += (given.empty() ? "--" : ", --") + option.ArgStr.str();
  };
  (add(options), ...);
  return given;
}

} // namespace mlir::dilated

#endif // DILATED_MLIR_SUPPORT_COMMANDLINE_H

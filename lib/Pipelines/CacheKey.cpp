//===- CacheKey.cpp - what compiled code depends on --------------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "CacheKey.h"

#include "dialects/Check/Check.h"
#include "dilated-mlir/Support/CompilerIdentity.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "llvm/Support/BLAKE3.h"
#include "llvm/Support/FormatVariadic.h"

using namespace mlir;
using namespace mlir::dilated;

// Of the key's text and of the entries' form.
static constexpr int kVersion = 2;

/// A copy of `module` without what says only where it comes from.
static OwningOpRef<ModuleOp> strip(ModuleOp module) {
  OwningOpRef<ModuleOp> copy = module.clone();
  (*copy)->removeAttr("dilated.model");
  (*copy)->removeAttr("dilated.external_data_dir");
  DenseMap<StringAttr, StringAttr> numbers;
  for (auto global : copy->getOps<ml_program::GlobalOp>()) {
    if (!global->hasAttr("dilated.weight"))
      continue;
    auto number = StringAttr::get(module.getContext(),
                                  "dilated.weight." + Twine(numbers.size()));
    numbers[global.getSymNameAttr()] = number;
    global.setSymNameAttr(number);
    global->setAttr("dilated.weight", UnitAttr::get(module.getContext()));
  }
  copy->walk([&](ml_program::GlobalLoadConstOp load) {
    auto number = numbers.find(load.getGlobal().getRootReference());
    if (number != numbers.end())
      load.setGlobalAttr(SymbolRefAttr::get(number->second));
  });
  return copy;
}

std::optional<CompilationCache::Key>
mlir::dilated::computeCacheKey(ModuleOp module, const CompilerOptions &options,
                               StringRef output) {
  StringRef compiler = getCompilerIdentity();
  if (compiler.empty())
    return std::nullopt;
  FailureOr<std::string> target =
      getTargetKey(options.target, [&] { return emitError(module.getLoc()); });
  if (failed(target))
    return std::nullopt;

  std::string text;
  llvm::raw_string_ostream stream(text);
  stream << llvm::formatv("cache {0}\n{1}\n{2}\nfuse {3} entry {4}\n", kVersion,
                          compiler, *target, options.phases.fuse,
                          options.phases.cpu.entry);
  stream << output;
  if (const std::optional<NvptxOptions> &gpu = options.phases.gpu)
    stream << llvm::formatv(" for {0} ptx {1} -O{2} tf32 {3}", gpu->chip,
                            gpu->ptxVersion, gpu->optLevel,
                            options.phases.allowTF32);
  stream << '\n';
  // The code of an expectation holds the place where it stands.
  bool hasChecks =
      module.walk([](check::ExpectCloseOp) { return WalkResult::interrupt(); })
          .wasInterrupted();
  OpPrintingFlags flags;
  flags.assumeVerified().enableDebugInfo(hasChecks);
  strip(module)->print(stream, flags);
  return llvm::BLAKE3::hash<32>(llvm::arrayRefFromStringRef(text));
}

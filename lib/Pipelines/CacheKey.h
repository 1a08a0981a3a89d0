//===- CacheKey.h - what compiled code depends on ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_PIPELINES_CACHEKEY_H
#define DILATED_MLIR_LIB_PIPELINES_CACHEKEY_H

#include "dilated-mlir/Pipelines/Compiler.h"
#include "dilated-mlir/Support/CompilationCache.h"

namespace mlir::dilated {

/// The key of the code that the phases after `fused` make of `module`. Two
/// modules have one key when they differ in nothing but where they come from:
/// locations, the path of the model, names and places of weights (code knows a
/// weight by its type and its number). `output` says what is made: "object",
/// "ptx". Nothing when the target can't be
/// compiled for or the compiler can't tell its own build.
std::optional<CompilationCache::Key>
computeCacheKey(ModuleOp module, const CompilerOptions &options,
                StringRef output = "object");

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_PIPELINES_CACHEKEY_H

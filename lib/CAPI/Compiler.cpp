//===- Compiler.cpp - the compiler, for C ------------------------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir-c/Compiler.h"

#include "Artifact.h"
#include "dilated-mlir/InitAll.h"
#include "dilated-mlir/Support/CompilationCache.h"
#include "dilated-mlir/Support/CrashGuard.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"

#include <algorithm>
#include <chrono>
#include <cstring>

using namespace mlir;
using namespace mlir::dilated;

//===----------------------------------------------------------------------===//
// Diagnostics
//===----------------------------------------------------------------------===//

static DilatedSeverity getSeverity(DiagnosticSeverity severity) {
  switch (severity) {
  case DiagnosticSeverity::Note:
    return DilatedSeverityNote;
  case DiagnosticSeverity::Warning:
    return DilatedSeverityWarning;
  case DiagnosticSeverity::Error:
    return DilatedSeverityError;
  case DiagnosticSeverity::Remark:
    return DilatedSeverityRemark;
  }
  return DilatedSeverityError;
}

static void forward(Diagnostic &diagnostic,
                    const DilatedCompileOptions &options) {
  if (!options.onDiagnostic)
    return;
  std::string message = diagnostic.str(), file;
  DilatedDiagnostic result = {getSeverity(diagnostic.getSeverity()),
                              message.c_str(), "", 0, 0};
  if (auto place = diagnostic.getLocation()->findInstanceOf<FileLineColLoc>()) {
    file = place.getFilename().str();
    result.file = file.c_str();
    // A node of a model has no line; its location says 0:0 or 1:0.
    if (place.getColumn() != 0) {
      result.line = place.getLine();
      result.column = place.getColumn();
    }
  }
  options.onDiagnostic(&result, options.userData);
  for (Diagnostic &note : diagnostic.getNotes())
    forward(note, options);
}

//===----------------------------------------------------------------------===//
// Options
//===----------------------------------------------------------------------===//

/// The caller's struct may be older, and shorter, than ours.
static DilatedCompileOptions complete(const DilatedCompileOptions *options) {
  DilatedCompileOptions result = {};
  if (options)
    std::memcpy(&result, options,
                std::min(options->structSize, sizeof(result)));
  return result;
}

static LogicalResult readOptions(const DilatedCompileOptions &options,
                                 CompilerOptions &result) {
  if (options.cpu)
    result.target.cpu = options.cpu;
  if (options.features)
    result.target.features = options.features;
  if (options.externalDataDir)
    result.import.externalDataDir = options.externalDataDir;
  result.import.expandFunctions = options.expandFunctions;
  result.phases.fuse = !options.noFuse;
  if (options.gpuChip)
    result.phases.gpu.emplace().chip = options.gpuChip;
  result.cacheDir =
      options.cacheDir ? options.cacheDir : getDefaultCacheFolder();
  for (size_t i = 0; i < options.shapeCount; ++i) {
    std::string problem = parseShapeOption(options.shapes[i], result.import);
    if (problem.empty())
      continue;
    reportError(options.onDiagnostic, options.userData, problem);
    return failure();
  }
  return success();
}

//===----------------------------------------------------------------------===//
// Compiling
//===----------------------------------------------------------------------===//

/// Dialects are registered once: a registry is a few milliseconds' work.
static const DialectRegistry &getRegistry() {
  static const DialectRegistry &registry = []() -> const DialectRegistry & {
    auto *all = new DialectRegistry();
    registerAllDialects(*all);
    return *all;
  }();
  return registry;
}

static DilatedResult
compileUnguarded(const DilatedCompileOptions &options,
                 DilatedArtifact *artifact, StringRef path,
                 function_ref<LoadedModel(Compiler &, MLIRContext &)> load) {
  auto start = std::chrono::steady_clock::now();
  CompilerOptions compilerOptions;
  if (failed(readOptions(options, compilerOptions)))
    return DilatedResultUnreadable;
  TargetOptions target = compilerOptions.target;

  // A crash can be caught on this thread alone, and there is nothing to gain
  // from others: nearly all of a model is one function.
  MLIRContext context(getRegistry(), MLIRContext::Threading::DISABLED);
  // An op of the kernel phase may be thousands of lines long.
  context.printOpOnDiagnostic(false);
  ScopedDiagnosticHandler handler(
      &context, [&](Diagnostic &diagnostic) { forward(diagnostic, options); });
  if (failed(verifyOptions(context, compilerOptions)))
    return DilatedResultUnreadable;
  Compiler compiler(context, std::move(compilerOptions));
  LoadedModel loaded = load(compiler, context);
  if (!loaded.module)
    return static_cast<DilatedResult>(loaded.exitCode);
  FailureOr<CompiledModel> compiled = compiler.compile(*loaded.module, path);
  if (failed(compiled))
    return DilatedResultRejected;
  std::chrono::duration<double> elapsed =
      std::chrono::steady_clock::now() - start;
  artifact->ptr =
      new Artifact(std::move(*compiled), std::move(target), elapsed.count());
  return DilatedResultDone;
}

static DilatedResult
compile(const DilatedCompileOptions *given, DilatedArtifact *artifact,
        StringRef path,
        function_ref<LoadedModel(Compiler &, MLIRContext &)> load) {
  artifact->ptr = nullptr;
  DilatedCompileOptions options = complete(given);
  DilatedResult result = DilatedResultRejected;
  std::string crash = runGuarded(
      [&] { result = compileUnguarded(options, artifact, path, load); });
  if (crash.empty())
    return result;
  reportError(options.onDiagnostic, options.userData, crash);
  return DilatedResultRejected;
}

DilatedResult dilatedCompileFile(const char *path,
                                 const DilatedCompileOptions *options,
                                 DilatedArtifact *artifact) {
  return compile(
      options, artifact, path,
      [&](Compiler &compiler, MLIRContext &) { return compiler.load(path); });
}

DilatedResult dilatedCompileText(const char *text, size_t length,
                                 const DilatedCompileOptions *options,
                                 DilatedArtifact *artifact) {
  return compile(
      options, artifact, /*path=*/"", [&](Compiler &, MLIRContext &context) {
        LoadedModel loaded;
        loaded.module = parseSourceString<ModuleOp>(
            StringRef(text, length), ParserConfig(&context), "<text>");
        loaded.exitCode = loaded.module ? 0 : 2;
        return loaded;
      });
}

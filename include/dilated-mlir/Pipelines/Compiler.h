//===- Compiler.h - a model through the phases ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What dilated-compile, dilated-run and dilated-bench share: read a model, take
// it to a phase, emit machine code. Diagnostics go to the context's handler;
// results say how a tool should exit.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_PIPELINES_COMPILER_H
#define DILATED_MLIR_PIPELINES_COMPILER_H

#include "dilated-mlir/Import/OnnxImport.h"
#include "dilated-mlir/Pipelines/Phases.h"
#include "dilated-mlir/Support/WeightFile.h"
#include "dilated-mlir/Target/ObjectEmission.h"
#include "dilated-mlir/Target/PtxFile.h"
#include "dilated-mlir/Target/Signature.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/IR/OwningOpRef.h"
#include "mlir/Support/Timing.h"

#include <functional>
#include <string>

namespace mlir::dilated {

struct CompilerOptions {
  OnnxImportOptions import;
  PhaseOptions phases;
  TargetOptions target;

  /// A folder that receives the IR after every phase (`1-graph.mlir`, …), the
  /// LLVM IR (`model.ll`) and the object (`model.o`); empty: none.
  std::string dumpPhasesTo;

  /// A folder of compiled code, read and added to (Support/CompilationCache.h);
  /// empty: everything is compiled. Not used together with dumpPhasesTo.
  std::string cacheDir;

  /// Called with the name of each step as it begins.
  std::function<void(StringRef step)> progress;
};

/// A model as code, ready to be run.
struct CompiledModel {
  SmallVector<char> object; // a relocatable ELF file, entry `dilated_main`
  Signature signature;
  WeightTable weights; // keeps the model file mapped
  bool fromCache = false;
};

/// The attention kernels of a model as PTX.
struct CompiledKernels {
  /// What a .ptx holds (Target/PtxFile.h).
  std::string text;
  PtxDescription description;
  /// Empty where `text` is from the cache.
  std::string llvmIr;
  bool fromCache = false;
};

/// What load() found. `exitCode` is a tool's: 0 fine, 1 the model was read and
/// is invalid or unsupported, 2 it can't be read.
struct LoadedModel {
  OwningOpRef<ModuleOp> module;
  int exitCode = 0;
};

class Compiler {
public:
  Compiler(MLIRContext &context, CompilerOptions options);

  /// Reads `path`: a model (.onnx) into phase import, or IR (.mlir) of any
  /// phase.
  LoadedModel load(StringRef path);

  /// Runs the phases up to `last`, which is at most Llvm. IR written by hand
  /// may enter late: phases before the one its ops belong to are skipped.
  LogicalResult runTo(ModuleOp module, Phase last);

  /// Takes `module` to machine code; the LLVM IR to `llvmIr` when given. `path`
  /// is where it was loaded from: weights lie beside it.
  FailureOr<CompiledModel> compile(ModuleOp module, StringRef path,
                                   raw_ostream *llvmIr = nullptr);

  /// Takes the attention of `module` to PTX for options.phases.gpu. An error
  /// where there is no attention that a GPU has a kernel for. `wantsIr`: also
  /// fills in the LLVM IR.
  FailureOr<CompiledKernels> compileKernels(ModuleOp module,
                                            bool wantsIr = false);

  /// What the kernels for options.target may use, found out once: on the
  /// machine itself that takes a short measurement.
  FailureOr<VectorFeatures> getVectors();

  /// Steps are timed below this scope.
  void setTimingScope(TimingScope *scope) { timing = scope; }

private:
  LogicalResult runPhase(ModuleOp module, Phase phase);
  LogicalResult embedKernels(ModuleOp module);
  FailureOr<CompiledKernels> emitKernels(ModuleOp module,
                                         std::optional<PtxModel> model);
  FailureOr<SmallVector<char>>
  emitObject(ModuleOp module, const Signature &signature, raw_ostream *llvmIr);
  LogicalResult dump(StringRef name, function_ref<void(raw_ostream &)> write);

  MLIRContext &context;
  CompilerOptions options;
  TimingScope *timing = nullptr;
};

/// Checks what needs no model, before any work: the target, and that the folder
/// of dumps can be made. Errors go to the context's handler; they are bad
/// usage.
LogicalResult verifyOptions(MLIRContext &context,
                            const CompilerOptions &options);

} // namespace mlir::dilated

#endif // DILATED_MLIR_PIPELINES_COMPILER_H

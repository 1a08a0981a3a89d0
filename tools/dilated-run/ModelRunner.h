//===- ModelRunner.h - compile once, run often ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TOOLS_DILATED_RUN_MODELRUNNER_H
#define DILATED_MLIR_TOOLS_DILATED_RUN_MODELRUNNER_H

#include "Progress.h"
#include "RunOptions.h"
#include "dilated-mlir/Target/Executable.h"
#include "dilated-mlir/Target/PtxExecutable.h"

namespace mlir::dilated {

/// A model file, a library or a .ptx. A model is compiled when first needed,
/// and again only when frozen inputs have other values. Problems of the model
/// are printed as they come.
class ModelRunner {
public:
  ModelRunner(StringRef path, const RunOptions &options, Progress &progress);
  ~ModelRunner();

  /// Reads the model. Returns a tool's exit code.
  int load();

  /// Inputs and outputs; after load.
  const Signature &getSignature() const { return signature; }

  /// Compiles for these inputs unless that was done, then runs. `exitCode` is
  /// set on failure: kUsage when the inputs don't fit the model, kNo otherwise.
  /// A failed compilation has printed why; its error says no more than that.
  llvm::Expected<std::vector<HostTensor>> run(ArrayRef<HostTensor> inputs,
                                              int &exitCode);

private:
  int loadLibrary();
  int loadPtx();
  int reload();
  LogicalResult compile(ArrayRef<HostTensor> inputs);
  bool isFrozenFor(ArrayRef<HostTensor> inputs) const;
  llvm::Error reportKernel() const;

  std::string path;
  const RunOptions &options;
  Progress &progress;
  std::unique_ptr<MLIRContext> context;
  std::unique_ptr<Compiler> compiler;
  OwningOpRef<ModuleOp> module; // null once compiled
  bool isBroken = false;        // can't be compiled for any inputs
  Signature signature;
  SmallVector<unsigned> frozen;          // positions of frozen inputs
  std::vector<std::string> frozenValues; // their types and bytes when compiled
  std::optional<CompiledModel> compiled;
  std::optional<Executable> executable;
  std::optional<PtxExecutable> ptx; // in its place
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_TOOLS_DILATED_RUN_MODELRUNNER_H

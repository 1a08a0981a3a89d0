//===- PtxExecutable.h - a .ptx that can be run -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TARGET_PTXEXECUTABLE_H
#define DILATED_MLIR_TARGET_PTXEXECUTABLE_H

#include "dilated-mlir/Runtime/Model.h"
#include "dilated-mlir/Target/PtxFile.h"

#include <memory>

namespace mlir::dilated {

/// A .ptx file of a model that is one attention, loaded onto a device.
class PtxExecutable {
public:
  /// Reads the file and loads its kernels. `device` must outlive the result.
  static llvm::Expected<PtxExecutable> load(StringRef path,
                                            const dilated_device &device);

  /// What the file says of itself, without a device. An error where it has no
  /// model to run.
  static llvm::Expected<PtxDescription> describe(StringRef path);

  PtxExecutable(PtxExecutable &&);
  PtxExecutable &operator=(PtxExecutable &&);
  ~PtxExecutable();

  const Signature &getSignature() const;

  /// Copies the inputs to the device, runs the kernel, copies the outputs back.
  /// On failure nothing is left on the device.
  llvm::Expected<std::vector<HostTensor>> run(ArrayRef<TensorView> inputs);

private:
  struct State;
  explicit PtxExecutable(std::unique_ptr<State> state);
  std::unique_ptr<State> state;
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_TARGET_PTXEXECUTABLE_H

//===- Executable.h - a compiled model that can be called -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TARGET_EXECUTABLE_H
#define DILATED_MLIR_TARGET_EXECUTABLE_H

#include "dilated-mlir/Runtime/Model.h"
#include "dilated-mlir/Target/HostTensor.h"
#include "dilated-mlir/Target/Jit.h"
#include "dilated-mlir/Target/Signature.h"

namespace mlir::dilated {

/// Checks inputs against a signature: their number, element types, ranks,
/// static dimensions, and that equal dimension symbols have equal sizes. The
/// error names the input and both values.
llvm::Error verifyInputs(const Signature &signature,
                         ArrayRef<TensorView> inputs);

/// A model loaded into this process. Both ways of loading end in the interface
/// that other programs use (Runtime/Model.h).
class Executable {
public:
  /// Loads an object of the compiler. `weights` are stored into its table; they
  /// must outlive the executable.
  /// GPU kernels run on `device`, which must outlive the executable too; null:
  /// on the first GPU of the CUDA driver.
  static llvm::Expected<Executable>
  create(ArrayRef<char> object, ArrayRef<const void *> weights,
         const JitOptions &options = {},
         const dilated_device *device = nullptr);

  /// Loads a shared library.
  static llvm::Expected<Executable>
  load(StringRef path, const dilated_device *device = nullptr);

  Executable(Executable &&);
  Executable &operator=(Executable &&);
  ~Executable();

  const Signature &getSignature() const;
  const dilated_api &getApi() const;
  /// Whether some of it runs on a GPU.
  bool hasKernels() const;
  const dilated_model *getModel() const;

  /// Runs the model. The error is what verifyInputs found, or the message of a
  /// check inside the model.
  llvm::Expected<std::vector<HostTensor>>
  run(ArrayRef<TensorView> inputs,
      const dilated_run_options *options = nullptr);

private:
  struct State;
  explicit Executable(std::unique_ptr<State> state);
  static llvm::Expected<Executable> finish(std::unique_ptr<State> state,
                                           const dilated_device *device);

  std::unique_ptr<State> state;
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_TARGET_EXECUTABLE_H

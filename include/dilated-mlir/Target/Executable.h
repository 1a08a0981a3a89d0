//===- Executable.h - a compiled model that can be called -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TARGET_EXECUTABLE_H
#define DILATED_MLIR_TARGET_EXECUTABLE_H

#include "dilated-mlir/Target/HostTensor.h"
#include "dilated-mlir/Target/Jit.h"
#include "dilated-mlir/Target/Signature.h"

namespace mlir::dilated {

/// Checks inputs against a signature: their number, element types, ranks,
/// static dimensions, and that equal dimension symbols have equal sizes. The
/// error names the input and both values.
llvm::Error verifyInputs(const Signature &signature,
                         ArrayRef<TensorView> inputs);

/// A model loaded into this process. Calling convention of the object (its
/// entry is `void dilated_main(void **)`): first a pointer to the result
/// descriptors, one after the other (left out when there are none), then a
/// pointer to the descriptor of each input. Results are allocated by the
/// callee.
class Executable {
public:
  /// Loads `object`. `weights` are stored into its table `dilated_weights`;
  /// they must outlive the executable.
  static llvm::Expected<Executable> create(ArrayRef<char> object,
                                           Signature signature,
                                           ArrayRef<const void *> weights,
                                           const JitOptions &options = {});

  const Signature &getSignature() const { return signature; }

  /// Verifies the inputs, then runs. The error is what verifyInputs found, or
  /// the message of a check inside the model.
  llvm::Expected<std::vector<HostTensor>> run(ArrayRef<TensorView> inputs);

private:
  Executable() = default;
  llvm::Expected<std::vector<HostTensor>>
  takeResults(MutableArrayRef<int64_t> fields, ArrayRef<TensorView> inputs);

  std::unique_ptr<Jit> jit;
  Signature signature;
  std::vector<const void *> weights;
  void (*entry)(void *) = nullptr;
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_TARGET_EXECUTABLE_H

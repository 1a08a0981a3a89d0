//===- ModelInputs.h - what a model is measured on --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TOOLS_DILATED_BENCH_MODELINPUTS_H
#define DILATED_MLIR_TOOLS_DILATED_BENCH_MODELINPUTS_H

#include "dilated-mlir/Target/Executable.h"
#include "llvm/ADT/StringMap.h"

namespace mlir::dilated {

/// A value for every input, in order.
struct InputSet {
  std::string name; // of a data set; "" for random values
  std::vector<HostTensor> tensors;

  std::vector<TensorView> views() const;
};

/// Random values for every input; dynamic dimensions must have a size in
/// `shapes`, by the input's name, -1 for those that the model has.
llvm::Expected<InputSet>
makeRandomInputs(const Signature &signature,
                 const llvm::StringMap<std::vector<int64_t>> &shapes);

/// The inputs of every data set of an ONNX test case (Target/TestData.h); an
/// error where there is none, or one does not fit the signature.
llvm::Expected<std::vector<InputSet>> readTestInputs(const Signature &signature,
                                                     StringRef folder);

} // namespace mlir::dilated

#endif // DILATED_MLIR_TOOLS_DILATED_BENCH_MODELINPUTS_H

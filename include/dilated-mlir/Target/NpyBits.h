//===- NpyBits.h - NumPy files of any number type ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Models have the element types of the run-time library (HostTensor.h); kernels
// have more, among them the unsigned integers. Here an element is its bits.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TARGET_NPYBITS_H
#define DILATED_MLIR_TARGET_NPYBITS_H

#include "dilated-mlir/Target/HostTensor.h"

namespace mlir::dilated {

struct NpyBits {
  std::string descr; // NumPy's name of the type: "<u4"
  HostTensor bits;   // integers of that size
};

/// Reads a NumPy file as readNpy does, elements of 1, 2, 4 or 8 bytes.
llvm::Expected<NpyBits> readNpyBits(StringRef path);

/// Writes the bytes of `tensor` as elements of type `descr`, which has the size
/// of the tensor's; in the way of writeNpy.
llvm::Error writeNpyBits(StringRef path, StringRef descr,
                         const HostTensor &tensor);

} // namespace mlir::dilated

#endif // DILATED_MLIR_TARGET_NPYBITS_H

//===- MemrefDescriptor.h - tensors as memref descriptors -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_TARGET_MEMREFDESCRIPTOR_H
#define DILATED_MLIR_LIB_TARGET_MEMREFDESCRIPTOR_H

#include "dilated-mlir/Target/HostTensor.h"

namespace mlir::dilated {

/// Strides, in elements, of a row-major tensor.
TensorShape rowMajorStrides(ArrayRef<int64_t> shape);

/// The fields {allocated, aligned, offset, sizes…, strides…} of MLIR's memref
/// descriptor, each eight bytes wide.
SmallVector<int64_t> buildDescriptor(const TensorView &view);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_TARGET_MEMREFDESCRIPTOR_H

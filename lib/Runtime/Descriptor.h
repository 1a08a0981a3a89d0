//===- Descriptor.h - reading memref descriptors ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_RUNTIME_DESCRIPTOR_H
#define DILATED_MLIR_LIB_RUNTIME_DESCRIPTOR_H

#include "dilated-mlir/Runtime/Runtime.h"

namespace dilated::runtime {

/// Ranks above this are refused; ONNX models stay below 10.
constexpr int64_t kMaxRank = 32;

/// A view of MLIR's descriptor {allocated, aligned, offset, sizes[rank],
/// strides[rank]}, every field eight bytes wide. Offsets and strides are in
/// elements.
struct Descriptor {
  Descriptor(int64_t rank, const void *descriptor) : rank(rank) {
    auto *fields = static_cast<const int64_t *>(descriptor);
    data = static_cast<const char *const *>(descriptor)[1];
    offset = fields[2];
    sizes = fields + 3;
    strides = fields + 3 + rank;
  }

  int64_t rank;
  const char *data;
  int64_t offset;
  const int64_t *sizes;
  const int64_t *strides;
};

} // namespace dilated::runtime

#endif // DILATED_MLIR_LIB_RUNTIME_DESCRIPTOR_H

//===- Allocator.h - who gives memory ---------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_RUNTIME_ALLOCATOR_H
#define DILATED_MLIR_RUNTIME_ALLOCATOR_H

#include "dilated-mlir/Runtime/Model.h"

namespace dilated::runtime {

/// Every buffer starts on a cache line, which is also the widest vector.
constexpr size_t kAlignment = 64;

/// Who gives memory: the caller's functions or the C library.
struct Allocator {
  dilated_allocate_fn allocate = nullptr;
  dilated_deallocate_fn deallocate = nullptr;
  void *user = nullptr;

  /// Null when there is none.
  void *get(size_t bytes, size_t alignment = kAlignment) const;
  void put(void *pointer) const;
};

} // namespace dilated::runtime

#endif // DILATED_MLIR_RUNTIME_ALLOCATOR_H

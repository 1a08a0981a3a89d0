//===- Memory.cpp - allocation for generated code ---------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Every buffer of a compiled model comes from here: aligned for full vectors,
// and a failure is a message, not a null pointer that generated code would
// write to.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Runtime/Runtime.h"

#include <stdio.h>
#include <stdlib.h>

/// A cache line and the widest vector register.
static constexpr size_t kMinAlignment = 64;

[[noreturn]] static void failToAllocate(size_t bytes) {
  char message[96];
  snprintf(message, sizeof(message), "cannot allocate %zu bytes of memory",
           bytes);
  dilated_rt_fail(message);
}

void *dilated_rt_alloc(size_t bytes, size_t alignment) {
  if (alignment < kMinAlignment)
    alignment = kMinAlignment;
  if (alignment & (alignment - 1))
    dilated_rt_fail("an alignment is not a power of two");
  // More than half the address space is a size that wrapped.
  if (bytes > static_cast<size_t>(PTRDIFF_MAX) - alignment)
    failToAllocate(bytes);
  void *pointer = nullptr;
  if (posix_memalign(&pointer, alignment, bytes ? bytes : 1) != 0)
    failToAllocate(bytes);
  return pointer;
}

void dilated_rt_free(void *pointer) { free(pointer); }

void *_mlir_memref_to_llvm_alloc(int64_t bytes) {
  return dilated_rt_alloc(static_cast<size_t>(bytes), kMinAlignment);
}

void *_mlir_memref_to_llvm_aligned_alloc(int64_t alignment, int64_t bytes) {
  return dilated_rt_alloc(static_cast<size_t>(bytes),
                          static_cast<size_t>(alignment));
}

void _mlir_memref_to_llvm_free(void *pointer) { dilated_rt_free(pointer); }

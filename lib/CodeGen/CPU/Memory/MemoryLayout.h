//===- MemoryLayout.h - buffers that share one block of memory --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_CPU_MEMORY_MEMORYLAYOUT_H
#define DILATED_MLIR_LIB_CODEGEN_CPU_MEMORY_MEMORYLAYOUT_H

#include "BufferLiveness.h"

namespace mlir::dilated {

/// A buffer to be placed. Sizes that are only known at run time are estimated.
struct LayoutRequest {
  LiveRange range;
  int64_t bytes; // >= 0
};

/// Which buffers lie below which, such that two whose lifetimes overlap are
/// always in that relation, if only through others between them. So a buffer
/// may begin at the highest end of those directly below it, whatever their
/// sizes turn out to be: a layout made for estimates is valid for all sizes.
struct MemoryLayout {
  /// Buffers from the lowest to the highest.
  SmallVector<unsigned> order;
  /// Per buffer: those directly below.
  SmallVector<SmallVector<unsigned>> below;
  /// Per buffer: whether none lies above it.
  SmallVector<bool> isTop;
  /// Per buffer: its offset for the estimated sizes, in multiples of
  /// kMemoryAlignment.
  SmallVector<int64_t> offsets;
};

/// Places large buffers first, each into the smallest gap that takes it among
/// those whose lifetimes overlap with its own.
MemoryLayout layOutMemory(ArrayRef<LayoutRequest> requests);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_CPU_MEMORY_MEMORYLAYOUT_H

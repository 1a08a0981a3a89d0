//===- Tiling.h - sizes of the attention kernel's tiles -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_GPU_ATTENTION_TILING_H
#define DILATED_MLIR_LIB_CODEGEN_GPU_ATTENTION_TILING_H

#include "Signature.h"

namespace mlir::dilated {

/// A thread block and its shared memory. A stage holds a block of keys and one
/// of values.
struct AttentionTiling {
  static constexpr int64_t warps = 4;
  static constexpr int64_t threads = 32 * warps;
  static constexpr int64_t rows = 16 * warps;
  static constexpr int64_t stages = 2;

  int64_t keys;          // of a block of keys
  bool queryInRegisters; // else in shared memory, read again for every block

  int64_t elementBytes;
  int64_t step;              // features of one product: 32 bytes
  int64_t headDim, valueDim; // padded: whole products, whole pages
  int64_t queryBytes, keyBytes, valueBytes;

  // Offsets in dynamic shared memory, in bytes.
  int64_t positionsOffset;
  int64_t notesOffset;
  int64_t queryOffset;
  int64_t stagesOffset;

  int64_t getStageBytes() const { return keyBytes + valueBytes; }
  int64_t sharedBytes; // all of it
};

/// What is needed between loops waits in shared memory: registers are for
/// fragments. Words of i64: addresses for the tile's batch and head.
enum class Note : int64_t {
  KeyPointer,
  ValuePointer,
  OutPointer,
  LsePointer,
  NumNotes
};

AttentionTiling getAttentionTiling(const GPUAttentionSignature &signature);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_GPU_ATTENTION_TILING_H

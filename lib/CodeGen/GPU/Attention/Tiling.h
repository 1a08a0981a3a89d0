//===- Tiling.h - sizes of the attention kernel's tiles -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_GPU_ATTENTION_TILING_H
#define DILATED_MLIR_LIB_CODEGEN_GPU_ATTENTION_TILING_H

#include "mlir/IR/Types.h"

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
  int64_t termsOffset;
  int64_t notesOffset;
  int64_t queryOffset;
  int64_t stagesOffset;

  int64_t getStageBytes() const { return keyBytes + valueBytes; }
  /// All of it for a pattern of `numTerms` terms.
  int64_t sharedBytes;
};

/// Words of i64 of a term in the table: length, rate, offset, rows of a class,
/// multiplicity.
inline constexpr int64_t kTermWords = 5;

/// What a warp needs between loops waits in shared memory: registers are for
/// fragments. Words of i64 of a warp's notes.
enum class Note : int64_t {
  KeyPointer,
  ValuePointer,
  OutPointer,
  LsePointer,
  FirstPosition, // of the block's rows
  LastPosition,
  NextTerm, // the run after the current one
  NextSegment,
  NextBase,
  NextRate,
  NextCount,
  NumNotes
};

AttentionTiling getAttentionTiling(Type element, int64_t headDim,
                                   int64_t valueDim, int64_t numTerms);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_GPU_ATTENTION_TILING_H

//===- Task.h - what the parts of a kernel share -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_TASK_H
#define DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_TASK_H

#include "../Vector/Packing.h"
#include "Engines/Engine.h"
#include "Kernel.h"
#include "Schedule.h"

namespace mlir::dilated {

/// Everything that the parts of one kernel share. A tile is `width` query rows,
/// the lanes of `tile.columns` vectors.
struct AttentionTask {
  AttentionTask(SymbolTable &symbols, const AttentionSignature &signature,
                const AttentionTiling &tiling);

  const AttentionSignature &signature;
  const AttentionTiling &tiling;
  Type compute;
  VectorType vector; // lanes of the compute type
  int64_t lanes;     // of one vector
  int64_t width;     // query rows of a tile: lanes * tile.columns
  int64_t numTiles;  // tiles that are computed together
  int64_t valueDim;  // Dv, rounded up to whole vectors
  /// The `tileMax` of a row that has met no key: finite, so that differences
  /// are never NaN, and not above any score but -inf.
  double noMaximum;
  AttentionSchedule schedule;
  std::unique_ptr<AttentionEngine> engine;

  RowAccess query, key, value, out;
  Value lse;
  Value batch, head, kvHead;

  // Per tile, lanes being rows: the unnormalized output [tiles][Dv][width], the
  // number that scores are taken relative to and the denominator
  // [tiles][width].
  Value tileOut, tileMax, tileSum;
  // [tiles] i1: those that are computed, all at first. Which of them are
  // computed once more is a matter of each by itself: results do not depend on
  // which tiles a task has.
  Value retries;
  // log2 of how often the keys of a chunk count, [2][key]: for all tiles, and
  // for a tile that deduplicates keys; and the multiplicities that it is
  // computed of, [key] i64. Null where all keys count once.
  Value biases, multiplicities;
  // Rows of out after their transposition, [lanes][Dv].
  Value stagedOut;

  void allocate(KernelBuilder &b);
  void free(KernelBuilder &b);

  /// What differences of scores are multiplied by to be in base 2: exp(scale *
  /// s) = 2^(scale * log2(e) * s). Positive, and within the range of the
  /// compute type: the sign of the scale goes with the scores, and times 0 a
  /// hidden score would not be -inf.
  double getScoreFactor() const;

  /// Dv.
  Value getFeatures(KernelBuilder &b) const {
    return b.index(signature.value.getShape().back());
  }
  /// The first lane of a tile's vector `v`.
  Value getLane(KernelBuilder &b, int64_t v) const {
    return b.index(v * lanes);
  }
};

/// Tiles [first, first + count) meet all their keys. `online` (i1): with the
/// online softmax whatever the signature says.
void emitMainloop(KernelBuilder &b, AttentionTask &task, Value first,
                  Value count, Value online);
/// Notes in `task.retries` which tiles have a row that left the range of the
/// fixed-maximum softmax; returns whether there is one.
Value emitFindOverflow(KernelBuilder &b, AttentionTask &task, Value count);
/// Adds the null keys, normalizes, and writes out and lse.
void emitWriteTiles(KernelBuilder &b, AttentionTask &task, Value count);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_TASK_H

//===- AttentionKernel.h - the attention kernel of the CPU ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTIONKERNEL_H
#define DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTIONKERNEL_H

#include "KernelBuilder.h"
#include "Packing.h"
#include "RegisterTile.h"
#include "dialects/Dilated/Dilated.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::dilated {

/// Sizes that depend on the machine, not on the problem.
struct AttentionTiling {
  /// Bytes of a vector register.
  int64_t vectorBytes = 64;
  /// Query rows of a task.
  int64_t blockRows = 256;
  /// Keys that are packed and used at a time.
  int64_t blockKeys = 64;
  /// Accumulators of a register tile: keys (or value features) times vectors of
  /// query rows. `tileRows` divides the lanes of a vector and `blockKeys`.
  RegisterTileShape tile = {8, 2};
};

/// What a kernel is compiled for; everything else is found when it runs.
struct AttentionSignature {
  /// Types of query, key, value, out: [B, N, H, D], dynamic but for D and Dv.
  MemRefType query, key, value, out;
  /// [B, H, N], or null.
  MemRefType lse;
  PatternAttr pattern;
  bool causal;
  double scale;

  /// f64 for f64, f32 for all other element types.
  Type getComputeType() const;
};

/// Emits the body of `kernel`, whose arguments are the operands in the order of
/// the signature. The pattern consists of segments.
void emitAttentionKernel(func::FuncOp kernel,
                         const AttentionSignature &signature,
                         const AttentionTiling &tiling);

//===----------------------------------------------------------------------===//
// Parts of the kernel
//===----------------------------------------------------------------------===//

/// Everything that the parts of one kernel share. Sequence positions of a task
/// are called rows, counted from `blockStart`; row `blockRows` of the tiling is
/// a dummy which idle lanes read and write.
struct AttentionTask {
  AttentionTask(const AttentionSignature &signature,
                const AttentionTiling &tiling);

  const AttentionSignature &signature;
  const AttentionTiling &tiling;
  Type compute;
  VectorType vector;    // lanes of the compute type
  int64_t lanes;        // of one vector
  int64_t width;        // query rows of a tile: lanes * tile.columns
  int64_t headDim;      // D, rounded up to whole vectors
  int64_t valueDim;     // Dv, likewise
  int64_t numTiles;     // tiles of width rows that cover a block
  int64_t numStateRows; // block rows and the dummy, in whole vectors

  RowAccess query, key, value, out;
  Value lse;
  Value batch, head, kvHead;
  Value blockStart, blockSize;

  // Per row of the block, over all terms: unnormalised output, running maximum
  // of the scores in base 2, denominator, number of null keys.
  Value rowOut, rowMax, rowSum, rowNulls;
  // Per tile of one residue class, lanes being rows.
  Value tileQuery, tileOut, tileMax, tileSum, tileRows;
  // Packed keys [key][D] and values [Dv / tile rows][key][tile rows], scores
  // [key][width], and rows before their transposition.
  Value keys, values, scores, staged;

  void allocate(KernelBuilder &b);
  void free(KernelBuilder &b);
};

/// The rows of one residue class of one segment that lie in the block, and the
/// keys of that class: row i has position base + rate*i, first <= i < last, and
/// key j position base + rate*j, 0 <= j < numKeys.
struct AttentionClass {
  Value base, rate, first, last, numKeys;
  Value nulls;           // null keys of each row, as a float; null when none
  Value logMultiplicity; // log2 of the term's multiplicity; null when all are 1
};

/// Clears the state of all rows.
void emitClearRows(KernelBuilder &b, AttentionTask &task);
/// Moves the state and the scaled query of the class's rows to the tiles, lanes
/// being rows, and back.
void emitGatherTile(KernelBuilder &b, AttentionTask &task,
                    const AttentionClass &rows, Value tile);
void emitScatterTile(KernelBuilder &b, AttentionTask &task, Value tile);
/// Copies keys [start, start + count) of the class and their values to scratch.
void emitPackKeys(KernelBuilder &b, AttentionTask &task,
                  const AttentionClass &rows, Value start, Value count);
/// One step of the online softmax: a tile of rows meets the packed keys.
void emitUpdateTile(KernelBuilder &b, AttentionTask &task,
                    const AttentionClass &rows, Value tile, Value start,
                    Value count);
/// Adds the null keys, normalises, and writes out and lse.
void emitWriteRows(KernelBuilder &b, AttentionTask &task);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTIONKERNEL_H

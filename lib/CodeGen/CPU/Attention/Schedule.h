//===- Schedule.h - the tile plan in emitted code ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A kernel asks the run-time library (Runtime.h, "Tile plan") which rows and
// which keys meet: the library is the same code that counts pairs and prints
// plans, and it is compiled once, not with every kernel.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_SCHEDULE_H
#define DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_SCHEDULE_H

#include "dialects/Dilated/Dilated.h"
#include "dilated-mlir/CodeGen/Common/KernelBuilder.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"

namespace mlir::dilated {

/// A run of keys: key j lies at position base + stride*j, j < keys.
struct AttentionRun {
  Value number;
  Value base, stride, keys;
  Value multiplicity; // i64: how often keys count that no tile merges
};

class AttentionPlan {
public:
  /// Tiles of `width` rows in blocks of at most `blockRows` positions; at most
  /// `numTiles` tiles are looked at together. `symbols` of the module, which
  /// the pattern becomes a constant of.
  AttentionPlan(SymbolTable &symbols, PatternAttr pattern, bool causal,
                int64_t width, int64_t blockRows, int64_t numTiles);

  /// Whether keys can count more than once: because a term does, because terms
  /// that differ are equal once they are clamped to the sequence, or because
  /// terms have keys in common.
  bool isWeighted() const;

  /// Before the tasks: the plan of this call. Returns the number of tasks.
  Value emitBegin(KernelBuilder &b, Value batches, Value heads, Value length);

  /// In a task: allocates what the calls below fill. To be freed at its end.
  void allocate(KernelBuilder &b);
  void free(KernelBuilder &b);
  void emitTask(KernelBuilder &b, Value task);
  /// Fills `rows` and `nulls` for tiles [first, first + count).
  void emitRows(KernelBuilder &b, Value first, Value count);
  /// Fills `limits`, `ends`, `fulls` and `merged` for these tiles and a run.
  AttentionRun emitRun(KernelBuilder &b, Value run, Value first, Value count);
  /// Fills `multiplicities`, a memref of i64, for keys [start, start + count)
  /// of the run in a tile whose `merged` is not 0.
  void emitMultiplicities(KernelBuilder &b, const AttentionRun &run, Value tile,
                          Value start, Value count, Value multiplicities);

  /// After emitTask.
  Value getBatch(KernelBuilder &b) { return loadWork(b, 0); }
  Value getHead(KernelBuilder &b) { return loadWork(b, 1); }
  Value getNumTiles(KernelBuilder &b) { return loadWork(b, 2); }
  Value getNumRuns(KernelBuilder &b) { return loadWork(b, 3); }

  /// [numTiles][width] i64: position of a row, or -1 for a lane without one;
  /// null keys of the row; keys of the run that the row sees.
  Value rows, nulls, limits;
  /// [numTiles] i64: the largest limit of a tile, the least one of its rows,
  /// and whether keys of the run have multiplicities of their own.
  Value ends, fulls, merged;

private:
  Value loadWork(KernelBuilder &b, int64_t word);

  SymbolTable &symbols;
  PatternAttr pattern;
  bool causal;
  int64_t width, blockRows, numTiles;
  Value plan, work, description;
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_SCHEDULE_H

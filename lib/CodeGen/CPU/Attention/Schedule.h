//===- Schedule.h - the tile plan in emitted code ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// A kernel queries the run-time library (Runtime.h, "Tile plan") for which rows
// and which keys meet: the library is the same code that counts pairs and
// prints plans, and it is compiled once, not with every kernel.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_SCHEDULE_H
#define DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_SCHEDULE_H

#include "dialects/Dilated/Dilated.h"
#include "dilated-mlir/CodeGen/Common/KernelBuilder.h"

#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/SymbolTable.h"

namespace mlir::dilated {

/// A strided key range: key j lies at position base + stride*j, and the tiles
/// that are looked at see keys of [begin, end).
struct AttentionKeys {
  Value number;
  Value base, stride, begin, end;
  Value multiplicity; // i64: how often keys count that no tile deduplicates
};

class AttentionSchedule {
public:
  /// Tiles of `width` rows in blocks of at most `blockRows` positions; at most
  /// `numTiles` tiles are looked at together. `symbols` of the module, which
  /// the pattern becomes a constant of.
  AttentionSchedule(SymbolTable &symbols, PatternAttr pattern, bool causal,
                    int64_t width, int64_t blockRows, int64_t numTiles,
                    int64_t packedKeys);

  /// Whether keys can count more than once: in a multiset, because a term does,
  /// because terms that differ are equal once they are clamped to the sequence,
  /// or because terms have keys in common.
  bool isWeighted() const;

  /// Before the tasks: the plan of this call. Returns the number of tasks.
  Value emitBegin(KernelBuilder &b, Value batches, Value heads, Value length);

  /// In a task: allocates what the calls below fill. To be freed at its end.
  void allocate(KernelBuilder &b);
  void free(KernelBuilder &b);
  void emitTask(KernelBuilder &b, Value task);
  /// Fills `rows` and `nulls` for tiles [first, first + count).
  void emitRows(KernelBuilder &b, Value first, Value count);
  /// Fills `lows`, `highs` and `tiles` for these tiles and a key range.
  AttentionKeys emitKeys(KernelBuilder &b, Value number, Value first,
                         Value count);
  /// A word that emitKeys filled for a tile.
  enum class TileWord { Begin, End, FullBegin, FullEnd, Takes, Masked };
  Value loadTileWord(KernelBuilder &b, Value tile, TileWord word);
  /// Fills `multiplicities`, a memref of i64, for keys [start, start + count)
  /// of the range in a tile whose word Takes is not 0.
  void emitMultiplicities(KernelBuilder &b, const AttentionKeys &keys,
                          Value tile, Value start, Value count,
                          Value multiplicities);
  /// Whether keys between the limits of a row can be hidden from it.
  bool isMasked() const;
  /// Fills `masks` for keys [start, start + count) of the range, at most
  /// `packedKeys`, in a tile whose word Masked is not 0: bit l of word j is
  /// lane l.
  void emitMasks(KernelBuilder &b, const AttentionKeys &keys, Value tile,
                 Value start, Value count);

  /// After emitTask.
  Value getBatch(KernelBuilder &b) { return loadWork(b, 0); }
  Value getHead(KernelBuilder &b) { return loadWork(b, 1); }
  Value getFirstTile(KernelBuilder &b) { return loadWork(b, 2); }
  Value getEndTile(KernelBuilder &b) { return loadWork(b, 3); }
  Value getNumRanges(KernelBuilder &b) { return loadWork(b, 4); }

  /// [numTiles][width] i64: position of a row, or -1 for a lane without one;
  /// null keys of the row; the row sees keys [low, high) of the range.
  Value rows, nulls, lows, highs;
  /// [numTiles][DILATED_RT_TILE_WORDS] i64.
  Value tiles;
  /// [packedKeys] i64, or null.
  Value masks;

private:
  Value loadWork(KernelBuilder &b, int64_t word);

  SymbolTable &symbols;
  PatternAttr pattern;
  bool causal;
  int64_t width, blockRows, numTiles, packedKeys;
  Value plan, work, description;
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_SCHEDULE_H

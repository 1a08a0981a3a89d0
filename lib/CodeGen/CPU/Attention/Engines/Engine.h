//===- Engine.h - what multiplies matrices in the kernel ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The two products of attention, S = K Q^T and O = O + V^T P, sum over features
// and over keys. What one instruction takes of that depth is a matter of the
// processor: one number of the compute type, or a pair of bf16. That is an
// operand here; a vector of operands has as many as one of sums has lanes.
//
// An engine owns the buffers of its operands, of scores and of weights, and
// emits the products. The main loop and the softmax do not know which one it
// is.
//
//   Fma       numbers, by register tiles
//   Bf16Dot   pairs of bf16, by register tiles
//   Amx       pairs of bf16, by tiles of 16 x 16 sums
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_ENGINES_ENGINE_H
#define DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_ENGINES_ENGINE_H

#include "../../Vector/Packing.h"
#include "../Schedule.h"

namespace mlir::dilated {

struct AttentionTask;

/// Some of the packed keys, and a tile of rows that meets them. Scores and
/// weights of a block are counted from packed key `first`; the tile meets those
/// from `begin` to `end`, in whole groups.
struct KeyBlock {
  Value tile, first, begin, end;
};

class AttentionEngine {
public:
  /// The engine that the tiling of the task asks for.
  static std::unique_ptr<AttentionEngine> create(AttentionTask &task);
  virtual ~AttentionEngine() = default;

  //===--- Buffers --------------------------------------------------------===//
  virtual void allocate(KernelBuilder &b) = 0;
  virtual void free(KernelBuilder &b) = 0;

  //===--- Operands -------------------------------------------------------===//
  /// Numbers of depth in an operand.
  int64_t getStep() const { return step; }
  /// Operands of a row from feature `column` on; features beyond the width are
  /// 0.
  virtual Value loadFeatures(KernelBuilder &b, const RowAccess &access,
                             ValueRange row, Value column) const = 0;
  /// Operands whose depth is the rows: lane i has feature column + i of all
  /// `rows` (getStep() of them). A row whose `present` is false counts as 0;
  /// it must be there to be read all the same.
  virtual Value loadRows(KernelBuilder &b, const RowAccess &access,
                         ArrayRef<SmallVector<Value>> rows, ValueRange present,
                         Value column) const = 0;

  //===--- Packing --------------------------------------------------------===//
  /// Keys come in groups of so many; what is missing is masked.
  virtual int64_t getKeyGroup() const = 0;
  /// Loads the queries of `count` tiles, lanes becoming rows.
  void emitLoadQueries(KernelBuilder &b, Value count);
  /// Copies keys [start, start + count) of the range and their values.
  void emitPackKeys(KernelBuilder &b, const AttentionKeys &range, Value start,
                    Value count);

  //===--- Products -------------------------------------------------------===//
  /// Where a block begins whose first key that some row sees is `keyBegin`.
  virtual Value getBlockBegin(KernelBuilder &b, Value keyBegin) = 0;
  /// Before the scores of a block are asked for.
  virtual void emitScores(KernelBuilder &b, const KeyBlock &block) {}
  /// The scores of a register tile of keys from `key` on, row-major.
  virtual SmallVector<Value> getScores(KernelBuilder &b, const KeyBlock &block,
                                       Value key) = 0;
  /// Weights of keys `key`, `key` + 1, ..., in the order of a register tile.
  void storeWeights(KernelBuilder &b, ValueRange weights, Value key);
  /// O = O * corrections + V^T P. The corrections are 1 unless `isOnline`.
  virtual void emitValues(KernelBuilder &b, const KeyBlock &block,
                          Value isOnline, ValueRange corrections) = 0;
  /// The same over the keys whose weight is not -0, whatever their values are.
  void emitVisibleValues(KernelBuilder &b, const KeyBlock &block,
                         ValueRange corrections);
  /// Scores, softmax with a fixed maximum and values of `blocks` blocks of
  /// tiling.stageKeys packed keys from `first` on; at least one. All rows of
  /// the tile see these keys and have a maximum. Where the tiling has stages.
  virtual void emitStages(KernelBuilder &b, Value biasRow, Value tile,
                          Value first, Value blocks);

  /// [key][width]: where the softmax keeps the scores of a block.
  Value scores;

protected:
  AttentionEngine(AttentionTask &task, int64_t step);

  /// Operands of getStep() vectors of sums, rounded if they must be.
  virtual Value pack(KernelBuilder &b, ValueRange sums) const = 0;
  /// sum + scalar * vector without the products by -0, even where `scalar` is
  /// infinite or NaN.
  virtual Value multiplyAddVisible(KernelBuilder &b, Value scalar, Value vector,
                                   Value sum) const = 0;
  /// The operand of a feature of the values, at `depth` in operands from the
  /// first key of the block on.
  virtual Value loadValue(KernelBuilder &b, const KeyBlock &block,
                          Value feature, Value depth) = 0;
  /// Copies values of keys to [0, end), those from `count` on being 0.
  virtual void emitPackValues(KernelBuilder &b, const AttentionKeys &range,
                              Value start, Value count, Value end) = 0;

  /// The operands of values of keys `key`, `key` + 1, ... of the chunk, one per
  /// product of depth, from feature `column` on; keys from `count` on count as
  /// 0.
  Value loadPackedValues(KernelBuilder &b, const AttentionKeys &range,
                         Value start, Value count, Value key, Value column);
  /// O = O * corrections + sums, for features from `feature` on.
  void addToOutput(KernelBuilder &b, Value tile, Value feature, ValueRange sums,
                   ValueRange corrections);
  /// `key` in operands of the weights.
  Value getDepth(KernelBuilder &b, Value key) {
    return b.div(key, b.index(step));
  }
  Value loadWeight(KernelBuilder &b, Value depth, int64_t v);

  AttentionTask &task;
  int64_t step;
  VectorType operands;
  int64_t queryOperands; // D in operands
  int64_t keyDepth;      // that many, rounded up to whole vectors

  // The query [tiles][operands][width], packed keys [key][operands], and
  // weights [key / step][width]; the layout of the values is the engine's. Rows
  // before their transposition, [lanes][operands].
  Value queries, keys, values, weights, stagedQuery;

private:
  Value loadQuery(KernelBuilder &b, Value tile, Value lane, Value column);
  SmallVector<Value> getKeyRow(KernelBuilder &b, const AttentionKeys &range,
                               Value key);
};

/// sum + factor * weight, given as the bits of floats, without the products by
/// a weight of -0.
Value emitAddVisible(KernelBuilder &b, Value factor, Value weight, Value sum);

std::unique_ptr<AttentionEngine> createFmaEngine(AttentionTask &task);
std::unique_ptr<AttentionEngine> createBf16DotEngine(AttentionTask &task);
std::unique_ptr<AttentionEngine> createAmxEngine(AttentionTask &task);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_ENGINES_ENGINE_H

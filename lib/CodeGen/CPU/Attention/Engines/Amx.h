//===- Amx.h - the matrix products by AMX tiles ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_ENGINES_AMX_H
#define DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_ENGINES_AMX_H

#include "Engine.h"

#include "mlir/Dialect/AMX/AMXDialect.h"

namespace mlir::dilated {

/// 16 rows of 16 pairs of bf16, and 16 rows of 16 sums of f32.
amx::TileType getOperandTile(KernelBuilder &b);
amx::TileType getSumTile(KernelBuilder &b);

/// Loads the tile of operands at `depth`, for row or column `index` of the
/// sums.
using LoadTile = function_ref<Value(int64_t depth, int64_t index)>;

/// Products by tile registers. Values are [key / 32][Dv][16], so that a tile is
/// 1 KB in a row.
class AmxEngine : public AttentionEngine {
public:
  explicit AmxEngine(AttentionTask &task) : AttentionEngine(task, 2) {}

  void allocate(KernelBuilder &b) override;
  void free(KernelBuilder &b) override;
  Value loadFeatures(KernelBuilder &b, const RowAccess &access, ValueRange row,
                     Value column) const override;
  Value loadRows(KernelBuilder &b, const RowAccess &access,
                 ArrayRef<SmallVector<Value>> rows, ValueRange present,
                 Value column) const override;
  int64_t getKeyGroup() const override;
  Value getBlockBegin(KernelBuilder &b, Value keyBegin) override;
  void emitScores(KernelBuilder &b, const KeyBlock &block) override;
  SmallVector<Value> getScores(KernelBuilder &b, const KeyBlock &block,
                               Value key) override;
  void emitValues(KernelBuilder &b, const KeyBlock &block, Value isOnline,
                  ValueRange corrections) override;
  void emitStages(KernelBuilder &b, Value biasRow, Value tile, Value first,
                  Value blocks) override;

protected:
  Value pack(KernelBuilder &b, ValueRange sums) const override;
  Value multiplyAddVisible(KernelBuilder &b, Value scalar, Value vector,
                           Value sum) const override;
  Value loadValue(KernelBuilder &b, const KeyBlock &block, Value feature,
                  Value depth) override;
  void emitPackValues(KernelBuilder &b, const AttentionKeys &range, Value start,
                      Value count, Value end) override;

private:
  friend class AmxStages;

  /// A buffer of i32 that can be read as pairs of bf16, too: `rows` of
  /// `columns` pairs.
  void allocatePairs(KernelBuilder &b, ArrayRef<int64_t> shape,
                     Value &asOperands, Value &asPairs);

  // Keys are counted from the first one that is packed; `v` is a vector of
  // query rows of the tile of rows.
  /// Pairs of features [16 * depth, 16 * depth + 16), of 16 keys from `key` on
  /// and of 16 rows.
  Value loadKeyTile(KernelBuilder &b, Value key, int64_t depth);
  Value loadQueryTile(KernelBuilder &b, Value tile, int64_t depth, int64_t v);
  /// 16 features from `feature` on of 16 pairs of keys: `group` counts those.
  Value loadValueTile(KernelBuilder &b, Value group, Value feature);

  void emitCorrectValues(KernelBuilder &b, Value tile, ValueRange corrections);
  void emitValueTiles(KernelBuilder &b, Value tile, Value firstGroup,
                      Value feature, int64_t rows, int64_t depth);

  // The operands as bf16, [tiles * operands][2 * width], [key][2 * operands],
  // [key / 32 * Dv][32] and [key / 2][2 * width]. Of stages, whose weights take
  // the place of their scores, that as bf16: [key / 2][4 * width]; and a tile
  // of ones. A block of values before its transposition, and what is to be
  // freed.
  Value queryPairs, keyPairs, valuePairs, weightPairs, stagePairs;
  Value ones, onePairs, stagedValues;
  SmallVector<Value> buffers;
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_ENGINES_AMX_H

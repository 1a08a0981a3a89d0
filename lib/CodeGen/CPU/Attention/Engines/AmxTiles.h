//===- AmxTiles.h - the matrix products by AMX tiles ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What products of tiles have in common: tile registers and their operands, in
// the buffers that AttentionTask has of them. Keys are counted from the first
// one that is packed; `v` is a vector of query rows of the tile of rows.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_ENGINES_AMXTILES_H
#define DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_ENGINES_AMXTILES_H

#include "../Kernel.h"

#include "mlir/Dialect/AMX/AMXDialect.h"

namespace mlir::dilated {

/// 16 rows of 16 pairs of bf16, and 16 rows of 16 sums of f32.
amx::TileType getOperandTile(KernelBuilder &b);
amx::TileType getSumTile(KernelBuilder &b);

/// Pairs of features [16 * depth, 16 * depth + 16), of 16 keys from `key` on
/// and of 16 rows.
Value loadKeyTile(KernelBuilder &b, AttentionTask &task, Value key,
                  int64_t depth);
Value loadQueryTile(KernelBuilder &b, AttentionTask &task, Value tile,
                    int64_t depth, int64_t v);
/// 16 features from `feature` on of 16 pairs of keys: `group` counts those.
Value loadValueTile(KernelBuilder &b, AttentionTask &task, Value group,
                    Value feature);

/// Loads the tile of operands at `depth`, for row or column `index` of the
/// sums.
using LoadTile = function_ref<Value(int64_t depth, int64_t index)>;

/// Scores of `count` keys from `first` on, in whole groups, to the first rows
/// of `scores`: S = K Q^T.
void emitTiledScores(KernelBuilder &b, AttentionTask &task, Value tile,
                     Value first, Value count);
/// O = O + V^T P, for the weights of these keys.
void emitTiledValues(KernelBuilder &b, AttentionTask &task, Value tile,
                     Value first, Value count);

/// Scores, softmax in the reference form and values of `blocks` blocks of
/// tiling.stageKeys keys from `first` on; at least one. All rows of the tile
/// see these keys and have a maximum.
void emitStages(KernelBuilder &b, AttentionTask &task, Value biasRow,
                Value tile, Value first, Value blocks);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_ENGINES_AMXTILES_H

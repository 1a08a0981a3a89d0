//===- Softmax.h - a tile of rows meets a block of keys ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_SOFTMAX_H
#define DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_SOFTMAX_H

#include "Limits.h"

namespace mlir::dilated {

/// A tile of rows meets a block of packed keys.
class BlockSoftmax {
public:
  /// Of the packed keys, which begin with key `start` of the range, those
  /// [first, first + count). `biasRow`: which of task.biases counts, if any;
  /// `online` (i1): with the online softmax whatever the signature says.
  BlockSoftmax(KernelBuilder &b, AttentionTask &task, Value biasRow, Value tile,
               Value start, Value first, Value count, Value online);

  /// Whether some row sees one of the keys.
  Value emitSeesKeys() { return b.less(limits.keyBegin, limits.keyEnd); }
  Value emitIsOnline();
  /// For more than 0 and at most tiling.blockKeys keys that a row sees.
  void emit(Value isOnline);

private:
  Value emitWeight(Value score, Value max, Value key);
  SmallVector<Value> emitScoresOfKeys(Value key);
  SmallVector<Value> emitKeepScores(Value key, ValueRange scores,
                                    ValueRange carried);
  SmallVector<Value> emitFixedMaximum(Value key, ValueRange scores,
                                      ValueRange maxima, ValueRange carried);
  SmallVector<Value> emitScores(Value isOnline);
  SmallVector<Value> emitOnlineSoftmax(ValueRange maxima);
  SmallVector<Value> emitAddSums(ValueRange sums);
  void emitValues(Value isOnline, ValueRange corrections);

  Value lane(int64_t v) { return task.getLane(b, v); }
  SmallVector<Value> loadState(Value memref);
  void storeState(ValueRange vectors, Value memref);

  KernelBuilder &b;
  AttentionTask &task;
  AttentionEngine &engine;
  Value biasRow, tile, first, online;
  RegisterTileShape shape;
  TileLimits limits; // of the block
  KeyBlock block;
};

/// The weight of a key, 2^(c * (s - m) + b); `key` is one of those packed.
Value emitWeight(KernelBuilder &b, AttentionTask &task, Value score, Value max,
                 Value biasRow, Value key, const Exp2Options &exponent);
/// 2^(c * (from - to)) for scores with from <= to, and 1 if they are equal:
/// what a polynomial gives for 0 is not, and a sum is corrected as often as
/// there are chunks.
Value emitCorrection(KernelBuilder &b, AttentionTask &task, Value from,
                     Value to);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_SOFTMAX_H

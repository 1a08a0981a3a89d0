//===- Limits.h - which keys the rows of a tile see --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_LIMITS_H
#define DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_LIMITS_H

#include "Task.h"

namespace mlir::dilated {

/// What the rows of a tile see of keys [start, start + count) of a range. Keys
/// are counted from `start`.
class TileLimits {
public:
  TileLimits(KernelBuilder &b, AttentionTask &task, Value tile, Value start,
             Value count);

  /// Whether a row sees a key of the chunk and has no maximum yet.
  Value emitNeedsMaximum(KernelBuilder &b);
  /// Whether some row does not see some of the register tile of keys from `key`
  /// on.
  Value emitIsRagged(KernelBuilder &b, Value key);
  /// Scores of this register tile that a row does not see become -inf. `packed`
  /// is the number of `key` among the packed keys.
  void emitHide(KernelBuilder &b, Value key, Value packed,
                MutableArrayRef<Value> scores);

  /// Some row sees keys of [keyBegin, keyEnd) only, and all rows see
  /// [fullBegin, fullEnd), which may lie beyond the chunk.
  Value keyBegin, keyEnd, fullBegin, fullEnd;

private:
  Value loadLimit(KernelBuilder &b, Value limits, int64_t v);
  SmallVector<Value> emitSeesKey(KernelBuilder &b, Value key,
                                 ArrayRef<Value> lows, ArrayRef<Value> highs);

  AttentionTask &task;
  Value tile, start;
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_LIMITS_H

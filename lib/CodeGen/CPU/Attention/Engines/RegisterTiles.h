//===- RegisterTiles.h - products by register tiles --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_ENGINES_REGISTERTILES_H
#define DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_ENGINES_REGISTERTILES_H

#include "Engine.h"

namespace mlir::dilated {

/// Products by register tiles of sums (Vector/RegisterTile.h): operands of keys
/// and values are broadcast, lanes are rows. Values are in panels of as many
/// features as a register tile has, [Dv / tile rows][key / step][tile rows].
class RegisterTileEngine : public AttentionEngine {
public:
  using AttentionEngine::AttentionEngine;

  void allocate(KernelBuilder &b) override;
  void free(KernelBuilder &b) override;
  int64_t getKeyGroup() const override;
  Value getBlockBegin(KernelBuilder &b, Value keyBegin) override;
  SmallVector<Value> getScores(KernelBuilder &b, const KeyBlock &block,
                               Value key) override;
  void emitValues(KernelBuilder &b, const KeyBlock &block, Value isOnline,
                  ValueRange corrections) override;

protected:
  /// sum + scalar * vector, lane by lane, for all numbers of an operand.
  virtual Value multiplyAdd(KernelBuilder &b, Value scalar, Value vector,
                            Value sum) const = 0;
  Value loadValue(KernelBuilder &b, const KeyBlock &block, Value feature,
                  Value depth) override;
  void emitPackValues(KernelBuilder &b, const AttentionKeys &range, Value start,
                      Value count, Value end) override;

private:
  void storeValues(KernelBuilder &b, Value vector, Value depth, Value column);
  void emitValueTile(KernelBuilder &b, const KeyBlock &block, Value feature,
                     int64_t rows, ValueRange corrections);
};

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_ENGINES_REGISTERTILES_H

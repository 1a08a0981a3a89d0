//===- Kernel.h - the attention kernel of the CPU ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The forward kernel, for all processors. This folder has its parts, by
// subject:
//
//   Schedule   the tile plan in emitted code
//   Kernel     tasks, tiles
//   Mainloop   key ranges, chunks of packed keys, blocks of keys
//   Limits     which keys the rows of a tile see
//   Softmax    weights, maxima, denominators
//   Epilogue   null keys, normalization, output
//   Engines    operands and their packing, matrix products: one class for each
//              kind of instructions
//   Task       what the parts of one kernel share
//
// A backward kernel goes beside it, into CodeGen/CPU/AttentionBackward: it has
// loops and products of its own and shares the schedule, the limits and the
// operands of the engines.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_KERNEL_H
#define DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_KERNEL_H

#include "../Vector/Exp2.h"
#include "../Vector/RegisterTile.h"
#include "dialects/Dilated/Dilated.h"
#include "dilated-mlir/CodeGen/Common/KernelBuilder.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"

namespace mlir::dilated {

/// Sizes that depend on the machine, not on the problem.
struct AttentionTiling {
  /// Bytes of a vector register.
  int64_t vectorBytes = 64;
  /// Sequence positions of a task, at most.
  int64_t blockRows = 1024;
  /// Keys that are used at a time: their scores, softmax, values.
  int64_t blockKeys = 128;
  /// Keys that are packed at a time, a multiple of `blockKeys`; more than that
  /// only with stages.
  int64_t packedKeys = 128;
  /// Keys of a stage, where products of tiles and the softmax are
  /// software-pipelined: a multiple of 32. 0: no stages.
  int64_t stageKeys = 0;
  /// Accumulators of a register tile: keys (or value features) times vectors of
  /// query rows. `blockKeys` is a multiple of `tile.rows`.
  RegisterTileShape tile = {8, 2};
  ProductKind products = ProductKind::Fma;
  Exp2Options exponent;
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
  SoftmaxForm softmax;

  /// f64 for f64, f32 for all other element types.
  Type getComputeType() const;
};

/// Emits the body of `kernel`, whose arguments are the operands in the order of
/// the signature. `symbols` are those of the module.
void emitAttentionKernel(func::FuncOp kernel, SymbolTable &symbols,
                         const AttentionSignature &signature,
                         const AttentionTiling &tiling);

/// Rows of a block, at most: as many as keep their queries and outputs, of
/// `rowBytes` per row, within `blockBytes`.
int64_t getBlockRows(int64_t rowBytes, int64_t blockBytes);

/// A tile register has 16 rows of 16 operands, pairs of bf16.
inline constexpr int64_t kTilePairs = 16;

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_KERNEL_H

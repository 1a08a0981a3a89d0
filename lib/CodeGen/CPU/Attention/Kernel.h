//===- Kernel.h - the attention kernel of the CPU ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_KERNEL_H
#define DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_KERNEL_H

#include "../Vector/Exp2.h"
#include "../Vector/Packing.h"
#include "../Vector/RegisterTile.h"
#include "Engines/Products.h"
#include "Schedule.h"
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
  /// Keys of a stage, where products of tiles take turns with the softmax: a
  /// multiple of 32. 0: no stages.
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
/// the signature. The pattern consists of segments. `symbols` are those of the
/// module.
void emitAttentionKernel(func::FuncOp kernel, SymbolTable &symbols,
                         const AttentionSignature &signature,
                         const AttentionTiling &tiling);

/// Rows of a block, at most: as many as keep their queries and outputs, of
/// `rowBytes` per row, within `blockBytes`.
int64_t getBlockRows(int64_t rowBytes, int64_t blockBytes);

//===----------------------------------------------------------------------===//
// Parts of the kernel
//===----------------------------------------------------------------------===//

/// A tile register has 16 rows of 16 operands.
inline constexpr int64_t kTilePairs = 16;

/// Everything that the parts of one kernel share. A tile is `width` query rows,
/// the lanes of `tile.columns` vectors.
struct AttentionTask {
  AttentionTask(SymbolTable &symbols, const AttentionSignature &signature,
                const AttentionTiling &tiling);

  const AttentionSignature &signature;
  const AttentionTiling &tiling;
  Type compute;
  VectorType vector;     // lanes of the compute type
  int64_t lanes;         // of one vector
  int64_t width;         // query rows of a tile: lanes * tile.columns
  int64_t numTiles;      // tiles that are computed together
  int64_t queryOperands; // D in operands of the products
  int64_t keyDepth;      // that many, rounded up to whole vectors
  int64_t valueDim;      // Dv, rounded up to whole vectors
  /// The `tileMax` of a row that has met no key: finite, so that differences
  /// are never NaN, and not above any score but -inf.
  double noMaximum;
  AttentionProducts products;
  AttentionSchedule plan;

  RowAccess query, key, value, out;
  Value lse;
  Value batch, head, kvHead;

  // Per tile, lanes being rows: the query [tiles][operands][width], the
  // unnormalised output [tiles][Dv][width], the number that scores are taken
  // relative to and the denominator [tiles][width].
  Value tileQuery, tileOut, tileMax, tileSum;
  // [tiles] i1: those that are computed, all at first. Which of them are
  // computed once more is a matter of each by itself: results do not depend on
  // which tiles a task has.
  Value retries;
  // log2 of how often the keys of a chunk count, [2][key]: for all tiles, and
  // for a tile that merges keys; and the multiplicities that it is computed of,
  // [key] i64. Null where all keys count once.
  Value biases, multiplicities;
  // Packed keys [key][operands] and values [Dv / tile rows][key / step][tile
  // rows], scores [key][width], weights [key / step][width], and rows before or
  // after their transposition.
  Value keys, values, scores, weights, stagedQuery, stagedOut;

  // Of products of tiles: the same memory as bf16, [tiles * operands][2 *
  // width], [key][2 * operands], [key / 32 * Dv][32] and [key / 2][2 * width];
  // values, as operands, are [key / 32][Dv][16] then, so that a tile is 1 KB
  // in a row. Of stages, whose weights take the place of their scores, that as
  // bf16: [key / 2][4 * width]; and a tile of ones. A block of values before
  // its transposition, and what is to be freed.
  Value queryPairs, keyPairs, valuePairs, weightPairs, stagePairs;
  Value ones, onePairs, stagedValues;
  SmallVector<Value> pairBuffers;

  void allocate(KernelBuilder &b);
  void free(KernelBuilder &b);

  /// What differences of scores are multiplied by to be in base 2: exp(scale *
  /// s) = 2^(scale * log2(e) * s). Positive, and within the range of the
  /// compute type: the sign of the scale goes with the scores, and times 0 a
  /// hidden score would not be -inf.
  double getScoreFactor() const;

  /// Keys come in groups of so many; what is missing is masked.
  int64_t getKeyGroup() const {
    return products.isTiled() ? kTilePairs * 2
                              : std::lcm(tiling.tile.rows, products.getStep());
  }
  /// Rows of the last, smaller register tile of a product over `extent`; 0 when
  /// tiles fit.
  int64_t getRest(int64_t extent) const { return extent % tiling.tile.rows; }
};

/// Copies the queries of `count` tiles, lanes becoming rows, and clears their
/// state.
void emitLoadTiles(KernelBuilder &b, AttentionTask &task, Value count);
void emitClearTiles(KernelBuilder &b, AttentionTask &task, Value count);
/// Copies keys [start, start + count) of the range and their values to scratch.
void emitPackKeys(KernelBuilder &b, AttentionTask &task,
                  const AttentionKeys &range, Value start, Value count);
/// A tile of rows meets the packed keys. `biasRow`: which of task.biases
/// counts, if any; `online` (i1): in the online form whatever the tiling says.
void emitUpdateTile(KernelBuilder &b, AttentionTask &task, Value biasRow,
                    Value tile, Value start, Value count, Value online);
/// Notes in `task.retries` which tiles have a row that left the range of the
/// reference form; returns whether there is one.
Value emitFindOverflow(KernelBuilder &b, AttentionTask &task, Value count);
/// Adds the null keys, normalises, and writes out and lse.
void emitWriteTiles(KernelBuilder &b, AttentionTask &task, Value count);

/// The weight of a key, 2^(c * (s - m) + b); `key` is one of those packed.
Value emitWeight(KernelBuilder &b, AttentionTask &task, Value score, Value max,
                 Value biasRow, Value key, const Exp2Options &exponent);
/// 2^(c * (from - to)) for scores with from <= to, and 1 if they are equal:
/// what a polynomial gives for 0 is not, and a sum is corrected as often as
/// there are chunks.
Value emitCorrection(KernelBuilder &b, AttentionTask &task, Value from,
                     Value to);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_CPU_ATTENTION_KERNEL_H

//===- Kernel.h - the attention kernel of GPUs ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The kernel is written in terms of tiles. Its lowering is a folder of its own
// beside this one: SM80 for cp.async and mma.sync; one for wgmma and tensor
// maps is SM90, chosen by the chip. A kernel of the gradients, which goes by
// keys (plan::getRowsOfKey), is a folder beside this one too,
// AttentionBackward: what both share, of the parts below, moves to Builders
// then.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_GPU_ATTENTION_KERNEL_H
#define DILATED_MLIR_LIB_CODEGEN_GPU_ATTENTION_KERNEL_H

#include "../Builders/TileBuilder.h"
#include "Signature.h"
#include "Tiling.h"

namespace mlir::dilated {

/// An operand [B, N, H, D] as the kernel gets it; after `emitEnterHead` the
/// pointer is that of position 0 of the tile's batch and head.
struct GlobalOperand {
  Value pointer;
  Value batch, sequence, head, feature; // strides in elements
};

/// The softmax of the warp's 16 rows so far, in base 2.
struct SoftmaxState {
  SmallVector<Value> out; // 16 x Dv, a fragment for each page of columns
  Value max, sum;         // rows; row_parts

  SmallVector<Value> flatten() const;
  static SoftmaxState unflatten(ValueRange values);
};

/// What the warp's rows see of a key range, but for limits, biases and masks of
/// keys: those are read where they are needed.
struct RowLimits {
  Value bias;   // rows: log2(multiplicity), -inf where nothing is seen
  Value factor; // of scores in base 2; 1 where biases scale them already
  Value flags;  // of plan::TileRange
  Value first, count, firstFull, countFull; // plan::WarpBlocks
};

/// Everything that the parts of one kernel share.
struct AttentionBlock {
  AttentionBlock(const GPUAttentionSignature &signature)
      : signature(signature), tiling(getAttentionTiling(signature)) {}

  const GPUAttentionSignature &signature;
  AttentionTiling tiling;

  GlobalOperand query, key, value, out;
  Value lse, lseBatch, lseHead, lseSequence;
  Value tiles, firstBatch, headGroup;
  Value scale;    // log2(e) * |scale|, above 0
  Value negative; // scale < 0
  Value aligned;  // rows can be copied by 16 bytes

  SmallVector<Value> queries; // 16 x one step of D each

  // Shared memory.
  Value positions, notes;
  Value warpRow; // first of the warp's rows, i32
};

/// Takes the kernel's arguments.
void emitArguments(TileBuilder &b, AttentionBlock &block, ValueRange arguments);
/// Moves pointers to the tile's batch and head, and notes them; barriers are
/// the caller's.
void emitEnterHead(TileBuilder &b, AttentionBlock &block, Value head);
/// As a pointer to global memory.
Value emitReadPointer(TileBuilder &b, AttentionBlock &block, Note note);

/// The record of the thread block's tile (plan::TileRecord), and the first of
/// its key ranges (plan::TileRange).
Value emitTileRecord(TileBuilder &b, AttentionBlock &block);
Value emitFirstRange(TileBuilder &b, Value record);
Value emitTileHead(TileBuilder &b, Value record);
/// The positions of the tile's rows to shared memory; barriers are the
/// caller's.
void emitListRows(TileBuilder &b, AttentionBlock &block, Value record);
/// The positions of the warp's rows, and their null keys, fragments.
Value emitRowPositions(TileBuilder &b, AttentionBlock &block);
Value emitRowNulls(TileBuilder &b, AttentionBlock &block);

/// Fields of a key range.
struct RangeKeys {
  Value base, stride; // i64
  Value count;        // i32
};
RangeKeys emitRangeKeys(TileBuilder &b, Value range);
Value emitNextRange(TileBuilder &b, Value range);
RowLimits emitRowLimits(TileBuilder &b, AttentionBlock &block, Value range);
/// Scores of block `index` of the range, with the biases of its keys if it has
/// any, and -inf for what a row does not see.
Value emitBias(TileBuilder &b, AttentionBlock &block, Value scores, Value range,
               const RowLimits &limits, Value index);
Value emitMask(TileBuilder &b, AttentionBlock &block, Value scores, Value range,
               const RowLimits &limits, Value index);

/// Q to registers, by way of shared memory.
Value emitCopyQuery(TileBuilder &b, AttentionBlock &block);
void emitLoadQuery(TileBuilder &b, AttentionBlock &block);
/// S = Q K^T, and O = O * correction + weights * V.
Value emitScores(TileBuilder &b, AttentionBlock &block, Value keys);
/// What a block of keys adds to the output.
struct SoftmaxWeights {
  Value weights;    // 16 x keys, accumulator
  Value correction; // rows
};
void emitValues(TileBuilder &b, AttentionBlock &block,
                const SoftmaxWeights &softmax, Value values,
                SoftmaxState &state);

/// A copy to shared memory with a group of its own: by 16 bytes where operands
/// allow it.
Value emitCopies(TileBuilder &b, AttentionBlock &block,
                 function_ref<void(bool async)> copy);
/// One operand of it. `positions` may be null.
void emitCopy(TileBuilder &b, bool async, const GlobalOperand &operand,
              Value source, Value stride, Value rows, Value positions,
              Value target, int64_t width);
/// Rows of `element` as kernels keep them in shared memory.
tile::SharedType getSharedType(Type element, int64_t rows, int64_t columns);

/// All key ranges of the tile, from `range` on.
SoftmaxState emitMainloop(TileBuilder &b, AttentionBlock &block, Value range);

/// One block of keys: from scores to the weights; all of the state but the
/// output.
SoftmaxWeights emitOnlineSoftmax(TileBuilder &b, AttentionBlock &block,
                                 Value scores, const RowLimits &limits,
                                 SoftmaxState &state);
SoftmaxState emitInitialState(TileBuilder &b, AttentionBlock &block);
/// Null keys, normalization, out and lse.
void emitEpilogue(TileBuilder &b, AttentionBlock &block,
                  const SoftmaxState &state);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_GPU_ATTENTION_KERNEL_H

//===- Kernel.h - the attention kernel of GPUs ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_LIB_CODEGEN_GPU_ATTENTION_KERNEL_H
#define DILATED_MLIR_LIB_CODEGEN_GPU_ATTENTION_KERNEL_H

#include "../Builders/TileBuilder.h"
#include "Tiling.h"
#include "dialects/Dilated/Dilated.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"

namespace mlir::dilated {

/// What a kernel is compiled for; everything else is found when it runs.
struct GPUAttentionSignature {
  /// f16, bf16 or f32, of all operands but lse, which is f32.
  Type element;
  int64_t headDim, valueDim;
  int64_t numTerms;
  HeadOffsetAttr offset;
  Padding padding;
  bool causal;
  bool hasLse;
  /// Of products of f32.
  tile::Precision precision;

  /// The signature of an op on memrefs; an error says what has no kernel.
  static FailureOr<GPUAttentionSignature> get(FusedAttentionOp op,
                                              bool allowTF32);
  /// A symbol that no other signature has.
  std::string getName() const;
};

/// The kernel for the op in `module`, emitted on first use. Its arguments, all
/// scalars:
///
///   query, key, value, out, lse     addresses of element [0, 0, 0, 0]
///   B, N, H, Hkv                    i64
///   strides, in elements, i64       query b, n, h, d; key; value; out (each
///                                   b, n, h, d); lse b, h, n
///   scale                           f32, as the op has it
///   length, rate, multiplicity      i64, of each term
///
/// The attribute `dilated.launch` is a dictionary of i64: threads, shared
/// (bytes of dynamic shared memory), rows (of a thread block), terms, offset
/// (the rule's number), constant, causal, null_keys, lse. The grid has one
/// dimension.
FailureOr<gpu::GPUFuncOp> getAttentionKernel(FusedAttentionOp op,
                                             gpu::GPUModuleOp module,
                                             bool allowTF32 = false);

//===----------------------------------------------------------------------===//
// Parts of the kernel
//===----------------------------------------------------------------------===//

/// An operand [B, N, H, D] as the kernel gets it; after `enterHead` the pointer
/// is that of position 0 of the block's batch and head.
struct GlobalOperand {
  Value pointer;
  Value batch, sequence, head, feature; // strides in elements
};

/// A run: the keys of one segment of one term that the block's rows attend to.
/// Key j lies at position base + rate * j. All i64.
struct KeyRun {
  Value term, segment;
  Value base, rate;
  Value count; // keys that some row of the block sees; 0: no run is left
};

/// The softmax of the warp's 16 rows so far, in base 2.
struct SoftmaxState {
  SmallVector<Value> out; // 16 x Dv, a fragment for each page of columns
  Value max, sum;         // rows; row_parts
  Value nulls;            // rows: null keys, multiplicity included

  SmallVector<Value> flatten() const;
  static SoftmaxState unflatten(ValueRange values);
};

/// What the warp's rows see of a run. Blocks are blocks of keys, i32.
struct RowLimits {
  Value bias;      // rows: log2(multiplicity), -inf where not covered
  Value fullBlock; // covered rows see all keys of the blocks before it,
  Value endBlock;  // and none from this one on
  Value limits;    // rows of i32: the row sees key fullBlock * keys + j for
                   // j < limit
};

/// Everything that the parts of one kernel share.
struct AttentionBlock {
  AttentionBlock(const GPUAttentionSignature &signature)
      : signature(signature),
        tiling(getAttentionTiling(signature.element, signature.headDim,
                                  signature.valueDim, signature.numTerms)) {}

  const GPUAttentionSignature &signature;
  AttentionTiling tiling;

  GlobalOperand query, key, value, out;
  Value lse, lseBatch, lseHead, lseSequence;
  Value batches, length, heads, kvHeads;
  Value scale;    // log2(e) * |scale|, above 0
  Value negative; // scale < 0
  SmallVector<Value> lengths, rates, multiplicities;
  Value aligned; // rows can be copied by 16 bytes

  Value batch, head;
  SmallVector<Value> queries; // 16 x one step of D each

  // Shared memory: the block's rows, its terms, the warp's notes.
  Value positions, terms, notes;
  Value warpRow; // first of the warp's rows, i32
};

/// Batch, head and rows of the block, `positions` in shared memory. Returns
/// whether it has any.
Value emitFindRows(TileBuilder &b, AttentionBlock &block);
/// The positions of the warp's rows, a fragment.
Value emitRowPositions(TileBuilder &b, AttentionBlock &block);
/// The table of terms for the block's head.
void emitTermTable(TileBuilder &b, AttentionBlock &block);

Value emitReadNote(TileBuilder &b, AttentionBlock &block, Note note);
/// As a pointer to global memory.
Value emitReadPointer(TileBuilder &b, AttentionBlock &block, Note note);
/// Uniform values of the warp, to consecutive notes.
void emitWriteNotes(TileBuilder &b, AttentionBlock &block, Note first,
                    ArrayRef<Value> values);

/// The first run.
KeyRun emitFirstRun(TileBuilder &b, AttentionBlock &block);
/// Notes the run after `run`.
void emitNoteNextRun(TileBuilder &b, AttentionBlock &block, const KeyRun &run);
KeyRun emitReadNextRun(TileBuilder &b, AttentionBlock &block);
/// Also adds the run's null keys to `nulls`.
RowLimits emitRowLimits(TileBuilder &b, AttentionBlock &block,
                        const KeyRun &run, Value &nulls);

/// Q to registers, by way of shared memory.
Value emitCopyQuery(TileBuilder &b, AttentionBlock &block);
void emitLoadQuery(TileBuilder &b, AttentionBlock &block);
/// All runs of the block.
SoftmaxState emitMainloop(TileBuilder &b, AttentionBlock &block);

/// What a block of keys adds to the output: O = O * correction + weights * V.
struct SoftmaxWeights {
  Value weights;    // 16 x keys, accumulator
  Value correction; // rows
};
/// One block of keys: from scores to the weights; all of the state but the
/// output.
SoftmaxWeights emitOnlineSoftmax(TileBuilder &b, AttentionBlock &block,
                                 Value scores, const RowLimits &limits,
                                 SoftmaxState &state);
SoftmaxState emitInitialState(TileBuilder &b, AttentionBlock &block);
/// Null keys, normalisation, out and lse.
void emitEpilogue(TileBuilder &b, AttentionBlock &block,
                  const SoftmaxState &state);

} // namespace mlir::dilated

#endif // DILATED_MLIR_LIB_CODEGEN_GPU_ATTENTION_KERNEL_H

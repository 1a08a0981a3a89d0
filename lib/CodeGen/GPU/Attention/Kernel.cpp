//===- Kernel.cpp - the attention kernel of GPUs --------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The mixture of the branches of a pattern is one softmax over all their keys
// (S6), so one kernel attends to all branches: a thread block has 64 query rows
// of one head, a warp 16 of them, and a row one maximum, one denominator and
// one accumulator in registers from its first key to its last.
//
//   find the block's batch, head and rows
//   tabulate the terms for the head               (KeyRuns)
//   copy Q; for all runs of keys: ...             (Mainloop, Softmax)
//   null keys, normalisation, out and lse         (Epilogue)
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"
#include "TileRows.h"
#include "dilated-mlir/CodeGen/Common/AttentionChecks.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace mlir::dilated;

//===----------------------------------------------------------------------===//
// Signature
//===----------------------------------------------------------------------===//

FailureOr<GPUAttentionSignature> GPUAttentionSignature::get(FusedAttentionOp op,
                                                            bool allowTF32) {
  if (failed(verifyLowerable(op)))
    return failure();
  std::optional<SmallVector<SegmentAttr>> segments =
      op.getPattern().getSegments();
  if (!segments || op.getPattern().getOverlap() == Overlap::Set)
    return op.emitError("expects a multiset of segments on GPUs, got ")
           << op.getPattern();
  auto query = cast<MemRefType>(op.getQuery().getType());
  auto value = cast<MemRefType>(op.getValue().getType());
  if (segments->size() > kTileRowsMaxTerms)
    return op.emitError("expects at most ")
           << kTileRowsMaxTerms << " terms on GPUs, got " << segments->size();
  Type element = query.getElementType();
  if (!isa<Float16Type, BFloat16Type, Float32Type>(element))
    return op.emitError("expects elements of f16, bf16 or f32 on GPUs, got ")
           << element;
  if (auto lse = op.getLseInit())
    if (!cast<MemRefType>(lse.getType()).getElementType().isF32())
      return op.emitError("expects lse of f32, got ") << lse.getType();
  return GPUAttentionSignature{element,
                               query.getDimSize(3),
                               value.getDimSize(3),
                               static_cast<int64_t>(segments->size()),
                               op.getPattern().getOffset(),
                               op.getPattern().getPadding(),
                               op.getCausal(),
                               static_cast<bool>(op.getLseInit()),
                               allowTF32 && element.isF32()
                                   ? tile::Precision::TF32
                                   : tile::Precision::Exact};
}

std::string GPUAttentionSignature::getName() const {
  std::string name;
  llvm::raw_string_ostream stream(name);
  stream << "dilated_attention_" << element << "_d" << headDim << "_v"
         << valueDim << "_t" << numTerms << "_"
         << stringifyHeadOffsetRule(offset.getRule());
  if (offset.getRule() == HeadOffsetRule::Constant)
    stream << offset.getConstant();
  stream << "_" << stringifyPadding(padding);
  if (causal)
    stream << "_causal";
  if (hasLse)
    stream << "_lse";
  if (precision == tile::Precision::TF32)
    stream << "_tf32";
  return name;
}

//===----------------------------------------------------------------------===//
// Arguments
//===----------------------------------------------------------------------===//

static SmallVector<Type> getArgumentTypes(OpBuilder &b,
                                          const GPUAttentionSignature &kernel) {
  Type i64 = b.getI64Type();
  SmallVector<Type> types(5, LLVM::LLVMPointerType::get(b.getContext()));
  types.append(4 + 19, i64);
  types.push_back(b.getF32Type());
  types.append(3 * kernel.numTerms, i64);
  return types;
}

/// Base 2: exp(scale * s) = 2^(log2(e) * scale * s). The softmax wants a
/// positive factor; the sign goes to the query. A factor of 0 would make
/// nothing of hidden keys, whose score is -inf: the least one does not.
static void emitScale(TileBuilder &b, AttentionBlock &block, Value scale) {
  Type f32 = b.getF32Type();
  Value zero = b.constant(f32, 0);
  block.negative = b.cmp(arith::CmpFPredicate::OLT, scale, zero);
  Value factor = b.mul(b.select(block.negative, b.sub(zero, scale), scale),
                       b.constant(f32, 1 / std::log(2.0)));
  block.scale = b.maximum(factor, b.constant(f32, 1e-37));
}

static void emitArguments(TileBuilder &b, AttentionBlock &block,
                          ValueRange arguments) {
  auto next = [&, i = 0]() mutable { return arguments[i++]; };
  auto pointer = [&] {
    auto global = LLVM::LLVMPointerType::get(b.getContext(), 1);
    return LLVM::AddrSpaceCastOp::create(b, global, next());
  };
  GlobalOperand *operands[] = {&block.query, &block.key, &block.value,
                               &block.out};
  for (GlobalOperand *operand : operands)
    operand->pointer = pointer();
  block.lse = pointer();
  block.batches = next();
  block.length = next();
  block.heads = next();
  block.kvHeads = next();
  for (GlobalOperand *operand : operands) {
    operand->batch = next();
    operand->sequence = next();
    operand->head = next();
    operand->feature = next();
  }
  block.lseBatch = next();
  block.lseHead = next();
  block.lseSequence = next();
  emitScale(b, block, next());
  for (int64_t i = 0; i < block.signature.numTerms; ++i) {
    block.lengths.push_back(next());
    block.rates.push_back(next());
    block.multiplicities.push_back(next());
  }
}

/// Whether rows of Q, K and V consist of consecutive elements and start at
/// multiples of 16 bytes.
static Value emitAligned(TileBuilder &b, AttentionBlock &block) {
  Type i64 = b.getI64Type();
  Value bits, features;
  auto combine = [&](Value &sum, Value x) { sum = sum ? b.either(sum, x) : x; };
  for (const GlobalOperand &operand : {block.query, block.key, block.value}) {
    combine(bits, LLVM::PtrToIntOp::create(b, i64, operand.pointer));
    for (Value stride : {operand.batch, operand.sequence, operand.head})
      combine(bits, b.mul(stride, b.i64(block.tiling.elementBytes)));
    combine(features, b.bitXor(operand.feature, b.i64(1)));
  }
  return b.equal(b.either(b.bitAnd(bits, 15), features), b.i64(0));
}

/// Pointers to position 0 of the block's batch and head.
static void emitEnterHead(TileBuilder &b, AttentionBlock &block) {
  // (C4) Query head h reads head h div (H/Hkv).
  Value kvHead = b.div(block.head, b.div(block.heads, block.kvHeads));
  auto enter = [&](Value pointer, Value batchStride, Value headStride,
                   Value head, int64_t bytes) {
    Value index =
        b.add(b.mul(block.batch, batchStride), b.mul(head, headStride));
    return b.element(pointer, index, bytes);
  };
  auto enterOperand = [&](GlobalOperand &operand, Value head) {
    operand.pointer = enter(operand.pointer, operand.batch, operand.head, head,
                            block.tiling.elementBytes);
  };
  enterOperand(block.query, block.head);
  enterOperand(block.key, kvHead);
  enterOperand(block.value, kvHead);
  enterOperand(block.out, block.head);
  block.lse = enter(block.lse, block.lseBatch, block.lseHead, block.head, 4);
  SmallVector<Value> addresses;
  for (Value pointer :
       {block.key.pointer, block.value.pointer, block.out.pointer, block.lse})
    addresses.push_back(LLVM::PtrToIntOp::create(b, b.getI64Type(), pointer));
  emitWriteNotes(b, block, Note::KeyPointer, addresses);
}

//===----------------------------------------------------------------------===//
// Rows
//===----------------------------------------------------------------------===//

Value mlir::dilated::emitFindRows(TileBuilder &b, AttentionBlock &block) {
  auto shared = [&](int64_t offset) {
    return tile::SharedPointerOp::create(
        b, LLVM::LLVMPointerType::get(b.getContext(), 3), b.i32(offset));
  };
  block.positions = shared(block.tiling.positionsOffset);
  block.terms = shared(block.tiling.termsOffset);
  block.notes = shared(block.tiling.notesOffset);
  TileRowsShape shape;
  shape.offset = block.signature.offset;
  shape.causal = block.signature.causal;
  static_assert(::dilated::plan::kGpuTiles.width == AttentionTiling::rows &&
                kTileRowsThreads == AttentionTiling::threads);
  TileRowsCall call = {block.batches, block.heads, block.length, block.lengths,
                       block.rates};
  // Stages are empty as yet.
  TileRowsResult tile = emitTileRows(b, shape, call, block.positions,
                                     shared(block.tiling.stagesOffset));
  block.batch = tile.batch;
  block.head = tile.head;
  return tile.isUsed;
}

static Value emitLoadPosition(TileBuilder &b, AttentionBlock &block,
                              Value row) {
  return b.loadShared(block.positions, b.mul(row, b.i32(8)), b.getI64Type());
}

Value mlir::dilated::emitRowPositions(TileBuilder &b, AttentionBlock &block) {
  return b.mapRows(b.getI64Type(), [&](Value row) {
    return emitLoadPosition(b, block, b.add(block.warpRow, row));
  });
}

/// The range of the block's rows.
static void emitNoteRange(TileBuilder &b, AttentionBlock &block) {
  Value lane = b.lane();
  Value x = emitLoadPosition(b, block, lane);
  Value y = emitLoadPosition(b, block, b.add(lane, b.i32(32)));
  // A row that does not exist, -1, is a large number without its sign.
  Value least = arith::MinUIOp::create(b, x, y);
  least = b.bitAnd(least, std::numeric_limits<int64_t>::max());
  emitWriteNotes(b, block, Note::FirstPosition,
                 {b.reduceWarp(tile::Reduction::Min, least),
                  b.reduceWarp(tile::Reduction::Max, b.max(x, y))});
}

//===----------------------------------------------------------------------===//
// Notes
//===----------------------------------------------------------------------===//

static Value getNoteOffset(TileBuilder &b, Note note, int64_t behind = 0) {
  return b.i32(8 * (static_cast<int64_t>(note) + behind));
}

Value mlir::dilated::emitReadNote(TileBuilder &b, AttentionBlock &block,
                                  Note note) {
  return b.loadShared(block.notes, getNoteOffset(b, note), b.getI64Type());
}

Value mlir::dilated::emitReadPointer(TileBuilder &b, AttentionBlock &block,
                                     Note note) {
  return LLVM::IntToPtrOp::create(b,
                                  LLVM::LLVMPointerType::get(b.getContext(), 1),
                                  emitReadNote(b, block, note));
}

void mlir::dilated::emitWriteNotes(TileBuilder &b, AttentionBlock &block,
                                   Note first, ArrayRef<Value> values) {
  // Nobody reads what was there, and all may read what is there now.
  auto sync = [&] { NVVM::SyncWarpOp::create(b, b.i32(-1)); };
  sync();
  b.ifThen(b.equal(b.lane(), b.i32(0)), [&] {
    for (auto [i, value] : llvm::enumerate(values))
      b.storeShared(value, block.notes, getNoteOffset(b, first, i));
  });
  sync();
}

//===----------------------------------------------------------------------===//
// The kernel
//===----------------------------------------------------------------------===//

static void emitKernel(TileBuilder &b, const GPUAttentionSignature &signature,
                       ValueRange arguments) {
  AttentionBlock block(signature);
  emitArguments(b, block, arguments);
  block.aligned = emitAligned(b, block);
  // A slot without a tile has nothing to do.
  b.ifThen(emitFindRows(b, block), [&] {
    emitTermTable(b, block);
    b.barrier();
    Value warp = b.shiftRight(b.thread(), 5);
    block.warpRow = b.shiftLeft(warp, 4);
    block.notes =
        b.advance(block.notes,
                  b.mul(warp, b.i32(8 * static_cast<int64_t>(Note::NumNotes))));
    emitNoteRange(b, block);
    emitEnterHead(b, block);
    SoftmaxState state = emitMainloop(b, block);
    emitEpilogue(b, block, state);
  });
}

static DictionaryAttr getLaunchAttr(OpBuilder &b,
                                    const GPUAttentionSignature &signature) {
  AttentionTiling tiling =
      getAttentionTiling(signature.element, signature.headDim,
                         signature.valueDim, signature.numTerms);
  auto entry = [&](StringRef name, int64_t value) {
    return b.getNamedAttr(name, b.getI64IntegerAttr(value));
  };
  return b.getDictionaryAttr(
      {entry("threads", AttentionTiling::threads),
       entry("shared", tiling.sharedBytes),
       entry("rows", AttentionTiling::rows),
       entry("max_rows", ::dilated::plan::kGpuTiles.maxRows),
       entry("group_rows", ::dilated::plan::kGpuTiles.groupRows),
       entry("max_sets", ::dilated::plan::kGpuTiles.maxGroups),
       entry("terms", signature.numTerms),
       entry("offset", static_cast<int64_t>(signature.offset.getRule())),
       entry("constant", signature.offset.getConstant()),
       entry("causal", signature.causal),
       entry("null_keys", signature.padding == Padding::NullKeys),
       entry("lse", signature.hasLse)});
}

FailureOr<gpu::GPUFuncOp>
mlir::dilated::getAttentionKernel(FusedAttentionOp op, gpu::GPUModuleOp module,
                                  bool allowTF32) {
  FailureOr<GPUAttentionSignature> signature =
      GPUAttentionSignature::get(op, allowTF32);
  if (failed(signature))
    return failure();
  std::string name = signature->getName();
  if (auto existing = module.lookupSymbol<gpu::GPUFuncOp>(name))
    return existing;
  TileBuilder b(op.getLoc(), op.getContext());
  b.setInsertionPointToEnd(module.getBody());
  auto kernel = gpu::GPUFuncOp::create(
      b, name, b.getFunctionType(getArgumentTypes(b, *signature), {}));
  kernel->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), b.getUnitAttr());
  kernel.setKnownBlockSizeAttr(b.getDenseI32ArrayAttr(
      {static_cast<int32_t>(AttentionTiling::threads), 1, 1}));
  // Two blocks at a time leave a thread all of its 255 registers; without a
  // number the assembler aims at three, and spills.
  kernel->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(),
                  b.getI32IntegerAttr(2));
  kernel->setAttr("dilated.launch", getLaunchAttr(b, *signature));
  b.setInsertionPointToStart(&kernel.getBody().front());
  emitKernel(b, *signature, kernel.getBody().getArguments());
  gpu::ReturnOp::create(b);
  return kernel;
}

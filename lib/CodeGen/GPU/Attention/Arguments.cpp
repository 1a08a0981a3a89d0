//===- Arguments.cpp - what the kernel is given -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"

#include "dilated-mlir/Plan/AttentionArguments.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace mlir::dilated;

using ::dilated::plan::AttentionArgument;

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

void mlir::dilated::emitArguments(TileBuilder &b, AttentionBlock &block,
                                  ValueRange arguments) {
  auto get = [&](AttentionArgument argument, int behind = 0) {
    return arguments[::dilated::plan::getIndex(argument, behind)];
  };
  auto pointer = [&](AttentionArgument argument) {
    auto global = LLVM::LLVMPointerType::get(b.getContext(), 1);
    return LLVM::AddrSpaceCastOp::create(b, global, get(argument));
  };
  GlobalOperand *operands[] = {&block.query, &block.key, &block.value,
                               &block.out};
  AttentionArgument pointers[] = {
      AttentionArgument::Query, AttentionArgument::Key,
      AttentionArgument::Value, AttentionArgument::Out};
  for (auto [operand, address, strides] :
       llvm::zip(operands, pointers, ::dilated::plan::kFirstStrides)) {
    operand->pointer = pointer(address);
    operand->batch = get(strides);
    operand->sequence = get(strides, 1);
    operand->head = get(strides, 2);
    operand->feature = get(strides, 3);
  }
  block.lse = pointer(AttentionArgument::Lse);
  block.lseBatch = get(AttentionArgument::LseBatch);
  block.lseHead = get(AttentionArgument::LseHead);
  block.lseSequence = get(AttentionArgument::LseSequence);
  block.tiles = pointer(AttentionArgument::Tiles);
  block.firstBatch = get(AttentionArgument::FirstBatch);
  block.headGroup = get(AttentionArgument::HeadGroup);
  emitScale(b, block, get(AttentionArgument::Scale));
  block.aligned = emitAligned(b, block);
}

//===----------------------------------------------------------------------===//
// The tile's batch and head
//===----------------------------------------------------------------------===//

static Value getNoteOffset(TileBuilder &b, Note note) {
  return b.i32(8 * static_cast<int64_t>(note));
}

Value mlir::dilated::emitReadPointer(TileBuilder &b, AttentionBlock &block,
                                     Note note) {
  Value address =
      b.loadShared(block.notes, getNoteOffset(b, note), b.getI64Type());
  return LLVM::IntToPtrOp::create(
      b, LLVM::LLVMPointerType::get(b.getContext(), 1), address);
}

void mlir::dilated::emitEnterHead(TileBuilder &b, AttentionBlock &block,
                                  Value head) {
  Value batch = b.add(block.firstBatch,
                      b.widen(NVVM::BlockIdYOp::create(b, b.getI32Type())));
  // (C4) Query head h reads head h div (H/Hkv).
  Value kvHead = b.widen(b.div(b.narrow(head), block.headGroup));
  auto enter = [&](Value pointer, Value batchStride, Value headStride,
                   Value inHead, int64_t bytes) {
    Value index = b.add(b.mul(batch, batchStride), b.mul(inHead, headStride));
    return b.element(pointer, index, bytes);
  };
  auto enterOperand = [&](GlobalOperand &operand, Value inHead) {
    operand.pointer = enter(operand.pointer, operand.batch, operand.head,
                            inHead, block.tiling.elementBytes);
  };
  enterOperand(block.query, head);
  enterOperand(block.key, kvHead);
  enterOperand(block.value, kvHead);
  enterOperand(block.out, head);
  block.lse = enter(block.lse, block.lseBatch, block.lseHead, head, 4);
  std::pair<Note, Value> notes[] = {{Note::KeyPointer, block.key.pointer},
                                    {Note::ValuePointer, block.value.pointer},
                                    {Note::OutPointer, block.out.pointer},
                                    {Note::LsePointer, block.lse}};
  b.ifThen(b.equal(b.thread(), b.i32(0)), [&] {
    for (auto [note, pointer] : notes)
      b.storeShared(LLVM::PtrToIntOp::create(b, b.getI64Type(), pointer),
                    block.notes, getNoteOffset(b, note));
  });
}

//===- Schedule.cpp - the tile plan in emitted code --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Schedule.h"
#include "dilated-mlir/CodeGen/Common/RuntimeMemory.h"
#include "dilated-mlir/Plan/TilePlan.h"
#include "dilated-mlir/Runtime/Runtime.h"
#include "dilated-mlir/Transforms/EncodedPattern.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace mlir::dilated;

AttentionSchedule::AttentionSchedule(SymbolTable &symbols, PatternAttr pattern,
                                     bool causal, int64_t width,
                                     int64_t blockRows, int64_t numTiles,
                                     int64_t packedKeys)
    : symbols(symbols), pattern(pattern), causal(causal), width(width),
      blockRows(blockRows), numTiles(numTiles), packedKeys(packedKeys) {}

bool AttentionSchedule::isWeighted() const {
  if (pattern.getOverlap() == Overlap::Set)
    return false;
  return pattern.getTerms().size() > 1 ||
         llvm::any_of(pattern.getTermAttrs(), [](TermAttrInterface term) {
           return term.getMultiplicity() != 1;
         });
}

bool AttentionSchedule::isMasked() const {
  return pattern.getOverlap() == Overlap::Set && pattern.getTerms().size() > 1;
}

//===----------------------------------------------------------------------===//
// The pattern as data
//===----------------------------------------------------------------------===//

static Value emitPattern(KernelBuilder &b, SymbolTable &symbols,
                         ArrayRef<int64_t> numbers) {
  auto type =
      MemRefType::get(static_cast<int64_t>(numbers.size()), b.getI64Type());
  auto values = DenseElementsAttr::get(
      RankedTensorType::get(type.getShape(), type.getElementType()), numbers);
  // Kernels of one pattern share it.
  for (auto global : symbols.getOp()->getRegion(0).getOps<memref::GlobalOp>())
    if (global.getConstant() && global.getType() == type &&
        global.getInitialValueAttr() == values)
      return memref::GetGlobalOp::create(b, type, global.getSymName());
  OpBuilder detached(b.getContext());
  auto global = memref::GlobalOp::create(
      detached, b.getLoc(), "dilated_pattern",
      /*sym_visibility=*/b.getStringAttr("private"), type, values,
      /*constant=*/true, /*alignment=*/IntegerAttr());
  symbols.insert(global, cast<ModuleOp>(symbols.getOp()).getBody()->begin());
  return memref::GetGlobalOp::create(b, type, global.getSymName());
}

//===----------------------------------------------------------------------===//
// Calls
//===----------------------------------------------------------------------===//

static Value emitPointer(KernelBuilder &b, Value memref) {
  Value address = memref::ExtractAlignedPointerAsIndexOp::create(b, memref);
  return LLVM::IntToPtrOp::create(b, LLVM::LLVMPointerType::get(b.getContext()),
                                  b.cast(address, b.getI64Type()));
}

/// Memrefs are passed as pointers, indices as i64.
static Value emitCall(KernelBuilder &b, SymbolTable &symbols, StringRef name,
                      ValueRange arguments, bool hasResult = false) {
  SmallVector<Value> values;
  for (Value argument : arguments)
    values.push_back(isa<MemRefType>(argument.getType())
                         ? emitPointer(b, argument)
                         : b.cast(argument, b.getI64Type()));
  SmallVector<Type> results;
  if (hasResult)
    results.push_back(b.getI64Type());
  func::FuncOp function =
      declareRuntime(cast<ModuleOp>(symbols.getOp()), name,
                     ValueRange(values).getTypes(), results);
  auto call = func::CallOp::create(b, function, values);
  return hasResult ? b.cast(call.getResult(0), b.getIndexType()) : Value();
}

Value AttentionSchedule::emitBegin(KernelBuilder &b, Value batches, Value heads,
                                   Value length) {
  Value numbers = emitPattern(b, symbols, *getEncodedPattern(pattern, causal));
  plan = memref::AllocaOp::create(
      b, MemRefType::get(DILATED_RT_PLAN_WORDS, b.getI64Type()));
  return emitCall(b, symbols, "dilated_rt_plan",
                  {numbers, batches, heads, length, b.index(width),
                   b.index(blockRows), plan},
                  /*hasResult=*/true);
}

void AttentionSchedule::allocate(KernelBuilder &b) {
  Type word = b.getI64Type();
  auto terms = static_cast<int64_t>(pattern.getTerms().size());
  work = b.alloc(::dilated::plan::getWorkWords(terms, blockRows), word);
  description = b.alloc(5, word);
  rows = b.alloc({numTiles, width}, word);
  nulls = b.alloc({numTiles, width}, word);
  lows = b.alloc({numTiles, width}, word);
  highs = b.alloc({numTiles, width}, word);
  tiles = b.alloc({numTiles, DILATED_RT_TILE_WORDS}, word);
  if (isMasked())
    masks = b.alloc(packedKeys, word);
}

void AttentionSchedule::free(KernelBuilder &b) {
  for (Value memref : {work, description, rows, nulls, lows, highs, tiles})
    b.free(memref);
  if (masks)
    b.free(masks);
}

void AttentionSchedule::emitTask(KernelBuilder &b, Value task) {
  emitCall(b, symbols, "dilated_rt_plan_task", {plan, task, work});
}

void AttentionSchedule::emitRows(KernelBuilder &b, Value first, Value count) {
  emitCall(b, symbols, "dilated_rt_plan_rows",
           {plan, work, first, count, rows, nulls});
}

AttentionKeys AttentionSchedule::emitKeys(KernelBuilder &b, Value number,
                                          Value first, Value count) {
  emitCall(b, symbols, "dilated_rt_plan_keys",
           {plan, work, number, first, count, description, lows, highs, tiles});
  auto word = [&](int64_t i) { return b.load(description, b.index(i)); };
  auto index = [&](int64_t i) { return b.cast(word(i), b.getIndexType()); };
  return {number, index(0), index(1), index(2), index(3), word(4)};
}

Value AttentionSchedule::loadTileWord(KernelBuilder &b, Value tile,
                                      TileWord word) {
  Value number = b.index(static_cast<int64_t>(word));
  return b.cast(b.load(tiles, {tile, number}), b.getIndexType());
}

void AttentionSchedule::emitMultiplicities(KernelBuilder &b,
                                           const AttentionKeys &keys,
                                           Value tile, Value start, Value count,
                                           Value multiplicities) {
  emitCall(b, symbols, "dilated_rt_plan_multiplicities",
           {plan, work, keys.number, tile, start, count, multiplicities});
}

void AttentionSchedule::emitMasks(KernelBuilder &b, const AttentionKeys &keys,
                                  Value tile, Value start, Value count) {
  emitCall(b, symbols, "dilated_rt_plan_masks",
           {plan, work, keys.number, tile, start, count, masks});
}

Value AttentionSchedule::loadWork(KernelBuilder &b, int64_t word) {
  return b.cast(b.load(work, b.index(word)), b.getIndexType());
}

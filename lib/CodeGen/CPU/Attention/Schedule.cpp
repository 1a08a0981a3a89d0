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

AttentionPlan::AttentionPlan(SymbolTable &symbols, PatternAttr pattern,
                             bool causal, int64_t width, int64_t blockRows,
                             int64_t numTiles)
    : symbols(symbols), pattern(pattern), causal(causal), width(width),
      blockRows(blockRows), numTiles(numTiles) {}

bool AttentionPlan::isWeighted() const {
  ArrayRef<Attribute> terms = pattern.getTerms();
  return terms.size() > 1 || llvm::any_of(terms, [](Attribute term) {
           return cast<SegmentAttr>(term).getMultiplicity() != 1;
         });
}

//===----------------------------------------------------------------------===//
// The pattern as data
//===----------------------------------------------------------------------===//

static Value emitPattern(KernelBuilder &b, SymbolTable &symbols,
                         ArrayRef<int64_t> words) {
  auto type =
      MemRefType::get(static_cast<int64_t>(words.size()), b.getI64Type());
  auto values = DenseElementsAttr::get(
      RankedTensorType::get(type.getShape(), type.getElementType()), words);
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

Value AttentionPlan::emitBegin(KernelBuilder &b, Value batches, Value heads,
                               Value length) {
  Value words = emitPattern(b, symbols, *getEncodedPattern(pattern, causal));
  plan = memref::AllocaOp::create(
      b, MemRefType::get(DILATED_RT_PLAN_WORDS, b.getI64Type()));
  return emitCall(
      b, symbols, "dilated_rt_plan",
      {words, batches, heads, length, b.index(width), b.index(blockRows), plan},
      /*hasResult=*/true);
}

void AttentionPlan::allocate(KernelBuilder &b) {
  Type word = b.getI64Type();
  auto terms = static_cast<int64_t>(pattern.getTerms().size());
  work = b.alloc(::dilated::plan::getWorkWords(terms, blockRows), word);
  description = b.alloc(4, word);
  rows = b.alloc({numTiles, width}, word);
  nulls = b.alloc({numTiles, width}, word);
  limits = b.alloc({numTiles, width}, word);
  ends = b.alloc(numTiles, word);
  fulls = b.alloc(numTiles, word);
  merged = b.alloc(numTiles, word);
}

void AttentionPlan::free(KernelBuilder &b) {
  for (Value memref :
       {work, description, rows, nulls, limits, ends, fulls, merged})
    b.free(memref);
}

void AttentionPlan::emitTask(KernelBuilder &b, Value task) {
  emitCall(b, symbols, "dilated_rt_plan_task", {plan, task, work});
}

void AttentionPlan::emitRows(KernelBuilder &b, Value first, Value count) {
  emitCall(b, symbols, "dilated_rt_plan_rows",
           {plan, work, first, count, rows, nulls});
}

AttentionRun AttentionPlan::emitRun(KernelBuilder &b, Value run, Value first,
                                    Value count) {
  emitCall(b, symbols, "dilated_rt_plan_run",
           {plan, work, run, first, count, description, limits, ends, fulls,
            merged});
  auto word = [&](int64_t i) { return b.load(description, b.index(i)); };
  auto index = [&](int64_t i) { return b.cast(word(i), b.getIndexType()); };
  return {run, index(0), index(1), index(2), word(3)};
}

void AttentionPlan::emitMultiplicities(KernelBuilder &b,
                                       const AttentionRun &run, Value tile,
                                       Value start, Value count,
                                       Value multiplicities) {
  emitCall(b, symbols, "dilated_rt_plan_multiplicities",
           {plan, work, run.number, tile, start, count, multiplicities});
}

Value AttentionPlan::loadWork(KernelBuilder &b, int64_t word) {
  return b.cast(b.load(work, b.index(word)), b.getIndexType());
}

//===- ThreadBuilder.cpp - what threads of a GPU have -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileRowsParts.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::dilated;

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

Value ThreadBuilder::both(Value a, Value b) {
  return createOrFold<arith::AndIOp>(a, b);
}

Value ThreadBuilder::either(Value a, Value b) {
  return createOrFold<arith::OrIOp>(a, b);
}

Value ThreadBuilder::widen(Value a) {
  return createOrFold<arith::ExtUIOp>(getI64Type(), a);
}

Value ThreadBuilder::narrow(Value a) {
  return createOrFold<arith::TruncIOp>(getI32Type(), a);
}

Value ThreadBuilder::clamp(Value a, int64_t most) {
  return narrow(min(a, i64(most)));
}

Value ThreadBuilder::ceilQuotient(Value a, Value b) {
  Value one = integer(a.getType(), 1);
  return add(div(sub(a, one), b), one);
}

Value ThreadBuilder::thread() {
  return NVVM::ThreadIdXOp::create(*this, getI32Type());
}

void ThreadBuilder::barrier() { gpu::BarrierOp::create(*this); }

//===----------------------------------------------------------------------===//
// Shared memory
//===----------------------------------------------------------------------===//

Value ThreadBuilder::address(const Array &array, Value index) {
  auto pointer = array.pointer.getType();
  Value base = LLVM::GEPOp::create(
      *this, pointer, getI8Type(), array.pointer,
      ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(array.offset)});
  return LLVM::GEPOp::create(*this, pointer, array.type, base,
                             ArrayRef<LLVM::GEPArg>{index});
}

Value ThreadBuilder::load(const Array &array, Value index) {
  return LLVM::LoadOp::create(*this, array.type, address(array, index));
}

void ThreadBuilder::store(const Array &array, Value index, Value value) {
  LLVM::StoreOp::create(*this, value, address(array, index));
}

// Threads of one block need no more than relaxed updates; barriers order them.
static constexpr llvm::StringLiteral kBlockScope = "block";

Value ThreadBuilder::update(Update kind, const Array &array, Value index,
                            Value value) {
  auto operation =
      kind == Update::Add ? LLVM::AtomicBinOp::add : LLVM::AtomicBinOp::min;
  return LLVM::AtomicRMWOp::create(*this, operation, address(array, index),
                                   value, LLVM::AtomicOrdering::monotonic,
                                   kBlockScope);
}

Value ThreadBuilder::claim(const Array &array, Value index, Value value) {
  Value old = LLVM::AtomicCmpXchgOp::create(
      *this, address(array, index), integer(array.type, -1), value,
      LLVM::AtomicOrdering::monotonic, LLVM::AtomicOrdering::monotonic,
      kBlockScope);
  return LLVM::ExtractValueOp::create(*this, old, ArrayRef<int64_t>{0});
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

ThreadBuilder::State
ThreadBuilder::forEach(Value lower, Value upper, int64_t step, ValueRange init,
                       function_ref<State(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(*this, lower, upper,
                                 integer(lower.getType(), step), init);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  scf::YieldOp::create(*this,
                       body(loop.getInductionVar(), loop.getRegionIterArgs()));
  return State(loop.getResults());
}

void ThreadBuilder::forEach(Value lower, Value upper, int64_t step,
                            function_ref<void(Value)> body) {
  auto loop =
      scf::ForOp::create(*this, lower, upper, integer(lower.getType(), step));
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

ThreadBuilder::State
ThreadBuilder::whileLoop(ValueRange init,
                         function_ref<Value(ValueRange)> condition,
                         function_ref<State(ValueRange)> body) {
  TypeRange types(init);
  SmallVector<Location> locs(init.size(), getLoc());
  auto loop = scf::WhileOp::create(*this, types, init);
  OpBuilder::InsertionGuard guard(*this);
  Block *before = createBlock(&loop.getBefore(), {}, types, locs);
  Value holds = condition(before->getArguments());
  scf::ConditionOp::create(*this, holds, before->getArguments());
  Block *after = createBlock(&loop.getAfter(), {}, types, locs);
  scf::YieldOp::create(*this, body(after->getArguments()));
  return State(loop.getResults());
}

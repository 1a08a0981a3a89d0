//===- LaneBuilder.cpp - arithmetic of one lane ------------------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "LaneBuilder.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::dilated;

Value LaneBuilder::bitAnd(Value a, int64_t mask) {
  return createOrFold<arith::AndIOp>(a, integer(a.getType(), mask));
}

Value LaneBuilder::bitXor(Value a, Value b) {
  return createOrFold<arith::XOrIOp>(a, b);
}

Value LaneBuilder::shiftLeft(Value a, int64_t bits) {
  return createOrFold<arith::ShLIOp>(a, integer(a.getType(), bits));
}

Value LaneBuilder::shiftRight(Value a, int64_t bits) {
  return createOrFold<arith::ShRUIOp>(a, integer(a.getType(), bits));
}

Value LaneBuilder::both(Value a, Value b) {
  return createOrFold<arith::AndIOp>(a, b);
}

Value LaneBuilder::either(Value a, Value b) {
  return createOrFold<arith::OrIOp>(a, b);
}

Value LaneBuilder::ceilQuotient(Value a, Value b) {
  Value one = integer(a.getType(), 1);
  return add(div(sub(a, one), b), one);
}

Value LaneBuilder::narrow(Value a) {
  return createOrFold<arith::TruncIOp>(getI32Type(), a);
}

Value LaneBuilder::widen(Value a) {
  return createOrFold<arith::ExtUIOp>(getI64Type(), a);
}

Value LaneBuilder::bitcast(Value a, Type type) {
  if (a.getType() == type)
    return a;
  return LLVM::BitcastOp::create(*this, type, a);
}

Value LaneBuilder::thread() {
  return NVVM::ThreadIdXOp::create(*this, getI32Type());
}

void LaneBuilder::barrier() { gpu::BarrierOp::create(*this); }

Value LaneBuilder::sharedPointer(Value address) {
  // A constant goes behind the pointer, from where instructions take it.
  if (auto sum = address.getDefiningOp<arith::AddIOp>())
    if (std::optional<int64_t> bytes = getConstantIntValue(sum.getRhs()))
      return advance(sharedPointer(sum.getLhs()), *bytes);
  return LLVM::IntToPtrOp::create(
      *this, LLVM::LLVMPointerType::get(getContext(), 3), address);
}

Value LaneBuilder::advance(Value pointer, Value bytes) {
  return LLVM::GEPOp::create(*this, pointer.getType(), getI8Type(), pointer,
                             ArrayRef<LLVM::GEPArg>{bytes});
}

Value LaneBuilder::advance(Value pointer, int64_t bytes) {
  if (bytes == 0)
    return pointer;
  return LLVM::GEPOp::create(
      *this, pointer.getType(), getI8Type(), pointer,
      ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(bytes)});
}

Value LaneBuilder::opaque(Value value) {
  bool wide = !value.getType().isInteger(32);
  return LLVM::InlineAsmOp::create(
             *this, value.getType(), value,
             wide ? "mov.b64 $0, $1;" : "mov.b32 $0, $1;",
             wide ? "=l,l" : "=r,r", /*has_side_effects=*/true,
             /*is_align_stack=*/false, LLVM::TailCallKind::None,
             LLVM::AsmDialectAttr(), ArrayAttr())
      .getResult(0);
}

Value LaneBuilder::exchange(Value value, int64_t mask) {
  Type type = value.getType();
  if (type.isInteger(64)) {
    Value low = narrow(value), high = narrow(shiftRight(value, 32));
    Value upper = shiftLeft(widen(exchange(high, mask)), 32);
    return either(upper, widen(exchange(low, mask)));
  }
  return NVVM::ShflOp::create(*this, type, i32(-1), value, i32(mask), i32(31),
                              NVVM::ShflKind::bfly, UnitAttr());
}

Value LaneBuilder::reduce(tile::Reduction kind, Value x, Value y) {
  bool isFloat = isa<FloatType>(x.getType());
  switch (kind) {
  case tile::Reduction::Add:
    return add(x, y);
  case tile::Reduction::Max:
    if (isFloat)
      return arith::MaxNumFOp::create(*this, x, y);
    return max(x, y);
  case tile::Reduction::Min:
    if (isFloat)
      return arith::MinNumFOp::create(*this, x, y);
    return min(x, y);
  }
  llvm_unreachable("unknown reduction");
}

SmallVector<Value> LaneBuilder::unpack(Value vector) {
  return SmallVector<Value>(
      vector::ToElementsOp::create(*this, vector).getResults());
}

Value LaneBuilder::pack(ArrayRef<Value> registers) {
  auto type = VectorType::get(registers.size(), registers.front().getType());
  return vector::FromElementsOp::create(*this, type, registers);
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

LaneBuilder::State
LaneBuilder::forEach(Value lower, Value upper, int64_t step, ValueRange init,
                     function_ref<State(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(*this, lower, upper,
                                 integer(lower.getType(), step), init);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  scf::YieldOp::create(*this,
                       body(loop.getInductionVar(), loop.getRegionIterArgs()));
  return State(loop.getResults());
}

void LaneBuilder::forEach(Value lower, Value upper, int64_t step,
                          function_ref<void(Value)> body) {
  auto loop =
      scf::ForOp::create(*this, lower, upper, integer(lower.getType(), step));
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

LaneBuilder::State
LaneBuilder::whileLoop(ValueRange init,
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

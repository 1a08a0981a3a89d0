//===- TileBuilder.cpp - kernels in terms of tiles ---------------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileBuilder.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::dilated;

using tile::FragmentType;

//===----------------------------------------------------------------------===//
// Fragments
//===----------------------------------------------------------------------===//

FragmentType TileBuilder::fragment(ArrayRef<int64_t> shape, Type element,
                                   tile::Layout layout) {
  return FragmentType::get(getContext(), shape, element, layout);
}

FragmentType TileBuilder::rows(Type element) {
  return fragment(16, element, tile::Layout::Rows);
}

FragmentType TileBuilder::rowParts(Type element) {
  return fragment(16, element, tile::Layout::RowParts);
}

Value TileBuilder::fill(FragmentType type, Value value) {
  return tile::FillOp::create(*this, type, value);
}

Value TileBuilder::fill(FragmentType type, double value) {
  return fill(type, constant(type.getElementType(), value));
}

Value TileBuilder::map(FragmentType type, ValueRange inputs, Elements body) {
  auto op = tile::MapOp::create(*this, type, inputs);
  Block &block = op.getBody().emplaceBlock();
  block.addArgument(getI32Type(), getLoc());
  SmallVector<Value> elements;
  for (Value input : inputs)
    elements.push_back(block.addArgument(
        mlir::cast<FragmentType>(input.getType()).getElementType(), getLoc()));
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(&block);
  tile::YieldOp::create(*this, body(elements));
  return op;
}

Value TileBuilder::mapRows(Type element, function_ref<Value(Value)> body) {
  auto op = tile::MapOp::create(*this, rows(element), ValueRange{});
  Block &block = op.getBody().emplaceBlock();
  Value row = block.addArgument(getI32Type(), getLoc());
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(&block);
  tile::YieldOp::create(*this, body(row));
  return op;
}

//===----------------------------------------------------------------------===//
// Arithmetic of lanes
//===----------------------------------------------------------------------===//

Value TileBuilder::fma(Value a, Value b, Value c) {
  return math::FmaOp::create(*this, a, b, c);
}

Value TileBuilder::maximum(Value a, Value b) {
  return arith::MaxNumFOp::create(*this, a, b);
}

Value TileBuilder::exp2(Value a) { return math::Exp2Op::create(*this, a); }

Value TileBuilder::log2(Value a) { return math::Log2Op::create(*this, a); }

Value TileBuilder::narrow(Value a) {
  return createOrFold<arith::TruncIOp>(getI32Type(), a);
}

Value TileBuilder::both(Value a, Value b) {
  return createOrFold<arith::AndIOp>(a, b);
}

Value TileBuilder::toFloat32(Value integer) {
  return arith::SIToFPOp::create(*this, getF32Type(), integer);
}

Value TileBuilder::ceilQuotient(Value a, Value b) {
  // (a - 1) div b + 1, and 0 for 0.
  Value some = less(i64(0), a);
  Value quotient = add(div(sub(a, i64(1)), b), i64(1));
  return select(some, quotient, i64(0));
}

Value TileBuilder::reduceWarp(tile::Reduction kind, Value value) {
  for (int64_t mask : {1, 2, 4, 8, 16})
    value = reduce(kind, value, exchange(value, mask));
  return value;
}

Value TileBuilder::loadShared(Value pointer, Value byte, Type type) {
  return LLVM::LoadOp::create(*this, type, advance(pointer, byte));
}

void TileBuilder::storeShared(Value value, Value pointer, Value byte) {
  LLVM::StoreOp::create(*this, value, advance(pointer, byte));
}

Value TileBuilder::element(Value pointer, Value index, int64_t bytes) {
  return advance(pointer, mul(index, i64(bytes)));
}

void TileBuilder::barrier() { gpu::BarrierOp::create(*this); }

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

TileBuilder::State
TileBuilder::forEach(Value lower, Value upper, ValueRange init,
                     function_ref<State(Value, ValueRange)> body) {
  auto loop = scf::ForOp::create(*this, lower, upper,
                                 integer(lower.getType(), 1), init);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  scf::YieldOp::create(*this,
                       body(loop.getInductionVar(), loop.getRegionIterArgs()));
  return State(loop.getResults());
}

TileBuilder::State
TileBuilder::whileLoop(ValueRange init,
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

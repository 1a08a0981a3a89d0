//===- TileBuilder.cpp - kernels in terms of tiles ---------------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileBuilder.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"

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

Value TileBuilder::toFloat32(Value integer) {
  return arith::SIToFPOp::create(*this, getF32Type(), integer);
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

Value TileBuilder::loadGlobal(Value pointer, int64_t offset, Type type,
                              unsigned alignment) {
  // Unless it is said, an i64 is taken to be aligned to 4 bytes.
  if (alignment == 0)
    alignment = type.getIntOrFloatBitWidth() / 8;
  return LLVM::LoadOp::create(*this, type, advance(pointer, offset), alignment);
}

Value TileBuilder::element(Value pointer, Value index, int64_t bytes) {
  return advance(pointer, mul(index, i64(bytes)));
}

//===- ThreadBuilder.cpp - arrays in shared memory ---------------*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Attention/TileRowsParts.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace mlir::dilated;

Value ThreadBuilder::clamp(Value a, int64_t most) {
  return narrow(min(a, i64(most)));
}

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

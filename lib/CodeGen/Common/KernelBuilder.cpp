//===- KernelBuilder.cpp - arithmetic and loops of emitted kernels -*- C++ -*-//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/CodeGen/Common/KernelBuilder.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::dilated;

static bool isFloat(Value value) {
  return isa<FloatType>(getElementTypeOrSelf(value.getType()));
}

//===----------------------------------------------------------------------===//
// Constants
//===----------------------------------------------------------------------===//

Value KernelBuilder::index(int64_t value) {
  return arith::ConstantIndexOp::create(*this, value);
}

Value KernelBuilder::constant(Type type, double value) {
  TypedAttr attr = getFloatAttr(getElementTypeOrSelf(type), value);
  if (auto vector = dyn_cast<VectorType>(type))
    attr = DenseElementsAttr::get(vector, attr);
  return arith::ConstantOp::create(*this, attr);
}

Value KernelBuilder::integer(Type type, int64_t value) {
  TypedAttr attr = getIntegerAttr(getElementTypeOrSelf(type), value);
  if (auto vector = dyn_cast<VectorType>(type))
    attr = DenseElementsAttr::get(vector, attr);
  return arith::ConstantOp::create(*this, attr);
}

Value KernelBuilder::boolean(bool value) { return integer(getI1Type(), value); }

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

Value KernelBuilder::add(Value a, Value b) {
  if (isFloat(a))
    return arith::AddFOp::create(*this, a, b);
  return createOrFold<arith::AddIOp>(a, b);
}

Value KernelBuilder::sub(Value a, Value b) {
  if (isFloat(a))
    return arith::SubFOp::create(*this, a, b);
  return createOrFold<arith::SubIOp>(a, b);
}

Value KernelBuilder::mul(Value a, Value b) {
  if (isFloat(a))
    return arith::MulFOp::create(*this, a, b);
  return createOrFold<arith::MulIOp>(a, b);
}

Value KernelBuilder::div(Value a, Value b) {
  if (isFloat(a))
    return arith::DivFOp::create(*this, a, b);
  return createOrFold<arith::DivUIOp>(a, b);
}

Value KernelBuilder::rem(Value a, Value b) {
  return createOrFold<arith::RemUIOp>(a, b);
}

Value KernelBuilder::min(Value a, Value b) {
  if (isFloat(a))
    return select(cmp(arith::CmpFPredicate::OLT, a, b), a, b);
  return createOrFold<arith::MinSIOp>(a, b);
}

Value KernelBuilder::max(Value a, Value b) {
  if (isFloat(a))
    return select(cmp(arith::CmpFPredicate::OGT, a, b), a, b);
  return createOrFold<arith::MaxSIOp>(a, b);
}

Value KernelBuilder::fma(Value a, Value b, Value c) {
  return vector::FMAOp::create(*this, a, b, c);
}

Value KernelBuilder::ceilDiv(Value a, Value b) {
  return div(add(a, sub(b, index(1))), b);
}

Value KernelBuilder::roundUp(Value a, int64_t multiple) {
  return mul(ceilDiv(a, index(multiple)), index(multiple));
}

Value KernelBuilder::cmp(arith::CmpIPredicate predicate, Value a, Value b) {
  return createOrFold<arith::CmpIOp>(predicate, a, b);
}

Value KernelBuilder::cmp(arith::CmpFPredicate predicate, Value a, Value b) {
  return arith::CmpFOp::create(*this, predicate, a, b);
}

Value KernelBuilder::select(Value condition, Value a, Value b) {
  return createOrFold<arith::SelectOp>(condition, a, b);
}

Value KernelBuilder::toFloat(Value value, Type elementType) {
  Type from = getElementTypeOrSelf(value.getType());
  Type to = elementType;
  if (auto vector = dyn_cast<VectorType>(value.getType()))
    to = vector.clone(elementType);
  if (from == elementType)
    return value;
  unsigned fromWidth = from.getIntOrFloatBitWidth();
  unsigned toWidth = elementType.getIntOrFloatBitWidth();
  if (fromWidth < toWidth)
    return arith::ExtFOp::create(*this, to, value);
  if (fromWidth > toWidth)
    return arith::TruncFOp::create(*this, to, value);
  // f16 <-> bf16 meet in f32.
  return toFloat(toFloat(value, getF32Type()), elementType);
}

Value KernelBuilder::cast(Value indexOrInteger, Type type) {
  if (isa<FloatType>(type)) {
    Value wide = cast(indexOrInteger, getI64Type());
    return arith::SIToFPOp::create(*this, type, wide);
  }
  if (indexOrInteger.getType() == type)
    return indexOrInteger;
  return createOrFold<arith::IndexCastOp>(type, indexOrInteger);
}

//===----------------------------------------------------------------------===//
// Vectors and memory
//===----------------------------------------------------------------------===//

Value KernelBuilder::splat(Value scalar, VectorType type) {
  return vector::BroadcastOp::create(*this, type, scalar);
}

Value KernelBuilder::load(Value memref, ValueRange indices) {
  return memref::LoadOp::create(*this, memref, indices);
}

Value KernelBuilder::load(VectorType type, Value memref, ValueRange indices) {
  return vector::LoadOp::create(*this, type, memref, indices);
}

void KernelBuilder::store(Value value, Value memref, ValueRange indices) {
  if (isa<VectorType>(value.getType()))
    vector::StoreOp::create(*this, value, memref, indices);
  else
    memref::StoreOp::create(*this, value, memref, indices);
}

Value KernelBuilder::alloc(ArrayRef<int64_t> shape, Type elementType) {
  return memref::AllocOp::create(*this, MemRefType::get(shape, elementType),
                                 ValueRange{}, getI64IntegerAttr(64));
}

void KernelBuilder::free(Value memref) {
  memref::DeallocOp::create(*this, memref);
}

Value KernelBuilder::dim(Value memref, int64_t dimension) {
  return createOrFold<memref::DimOp>(memref, dimension);
}

//===----------------------------------------------------------------------===//
// Control flow
//===----------------------------------------------------------------------===//

void KernelBuilder::forLoop(Value lower, Value upper, int64_t step, Body body) {
  auto loop = scf::ForOp::create(*this, lower, upper, index(step));
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  body(loop.getInductionVar());
}

SmallVector<Value> KernelBuilder::forLoop(Value lower, Value upper,
                                          int64_t step, ValueRange init,
                                          ReducingBody body) {
  auto loop = scf::ForOp::create(*this, lower, upper, index(step), init);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(loop.getBody());
  SmallVector<Value> yielded =
      body(loop.getInductionVar(), loop.getRegionIterArgs());
  scf::YieldOp::create(*this, yielded);
  return SmallVector<Value>(loop.getResults());
}

void KernelBuilder::setUnrollCount(Operation *loop, int64_t count) {
  auto unroll = LLVM::LoopUnrollAttr::get(
      getContext(), /*disable=*/{}, getI32IntegerAttr(count),
      /*runtimeDisable=*/{}, /*full=*/{}, /*followupUnrolled=*/{},
      /*followupRemainder=*/{}, /*followupAll=*/{});
  loop->setAttr("llvm.loop_annotation",
                LLVM::LoopAnnotationAttr::get(getContext(), {}, {}, {}, unroll,
                                              {}, {}, {}, {}, {}, {}, {}, {},
                                              {}, {}, {}));
}

void KernelBuilder::ifThen(Value condition, function_ref<void()> then) {
  auto branch = scf::IfOp::create(*this, condition, /*withElseRegion=*/false);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(branch.thenBlock());
  then();
}

SmallVector<Value>
KernelBuilder::ifThenElse(Value condition,
                          function_ref<SmallVector<Value>()> then,
                          function_ref<SmallVector<Value>()> otherwise) {
  // The types of the results are known once the first branch is there.
  Block *thenBlock = new Block;
  SmallVector<Value> thenValues;
  {
    OpBuilder::InsertionGuard guard(*this);
    setInsertionPointToStart(thenBlock);
    thenValues = then();
    scf::YieldOp::create(*this, thenValues);
  }
  auto branch = scf::IfOp::create(*this, TypeRange(ValueRange(thenValues)),
                                  condition, /*addThenBlock=*/false,
                                  /*addElseBlock=*/true);
  branch.getThenRegion().push_back(thenBlock);
  OpBuilder::InsertionGuard guard(*this);
  setInsertionPointToStart(&branch.getElseRegion().front());
  scf::YieldOp::create(*this, otherwise());
  return SmallVector<Value>(branch.getResults());
}

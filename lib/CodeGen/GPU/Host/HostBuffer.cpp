//===- HostBuffer.cpp - an operand, and its copy on the device --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostBuffer.h"

#include "dialects/Dilated/Dilated.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

using namespace mlir;
using namespace mlir::dilated;

bool mlir::dilated::isOnlyAttended(Value memref) {
  return llvm::all_of(memref.getUsers(), [](Operation *user) {
    if (isa<FusedAttentionOp, memref::DimOp, memref::ExtractStridedMetadataOp>(
            user))
      return true;
    return isa<ViewLikeOpInterface>(user) && user->getNumResults() == 1 &&
           isOnlyAttended(user->getResult(0));
  });
}

Value mlir::dilated::findMemory(Value memref) {
  while (Operation *op = memref.getDefiningOp()) {
    if (auto view = dyn_cast<ViewLikeOpInterface>(op))
      memref = view.getViewSource();
    else if (auto cast = dyn_cast<UnrealizedConversionCastOp>(op))
      memref = cast.getOperand(0);
    else if (auto insert = dyn_cast<LLVM::InsertValueOp>(op))
      // The first two fields of a descriptor are the address.
      memref = llvm::is_contained({0, 1}, insert.getPosition()[0]) &&
                       insert.getPosition().size() == 1
                   ? insert.getValue()
                   : insert.getContainer();
    else
      return memref;
  }
  return memref;
}

/// The dynamic sizes of a memref.
static SmallVector<Value> getDynamicSizes(KernelBuilder &b, Value memref) {
  SmallVector<Value> sizes;
  auto type = cast<MemRefType>(memref.getType());
  for (int64_t i = 0, e = type.getRank(); i < e; ++i)
    if (type.isDynamicDim(i))
      sizes.push_back(b.dim(memref, i));
  return sizes;
}

static Value emitAlloc(KernelBuilder &b, Value host) {
  auto type = cast<MemRefType>(host.getType());
  auto plain = MemRefType::get(type.getShape(), type.getElementType());
  return gpu::AllocOp::create(b, plain, /*asyncToken=*/Type(),
                              /*asyncDependencies=*/ValueRange(),
                              getDynamicSizes(b, host),
                              /*symbolOperands=*/ValueRange())
      .getMemref();
}

static void emitCopy(KernelBuilder &b, Value to, Value from) {
  gpu::MemcpyOp::create(b, /*asyncToken=*/Type(),
                        /*asyncDependencies=*/ValueRange(), to, from);
}

DeviceBuffer::DeviceBuffer(KernelBuilder &b, ModuleOp module, Value host,
                           bool mayBeThere, bool copiesIn)
    : host(host) {
  auto allocate = [&] {
    Value buffer = emitAlloc(b, host);
    if (copiesIn)
      emitCopy(b, buffer, host);
    return buffer;
  };
  if (!mayBeThere) {
    device = allocate();
    return;
  }
  auto type = cast<MemRefType>(host.getType());
  SmallVector<int64_t> dynamic(type.getRank(), ShapedType::kDynamic);
  auto strided = MemRefType::get(
      type.getShape(), type.getElementType(),
      StridedLayoutAttr::get(b.getContext(), ShapedType::kDynamic, dynamic));
  auto cast = [&](Value memref) -> Value {
    return memref.getType() == strided
               ? memref
               : memref::CastOp::create(b, strided, memref).getResult();
  };
  func::FuncOp owns = declareRuntime(module, "dilated_rt_device_owns",
                                     LLVM::LLVMPointerType::get(b.getContext()),
                                     b.getI32Type());
  Value answer =
      func::CallOp::create(b, owns, emitAddress(b, host)).getResult(0);
  isThere =
      b.cmp(arith::CmpIPredicate::ne, answer, b.integer(b.getI32Type(), 0));
  device = b.ifThenElse(
                isThere, [&] { return SmallVector<Value>{cast(host)}; },
                [&] { return SmallVector<Value>{cast(allocate())}; })
               .front();
}

void DeviceBuffer::finish(KernelBuilder &b, bool copiesOut) const {
  auto release = [&] {
    if (copiesOut)
      emitCopy(b, host, device);
    gpu::DeallocOp::create(b, /*asyncToken=*/Type(),
                           /*asyncDependencies=*/ValueRange(), device);
  };
  if (!isThere)
    return release();
  Value isCopy = arith::XOrIOp::create(b, isThere, b.boolean(true));
  b.ifThen(isCopy, release);
}

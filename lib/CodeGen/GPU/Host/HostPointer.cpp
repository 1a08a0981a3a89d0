//===- HostPointer.cpp - addresses and constants of host code ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostPointer.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

using namespace mlir;
using namespace mlir::dilated;

Value mlir::dilated::emitAddress(KernelBuilder &b, Value memref, Type type) {
  auto memrefType = cast<MemRefType>(memref.getType());
  if (!type)
    type = LLVM::LLVMPointerType::get(b.getContext());
  Value address = memref::ExtractAlignedPointerAsIndexOp::create(b, memref);
  SmallVector<int64_t> strides;
  int64_t offset;
  bool isPlain =
      succeeded(memrefType.getStridesAndOffset(strides, offset)) && offset == 0;
  if (!isPlain) {
    auto metadata = memref::ExtractStridedMetadataOp::create(b, memref);
    int64_t bytes = *getElementBytes(memrefType.getElementType());
    address = b.add(address, b.mul(metadata.getOffset(), b.index(bytes)));
  }
  return LLVM::IntToPtrOp::create(b, type, b.cast(address, b.getI64Type()));
}

Value mlir::dilated::emitStackArray(KernelBuilder &b, int64_t count) {
  OpBuilder::InsertionGuard guard(b);
  auto function =
      b.getInsertionBlock()->getParent()->getParentOfType<func::FuncOp>();
  if (auto own = dyn_cast<func::FuncOp>(b.getInsertionBlock()->getParentOp()))
    function = own;
  b.setInsertionPointToStart(&function.getBody().front());
  return LLVM::AllocaOp::create(b, LLVM::LLVMPointerType::get(b.getContext()),
                                b.getI64Type(),
                                b.integer(b.getI64Type(), count));
}

static Value getSlot(KernelBuilder &b, Value array, int64_t position) {
  return LLVM::GEPOp::create(
      b, array.getType(), b.getI64Type(), array,
      ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(position)});
}

Value mlir::dilated::emitLoad(KernelBuilder &b, Value array, int64_t position) {
  return LLVM::LoadOp::create(b, b.getI64Type(), getSlot(b, array, position));
}

void mlir::dilated::emitStore(KernelBuilder &b, Value value, Value array,
                              int64_t position) {
  LLVM::StoreOp::create(b, value, getSlot(b, array, position));
}

/// The constant, made on first use; equal ones of one name are one.
static Value emitConstant(KernelBuilder &b, ModuleOp module, Type type,
                          Attribute value, StringRef name) {
  for (auto global : module.getOps<LLVM::GlobalOp>())
    if (global.getName().starts_with(name) && global.getValueAttr() == value &&
        global.getGlobalType() == type)
      return LLVM::AddressOfOp::create(b, global);
  OpBuilder atEnd = OpBuilder::atBlockEnd(module.getBody());
  auto global = LLVM::GlobalOp::create(atEnd, b.getLoc(), type,
                                       /*isConstant=*/true,
                                       LLVM::Linkage::Internal, name, value);
  SymbolTable(module).insert(global); // renames where the name is taken
  return LLVM::AddressOfOp::create(b, global);
}

Value mlir::dilated::emitString(KernelBuilder &b, ModuleOp module,
                                StringRef text, StringRef name) {
  std::string bytes = text.str() + std::string(1, '\0');
  auto type = LLVM::LLVMArrayType::get(b.getI8Type(), bytes.size());
  return emitConstant(b, module, type, b.getStringAttr(bytes), name);
}

Value mlir::dilated::emitNumbers(KernelBuilder &b, ModuleOp module,
                                 ArrayRef<int64_t> values, StringRef name) {
  auto type = LLVM::LLVMArrayType::get(b.getI64Type(), values.size());
  return emitConstant(b, module, type, b.getI64TensorAttr(values), name);
}

//===- RuntimeMemory.cpp - memory from the run-time library -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/CodeGen/Common/RuntimeMemory.h"

#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/IR/SymbolTable.h"

using namespace mlir;
using namespace mlir::dilated;

std::optional<int64_t> mlir::dilated::getElementBytes(Type element) {
  if (isa<IndexType>(element))
    return 8;
  if (auto complex = dyn_cast<ComplexType>(element)) {
    std::optional<int64_t> part = getElementBytes(complex.getElementType());
    return part ? std::optional(2 * *part) : std::nullopt;
  }
  if (!element.isIntOrFloat())
    return std::nullopt;
  // What LLVM lays out for an array of them: i1 is a byte, i24 is four.
  int64_t bytes = llvm::divideCeil(element.getIntOrFloatBitWidth(), 8);
  return static_cast<int64_t>(llvm::PowerOf2Ceil(bytes));
}

bool mlir::dilated::isPlainMemRef(MemRefType type) {
  return type.getLayout().isIdentity() && !type.getMemorySpace() &&
         getElementBytes(type.getElementType()).has_value();
}

func::FuncOp mlir::dilated::declareRuntime(ModuleOp module, StringRef name,
                                           TypeRange arguments,
                                           TypeRange results) {
  if (auto function = module.lookupSymbol<func::FuncOp>(name))
    return function;
  OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
  auto function = func::FuncOp::create(
      b, module.getLoc(), name,
      FunctionType::get(module.getContext(), arguments, results));
  function.setPrivate();
  return function;
}

Value mlir::dilated::emitBytes(KernelBuilder &b, Value pointer, Value bytes) {
  LLVMTypeConverter types(b.getContext());
  auto type = MemRefType::get(ShapedType::kDynamic, b.getI8Type());
  Location loc = b.getLoc();
  Value fields[] = {pointer, pointer, b.integer(b.getI64Type(), 0),
                    b.cast(bytes, b.getI64Type()),
                    b.integer(b.getI64Type(), 1)};
  Value descriptor = MemRefDescriptor::pack(b, loc, types, type, fields);
  return UnrealizedConversionCastOp::create(b, type, descriptor).getResult(0);
}

Value mlir::dilated::emitScratch(KernelBuilder &b, ModuleOp module,
                                 StringRef name, Value bytes) {
  Type i64 = b.getI64Type();
  func::FuncOp function = declareRuntime(
      module, name, i64, LLVM::LLVMPointerType::get(b.getContext()));
  Value pointer =
      func::CallOp::create(b, function, b.cast(bytes, i64)).getResult(0);
  return emitBytes(b, pointer, bytes);
}

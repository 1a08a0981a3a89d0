//===- EmitEntry.cpp - the C function of a compiled model -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whoever runs a model calls one C function of one pointer, whatever the
// model's inputs and outputs are.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/CodeGen/CPU/Passes.h"

#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDEMITENTRY
#include "dilated-mlir/CodeGen/CPU/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

namespace {

class EmitEntry : public dilated::impl::DilatedEmitEntryBase<EmitEntry> {
public:
  using DilatedEmitEntryBase::DilatedEmitEntryBase;

  void runOnOperation() override;

private:
  LogicalResult emit(func::FuncOp callee);
};

} // namespace

/// Asks for the memory of output `index` and copies `result` there.
static void emitOutput(OpBuilder &b, Location loc, LLVMTypeConverter &types,
                       func::FuncOp askForOutput, int64_t index, Value result) {
  auto type = cast<MemRefType>(result.getType());
  int64_t rank = type.getRank();
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  auto i64 = b.getI64Type();
  auto constant = [&](int64_t value) -> Value {
    return LLVM::ConstantOp::create(b, loc, i64, value);
  };
  Value sizes = LLVM::AllocaOp::create(b, loc, pointer, i64,
                                       constant(std::max<int64_t>(rank, 1)));
  SmallVector<Value> dims;
  for (int64_t i = 0; i < rank; ++i) {
    Value axis = arith::ConstantIndexOp::create(b, loc, i);
    Value dim = memref::DimOp::create(b, loc, result, axis);
    dims.push_back(arith::IndexCastOp::create(b, loc, i64, dim));
    Value slot =
        LLVM::GEPOp::create(b, loc, pointer, i64, sizes,
                            ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(i)});
    LLVM::StoreOp::create(b, loc, dims.back(), slot);
  }
  Value data =
      func::CallOp::create(b, loc, askForOutput,
                           ValueRange{constant(index), constant(rank), sizes})
          .getResult(0);
  auto rowMajor = MemRefType::get(type.getShape(), type.getElementType());
  MemRefDescriptor descriptor =
      MemRefDescriptor::poison(b, loc, types.convertType(rowMajor));
  descriptor.setAllocatedPtr(b, loc, data);
  descriptor.setAlignedPtr(b, loc, data);
  descriptor.setConstantOffset(b, loc, 0);
  Value stride = constant(1);
  for (int64_t i = rank - 1; i >= 0; --i) {
    descriptor.setSize(b, loc, i, dims[i]);
    descriptor.setStride(b, loc, i, stride);
    stride = LLVM::MulOp::create(b, loc, stride, dims[i]);
  }
  Value target =
      UnrealizedConversionCastOp::create(b, loc, rowMajor, Value(descriptor))
          .getResult(0);
  memref::CopyOp::create(b, loc, result, target);
}

/// dilated_main(arguments): arguments[i] points to the descriptor of input i.
LogicalResult EmitEntry::emit(func::FuncOp callee) {
  MLIRContext *context = &getContext();
  Location loc = callee.getLoc();
  LLVMTypeConverter types(context);
  auto pointer = LLVM::LLVMPointerType::get(context);
  OpBuilder b = OpBuilder::atBlockEnd(getOperation().getBody());
  auto i64 = b.getI64Type();
  auto askForOutput = func::FuncOp::create(
      b, loc, "dilated_rt_output",
      FunctionType::get(context, {i64, i64, pointer}, {pointer}));
  askForOutput.setPrivate();
  auto entry = func::FuncOp::create(b, loc, "dilated_main",
                                    FunctionType::get(context, {pointer}, {}));
  Block *block = entry.addEntryBlock();
  b.setInsertionPointToStart(block);
  Value table = block->getArgument(0);
  SmallVector<Value> arguments;
  for (auto [i, type] : llvm::enumerate(callee.getArgumentTypes())) {
    Type converted = types.convertType(type);
    if (!converted)
      return callee.emitError("has no C form of argument type ") << type;
    Value slot =
        LLVM::GEPOp::create(b, loc, pointer, pointer, table,
                            ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(i)});
    Value address = LLVM::LoadOp::create(b, loc, pointer, slot);
    Value argument = LLVM::LoadOp::create(b, loc, converted, address);
    if (converted != type)
      argument = UnrealizedConversionCastOp::create(b, loc, type, argument)
                     .getResult(0);
    arguments.push_back(argument);
  }
  auto call = func::CallOp::create(b, loc, callee, arguments);
  for (auto [i, result] : llvm::enumerate(call.getResults())) {
    if (!isa<MemRefType>(result.getType()))
      return callee.emitError("has no C form of result type ")
             << result.getType();
    emitOutput(b, loc, types, askForOutput, i, result);
  }
  func::ReturnOp::create(b, loc);
  return success();
}

void EmitEntry::runOnOperation() {
  ModuleOp module = getOperation();
  auto callee = module.lookupSymbol<func::FuncOp>(function);
  if (callee && !callee.isExternal() && !module.lookupSymbol("dilated_main")) {
    if (failed(emit(callee)))
      return signalPassFailure();
    // The name "main" belongs to the program that loads the model.
    callee.setPrivate();
  }
  // Names and symbols of inputs and outputs are the signature's business; the
  // translation to LLVM IR would warn about each.
  for (auto function : module.getOps<func::FuncOp>()) {
    function.removeArgAttrsAttr();
    function.removeResAttrsAttr();
  }
  // FuncToLLVM keeps visibility apart from linkage.
  auto internal =
      LLVM::LinkageAttr::get(&getContext(), LLVM::Linkage::Internal);
  for (auto function : module.getOps<func::FuncOp>())
    if (function.isPrivate() && !function.isExternal())
      function->setAttr("llvm.linkage", internal);
}

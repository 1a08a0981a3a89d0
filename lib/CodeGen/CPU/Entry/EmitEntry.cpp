//===- EmitEntry.cpp - the C functions of a compiled model ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whoever runs a model calls C functions of one pointer, whatever the model's
// inputs and outputs are.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/CodeGen/CPU/Passes.h"
#include "dilated-mlir/CodeGen/Common/RuntimeMemory.h"

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDEMITENTRY
#include "dilated-mlir/CodeGen/CPU/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

namespace {

class EmitEntry : public mlir::dilated::impl::DilatedEmitEntryBase<EmitEntry> {
public:
  using DilatedEmitEntryBase::DilatedEmitEntryBase;

  void runOnOperation() override;

private:
  LogicalResult verify(func::FuncOp entry);
  void emitMain(func::FuncOp entry);
  void emitScratch(func::FuncOp entry);
  void emitRowMajorInputs(func::FuncOp entry);
  void emitTaskScratchBytes();
  LLVM::LLVMFuncOp createFunction(StringRef name, Type result);
  SmallVector<Value> loadArguments(OpBuilder &b, func::FuncOp entry,
                                   Value table);
};

} // namespace

LogicalResult EmitEntry::verify(func::FuncOp entry) {
  for (Type type : entry.getArgumentTypes()) {
    auto memref = dyn_cast<MemRefType>(type);
    if (!memref || !memref.isStrided())
      return entry.emitError("has no C form of argument type ") << type;
  }
  if (entry.getNumResults() > 0)
    return entry.emitError("expects outputs in the caller's memory, got ")
           << entry.getNumResults() << " results";
  return success();
}

/// `result name(void **arguments)`, visible to what it is linked with.
LLVM::LLVMFuncOp EmitEntry::createFunction(StringRef name, Type result) {
  OpBuilder b = OpBuilder::atBlockEnd(getOperation().getBody());
  auto pointer = LLVM::LLVMPointerType::get(&getContext());
  auto function =
      LLVM::LLVMFuncOp::create(b, getOperation().getLoc(), name,
                               LLVM::LLVMFunctionType::get(result, pointer));
  function.setVisibility_(LLVM::Visibility::Hidden);
  function.addEntryBlock(b);
  return function;
}

/// The descriptors that a table of pointers points to.
SmallVector<Value> EmitEntry::loadArguments(OpBuilder &b, func::FuncOp entry,
                                            Value table) {
  Location loc = entry.getLoc();
  LLVMTypeConverter types(&getContext());
  auto pointer = LLVM::LLVMPointerType::get(&getContext());
  SmallVector<Value> arguments;
  for (auto [i, type] : llvm::enumerate(entry.getArgumentTypes())) {
    Value slot =
        LLVM::GEPOp::create(b, loc, pointer, pointer, table,
                            ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(i)});
    Value address = LLVM::LoadOp::create(b, loc, pointer, slot);
    Value descriptor =
        LLVM::LoadOp::create(b, loc, types.convertType(type), address);
    arguments.push_back(
        UnrealizedConversionCastOp::create(b, loc, type, descriptor)
            .getResult(0));
  }
  return arguments;
}

/// void dilated_main(void **arguments).
void EmitEntry::emitMain(func::FuncOp entry) {
  LLVM::LLVMFuncOp function =
      createFunction("dilated_main", LLVM::LLVMVoidType::get(&getContext()));
  auto b = OpBuilder::atBlockEnd(&function.getBody().front());
  func::CallOp::create(b, entry.getLoc(), entry,
                       loadArguments(b, entry, function.getArgument(0)));
  LLVM::ReturnOp::create(b, entry.getLoc(), ValueRange());
}

/// int64_t dilated_scratch(void **arguments), of the function that
/// dilated-plan-memory has left; without it there is no arena.
void EmitEntry::emitScratch(func::FuncOp entry) {
  Location loc = entry.getLoc();
  auto i64 = IntegerType::get(&getContext(), 64);
  LLVM::LLVMFuncOp function = createFunction("dilated_scratch", i64);
  auto b = OpBuilder::atBlockEnd(&function.getBody().front());
  func::FuncOp sizes;
  if (auto name = entry->getAttrOfType<FlatSymbolRefAttr>(kScratchFunctionAttr))
    sizes = getOperation().lookupSymbol<func::FuncOp>(name.getAttr());
  entry->removeAttr(kScratchFunctionAttr);
  Value bytes;
  if (sizes) {
    Value index =
        func::CallOp::create(b, loc, sizes,
                             loadArguments(b, entry, function.getArgument(0)))
            .getResult(0);
    bytes = arith::IndexCastOp::create(b, loc, i64, index);
  } else {
    bytes = LLVM::ConstantOp::create(b, loc, i64, b.getI64IntegerAttr(0));
  }
  LLVM::ReturnOp::create(b, loc, bytes);
}

/// uint8_t dilated_row_major_inputs[inputs].
void EmitEntry::emitRowMajorInputs(func::FuncOp entry) {
  OpBuilder b = OpBuilder::atBlockBegin(getOperation().getBody());
  SmallVector<int8_t> flags;
  for (Type type : entry.getArgumentTypes())
    flags.push_back(cast<MemRefType>(type).getLayout().isIdentity());
  auto type = LLVM::LLVMArrayType::get(b.getI8Type(), flags.size());
  Attribute value = LLVM::ZeroAttr::get(&getContext());
  if (!flags.empty())
    value = DenseElementsAttr::get(
        RankedTensorType::get(flags.size(), b.getI8Type()), ArrayRef(flags));
  auto global = LLVM::GlobalOp::create(
      b, entry.getLoc(), type, /*isConstant=*/true, LLVM::Linkage::External,
      "dilated_row_major_inputs", value);
  global.setVisibility_(LLVM::Visibility::Hidden);
}

/// int64_t dilated_task_scratch_bytes, unless dilated-plan-task-memory has.
void EmitEntry::emitTaskScratchBytes() {
  constexpr StringLiteral name = "dilated_task_scratch_bytes";
  if (getOperation().lookupSymbol(name))
    return;
  OpBuilder b = OpBuilder::atBlockBegin(getOperation().getBody());
  auto global = LLVM::GlobalOp::create(
      b, getOperation().getLoc(), b.getI64Type(), /*isConstant=*/true,
      LLVM::Linkage::External, name, b.getI64IntegerAttr(0));
  global.setVisibility_(LLVM::Visibility::Hidden);
}

void EmitEntry::runOnOperation() {
  ModuleOp module = getOperation();
  auto entry = module.lookupSymbol<func::FuncOp>(function);
  if (entry && !entry.isExternal() && !module.lookupSymbol("dilated_main")) {
    if (failed(verify(entry)))
      return signalPassFailure();
    emitMain(entry);
    emitScratch(entry);
    emitRowMajorInputs(entry);
    emitTaskScratchBytes();
    // The name "main" belongs to the program that loads the model.
    entry.setPrivate();
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

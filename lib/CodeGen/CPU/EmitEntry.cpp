//===- EmitEntry.cpp - the C function of a compiled model -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Whoever runs a model calls one C function of one pointer, whatever the
// model's inputs and outputs are.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/CodeGen/CPU/Passes.h"

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

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

/// dilated_main(arguments): arguments[0] points to the results, one descriptor
/// after the other; the pointers after it to one descriptor each. Without
/// results the inputs start at arguments[0].
LogicalResult EmitEntry::emit(func::FuncOp callee) {
  MLIRContext *context = &getContext();
  Location loc = callee.getLoc();
  LLVMTypeConverter types(context);
  auto pointer = LLVM::LLVMPointerType::get(context);
  auto convert = [&](Type type) -> Type {
    Type converted = types.convertType(type);
    if (!converted)
      callee.emitError("has no C form of argument or result type ") << type;
    return converted;
  };

  OpBuilder b = OpBuilder::atBlockEnd(getOperation().getBody());
  auto entry = func::FuncOp::create(b, loc, "dilated_main",
                                    FunctionType::get(context, {pointer}, {}));
  Block *block = entry.addEntryBlock();
  b.setInsertionPointToStart(block);
  Value table = block->getArgument(0);
  int32_t next = 0;
  auto loadPointer = [&]() -> Value {
    Value slot = LLVM::GEPOp::create(b, loc, pointer, pointer, table,
                                     ArrayRef<LLVM::GEPArg>{next++});
    return LLVM::LoadOp::create(b, loc, pointer, slot);
  };
  auto castTo = [&](Type type, Value value) -> Value {
    if (value.getType() == type)
      return value;
    return UnrealizedConversionCastOp::create(b, loc, type, value).getResult(0);
  };

  Value results;
  if (callee.getNumResults() > 0)
    results = loadPointer();
  SmallVector<Value> arguments;
  for (Type type : callee.getArgumentTypes()) {
    Type converted = convert(type);
    if (!converted)
      return failure();
    Value descriptor = LLVM::LoadOp::create(b, loc, converted, loadPointer());
    arguments.push_back(castTo(type, descriptor));
  }
  auto call = func::CallOp::create(b, loc, callee, arguments);
  SmallVector<Type> resultTypes;
  for (Type type : callee.getResultTypes()) {
    resultTypes.push_back(convert(type));
    if (!resultTypes.back())
      return failure();
  }
  auto resultStruct = LLVM::LLVMStructType::getLiteral(context, resultTypes);
  for (auto [i, result] : llvm::enumerate(call.getResults())) {
    Value field =
        LLVM::GEPOp::create(b, loc, pointer, resultStruct, results,
                            ArrayRef<LLVM::GEPArg>{0, static_cast<int32_t>(i)});
    LLVM::StoreOp::create(b, loc, castTo(resultTypes[i], result), field);
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

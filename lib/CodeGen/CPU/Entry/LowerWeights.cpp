//===- LowerWeights.cpp - weights become entries of a table -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Weights stay outside the program: it knows a table of pointers, which whoever
// loads it fills with addresses of mapped files. So gigabytes of weights never
// pass through IR, constants or object files.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/CodeGen/CPU/Passes.h"

#include "mlir/Conversion/LLVMCommon/MemRefBuilder.h"
#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MLProgram/IR/MLProgram.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDLOWERWEIGHTS
#include "dilated-mlir/CodeGen/CPU/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

static constexpr StringLiteral kTable = "dilated_weights";

namespace {

class LowerWeights
    : public mlir::dilated::impl::DilatedLowerWeightsBase<LowerWeights> {
public:
  void runOnOperation() override;

private:
  LogicalResult lower(ml_program::GlobalLoadConstOp load,
                      const DenseMap<StringAttr, int64_t> &indices);
};

} // namespace

LogicalResult
LowerWeights::lower(ml_program::GlobalLoadConstOp load,
                    const DenseMap<StringAttr, int64_t> &indices) {
  auto entry = indices.find(load.getGlobal().getRootReference());
  if (entry == indices.end())
    return load.emitError("expects a weight, an extern constant with "
                          "dilated.weight, got ")
           << load.getGlobal();
  auto tensorType = dyn_cast<RankedTensorType>(load.getType());
  if (!tensorType || !tensorType.hasStaticShape())
    return load.emitError("expects a weight of static shape, got ")
           << load.getType();

  OpBuilder b(load);
  Location loc = load.getLoc();
  auto pointer = LLVM::LLVMPointerType::get(&getContext());
  auto memrefType =
      MemRefType::get(tensorType.getShape(), tensorType.getElementType());
  Value table = LLVM::AddressOfOp::create(b, loc, pointer, kTable);
  Value slot = LLVM::GEPOp::create(
      b, loc, pointer, pointer, table,
      ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(entry->second)});
  Value data = LLVM::LoadOp::create(b, loc, pointer, slot);
  LLVMTypeConverter types(&getContext());
  Value descriptor =
      MemRefDescriptor::fromStaticShape(b, loc, types, memrefType, data);
  Value memref =
      UnrealizedConversionCastOp::create(b, loc, memrefType, descriptor)
          .getResult(0);
  // Not writable: whoever would write to a weight gets a copy.
  Value tensor = bufferization::ToTensorOp::create(b, loc, tensorType, memref,
                                                   /*restrict=*/true);
  load.replaceAllUsesWith(tensor);
  load.erase();
  return success();
}

void LowerWeights::runOnOperation() {
  ModuleOp module = getOperation();
  DenseMap<StringAttr, int64_t> indices;
  for (auto global : module.getOps<ml_program::GlobalOp>())
    if (global->hasAttr("dilated.weight"))
      indices.try_emplace(global.getSymNameAttr(), indices.size());
  SmallVector<ml_program::GlobalLoadConstOp> loads;
  module.walk([&](ml_program::GlobalLoadConstOp op) { loads.push_back(op); });
  if (!indices.empty() && !module.lookupSymbol(kTable)) {
    OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
    auto pointer = LLVM::LLVMPointerType::get(&getContext());
    auto type = LLVM::LLVMArrayType::get(pointer, indices.size());
    auto table = LLVM::GlobalOp::create(
        b, module.getLoc(), type, /*isConstant=*/false, LLVM::Linkage::External,
        kTable, LLVM::ZeroAttr::get(&getContext()));
    table.setVisibility_(LLVM::Visibility::Hidden);
  }
  for (ml_program::GlobalLoadConstOp load : loads)
    if (failed(lower(load, indices)))
      return signalPassFailure();
  // The table is all that is left of them; bufferisation would try to make
  // globals with a value of those whose value is elsewhere.
  for (auto global :
       llvm::make_early_inc_range(module.getOps<ml_program::GlobalOp>()))
    if (indices.contains(global.getSymNameAttr()))
      global.erase();
}

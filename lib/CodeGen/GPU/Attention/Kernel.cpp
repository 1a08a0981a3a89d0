//===- Kernel.cpp - the attention kernel of GPUs --------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The mixture of the terms of a pattern is one softmax over all their keys
// (S6), so one kernel attends to all of them: a thread block has the 64 query
// rows of a tile, a warp 16 of them, and a row one maximum, one denominator and
// one accumulator in registers from its first key to its last. Which rows and
// keys these are is in the tile list.
//
//   find the tile, its head and its rows          (ListReader, Arguments)
//   copy Q; for all key ranges: ...               (Mainloop, Products, Softmax)
//   null keys, normalization, out and lse         (Epilogue)
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"
#include "dilated-mlir/CodeGen/GPU/AttentionKernel.h"
#include "dilated-mlir/Plan/AttentionArguments.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace mlir::dilated;
namespace plan = ::dilated::plan;

static Type getType(OpBuilder &b, plan::ArgumentKind kind) {
  switch (kind) {
  case plan::ArgumentKind::Address:
    return LLVM::LLVMPointerType::get(b.getContext());
  case plan::ArgumentKind::Int64:
    return b.getI64Type();
  case plan::ArgumentKind::Int32:
    return b.getI32Type();
  case plan::ArgumentKind::Float32:
    return b.getF32Type();
  }
  llvm_unreachable("unknown kind of argument");
}

static FunctionType getKernelType(OpBuilder &b) {
  SmallVector<Type> types;
  for (const plan::ArgumentInfo &argument : plan::kAttentionArguments)
    types.push_back(getType(b, argument.kind));
  return b.getFunctionType(types, {});
}

static void emitKernel(TileBuilder &b, const GPUAttentionSignature &signature,
                       ValueRange arguments) {
  AttentionBlock block(signature);
  emitArguments(b, block, arguments);
  auto shared = [&](int64_t offset) {
    return tile::SharedPointerOp::create(
        b, LLVM::LLVMPointerType::get(b.getContext(), 3), b.i32(offset));
  };
  block.positions = shared(block.tiling.positionsOffset);
  block.notes = shared(block.tiling.notesOffset);
  block.warpRow = b.shiftLeft(b.shiftRight(b.thread(), 5), 4);

  Value record = emitTileRecord(b, block);
  emitListRows(b, block, record);
  emitEnterHead(b, block, emitTileHead(b, record));
  b.barrier();
  SoftmaxState state = emitMainloop(b, block, emitFirstRange(b, record));
  emitEpilogue(b, block, state);
}

static tile::LaunchAttr getLaunchAttr(OpBuilder &b,
                                      const GPUAttentionSignature &signature) {
  AttentionTiling tiling = getAttentionTiling(signature);
  return tile::LaunchAttr::get(b.getContext(), signature.element,
                               signature.headDim, signature.valueDim,
                               signature.hasLse, tiling.keys,
                               AttentionTiling::threads, tiling.sharedBytes);
}

FailureOr<gpu::GPUFuncOp>
mlir::dilated::getAttentionKernel(FusedAttentionOp op, gpu::GPUModuleOp module,
                                  StringRef chip, bool allowTF32) {
  FailureOr<GPUAttentionSignature> signature =
      GPUAttentionSignature::get(op, chip, allowTF32);
  if (failed(signature))
    return failure();
  std::string name = signature->getName();
  if (auto existing = module.lookupSymbol<gpu::GPUFuncOp>(name))
    return existing;
  TileBuilder b(op.getLoc(), op.getContext());
  b.setInsertionPointToEnd(module.getBody());
  auto kernel = gpu::GPUFuncOp::create(b, name, getKernelType(b));
  kernel->setAttr(gpu::GPUDialect::getKernelFuncAttrName(), b.getUnitAttr());
  kernel.setKnownBlockSizeAttr(b.getDenseI32ArrayAttr(
      {static_cast<int32_t>(AttentionTiling::threads), 1, 1}));
  // Two blocks at a time leave a thread all of its 255 registers; without a
  // number the assembler aims at three, and spills.
  kernel->setAttr(NVVM::NVVMDialect::getMinctasmAttrName(),
                  b.getI32IntegerAttr(2));
  kernel->setAttr(tile::LaunchAttr::attributeName,
                  getLaunchAttr(b, *signature));
  b.setInsertionPointToStart(&kernel.getBody().front());
  emitKernel(b, *signature, kernel.getBody().getArguments());
  gpu::ReturnOp::create(b);
  return kernel;
}

//===- PlaceOutputs.cpp - results into the caller's memory ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Who calls a model owns the memory of its outputs. The op that computes a
// result writes there at once: its buffer, where it is allocated, becomes the
// caller's. Whatever else is returned is copied.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/CodeGen/CPU/Passes.h"
#include "dilated-mlir/CodeGen/Common/RuntimeMemory.h"
#include "dilated-mlir/CodeGen/Common/SizeSlice.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/SymbolTable.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDPLACEOUTPUTS
#include "dilated-mlir/CodeGen/CPU/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

static constexpr StringLiteral kOutput = "dilated_rt_output";

namespace {

class PlaceOutputs
    : public mlir::dilated::impl::DilatedPlaceOutputsBase<PlaceOutputs> {
public:
  using DilatedPlaceOutputsBase::DilatedPlaceOutputsBase;

  void runOnOperation() override;

private:
  LogicalResult verify(func::FuncOp entry);
  Value emitOutput(KernelBuilder &b, func::FuncOp entry, int64_t index,
                   ValueRange sizes, MemRefType type, ValueRange dynamicSizes);
  bool place(func::FuncOp entry, int64_t index, Value result);
  void copy(func::FuncOp entry, int64_t index, Value result);
};

} // namespace

LogicalResult PlaceOutputs::verify(func::FuncOp entry) {
  if (!entry.getBody().hasOneBlock())
    return entry.emitError("expects a body of one block, got ")
           << entry.getBody().getBlocks().size();
  for (auto [i, type] : llvm::enumerate(entry.getResultTypes())) {
    auto memref = dyn_cast<MemRefType>(type);
    if (!memref || !memref.isStrided() ||
        !getElementBytes(memref.getElementType()))
      return entry.emitError("expects results that are strided memrefs of "
                             "numbers, result #")
             << i << " is " << type;
  }
  if (entry.getNumResults() > 0 &&
      !SymbolTable::symbolKnownUseEmpty(entry, getOperation()))
    return entry.emitError("is the entry of the module and may not be called "
                           "inside it");
  return success();
}

/// The memory of output `index`, whose sizes are `sizes`, as a memref of
/// `type`, which has `dynamicSizes` and as many elements.
Value PlaceOutputs::emitOutput(KernelBuilder &b, func::FuncOp entry,
                               int64_t index, ValueRange sizes, MemRefType type,
                               ValueRange dynamicSizes) {
  Type i64 = b.getI64Type();
  auto pointer = LLVM::LLVMPointerType::get(b.getContext());
  Value array;
  if (sizes.empty()) {
    array = LLVM::ZeroOp::create(b, pointer);
  } else {
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&entry.getBody().front());
    array =
        LLVM::AllocaOp::create(b, pointer, i64, b.integer(i64, sizes.size()));
  }
  for (auto [i, size] : llvm::enumerate(sizes)) {
    Value slot =
        LLVM::GEPOp::create(b, pointer, i64, array,
                            ArrayRef<LLVM::GEPArg>{static_cast<int32_t>(i)});
    LLVM::StoreOp::create(b, b.cast(size, i64), slot);
  }
  func::FuncOp function =
      declareRuntime(getOperation(), kOutput, {i64, i64, pointer}, pointer);
  Value arguments[] = {b.integer(i64, index), b.integer(i64, sizes.size()),
                       array};
  Value address = func::CallOp::create(b, function, arguments).getResult(0);
  // Nobody asks how many bytes there are.
  Value bytes = emitBytes(b, address, b.index(SizeSlice::kHuge));
  return memref::ViewOp::create(b, type, bytes, b.index(0), dynamicSizes);
}

/// The allocation that `result` is all of, in the same order.
static memref::AllocOp findAllocation(Value result) {
  while (Operation *op = result.getDefiningOp()) {
    if (auto alloc = dyn_cast<memref::AllocOp>(op))
      return isPlainMemRef(alloc.getType()) ? alloc : nullptr;
    if (!isa<memref::CastOp, memref::ExpandShapeOp, memref::CollapseShapeOp>(
            op))
      return nullptr;
    result = op->getOperand(0);
  }
  return nullptr;
}

/// Makes the allocation behind a result the output's memory.
bool PlaceOutputs::place(func::FuncOp entry, int64_t index, Value result) {
  memref::AllocOp alloc = findAllocation(result);
  if (!alloc || alloc->getBlock() != &entry.getBody().front() ||
      llvm::any_of(alloc->getUsers(), llvm::IsaPred<memref::DeallocOp>))
    return false;
  KernelBuilder b(alloc.getLoc(), alloc);
  SizeSlice slice(b);
  SmallVector<Value> sizes;
  for (int64_t i = 0, e = cast<MemRefType>(result.getType()).getRank(); i < e;
       ++i) {
    std::optional<SizeSlice::Size> size = slice.getDim(result, i);
    if (!size)
      return false;
    sizes.push_back(size->value);
  }
  alloc.replaceAllUsesWith(emitOutput(b, entry, index, sizes, alloc.getType(),
                                      alloc.getDynamicSizes()));
  alloc.erase();
  return true;
}

/// Copies a result at the end of the function.
void PlaceOutputs::copy(func::FuncOp entry, int64_t index, Value result) {
  KernelBuilder b(entry.getLoc(), entry.getBody().front().getTerminator());
  auto type = cast<MemRefType>(result.getType());
  auto outputType = MemRefType::get(type.getShape(), type.getElementType());
  SmallVector<Value> sizes, dynamicSizes;
  for (int64_t i = 0, e = type.getRank(); i < e; ++i) {
    sizes.push_back(b.dim(result, i));
    if (type.isDynamicDim(i))
      dynamicSizes.push_back(sizes.back());
  }
  Value output = emitOutput(b, entry, index, sizes, outputType, dynamicSizes);
  memref::CopyOp::create(b, result, output);
}

void PlaceOutputs::runOnOperation() {
  auto entry = getOperation().lookupSymbol<func::FuncOp>(function);
  if (!entry || entry.isExternal() || entry.getNumResults() == 0)
    return;
  if (failed(verify(entry)))
    return signalPassFailure();
  // What is placed is replaced wherever it is used, so the results are read one
  // by one: a second result of the same buffer is a copy of the first.
  Operation *terminator = entry.getBody().front().getTerminator();
  SmallVector<int64_t> copied;
  for (int64_t i = 0, e = entry.getNumResults(); i < e; ++i)
    if (!place(entry, i, terminator->getOperand(i)))
      copied.push_back(i);
  for (int64_t i : copied)
    copy(entry, i, terminator->getOperand(i));
  terminator->setOperands({});
  entry.setFunctionType(
      FunctionType::get(&getContext(), entry.getArgumentTypes(), {}));
  entry.removeResAttrsAttr();
}

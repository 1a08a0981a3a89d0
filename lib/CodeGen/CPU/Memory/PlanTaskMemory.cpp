//===- PlanTaskMemory.cpp - one block of memory for a task ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Buffers of fixed size inside a parallel loop, mostly those that kernels pack
// their operands into, become views of one block per task, which the run-time
// library keeps per thread: a task allocates nothing.
//
//===----------------------------------------------------------------------===//

#include "MemoryLayout.h"
#include "dilated-mlir/CodeGen/CPU/Passes.h"
#include "dilated-mlir/CodeGen/Common/RuntimeMemory.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/SymbolTable.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDPLANTASKMEMORY
#include "dilated-mlir/CodeGen/CPU/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

static constexpr StringLiteral kTaskScratch = "dilated_rt_task_scratch";
static constexpr StringLiteral kTaskScratchBytes = "dilated_task_scratch_bytes";

namespace {

class PlanTaskMemory
    : public mlir::dilated::impl::DilatedPlanTaskMemoryBase<PlanTaskMemory> {
public:
  using DilatedPlanTaskMemoryBase::DilatedPlanTaskMemoryBase;

  void runOnOperation() override;

private:
  void plan(Operation *loop);
  int64_t getBytes(Operation *scope);

  /// Bytes of the buffers of a loop's own body.
  DenseMap<Operation *, int64_t> loopBytes;
  /// The most that tasks of a function ask for, those of its callees included.
  DenseMap<Operation *, int64_t> functionBytes;
};

} // namespace

/// Gives the buffers of a loop's body their places.
void PlanTaskMemory::plan(Operation *loop) {
  Block *body = &loop->getRegion(0).front();
  LivenessRules rules;
  rules.serialLoops = rules.ignoreDeallocs = true;
  BufferLiveness liveness(body, rules);
  SmallVector<memref::AllocOp> allocs;
  SmallVector<LayoutRequest> requests;
  loop->walk([&](memref::AllocOp alloc) {
    MemRefType type = alloc.getType();
    if (!isPlainMemRef(type) || !type.hasStaticShape() ||
        alloc.getAlignment().value_or(0) > uint64_t(kMemoryAlignment))
      return;
    int64_t bytes = *getElementBytes(type.getElementType());
    for (int64_t size : type.getShape())
      if (llvm::MulOverflow(bytes, size, bytes) ||
          bytes > std::numeric_limits<int32_t>::max())
        return;
    if (std::optional<LiveRange> range = liveness.getRange(alloc)) {
      allocs.push_back(alloc);
      requests.push_back({*range, bytes});
    }
  });
  if (allocs.empty())
    return;

  MemoryLayout layout = layOutMemory(requests);
  int64_t total = 0;
  for (auto [offset, request] : llvm::zip_equal(layout.offsets, requests))
    total = std::max<int64_t>(
        total, offset + llvm::alignTo(request.bytes, kMemoryAlignment));
  KernelBuilder b(loop->getLoc(), loop->getContext());
  b.setInsertionPointToStart(body);
  Value memory = emitScratch(b, getOperation(), kTaskScratch, b.index(total));
  SmallVector<Value> offsets = llvm::map_to_vector(
      layout.offsets, [&](int64_t offset) { return b.index(offset); });
  for (auto [alloc, offset] : llvm::zip_equal(allocs, offsets)) {
    for (Operation *user : llvm::make_early_inc_range(alloc->getUsers()))
      if (isa<memref::DeallocOp>(user))
        user->erase();
    OpBuilder at(alloc);
    Value view = memref::ViewOp::create(at, alloc.getLoc(), alloc.getType(),
                                        memory, offset, ValueRange());
    alloc.replaceAllUsesWith(view);
    alloc.erase();
  }
}

/// The bytes that a task of `loop` asks for itself.
static int64_t getRequestedBytes(Operation *loop) {
  int64_t bytes = 0;
  loop->walk([&](func::CallOp call) {
    APInt requested;
    if (call.getCallee() == kTaskScratch &&
        matchPattern(call.getOperand(0), m_ConstantInt(&requested)))
      bytes += requested.getSExtValue();
  });
  return bytes;
}

/// The most memory that is in use at a time for tasks in or below `scope`, a
/// function or a loop that was planned.
int64_t PlanTaskMemory::getBytes(Operation *scope) {
  int64_t most = 0;
  scope->walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (op == scope)
      return WalkResult::advance();
    if (loopBytes.contains(op)) {
      most = std::max(most, getBytes(op));
      return WalkResult::skip();
    }
    auto call = dyn_cast<func::CallOp>(op);
    Operation *callee =
        call ? getOperation().lookupSymbol(call.getCallee()) : nullptr;
    if (!callee)
      return WalkResult::advance();
    // A function that calls itself counts once.
    auto [known, isNew] = functionBytes.try_emplace(callee, 0);
    if (isNew) {
      int64_t bytes = getBytes(callee);
      functionBytes[callee] = bytes;
    }
    most = std::max(most, functionBytes[callee]);
    return WalkResult::advance();
  });
  return most + loopBytes.lookup(scope);
}

void PlanTaskMemory::runOnOperation() {
  ModuleOp module = getOperation();
  SmallVector<Operation *> loops;
  module.walk<WalkOrder::PreOrder>([&](Operation *op) {
    auto parallel = dyn_cast<scf::ParallelOp>(op);
    auto forall = dyn_cast<scf::ForallOp>(op);
    // What dilated-outline-parallel-loops makes tasks of.
    if (!(forall && forall.getOutputs().empty()) &&
        !(parallel && parallel.getInitVals().empty()))
      return WalkResult::advance();
    loops.push_back(op);
    return WalkResult::skip();
  });
  for (Operation *loop : loops) {
    plan(loop);
    loopBytes[loop] = getRequestedBytes(loop);
  }

  int64_t most = 0;
  for (auto function : module.getOps<func::FuncOp>())
    most = std::max(most, getBytes(function));
  if (module.lookupSymbol(kTaskScratchBytes))
    return;
  OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
  auto global = LLVM::GlobalOp::create(
      b, module.getLoc(), b.getI64Type(), /*isConstant=*/true,
      LLVM::Linkage::External, kTaskScratchBytes, b.getI64IntegerAttr(most));
  global.setVisibility_(LLVM::Visibility::Hidden);
}

//===- OutlineParallelLoops.cpp - loops to tasks of the run-time -*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The body of an outermost parallel loop becomes a function of (context, index)
// and the loop a call of dilated_rt_parallel_for. What the body uses from
// outside travels in a struct on the caller's stack, as LLVM values: memrefs
// become descriptors by casts that disappear with the memrefs themselves.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/CodeGen/CPU/Passes.h"
#include "dilated-mlir/CodeGen/Common/KernelBuilder.h"

#include "mlir/Conversion/LLVMCommon/TypeConverter.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/SCF/Transforms/Transforms.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Transforms/RegionUtils.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDOUTLINEPARALLELLOOPS
#include "dilated-mlir/CodeGen/CPU/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

static constexpr StringLiteral kParallelFor = "dilated_rt_parallel_for";

namespace {

/// Either kind of parallel loop.
struct ParallelLoop {
  Operation *op;
  SmallVector<Value> inductionVars;
  SmallVector<OpFoldResult> lower, upper, step;

  static std::optional<ParallelLoop> get(Operation *op) {
    if (auto forall = dyn_cast<scf::ForallOp>(op)) {
      // On memrefs there is nothing to combine.
      if (!forall.getOutputs().empty())
        return std::nullopt;
      return ParallelLoop{op, forall.getInductionVars(),
                          forall.getMixedLowerBound(),
                          forall.getMixedUpperBound(), forall.getMixedStep()};
    }
    if (auto parallel = dyn_cast<scf::ParallelOp>(op)) {
      if (!parallel.getInitVals().empty())
        return std::nullopt;
      return ParallelLoop{
          op, llvm::to_vector_of<Value>(parallel.getInductionVars()),
          getAsOpFoldResult(parallel.getLowerBound()),
          getAsOpFoldResult(parallel.getUpperBound()),
          getAsOpFoldResult(parallel.getStep())};
    }
    return std::nullopt;
  }
};

class OutlineParallelLoops
    : public mlir::dilated::impl::DilatedOutlineParallelLoopsBase<
          OutlineParallelLoops> {
public:
  using DilatedOutlineParallelLoopsBase::DilatedOutlineParallelLoopsBase;

  void runOnOperation() override;

private:
  void outline(func::FuncOp parent, const ParallelLoop &loop,
               SymbolTable &symbols);
  func::FuncOp createTask(func::FuncOp parent, const ParallelLoop &loop,
                          ArrayRef<Value> captured, Type contextType,
                          SymbolTable &symbols);
};

} // namespace

//===----------------------------------------------------------------------===//
// Captured values
//===----------------------------------------------------------------------===//

/// Values that the loop uses from outside, its bounds included. Constants are
/// copied into the body, not captured.
static SmallVector<Value> captureValues(const ParallelLoop &loop) {
  llvm::SetVector<Value> used;
  getUsedValuesDefinedAbove(loop.op->getRegions(), used);
  for (ArrayRef<OpFoldResult> bounds :
       {ArrayRef(loop.lower), ArrayRef(loop.upper), ArrayRef(loop.step)})
    for (OpFoldResult bound : bounds)
      if (auto value = dyn_cast<Value>(bound))
        used.insert(value);
  return llvm::filter_to_vector(
      used, [](Value value) { return !matchPattern(value, m_Constant()); });
}

/// Copies the constants that `loop` uses to the start of a task.
static void cloneConstants(OpBuilder &b, Operation *loop, IRMapping &map) {
  loop->walk([&](Operation *op) {
    for (Value operand : op->getOperands()) {
      Operation *def = operand.getDefiningOp();
      if (def && !map.contains(operand) && !loop->isProperAncestor(def) &&
          matchPattern(operand, m_Constant()))
        b.clone(*def, map);
    }
  });
}

/// Values of any type as fields of one LLVM struct, and back.
static Value packContext(KernelBuilder &b, ArrayRef<Value> captured,
                         LLVM::LLVMStructType type) {
  Value context = LLVM::PoisonOp::create(b, type);
  for (auto [i, value] : llvm::enumerate(captured)) {
    Value field =
        value.getType() == type.getBody()[i]
            ? value
            : UnrealizedConversionCastOp::create(b, type.getBody()[i], value)
                  .getResult(0);
    context = LLVM::InsertValueOp::create(b, context, field, i);
  }
  return context;
}

static void unpackContext(KernelBuilder &b, Value pointer,
                          ArrayRef<Value> captured, LLVM::LLVMStructType type,
                          IRMapping &map) {
  Value context = LLVM::LoadOp::create(b, type, pointer);
  for (auto [i, value] : llvm::enumerate(captured)) {
    Value field = LLVM::ExtractValueOp::create(b, context, i);
    if (field.getType() != value.getType())
      field = UnrealizedConversionCastOp::create(b, value.getType(), field)
                  .getResult(0);
    map.map(value, field);
  }
}

//===----------------------------------------------------------------------===//
// Index arithmetic
//===----------------------------------------------------------------------===//

static Value materialize(KernelBuilder &b, OpFoldResult value) {
  return getValueOrCreateConstantIndexOp(b, b.getLoc(), value);
}

/// Iterations per dimension: max(0, ceil((upper - lower)/step)).
static SmallVector<Value> emitCounts(KernelBuilder &b,
                                     const ParallelLoop &loop) {
  SmallVector<Value> counts;
  for (auto [lower, upper, step] :
       llvm::zip(loop.lower, loop.upper, loop.step)) {
    Value extent = b.sub(materialize(b, upper), materialize(b, lower));
    counts.push_back(
        b.ceilDiv(b.max(extent, b.index(0)), materialize(b, step)));
  }
  return counts;
}

/// The induction variables of the index-th iteration, the last dimension
/// running fastest.
static SmallVector<Value>
emitInductionVars(KernelBuilder &b, const ParallelLoop &loop, Value index) {
  SmallVector<Value> counts = emitCounts(b, loop);
  SmallVector<Value> values(counts.size());
  for (size_t i = counts.size(); i-- > 0;) {
    Value position = index;
    if (i > 0) {
      position = b.rem(index, counts[i]);
      index = b.div(index, counts[i]);
    }
    values[i] = b.add(materialize(b, loop.lower[i]),
                      b.mul(position, materialize(b, loop.step[i])));
  }
  return values;
}

//===----------------------------------------------------------------------===//
// Outlining
//===----------------------------------------------------------------------===//

func::FuncOp OutlineParallelLoops::createTask(func::FuncOp parent,
                                              const ParallelLoop &loop,
                                              ArrayRef<Value> captured,
                                              Type contextType,
                                              SymbolTable &symbols) {
  MLIRContext *context = &getContext();
  Type pointer = LLVM::LLVMPointerType::get(context);
  Type i64 = IntegerType::get(context, 64);
  auto task = func::FuncOp::create(
      loop.op->getLoc(), (parent.getName() + "_task").str(),
      FunctionType::get(context, {pointer, i64}, {}));
  task.setPrivate();
  symbols.insert(task);

  KernelBuilder b(loop.op->getLoc(), context);
  Block *entry = task.addEntryBlock();
  b.setInsertionPointToStart(entry);
  IRMapping map;
  cloneConstants(b, loop.op, map);
  if (contextType)
    unpackContext(b, entry->getArgument(0), captured,
                  cast<LLVM::LLVMStructType>(contextType), map);
  auto remap = [&](ArrayRef<OpFoldResult> bounds) {
    return llvm::map_to_vector(bounds, [&](OpFoldResult bound) {
      auto value = dyn_cast<Value>(bound);
      return value ? OpFoldResult(map.lookupOrDefault(value)) : bound;
    });
  };
  ParallelLoop inner = {
      loop.op, {}, remap(loop.lower), remap(loop.upper), remap(loop.step)};
  Value index = b.cast(entry->getArgument(1), b.getIndexType());
  map.map(loop.inductionVars, emitInductionVars(b, inner, index));
  for (Operation &op : loop.op->getRegion(0).front().without_terminator())
    b.clone(op, map);
  func::ReturnOp::create(b);
  return task;
}

void OutlineParallelLoops::outline(func::FuncOp parent,
                                   const ParallelLoop &loop,
                                   SymbolTable &symbols) {
  KernelBuilder b(loop.op->getLoc(), loop.op);
  MLIRContext *context = &getContext();
  auto pointer = LLVM::LLVMPointerType::get(context);
  LLVMTypeConverter types(context);
  SmallVector<Value> captured = captureValues(loop);
  LLVM::LLVMStructType contextType;
  if (!captured.empty())
    contextType = LLVM::LLVMStructType::getLiteral(
        context, llvm::map_to_vector(captured, [&](Value value) {
          return types.convertType(value.getType());
        }));
  func::FuncOp task = createTask(parent, loop, captured, contextType, symbols);

  Value argument;
  if (contextType) {
    // In the entry block, so that a loop around this one doesn't grow the
    // stack.
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(&parent.getBody().front());
    Value one = b.integer(b.getI64Type(), 1);
    argument = LLVM::AllocaOp::create(b, pointer, contextType, one);
  } else {
    argument = LLVM::ZeroOp::create(b, pointer);
  }
  if (contextType) {
    // With known lifetimes, the contexts of a function share their place.
    LLVM::LifetimeStartOp::create(b, argument);
    LLVM::StoreOp::create(b, packContext(b, captured, contextType), argument);
  }
  Value function =
      func::ConstantOp::create(b, task.getFunctionType(), task.getName());
  function =
      UnrealizedConversionCastOp::create(b, pointer, function).getResult(0);
  Value count = b.index(1);
  for (Value extent : emitCounts(b, loop))
    count = b.mul(count, extent);
  func::CallOp::create(
      b, kParallelFor, TypeRange(),
      ValueRange{function, argument, b.cast(count, b.getI64Type())});
  if (contextType)
    LLVM::LifetimeEndOp::create(b, argument);
  loop.op->erase();
}

/// Declares the run-time function unless the module has it.
static void declareParallelFor(ModuleOp module, SymbolTable &symbols) {
  if (symbols.lookup(kParallelFor))
    return;
  MLIRContext *context = module.getContext();
  Type pointer = LLVM::LLVMPointerType::get(context);
  auto type = FunctionType::get(
      context, {pointer, pointer, IntegerType::get(context, 64)}, {});
  auto function = func::FuncOp::create(module.getLoc(), kParallelFor, type);
  function.setPrivate();
  symbols.insert(function);
}

/// Loops inside a task run in order.
static LogicalResult serialize(RewriterBase &rewriter, func::FuncOp task) {
  SmallVector<scf::ForallOp> loops;
  task.walk([&](scf::ForallOp loop) { loops.push_back(loop); });
  for (scf::ForallOp loop : loops) {
    rewriter.setInsertionPoint(loop);
    if (failed(scf::forallToForLoop(rewriter, loop)))
      return loop.emitError("a nested parallel loop has no serial form");
  }
  return success();
}

void OutlineParallelLoops::runOnOperation() {
  ModuleOp module = getOperation();
  SymbolTable symbols(module);
  SmallVector<std::pair<func::FuncOp, ParallelLoop>, 0> loops;
  for (auto function : module.getOps<func::FuncOp>())
    function.walk<WalkOrder::PreOrder>([&](Operation *op) {
      std::optional<ParallelLoop> loop = ParallelLoop::get(op);
      if (!loop)
        return WalkResult::advance();
      loops.push_back({function, *loop});
      return WalkResult::skip();
    });
  if (loops.empty())
    return;
  declareParallelFor(module, symbols);
  for (auto &[function, loop] : loops)
    outline(function, loop, symbols);
  // What is parallel still is nested, in tasks or in loops that were not
  // outlined.
  IRRewriter rewriter(&getContext());
  for (auto function : module.getOps<func::FuncOp>())
    if (failed(serialize(rewriter, function)))
      return signalPassFailure();
}

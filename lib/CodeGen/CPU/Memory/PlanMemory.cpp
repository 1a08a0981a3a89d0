//===- PlanMemory.cpp - one block of memory for a run -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Intermediate buffers of the entry function become views of one arena, and
// buffers whose lifetimes don't overlap share its memory. Sizes may be dynamic:
// which buffer lies above which is decided when compiling, from estimates, and
// where they begin when running, from the sizes.
//
//===----------------------------------------------------------------------===//

#include "MemoryLayout.h"
#include "dilated-mlir/CodeGen/CPU/Passes.h"
#include "dilated-mlir/CodeGen/Common/RuntimeMemory.h"
#include "dilated-mlir/CodeGen/Common/SizeSlice.h"

#include "mlir/Analysis/SliceAnalysis.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/SymbolTable.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDPLANMEMORY
#include "dilated-mlir/CodeGen/CPU/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

static constexpr StringLiteral kScratch = "dilated_rt_scratch";

namespace {

/// A buffer of the arena.
struct PlannedBuffer {
  memref::AllocOp alloc;
  LiveRange range;
  SizeSlice::Size bytes; // rounded up, at the start of the function
};

/// The arithmetic of the arena, at the start of the entry function.
class ArenaBuilder {
public:
  explicit ArenaBuilder(KernelBuilder &b) : b(b), slice(b) {}

  std::optional<SizeSlice::Size> getBytes(memref::AllocOp alloc);
  /// Offsets of the buffers, and the size of the arena at the end.
  SmallVector<Value> emitOffsets(ArrayRef<PlannedBuffer> buffers);

private:
  Value addSaturated(Value x, Value y);
  Value emitMax(ArrayRef<Value> values);

  KernelBuilder &b;
  SizeSlice slice;
  // Buffers of one size at one place are many: the ops of each are one.
  DenseMap<std::pair<Value, Value>, Value> sums, maxima;
  DenseMap<Value, Value> roundedBytes;
};

class PlanMemory
    : public mlir::dilated::impl::DilatedPlanMemoryBase<PlanMemory> {
public:
  using DilatedPlanMemoryBase::DilatedPlanMemoryBase;

  void runOnOperation() override;

private:
  SmallVector<PlannedBuffer, 0> choose(func::FuncOp entry, ArenaBuilder &arena);
  void emitSizeFunction(func::FuncOp entry, Value bytes);
};

} // namespace

//===----------------------------------------------------------------------===//
// Arithmetic
//===----------------------------------------------------------------------===//

static std::optional<int64_t> getConstant(Value value) {
  return getConstantIntValue(OpFoldResult(value));
}

/// Bytes of a buffer in multiples of kMemoryAlignment; std::nullopt if its
/// sizes aren't known at the start.
std::optional<SizeSlice::Size> ArenaBuilder::getBytes(memref::AllocOp alloc) {
  MemRefType type = alloc.getType();
  SizeSlice::Size fixed = slice.getConstant(
                      *getElementBytes(type.getElementType())),
                  bytes = slice.getConstant(1);
  for (int64_t size : type.getShape())
    if (ShapedType::isStatic(size))
      fixed = slice.multiply(fixed, slice.getConstant(size));
  for (Value operand : alloc.getDynamicSizes()) {
    std::optional<SizeSlice::Size> size = slice.get(operand);
    if (!size)
      return std::nullopt;
    bytes = slice.multiply(bytes, *size);
  }
  bytes = slice.multiply(bytes, fixed);
  int64_t estimate = llvm::alignTo(std::min(bytes.estimate, SizeSlice::kHuge),
                                   kMemoryAlignment);
  if (getConstant(bytes.value))
    return slice.getConstant(estimate);
  // kHuge is a multiple already, so nothing wraps.
  Value &rounded = roundedBytes[bytes.value];
  if (!rounded)
    rounded = arith::AndIOp::create(
        b, b.add(bytes.value, slice.getConstant(kMemoryAlignment - 1).value),
        slice.getConstant(-kMemoryAlignment).value);
  return SizeSlice::Size{rounded, estimate};
}

/// x + y for 0 <= x, y <= kHuge, or kHuge when that is more.
Value ArenaBuilder::addSaturated(Value x, Value y) {
  if (getConstant(x) == 0)
    return y;
  Value &sum = sums[{x, y}];
  if (sum)
    return sum;
  Value huge = slice.getConstant(SizeSlice::kHuge).value;
  std::optional<int64_t> constantX = getConstant(x), constantY = getConstant(y);
  if (constantX && constantY)
    return sum = slice
                     .getConstant(*constantX > SizeSlice::kHuge - *constantY
                                      ? SizeSlice::kHuge
                                      : *constantX + *constantY)
                     .value;
  Value wrapped = b.add(x, y);
  return sum = b.select(b.less(wrapped, slice.getConstant(0).value), huge,
                        wrapped);
}

Value ArenaBuilder::emitMax(ArrayRef<Value> values) {
  if (values.empty())
    return slice.getConstant(0).value;
  Value result = values.front();
  for (Value value : values.drop_front()) {
    if (value == result)
      continue;
    Value &maximum = maxima[{result, value}];
    if (!maximum)
      maximum = b.max(result, value);
    result = maximum;
  }
  return result;
}

SmallVector<Value> ArenaBuilder::emitOffsets(ArrayRef<PlannedBuffer> buffers) {
  MemoryLayout layout = layOutMemory(
      llvm::map_to_vector(buffers, [](const PlannedBuffer &buffer) {
        return LayoutRequest{buffer.range, buffer.bytes.estimate};
      }));
  SmallVector<Value> offsets(buffers.size()), ends(buffers.size()), tops;
  for (unsigned i : layout.order) {
    offsets[i] = emitMax(llvm::map_to_vector(
        layout.below[i], [&](unsigned j) { return ends[j]; }));
    ends[i] = addSaturated(offsets[i], buffers[i].bytes.value);
    if (layout.isTop[i])
      tops.push_back(ends[i]);
  }
  offsets.push_back(emitMax(tops));
  return offsets;
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

/// @<entry>_scratch: the bytes of the arena, from the entry's arguments.
void PlanMemory::emitSizeFunction(func::FuncOp entry, Value bytes) {
  OpBuilder b(entry);
  auto function = func::FuncOp::create(
      b, entry.getLoc(), (entry.getName() + "_scratch").str(),
      FunctionType::get(&getContext(), entry.getArgumentTypes(),
                        b.getIndexType()));
  function.setPrivate();
  Block *body = function.addEntryBlock();
  b.setInsertionPointToStart(body);
  IRMapping map;
  map.map(entry.getArguments(), body->getArguments());
  SetVector<Operation *> slice;
  BackwardSliceOptions options;
  options.inclusive = true;
  (void)getBackwardSlice(bytes, &slice, options);
  for (Operation &op : entry.getBody().front())
    if (slice.contains(&op))
      b.clone(op, map);
  func::ReturnOp::create(b, entry.getLoc(), map.lookup(bytes));
  entry->setAttr(kScratchFunctionAttr, FlatSymbolRefAttr::get(function));
}

/// What of the function's buffers goes to the arena; the arithmetic of their
/// sizes is emitted.
SmallVector<PlannedBuffer, 0> PlanMemory::choose(func::FuncOp entry,
                                                 ArenaBuilder &arena) {
  SmallVector<PlannedBuffer, 0> buffers;
  BufferLiveness liveness(&entry.getBody().front(), LivenessRules());
  SmallVector<memref::AllocOp> allocs;
  entry.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa<scf::ForallOp, scf::ParallelOp>(op))
      return WalkResult::skip();
    if (auto alloc = dyn_cast<memref::AllocOp>(op))
      allocs.push_back(alloc);
    return WalkResult::advance();
  });
  for (memref::AllocOp alloc : allocs) {
    if (!isPlainMemRef(alloc.getType()) ||
        alloc.getAlignment().value_or(0) > uint64_t(kMemoryAlignment))
      continue;
    std::optional<LiveRange> range = liveness.getRange(alloc);
    if (!range)
      continue;
    if (std::optional<SizeSlice::Size> bytes = arena.getBytes(alloc))
      buffers.push_back({alloc, *range, *bytes});
  }
  if (report)
    entry.emitRemark() << buffers.size() << " of " << allocs.size()
                       << " buffers share one block of memory";
  return buffers;
}

void PlanMemory::runOnOperation() {
  auto entry = getOperation().lookupSymbol<func::FuncOp>(function);
  if (!entry || entry.isExternal() || !entry.getBody().hasOneBlock() ||
      entry->hasAttr(kScratchFunctionAttr))
    return;
  KernelBuilder b(entry.getLoc(), &entry.getBody().front().front());
  ArenaBuilder arena(b);
  SmallVector<PlannedBuffer, 0> buffers = choose(entry, arena);
  if (buffers.empty())
    return;
  SmallVector<Value> offsets = arena.emitOffsets(buffers);
  Value bytes = offsets.pop_back_val();
  emitSizeFunction(entry, bytes);
  Value memory = emitScratch(b, getOperation(), kScratch, bytes);
  for (auto [buffer, offset] : llvm::zip_equal(buffers, offsets)) {
    OpBuilder at(buffer.alloc);
    Value view = memref::ViewOp::create(at, buffer.alloc.getLoc(),
                                        buffer.alloc.getType(), memory, offset,
                                        buffer.alloc.getDynamicSizes());
    buffer.alloc.replaceAllUsesWith(view);
    buffer.alloc.erase();
  }
}

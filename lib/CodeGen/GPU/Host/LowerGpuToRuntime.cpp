//===- LowerGpuToRuntime.cpp - gpu dialect to run-time calls ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostPointer.h"
#include "dilated-mlir/CodeGen/GPU/Host/Passes.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "llvm/ADT/TypeSwitch.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDLOWERGPUTORUNTIME
#include "dilated-mlir/CodeGen/GPU/Host/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

namespace {

class LowerGpuToRuntime
    : public mlir::dilated::impl::DilatedLowerGpuToRuntimeBase<
          LowerGpuToRuntime> {
public:
  void runOnOperation() override;

private:
  LogicalResult lower(gpu::AllocOp op);
  LogicalResult lower(gpu::DeallocOp op);
  LogicalResult lower(gpu::MemcpyOp op);
  LogicalResult lower(gpu::LaunchFuncOp op);

  func::CallOp call(KernelBuilder &b, StringRef function, ValueRange arguments,
                    TypeRange results = {}) {
    func::FuncOp callee =
        declareRuntime(getOperation(), function, arguments.getTypes(), results);
    return func::CallOp::create(b, callee, arguments);
  }
};

} // namespace

/// The order is that of the stream: there is nothing to wait for.
static LogicalResult verifySynchronous(gpu::AsyncOpInterface op) {
  if (op.getAsyncDependencies().empty() && !op.getAsyncToken())
    return success();
  return op.emitError("expects no tokens: the run's stream has an order");
}

LogicalResult LowerGpuToRuntime::lower(gpu::AllocOp op) {
  auto type = op.getType();
  if (!isPlainMemRef(type) || op.getHostShared())
    return op.emitError("expects memory of the device, row-major and of "
                        "numbers, got ")
           << type;
  KernelBuilder b(op.getLoc(), op);
  Value bytes = b.index(*getElementBytes(type.getElementType()));
  unsigned dynamic = 0;
  for (int64_t size : type.getShape())
    bytes = b.mul(bytes, ShapedType::isDynamic(size)
                             ? op.getDynamicSizes()[dynamic++]
                             : b.index(size));
  Value address =
      call(b, "dilated_rt_device_alloc", b.cast(bytes, b.getI64Type()),
           LLVM::LLVMPointerType::get(&getContext()))
          .getResult(0);
  Value view = memref::ViewOp::create(b, type, emitBytes(b, address, bytes),
                                      b.index(0), op.getDynamicSizes());
  op.getMemref().replaceAllUsesWith(view);
  return success();
}

LogicalResult LowerGpuToRuntime::lower(gpu::DeallocOp op) {
  KernelBuilder b(op.getLoc(), op);
  call(b, "dilated_rt_device_free", emitAddress(b, op.getMemref()));
  return success();
}

LogicalResult LowerGpuToRuntime::lower(gpu::MemcpyOp op) {
  KernelBuilder b(op.getLoc(), op);
  auto type = cast<MemRefType>(op.getDst().getType());
  std::optional<int64_t> elementBytes = getElementBytes(type.getElementType());
  if (!elementBytes)
    return op.emitError("expects numbers, got ") << type;
  int64_t rank = type.getRank();
  Value layout = emitStackArray(b, std::max<int64_t>(1, 3 * rank));
  Type i64 = b.getI64Type();
  auto target = memref::ExtractStridedMetadataOp::create(b, op.getDst());
  auto source = memref::ExtractStridedMetadataOp::create(b, op.getSrc());
  ValueRange parts[] = {target.getSizes(), target.getStrides(),
                        source.getStrides()};
  int64_t position = 0;
  for (ValueRange values : parts)
    for (Value value : values)
      emitStore(b, b.cast(value, i64), layout, position++);
  call(b, "dilated_rt_device_copy",
       {emitAddress(b, op.getDst()), emitAddress(b, op.getSrc()),
        b.integer(i64, *elementBytes), b.integer(i64, rank), layout});
  return success();
}

/// Bytes of an argument of a kernel; nothing for what has no lowering.
static std::optional<int64_t> getArgumentBytes(Type type) {
  if (isa<LLVM::LLVMPointerType, IndexType>(type))
    return 8;
  if (type.isIntOrFloat() && type.getIntOrFloatBitWidth() <= 64)
    return llvm::divideCeil(type.getIntOrFloatBitWidth(), 8);
  // By value, such as a tensor map.
  auto array = dyn_cast<LLVM::LLVMArrayType>(type);
  if (array && array.getElementType().isInteger(8))
    return array.getNumElements();
  return std::nullopt;
}

/// A number or an address as an i64, in its lower bytes; an array as it is.
static Value getWord(KernelBuilder &b, Value value) {
  Type type = value.getType(), i64 = b.getI64Type();
  if (isa<LLVM::LLVMPointerType>(type))
    return LLVM::PtrToIntOp::create(b, i64, value);
  if (isa<IndexType>(type))
    return b.cast(value, i64);
  if (!type.isIntOrFloat())
    return value;
  unsigned width = type.getIntOrFloatBitWidth();
  Type integer = b.getIntegerType(width);
  if (type != integer)
    value = arith::BitcastOp::create(b, integer, value);
  return width < 64 ? arith::ExtUIOp::create(b, i64, value).getResult() : value;
}

LogicalResult LowerGpuToRuntime::lower(gpu::LaunchFuncOp op) {
  KernelBuilder b(op.getLoc(), op);
  Type i64 = b.getI64Type();
  Value grid = emitStackArray(b, 7);
  gpu::KernelDim3 blocks = op.getGridSizeOperandValues();
  gpu::KernelDim3 threads = op.getBlockSizeOperandValues();
  Value dims[] = {blocks.x,  blocks.y,  blocks.z,
                  threads.x, threads.y, threads.z};
  for (auto [i, value] : llvm::enumerate(dims))
    emitStore(b, b.cast(value, i64), grid, i);
  Value shared = op.getDynamicSharedMemorySize();
  emitStore(b,
            shared ? arith::ExtSIOp::create(b, i64, shared).getResult()
                   : b.integer(i64, 0),
            grid, 6);

  // An argument begins at a multiple of eight bytes.
  SmallVector<int64_t> sizes;
  int64_t words = 0;
  for (auto [i, value] : llvm::enumerate(op.getKernelOperands())) {
    std::optional<int64_t> bytes = getArgumentBytes(value.getType());
    if (!bytes)
      return op.emitError("expects arguments that are numbers, addresses or "
                          "arrays of bytes, argument #")
             << i << " is " << value.getType();
    sizes.push_back(*bytes);
    words += llvm::divideCeil(*bytes, 8);
  }
  Value arguments = emitStackArray(b, std::max<int64_t>(1, words));
  int64_t position = 0;
  for (auto [value, bytes] : llvm::zip(op.getKernelOperands(), sizes)) {
    emitStore(b, getWord(b, value), arguments, position);
    position += llvm::divideCeil(bytes, 8);
  }
  Value name = emitString(b, getOperation(), op.getKernelName().getValue(),
                          "dilated_kernel_name");
  Value widths = emitNumbers(b, getOperation(), sizes, "dilated_kernel_sizes");
  call(b, "dilated_rt_device_launch",
       {name, grid, b.integer(i64, sizes.size()), widths, arguments});
  return success();
}

void LowerGpuToRuntime::runOnOperation() {
  SmallVector<Operation *> ops;
  getOperation()->walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa<gpu::GPUModuleOp>(op))
      return WalkResult::skip();
    if (isa<gpu::AllocOp, gpu::DeallocOp, gpu::MemcpyOp, gpu::LaunchFuncOp>(op))
      ops.push_back(op);
    return WalkResult::advance();
  });
  for (Operation *op : ops) {
    if (failed(verifySynchronous(cast<gpu::AsyncOpInterface>(op))))
      return signalPassFailure();
    LogicalResult lowered =
        TypeSwitch<Operation *, LogicalResult>(op)
            .Case<gpu::AllocOp, gpu::DeallocOp, gpu::MemcpyOp,
                  gpu::LaunchFuncOp>([&](auto typed) { return lower(typed); });
    if (failed(lowered))
      return signalPassFailure();
    op->erase();
  }
}

//===- LowerAttentionToGpu.cpp - attention to kernel launches ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "HostBuffer.h"
#include "dilated-mlir/CodeGen/Common/AttentionChecks.h"
#include "dilated-mlir/CodeGen/GPU/AttentionKernel.h"
#include "dilated-mlir/CodeGen/GPU/Host/Passes.h"
#include "dilated-mlir/Plan/AttentionArguments.h"
#include "dilated-mlir/Runtime/Runtime.h"
#include "dilated-mlir/Transforms/EncodedPattern.h"

#include "dialects/Dilated/Dilated.h"
#include "dialects/Tile/Tile.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/IR/SymbolTable.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDLOWERATTENTIONTOGPU
#include "dilated-mlir/CodeGen/GPU/Host/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

namespace plan = ::dilated::plan;

static constexpr StringLiteral kOutput = "dilated_rt_output";
static constexpr StringLiteral kDeviceOutput = "dilated_rt_device_output";

namespace {

class LowerAttentionToGpu
    : public mlir::dilated::impl::DilatedLowerAttentionToGpuBase<
          LowerAttentionToGpu> {
public:
  using DilatedLowerAttentionToGpuBase::DilatedLowerAttentionToGpuBase;

  void runOnOperation() override;

private:
  gpu::GPUModuleOp createKernelModule();
  void findDeviceInputs();
  void findDeviceOutputs();
  LogicalResult lower(FusedAttentionOp op, gpu::GPUModuleOp kernels);
  void emitLaunches(KernelBuilder &b, FusedAttentionOp op,
                    gpu::GPUFuncOp kernel, ArrayRef<Value> sizes,
                    SmallVector<Value> arguments);

  class Buffers;

  /// Memory that may be the device's: arguments, and results of calls.
  DenseSet<Value> anywhere;
};

} // namespace

/// Whether kernels of GPUs exist for these types.
static bool isSupported(FusedAttentionOp op) {
  Type element = getElementTypeOrSelf(op.getQuery().getType());
  if (isa<Float32Type, Float16Type, BFloat16Type>(element))
    return true;
  op.emitWarning("attention on ")
      << element << " stays on the CPU: GPUs have kernels for f32, f16, bf16";
  return false;
}

gpu::GPUModuleOp LowerAttentionToGpu::createKernelModule() {
  ModuleOp module = getOperation();
  OpBuilder b = OpBuilder::atBlockEnd(module.getBody());
  auto target = NVVM::NVVMTargetAttr::get(&getContext(), /*optLevel=*/3,
                                          "nvptx64-nvidia-cuda", chip,
                                          "+ptx" + std::to_string(ptxVersion));
  auto kernels = gpu::GPUModuleOp::create(b, module.getLoc(), "kernels",
                                          b.getArrayAttr(target));
  SymbolTable(module).insert(kernels);
  module->setAttr(gpu::GPUDialect::getContainerModuleAttrName(),
                  b.getUnitAttr());
  return kernels;
}

//===----------------------------------------------------------------------===//
// Where a caller's memory may be
//===----------------------------------------------------------------------===//

/// Arguments that nothing but attention reads, noted in the global
/// dilated_device_inputs.
void LowerAttentionToGpu::findDeviceInputs() {
  ModuleOp module = getOperation();
  auto entry = module.lookupSymbol<func::FuncOp>(function);
  if (!entry || entry.isExternal())
    return;
  OpBuilder b = OpBuilder::atBlockBegin(module.getBody());
  SmallVector<int8_t> flags;
  for (BlockArgument argument : entry.getArguments()) {
    // Where strides are fixed, the run-time library makes a copy on the host.
    auto type = dyn_cast<MemRefType>(argument.getType());
    bool isFree =
        type && !type.getLayout().isIdentity() && isOnlyAttended(argument);
    flags.push_back(isFree);
    if (isFree)
      anywhere.insert(argument);
  }
  if (flags.empty())
    return;
  auto type = LLVM::LLVMArrayType::get(b.getI8Type(), flags.size());
  auto value = DenseElementsAttr::get(
      RankedTensorType::get(flags.size(), b.getI8Type()), ArrayRef(flags));
  auto global = LLVM::GlobalOp::create(
      b, entry.getLoc(), type, /*isConstant=*/true, LLVM::Linkage::External,
      "dilated_device_inputs", value);
  global.setVisibility_(LLVM::Visibility::Hidden);
}

/// Outputs that nothing but attention writes ask for memory of either kind.
void LowerAttentionToGpu::findDeviceOutputs() {
  DenseMap<Value, SmallVector<Value>> roots; // call -> the memrefs made of it
  getOperation().walk([&](memref::ViewOp view) {
    Value memory = findMemory(view);
    auto call = memory.getDefiningOp<func::CallOp>();
    if (call && call.getCallee() == kOutput)
      roots[memory].push_back(view);
  });
  for (auto &[memory, views] : roots) {
    if (!llvm::all_of(views, isOnlyAttended))
      continue;
    auto call = memory.getDefiningOp<func::CallOp>();
    func::FuncOp callee =
        declareRuntime(getOperation(), kDeviceOutput, call.getOperandTypes(),
                       call.getResultTypes());
    call.setCallee(callee.getName());
    anywhere.insert(memory);
  }
}

//===----------------------------------------------------------------------===//
// Launches
//===----------------------------------------------------------------------===//

/// A launch for each piece of the tile list: the run-time library says which
/// tiles, and which batch elements.
void LowerAttentionToGpu::emitLaunches(KernelBuilder &b, FusedAttentionOp op,
                                       gpu::GPUFuncOp kernel,
                                       ArrayRef<Value> sizes,
                                       SmallVector<Value> arguments) {
  auto launch =
      kernel->getAttrOfType<tile::LaunchAttr>(tile::LaunchAttr::attributeName);
  Type i64 = b.getI64Type();
  Value pieces = emitStackArray(b, DILATED_RT_TILES_WORDS);
  for (int64_t i = 0; i < DILATED_RT_TILES_WORDS; ++i)
    emitStore(b, b.integer(i64, 0), pieces, i);
  SmallVector<Value> call = {emitNumbers(
      b, getOperation(), *getEncodedPattern(op.getPattern(), op.getCausal()),
      "dilated_pattern")};
  for (unsigned dim : {0, 2, 1}) // batch, head, position
    call.push_back(b.cast(sizes[dim], i64));
  call.push_back(b.integer(i64, launch.getBlockKeys()));
  call.push_back(pieces);
  func::FuncOp next = declareRuntime(getOperation(), "dilated_rt_device_tiles",
                                     TypeRange(ValueRange(call)), i64);

  auto loop = scf::WhileOp::create(b, TypeRange{i64}, ValueRange{});
  OpBuilder::InsertionGuard guard(b);
  b.createBlock(&loop.getBefore());
  Value tiles = func::CallOp::create(b, next, call).getResult(0);
  Value isLaunch = b.less(b.integer(i64, 0), tiles);
  scf::ConditionOp::create(b, isLaunch, ValueRange{tiles});
  Block *body = b.createBlock(&loop.getAfter(), {}, i64, b.getLoc());
  auto read = [&](int64_t position) { return emitLoad(b, pieces, position); };
  Type pointer =
      kernel.getArgumentTypes()[plan::getIndex(plan::AttentionArgument::Tiles)];
  arguments[plan::getIndex(plan::AttentionArgument::Tiles)] =
      LLVM::IntToPtrOp::create(b, pointer, read(1));
  arguments[plan::getIndex(plan::AttentionArgument::FirstBatch)] = read(3);
  Type index = b.getIndexType();
  Value one = b.index(1);
  Value blocks = b.cast(body->getArgument(0), index);
  Value batches = b.cast(read(4), index);
  gpu::LaunchFuncOp::create(
      b, kernel, gpu::KernelDim3{blocks, batches, one},
      gpu::KernelDim3{b.index(launch.getThreads()), one, one},
      b.integer(b.getI32Type(), launch.getSharedBytes()), arguments);
  scf::YieldOp::create(b);
}

/// Sizes or strides of a [batch, position, head, feature] view of `memref`.
static SmallVector<Value> inOrder(ValueRange values, Layout layout) {
  LayoutDims dims = getLayoutDims(layout);
  return {values[dims.batch], values[dims.sequence], values[dims.head],
          values[dims.feature]};
}

/// Buffers on the device for the operands of one op; one for operands that are
/// one.
class LowerAttentionToGpu::Buffers {
public:
  Buffers(KernelBuilder &b, LowerAttentionToGpu &pass) : b(b), pass(pass) {}

  Value place(Value host, bool isResult) {
    auto found = buffers.find(host);
    if (found == buffers.end()) {
      bool mayBeThere = pass.anywhere.contains(findMemory(host));
      found = buffers
                  .insert({host, DeviceBuffer(b, pass.getOperation(), host,
                                              mayBeThere,
                                              /*copiesIn=*/!isResult)})
                  .first;
    }
    return found->second.get();
  }

  void finish(FusedAttentionOp op) {
    for (auto &[host, buffer] : buffers)
      buffer.finish(b, /*copiesOut=*/host == op.getOutInit() ||
                           host == op.getLseInit());
  }

private:
  KernelBuilder &b;
  LowerAttentionToGpu &pass;
  llvm::MapVector<Value, DeviceBuffer> buffers;
};

LogicalResult LowerAttentionToGpu::lower(FusedAttentionOp op,
                                         gpu::GPUModuleOp kernels) {
  KernelBuilder b(op.getLoc(), op);
  FailureOr<gpu::GPUFuncOp> kernel =
      getAttentionKernel(op, kernels, chip, allowTF32);
  if (failed(kernel))
    return failure();
  SmallVector<Value> views = {emitBNHD(b, op.getQuery(), op.getQueryLayout()),
                              emitBNHD(b, op.getKey(), op.getKeyLayout()),
                              emitBNHD(b, op.getValue(), op.getValueLayout()),
                              emitBNHD(b, op.getOutInit(), op.getOutLayout())};
  if (op.getLseInit())
    views.push_back(op.getLseInit());
  emitAttentionChecks(b, views);

  using plan::AttentionArgument;
  Type i64 = b.getI64Type();
  SmallVector<Value> arguments(plan::kNumAttentionArguments), sizes, keySizes;
  auto at = [&](AttentionArgument argument, int64_t behind = 0) -> Value & {
    return arguments[plan::getIndex(argument, static_cast<int>(behind))];
  };
  Type pointer = kernel->getArgumentTypes()[0];
  Buffers buffers(b, *this);
  Layout layouts[] = {op.getQueryLayout(), op.getKeyLayout(),
                      op.getValueLayout(), op.getOutLayout()};
  Value operands[] = {op.getQuery(), op.getKey(), op.getValue(),
                      op.getOutInit()};
  for (auto [i, host] : llvm::enumerate(operands)) {
    Value device = buffers.place(host, /*isResult=*/i == 3);
    at(AttentionArgument::Query, i) = emitAddress(b, device, pointer);
    auto metadata = memref::ExtractStridedMetadataOp::create(b, device);
    for (auto [dim, stride] :
         llvm::enumerate(inOrder(metadata.getStrides(), layouts[i])))
      at(plan::kFirstStrides[i], dim) = b.cast(stride, i64);
    if (i == 0)
      sizes = inOrder(metadata.getSizes(), layouts[i]);
    if (i == 1)
      keySizes = inOrder(metadata.getSizes(), layouts[i]);
  }
  at(AttentionArgument::Lse) = LLVM::ZeroOp::create(b, pointer);
  for (int64_t dim : {0, 1, 2})
    at(AttentionArgument::LseBatch, dim) = b.integer(i64, 0);
  if (op.getLseInit()) {
    Value device = buffers.place(op.getLseInit(), /*isResult=*/true);
    at(AttentionArgument::Lse) = emitAddress(b, device, pointer);
    auto metadata = memref::ExtractStridedMetadataOp::create(b, device);
    for (auto [dim, stride] : llvm::enumerate(metadata.getStrides()))
      at(AttentionArgument::LseBatch, dim) = b.cast(stride, i64);
  }
  // Without key heads there are no query heads (C4), and nothing to launch.
  Value keyHeads = arith::MaxUIOp::create(b, keySizes[2], b.index(1));
  at(AttentionArgument::HeadGroup) =
      b.cast(b.div(sizes[2], keyHeads), b.getI32Type());
  at(AttentionArgument::Scale) =
      b.constant(b.getF32Type(), op.getScaleOrDefault());
  emitLaunches(b, op, *kernel, sizes, std::move(arguments));
  buffers.finish(op);
  op.erase();
  return success();
}

void LowerAttentionToGpu::runOnOperation() {
  SmallVector<FusedAttentionOp> ops;
  getOperation().walk([&](FusedAttentionOp op) {
    // Tensors, and patterns that no kernel is for, are the CPU pass' to report.
    bool isLowered = op.getResults().empty() &&
                     getEncodedPattern(op.getPattern(), op.getCausal());
    if (isLowered && isSupported(op))
      ops.push_back(op);
  });
  if (ops.empty())
    return;
  gpu::GPUModuleOp kernels = createKernelModule();
  findDeviceInputs();
  findDeviceOutputs();
  for (FusedAttentionOp op : ops)
    if (failed(lower(op, kernels)))
      return signalPassFailure();
}

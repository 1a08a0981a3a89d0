//===- LowerAttentionToGpu.cpp - attention to kernel launches ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "../Attention/Kernel.h"
#include "../Attention/TileRows.h"
#include "HostBuffer.h"
#include "dilated-mlir/CodeGen/Common/AttentionChecks.h"
#include "dilated-mlir/CodeGen/GPU/Host/Passes.h"
#include "dilated-mlir/Plan/TileGrid.h"
#include "dilated-mlir/Transforms/EncodedPattern.h"

#include "dialects/Dilated/Dilated.h"
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

static constexpr StringLiteral kLaunchAttr = "dilated.launch";
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
  Value emitBlocks(KernelBuilder &b, FusedAttentionOp op, DictionaryAttr launch,
                   ArrayRef<Value> sizes);

  /// Memory that may be the device's: arguments, and results of calls.
  DenseSet<Value> anywhere;
};

} // namespace

/// Whether kernels of GPUs exist for these types and this many terms.
static bool isSupported(FusedAttentionOp op, int64_t numTerms) {
  Type element = getElementTypeOrSelf(op.getQuery().getType());
  if (!isa<Float32Type, Float16Type, BFloat16Type>(element)) {
    op.emitWarning("attention on ")
        << element << " stays on the CPU: GPUs have kernels for f32, f16, bf16";
    return false;
  }
  if (numTerms > kTileRowsMaxTerms) {
    op.emitWarning("attention with ")
        << numTerms
        << " terms stays on the CPU: GPUs have kernels for patterns of up to "
        << kTileRowsMaxTerms;
    return false;
  }
  return true;
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

/// The blocks of the launch, by the tile plan.
Value LowerAttentionToGpu::emitBlocks(KernelBuilder &b, FusedAttentionOp op,
                                      DictionaryAttr launch,
                                      ArrayRef<Value> sizes) {
  Type i64 = b.getI64Type();
  SmallVector<Value> arguments = {emitNumbers(
      b, getOperation(), *getEncodedPattern(op.getPattern(), op.getCausal()),
      "dilated_pattern")};
  for (unsigned dim : {0, 2, 1}) // batch, head, position
    arguments.push_back(b.cast(sizes[dim], i64));
  for (StringRef name : {"rows", "max_rows", "group_rows", "max_sets"})
    arguments.push_back(
        b.integer(i64, launch.getAs<IntegerAttr>(name).getInt()));
  SmallVector<Type> types(arguments.size(), i64);
  types[0] = LLVM::LLVMPointerType::get(b.getContext());
  func::FuncOp blocks =
      declareRuntime(getOperation(), "dilated_rt_device_blocks", types, i64);
  Value count = func::CallOp::create(b, blocks, arguments).getResult(0);
  return b.cast(count, b.getIndexType());
}

/// The kernel's launch data, to which is added what the host needs beside it.
static DictionaryAttr describeLaunch(gpu::GPUFuncOp kernel,
                                     FusedAttentionOp op) {
  Builder b(op.getContext());
  NamedAttrList entries(kernel->getAttrOfType<DictionaryAttr>(kLaunchAttr));
  std::string type;
  llvm::raw_string_ostream(type)
      << getElementTypeOrSelf(op.getQuery().getType());
  auto lastSize = [&](Value operand) {
    return b.getI64IntegerAttr(
        cast<ShapedType>(operand.getType()).getShape().back());
  };
  entries.set("type", b.getStringAttr(type));
  entries.set("head_dim", lastSize(op.getQuery()));
  entries.set("value_dim", lastSize(op.getValue()));
  entries.set("max_rows", b.getI64IntegerAttr(plan::kGpuTiles.maxRows));
  entries.set("group_rows", b.getI64IntegerAttr(plan::kGpuTiles.groupRows));
  entries.set("max_sets", b.getI64IntegerAttr(plan::kGpuTiles.maxGroups));
  DictionaryAttr launch = entries.getDictionary(op.getContext());
  kernel->setAttr(kLaunchAttr, launch);
  return launch;
}

/// Sizes or strides of a [batch, position, head, feature] view of `memref`.
static SmallVector<Value> inOrder(ValueRange values, Layout layout) {
  LayoutDims dims = getLayoutDims(layout);
  return {values[dims.batch], values[dims.sequence], values[dims.head],
          values[dims.feature]};
}

LogicalResult LowerAttentionToGpu::lower(FusedAttentionOp op,
                                         gpu::GPUModuleOp kernels) {
  KernelBuilder b(op.getLoc(), op);
  FailureOr<gpu::GPUFuncOp> kernel = getAttentionKernel(op, kernels, allowTF32);
  if (failed(kernel))
    return failure();
  DictionaryAttr launch = describeLaunch(*kernel, op);
  SmallVector<Value> views = {emitBNHD(b, op.getQuery(), op.getQueryLayout()),
                              emitBNHD(b, op.getKey(), op.getKeyLayout()),
                              emitBNHD(b, op.getValue(), op.getValueLayout()),
                              emitBNHD(b, op.getOutInit(), op.getOutLayout())};
  if (op.getLseInit())
    views.push_back(op.getLseInit());
  emitAttentionChecks(b, views);

  // One buffer for operands that are one.
  ModuleOp module = getOperation();
  llvm::MapVector<Value, DeviceBuffer> buffers;
  auto place = [&](Value host, bool isResult) -> Value {
    auto found = buffers.find(host);
    if (found == buffers.end())
      found =
          buffers
              .insert({host, DeviceBuffer(b, module, host,
                                          anywhere.contains(findMemory(host)),
                                          /*copiesIn=*/!isResult)})
              .first;
    return found->second.get();
  };
  Layout layouts[] = {op.getQueryLayout(), op.getKeyLayout(),
                      op.getValueLayout(), op.getOutLayout()};
  Value operands[] = {op.getQuery(), op.getKey(), op.getValue(),
                      op.getOutInit()};
  FunctionType type = (*kernel).getFunctionType();
  Type i64 = b.getI64Type();
  SmallVector<Value> addresses, strides, sizes, keySizes;
  for (auto [i, host] : llvm::enumerate(operands)) {
    Value device = place(host, /*isResult=*/i == 3);
    addresses.push_back(emitAddress(b, device, type.getInput(i)));
    auto metadata = memref::ExtractStridedMetadataOp::create(b, device);
    for (Value stride : inOrder(metadata.getStrides(), layouts[i]))
      strides.push_back(b.cast(stride, i64));
    if (i == 0)
      sizes = inOrder(metadata.getSizes(), layouts[i]);
    if (i == 1)
      keySizes = inOrder(metadata.getSizes(), layouts[i]);
  }
  if (op.getLseInit()) {
    Value device = place(op.getLseInit(), /*isResult=*/true);
    addresses.push_back(emitAddress(b, device, type.getInput(4)));
    auto metadata = memref::ExtractStridedMetadataOp::create(b, device);
    for (Value stride : metadata.getStrides())
      strides.push_back(b.cast(stride, i64));
  } else {
    addresses.push_back(LLVM::ZeroOp::create(b, type.getInput(4)));
    strides.append(3, b.integer(i64, 0));
  }

  // The kernel's interface: addresses, sizes, strides, scale, terms.
  SmallVector<Value> arguments = addresses;
  for (Value size : {sizes[0], sizes[1], sizes[2], keySizes[2]})
    arguments.push_back(b.cast(size, i64));
  llvm::append_range(arguments, strides);
  arguments.push_back(b.constant(b.getF32Type(), op.getScaleOrDefault()));
  // A local: a range over a temporary's contents would outlive it.
  std::optional<SmallVector<SegmentAttr>> segments =
      op.getPattern().getSegments();
  for (SegmentAttr segment : *segments)
    for (int64_t number :
         {segment.getLength(), segment.getRate(), segment.getMultiplicity()})
      arguments.push_back(b.integer(i64, number));

  Value one = b.index(1);
  Value blocks = emitBlocks(b, op, launch, sizes);
  Value threads = b.index(launch.getAs<IntegerAttr>("threads").getInt());
  Value shared =
      b.integer(b.getI32Type(), launch.getAs<IntegerAttr>("shared").getInt());
  gpu::LaunchFuncOp::create(b, *kernel, gpu::KernelDim3{blocks, one, one},
                            gpu::KernelDim3{threads, one, one}, shared,
                            arguments);
  for (auto &[host, buffer] : buffers)
    buffer.finish(b, /*copiesOut=*/host == op.getOutInit() ||
                         host == op.getLseInit());
  op.erase();
  return success();
}

void LowerAttentionToGpu::runOnOperation() {
  SmallVector<FusedAttentionOp> ops;
  getOperation().walk([&](FusedAttentionOp op) {
    // Tensors, and patterns that no kernel is for, are the CPU pass' to report.
    std::optional<SmallVector<SegmentAttr>> segments =
        op.getPattern().getSegments();
    bool isLowered =
        op.getResults().empty() && segments &&
        (op.getPattern().getOverlap() != Overlap::Set || segments->size() == 1);
    if (isLowered && isSupported(op, segments->size()))
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

//===- LowerFusedAttention.cpp - attention to kernel calls ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Replaces every fused_attention on memrefs by a call. Ops that agree in what a
// kernel is compiled for share one kernel: an encoder of twelve layers has one.
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"
#include "dilated-mlir/CodeGen/CPU/Passes.h"
#include "dilated-mlir/CodeGen/Common/AttentionChecks.h"
#include "dilated-mlir/Plan/TilePlan.h"

#include "mlir/Dialect/AMX/AMXDialect.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"
#include "mlir/IR/SymbolTable.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Format.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDLOWERFUSEDATTENTION
#include "dilated-mlir/CodeGen/CPU/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

/// All sizes but the last, all strides and the offset dynamic.
static MemRefType getKernelType(Value memref, bool keepLast) {
  auto type = cast<MemRefType>(memref.getType());
  SmallVector<int64_t> dynamic(type.getRank(), ShapedType::kDynamic);
  SmallVector<int64_t> shape = dynamic;
  if (keepLast)
    shape.back() = type.getShape().back();
  auto layout =
      StridedLayoutAttr::get(type.getContext(), ShapedType::kDynamic, dynamic);
  return MemRefType::get(shape, type.getElementType(), layout,
                         type.getMemorySpace());
}

//===----------------------------------------------------------------------===//
// The pass
//===----------------------------------------------------------------------===//

namespace {

class LowerFusedAttention
    : public mlir::dilated::impl::DilatedLowerFusedAttentionBase<
          LowerFusedAttention> {
public:
  using DilatedLowerFusedAttentionBase::DilatedLowerFusedAttentionBase;

  void runOnOperation() override {
    if (failed(checkTiling()))
      return signalPassFailure();
    SymbolTable symbols(getOperation());
    SmallVector<FusedAttentionOp> ops;
    getOperation().walk([&](FusedAttentionOp op) { ops.push_back(op); });
    for (FusedAttentionOp op : ops)
      if (failed(lower(op, symbols)))
        return signalPassFailure();
  }

private:
  LogicalResult checkTiling();
  LogicalResult checkMasks(FusedAttentionOp op);
  LogicalResult lower(FusedAttentionOp op, SymbolTable &symbols);
  func::FuncOp getKernel(Location loc, const AttentionSignature &signature,
                         SymbolTable &symbols);

  AttentionTiling getTiling(const AttentionSignature &signature) const;

  llvm::StringMap<func::FuncOp> kernels;
};

} // namespace

LogicalResult LowerFusedAttention::checkTiling() {
  bool vectors = llvm::is_contained({16, 32, 64}, vectorBytes);
  // Two keys make a pair of bf16.
  int64_t group = products == ProductKind::Fma ? 1 : 2;
  if (!vectors || blockBytes <= 0 || blockKeys <= 0 || packedKeys <= 0 ||
      tileRows <= 0 || tileVectors <= 0 || tileRows % group != 0 ||
      blockKeys % tileRows != 0)
    return getOperation().emitError()
           << "expects vector-bytes of 16, 32 or 64, positive sizes, tile-rows "
              "to divide block-keys and, for pairs of bf16, to be even, got "
              "vector-bytes "
           << vectorBytes.getValue() << ", block-bytes "
           << blockBytes.getValue() << ", block-keys " << blockKeys.getValue()
           << ", packed-keys " << packedKeys.getValue() << ", tile-rows "
           << tileRows.getValue() << ", tile-vectors "
           << tileVectors.getValue();
  if (products != ProductKind::AmxBf16)
    return success();

  // 16 pairs make the row of a tile register, and all depths of a block and of
  // a stage are straight-line code.
  constexpr int64_t keys = 2 * kTilePairs, mostKeys = 1024, mostStageKeys = 256;
  if (keys % tileRows == 0 && blockKeys % keys == 0 && blockKeys <= mostKeys &&
      stageKeys % keys == 0 && stageKeys >= 0 && stageKeys <= mostStageKeys)
    return success();
  return getOperation().emitError()
         << "expects, for AMX, tile-rows to divide " << keys
         << ", and block-keys and stage-keys to be multiples of " << keys
         << " up to " << mostKeys << " and " << mostStageKeys
         << ", got tile-rows " << tileRows.getValue() << ", block-keys "
         << blockKeys.getValue() << ", stage-keys " << stageKeys.getValue();
}

/// What the options allow and the types ask for.
AttentionTiling
LowerFusedAttention::getTiling(const AttentionSignature &signature) const {
  AttentionTiling tiling;
  tiling.vectorBytes = vectorBytes;
  tiling.blockKeys = blockKeys;
  tiling.tile = {tileRows, tileVectors};

  auto isNarrow = [](MemRefType type) {
    return type.getElementType().isBF16();
  };
  bool isBf16 = isNarrow(signature.query) && isNarrow(signature.key) &&
                isNarrow(signature.value);
  if (isBf16 && vectorBytes == 64)
    tiling.products = products;
  bool isF32 = signature.getComputeType().isF32();
  if (isF32 && vectorBytes == 64)
    tiling.exponent.form = exponent;
  // Weights that are rounded to bf16 need no more.
  tiling.exponent.degree = tiling.products == ProductKind::Fma ? 6 : 3;

  int64_t bytes = signature.getComputeType().getIntOrFloatBitWidth() / 8;
  int64_t features =
      signature.query.getShape().back() + signature.value.getShape().back();
  tiling.blockRows = getBlockRows(bytes * features, blockBytes);

  tiling.packedKeys = blockKeys;
  if (tiling.products != ProductKind::AmxBf16 || stageKeys == 0)
    return tiling;
  // Stages begin and end at the ends of what is packed: that is as much as the
  // cache that has room for the rows of a block has room for besides.
  tiling.stageKeys = stageKeys;
  int64_t bytesOfKey = 2 * features;
  int64_t most = std::min<int64_t>(packedKeys, blockBytes / bytesOfKey);
  while (tiling.packedKeys <= most / 2)
    tiling.packedKeys *= 2;
  return tiling;
}

/// A mask has a bit for each row of a tile.
LogicalResult LowerFusedAttention::checkMasks(FusedAttentionOp op) {
  PatternAttr pattern = op.getPattern();
  if (pattern.getOverlap() != Overlap::Set || pattern.getTerms().size() < 2)
    return success();
  auto query = cast<MemRefType>(op.getQuery().getType());
  int64_t bytes = query.getElementType().isF64() ? 8 : 4;
  int64_t rows = vectorBytes / bytes * tileVectors;
  if (rows <= ::dilated::plan::kMaxMaskedRows)
    return success();
  return op.emitError("expects tiles of at most ")
         << ::dilated::plan::kMaxMaskedRows
         << " rows for overlap = set [S9], got " << rows
         << " rows: vector-bytes " << vectorBytes.getValue()
         << ", tile-vectors " << tileVectors.getValue();
}

LogicalResult LowerFusedAttention::lower(FusedAttentionOp op,
                                         SymbolTable &symbols) {
  if (failed(verifyLowerable(op)) || failed(checkMasks(op)))
    return failure();

  KernelBuilder b(op.getLoc(), op);
  SmallVector<Value> operands = {
      emitBNHD(b, op.getQuery(), op.getQueryLayout()),
      emitBNHD(b, op.getKey(), op.getKeyLayout()),
      emitBNHD(b, op.getValue(), op.getValueLayout()),
      emitBNHD(b, op.getOutInit(), op.getOutLayout())};
  if (op.getLseInit())
    operands.push_back(op.getLseInit());
  emitAttentionChecks(b, operands);

  SmallVector<MemRefType> types;
  for (auto [i, operand] : llvm::enumerate(operands)) {
    types.push_back(getKernelType(operand, /*keepLast=*/i < 4));
    if (operand.getType() != types.back())
      operand = memref::CastOp::create(b, types.back(), operand);
  }
  AttentionSignature signature = {types[0],
                                  types[1],
                                  types[2],
                                  types[3],
                                  op.getLseInit() ? types[4] : MemRefType(),
                                  op.getPattern(),
                                  op.getCausal(),
                                  op.getScaleOrDefault(),
                                  op.getSoftmax().value_or(softmax)};
  func::FuncOp kernel = getKernel(op.getLoc(), signature, symbols);
  func::CallOp::create(b, kernel, operands);
  op.erase();
  return success();
}

/// The kernel of a signature, emitted on first use.
func::FuncOp LowerFusedAttention::getKernel(Location loc,
                                            const AttentionSignature &signature,
                                            SymbolTable &symbols) {
  SmallVector<Type> types = {signature.query, signature.key, signature.value,
                             signature.out};
  if (signature.lse)
    types.push_back(signature.lse);
  std::string identity;
  llvm::raw_string_ostream stream(identity);
  llvm::interleaveComma(types, stream);
  stream << signature.pattern << signature.causal
         << stringifySoftmaxForm(signature.softmax)
         << llvm::format("%a", signature.scale);
  func::FuncOp &kernel = kernels[identity];
  if (kernel)
    return kernel;

  std::string name;
  llvm::raw_string_ostream(name)
      << "dilated_attention_" << signature.query.getElementType() << "_d"
      << signature.query.getShape().back();
  kernel = func::FuncOp::create(loc, name,
                                FunctionType::get(loc.getContext(), types, {}));
  kernel.setPrivate();
  symbols.insert(kernel);
  emitAttentionKernel(kernel, symbols, signature, getTiling(signature));
  return kernel;
}

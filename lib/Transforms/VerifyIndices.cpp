//===- VerifyIndices.cpp - constant indices outside of tensors ---*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Transforms/Passes.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/ViewLikeInterface.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDVERIFYINDICES
#include "dilated-mlir/Transforms/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

/// Index expressions are shallow; deeper ones are left to the run time.
static constexpr unsigned kMaxDepth = 8;

/// The constant that `value` is, or that the canonicalizer would find.
static Attribute foldToConstant(Value value, unsigned depth = 0) {
  Attribute constant;
  if (matchPattern(value, m_Constant(&constant)))
    return constant;
  Operation *op = value.getDefiningOp();
  if (!op || depth == kMaxDepth || op->getNumResults() != 1 ||
      !isa<arith::ArithDialect>(op->getDialect()))
    return {};
  SmallVector<Attribute> operands;
  for (Value operand : op->getOperands()) {
    Attribute folded = foldToConstant(operand, depth + 1);
    if (!folded)
      return {};
    operands.push_back(folded);
  }
  SmallVector<OpFoldResult> results;
  if (failed(op->fold(operands, results)) || results.empty())
    return {};
  if (auto attribute = dyn_cast<Attribute>(results[0]))
    return attribute;
  for (auto [operand, folded] : llvm::zip_equal(op->getOperands(), operands))
    if (operand == cast<Value>(results[0]))
      return folded;
  return {};
}

static std::optional<int64_t> getConstantIndex(OpFoldResult index) {
  Attribute constant = dyn_cast<Attribute>(index);
  if (auto value = dyn_cast<Value>(index))
    constant = foldToConstant(value);
  auto integer = dyn_cast_or_null<IntegerAttr>(constant);
  if (!integer || !integer.getValue().isSignedIntN(64))
    return std::nullopt;
  return integer.getValue().getSExtValue();
}

static LogicalResult verifyIndices(Operation *op, Type indexed,
                                   ValueRange indices) {
  auto type = cast<ShapedType>(indexed);
  for (auto [dim, index] : llvm::enumerate(indices)) {
    std::optional<int64_t> position = getConstantIndex(index);
    int64_t size = type.getDimSize(dim);
    if (position &&
        (*position < 0 || (!ShapedType::isDynamic(size) && *position >= size)))
      return op->emitError() << "index " << *position << " of dimension " << dim
                             << " is outside of " << type;
  }
  return success();
}

/// Of `tensor.dim` and `memref.dim`.
static LogicalResult verifyDim(Operation *op, Value source, Value dim) {
  std::optional<int64_t> position = getConstantIndex(dim);
  auto type = dyn_cast<ShapedType>(source.getType());
  if (!position || !type || !type.hasRank() ||
      (*position >= 0 && *position < type.getRank()))
    return success();
  return op->emitError() << "dimension " << *position << " is outside of "
                         << type << ", whose rank is " << type.getRank();
}

/// Groups must be the dimensions from 0 on, each once and in order. Upstream's
/// verifier compares what 32 bits hold of them.
static LogicalResult verifyGroups(Operation *op, ArrayAttr reassociation,
                                  int64_t rank) {
  int64_t expected = 0;
  for (Attribute group : reassociation)
    for (Attribute dim : cast<ArrayAttr>(group))
      if (int64_t position = cast<IntegerAttr>(dim).getInt();
          position != expected++)
        return op->emitError() << "groups dimension " << position << " where "
                               << expected - 1 << " is expected";
  if (expected != rank)
    return op->emitError() << "groups " << expected << " dimensions of "
                           << rank;
  return success();
}

/// The part that `op` reads or writes of a tensor or buffer of type `whole`.
static LogicalResult verifySlice(OffsetSizeAndStrideOpInterface op,
                                 ShapedType whole) {
  for (auto [dim, mixedOffset, mixedSize, mixedStride] : llvm::enumerate(
           op.getMixedOffsets(), op.getMixedSizes(), op.getMixedStrides())) {
    std::optional<int64_t> offset = getConstantIndex(mixedOffset);
    std::optional<int64_t> size = getConstantIndex(mixedSize);
    std::optional<int64_t> stride = getConstantIndex(mixedStride);
    if (offset && *offset < 0)
      return op->emitError() << "offset " << *offset << " of dimension " << dim
                             << " is negative";
    if (size && *size < 0)
      return op->emitError()
             << "size " << *size << " of dimension " << dim << " is negative";
    int64_t bound = whole.getDimSize(dim), last;
    if (!offset || !size || !stride || *size == 0 ||
        ShapedType::isDynamic(bound))
      continue;
    bool overflows = llvm::MulOverflow(*size - 1, *stride, last) ||
                     llvm::AddOverflow(*offset, last, last);
    if (overflows || last < 0 || last >= bound || *offset >= bound)
      return op->emitError()
             << "the slice of dimension " << dim << " with offset " << *offset
             << ", size " << *size << " and stride " << *stride
             << " is outside of " << whole;
  }
  return success();
}

static LogicalResult verifyOp(Operation *op) {
  if (auto extract = dyn_cast<tensor::ExtractOp>(op))
    return verifyIndices(op, extract.getTensor().getType(),
                         extract.getIndices());
  if (auto insert = dyn_cast<tensor::InsertOp>(op))
    return verifyIndices(op, insert.getDest().getType(), insert.getIndices());
  if (auto load = dyn_cast<memref::LoadOp>(op))
    return verifyIndices(op, load.getMemRefType(), load.getIndices());
  if (auto store = dyn_cast<memref::StoreOp>(op))
    return verifyIndices(op, store.getMemRefType(), store.getIndices());
  if (auto dim = dyn_cast<tensor::DimOp>(op))
    return verifyDim(op, dim.getSource(), dim.getIndex());
  if (auto dim = dyn_cast<memref::DimOp>(op))
    return verifyDim(op, dim.getSource(), dim.getIndex());
  if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(op))
    return verifyGroups(op, collapse.getReassociation(),
                        collapse.getSrcType().getRank());
  if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
    return verifyGroups(op, expand.getReassociation(),
                        expand.getResultType().getRank());
  if (auto collapse = dyn_cast<memref::CollapseShapeOp>(op))
    return verifyGroups(op, collapse.getReassociation(),
                        collapse.getSrcType().getRank());
  if (auto expand = dyn_cast<memref::ExpandShapeOp>(op))
    return verifyGroups(op, expand.getReassociation(),
                        expand.getResultType().getRank());
  if (auto slice = dyn_cast<tensor::ExtractSliceOp>(op))
    return verifySlice(slice, slice.getSourceType());
  if (auto slice = dyn_cast<tensor::InsertSliceOp>(op))
    return verifySlice(slice, slice.getDestType());
  if (auto view = dyn_cast<memref::SubViewOp>(op))
    return verifySlice(view, view.getSourceType());
  return success();
}

namespace {
struct VerifyIndices
    : mlir::dilated::impl::DilatedVerifyIndicesBase<VerifyIndices> {
  // All problems in one report.
  void runOnOperation() override {
    bool isBroken = false;
    getOperation()->walk(
        [&](Operation *op) { isBroken |= failed(verifyOp(op)); });
    if (isBroken)
      signalPassFailure();
  }
};
} // namespace

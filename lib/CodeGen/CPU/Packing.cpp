//===- Packing.cpp - rows of strided operands as vectors --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The one place where kernels meet strides and storage types: behind it there
// are only contiguous scratch arrays of the compute type.
//
//===----------------------------------------------------------------------===//

#include "Packing.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::dilated;

RowAccess RowAccess::create(KernelBuilder &b, Value memref) {
  auto type = cast<MemRefType>(memref.getType());
  int64_t rank = type.getRank();
  auto metadata = memref::ExtractStridedMetadataOp::create(b, memref);

  SmallVector<int64_t> strides(rank, ShapedType::kDynamic);
  strides.back() = 1;
  auto layout =
      StridedLayoutAttr::get(b.getContext(), ShapedType::kDynamic, strides);
  auto viewType = MemRefType::get(type.getShape(), type.getElementType(),
                                  layout, type.getMemorySpace());
  SmallVector<OpFoldResult> viewSizes, viewStrides;
  for (int64_t i = 0; i < rank; ++i) {
    viewSizes.push_back(type.isDynamicDim(i)
                            ? OpFoldResult(metadata.getSizes()[i])
                            : b.getIndexAttr(type.getDimSize(i)));
    viewStrides.push_back(OpFoldResult(metadata.getStrides()[i]));
  }
  viewStrides.back() = b.getIndexAttr(1);

  RowAccess access;
  access.memref = memref;
  access.width = b.dim(memref, rank - 1);
  access.contiguous =
      b.cmp(arith::CmpIPredicate::eq, metadata.getStrides().back(), b.index(1));
  access.contiguousView = memref::ReinterpretCastOp::create(
      b, viewType, metadata.getBaseBuffer(), OpFoldResult(metadata.getOffset()),
      viewSizes, viewStrides);
  return access;
}

/// True when no vector of a row reaches beyond its end.
bool RowAccess::fillsVectors(int64_t lanes) const {
  int64_t extent = cast<MemRefType>(memref.getType()).getShape().back();
  return ShapedType::isStatic(extent) && extent % lanes == 0;
}

static SmallVector<Value> join(ValueRange row, Value column) {
  SmallVector<Value> indices(row);
  indices.push_back(column);
  return indices;
}

Value RowAccess::load(KernelBuilder &b, VectorType type, ValueRange row,
                      Value column) const {
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  auto stored = cast<VectorType>(type.clone(element));
  int64_t lanes = type.getNumElements();
  auto fast = [&]() -> SmallVector<Value> {
    if (fillsVectors(lanes))
      return {b.load(stored, contiguousView, join(row, column))};
    auto mask = cast<VectorType>(type.clone(b.getI1Type()));
    Value valid = vector::CreateMaskOp::create(b, mask, b.sub(width, column));
    return {vector::MaskedLoadOp::create(b, stored, contiguousView,
                                         join(row, column), valid,
                                         b.constant(stored, 0))};
  };
  auto slow = [&]() -> SmallVector<Value> {
    Value zero = b.constant(stored, 0);
    Value end = b.min(b.index(lanes), b.sub(width, column));
    return b.forLoop(b.index(0), end, 1, zero,
                     [&](Value lane, ValueRange vector) -> SmallVector<Value> {
                       Value scalar =
                           b.load(memref, join(row, b.add(column, lane)));
                       return {vector::InsertOp::create(b, scalar, vector[0],
                                                        OpFoldResult(lane))};
                     });
  };
  Value vector = b.ifThenElse(contiguous, fast, slow).front();
  return b.toFloat(vector, type.getElementType());
}

void RowAccess::store(KernelBuilder &b, Value vector, ValueRange row,
                      Value column) const {
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  Value stored = b.toFloat(vector, element);
  auto type = cast<VectorType>(stored.getType());
  int64_t lanes = type.getNumElements();
  auto fast = [&]() -> SmallVector<Value> {
    if (fillsVectors(lanes)) {
      b.store(stored, contiguousView, join(row, column));
      return {};
    }
    auto mask = cast<VectorType>(type.clone(b.getI1Type()));
    Value valid = vector::CreateMaskOp::create(b, mask, b.sub(width, column));
    vector::MaskedStoreOp::create(b, contiguousView, join(row, column), valid,
                                  stored);
    return {};
  };
  auto slow = [&]() -> SmallVector<Value> {
    Value end = b.min(b.index(lanes), b.sub(width, column));
    b.forLoop(b.index(0), end, 1, [&](Value lane) {
      Value scalar = vector::ExtractOp::create(b, stored, OpFoldResult(lane));
      b.store(scalar, memref, join(row, b.add(column, lane)));
    });
    return {};
  };
  b.ifThenElse(contiguous, fast, slow);
}

SmallVector<Value> mlir::dilated::emitTranspose(KernelBuilder &b,
                                                SmallVector<Value> rows) {
  int64_t n = rows.size();
  // Stage s exchanges, between rows i and i + s, the lanes that differ in the
  // bit s: afterwards bit s of the row and bit s of the lane have changed
  // places.
  for (int64_t s = 1; s < n; s *= 2) {
    SmallVector<int64_t> low, high;
    for (int64_t lane = 0; lane < n; ++lane) {
      bool set = lane & s;
      low.push_back(set ? n + lane - s : lane);
      high.push_back(set ? n + lane : lane + s);
    }
    for (int64_t i = 0; i < n; ++i) {
      if (i & s)
        continue;
      Value first = rows[i], second = rows[i + s];
      rows[i] = vector::ShuffleOp::create(b, first, second, low);
      rows[i + s] = vector::ShuffleOp::create(b, first, second, high);
    }
  }
  return rows;
}

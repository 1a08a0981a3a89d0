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

static SmallVector<Value> join(ValueRange row, Value column) {
  SmallVector<Value> indices(row);
  indices.push_back(column);
  return indices;
}

/// Whether a vector lies within the row: a constant where the width says so for
/// all of them.
Value RowAccess::fits(KernelBuilder &b, int64_t lanes, Value column) const {
  int64_t extent = cast<MemRefType>(memref.getType()).getShape().back();
  if (ShapedType::isStatic(extent) && extent % lanes == 0)
    return b.boolean(true);
  return b.cmp(arith::CmpIPredicate::sle, b.add(column, b.index(lanes)), width);
}

Value RowAccess::getMask(KernelBuilder &b, VectorType stored,
                         Value column) const {
  auto mask = cast<VectorType>(stored.clone(b.getI1Type()));
  return vector::CreateMaskOp::create(b, mask, b.sub(width, column));
}

Value RowAccess::loadContiguous(KernelBuilder &b, VectorType stored,
                                ValueRange row, Value column) const {
  SmallVector<Value> indices = join(row, column);
  return b
      .ifThenElse(
          fits(b, stored.getNumElements(), column),
          [&]() -> SmallVector<Value> {
            return {b.load(stored, contiguousView, indices)};
          },
          [&]() -> SmallVector<Value> {
            return {vector::MaskedLoadOp::create(
                b, stored, contiguousView, indices, getMask(b, stored, column),
                b.constant(stored, 0))};
          })
      .front();
}

Value RowAccess::loadStrided(KernelBuilder &b, VectorType stored,
                             ValueRange row, Value column) const {
  Value end = b.min(b.index(stored.getNumElements()), b.sub(width, column));
  auto insert = [&](Value lane, ValueRange vector) -> SmallVector<Value> {
    Value scalar = b.load(memref, join(row, b.add(column, lane)));
    return {vector::InsertOp::create(b, scalar, vector[0], OpFoldResult(lane))};
  };
  return b.forLoop(b.index(0), end, 1, b.constant(stored, 0), insert).front();
}

Value RowAccess::load(KernelBuilder &b, VectorType type, ValueRange row,
                      Value column) const {
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  auto stored = cast<VectorType>(type.clone(element));
  Value vector = b.ifThenElse(
                      contiguous,
                      [&]() -> SmallVector<Value> {
                        return {loadContiguous(b, stored, row, column)};
                      },
                      [&]() -> SmallVector<Value> {
                        return {loadStrided(b, stored, row, column)};
                      })
                     .front();
  return b.toFloat(vector, type.getElementType());
}

void RowAccess::storeContiguous(KernelBuilder &b, Value stored, ValueRange row,
                                Value column) const {
  auto type = cast<VectorType>(stored.getType());
  SmallVector<Value> indices = join(row, column);
  b.ifThenElse(
      fits(b, type.getNumElements(), column),
      [&]() -> SmallVector<Value> {
        b.store(stored, contiguousView, indices);
        return {};
      },
      [&]() -> SmallVector<Value> {
        vector::MaskedStoreOp::create(b, contiguousView, indices,
                                      getMask(b, type, column), stored);
        return {};
      });
}

void RowAccess::storeStrided(KernelBuilder &b, Value stored, ValueRange row,
                             Value column) const {
  int64_t lanes = cast<VectorType>(stored.getType()).getNumElements();
  Value end = b.min(b.index(lanes), b.sub(width, column));
  b.forLoop(b.index(0), end, 1, [&](Value lane) {
    Value scalar = vector::ExtractOp::create(b, stored, OpFoldResult(lane));
    b.store(scalar, memref, join(row, b.add(column, lane)));
  });
}

void RowAccess::store(KernelBuilder &b, Value vector, ValueRange row,
                      Value column) const {
  Type element = cast<MemRefType>(memref.getType()).getElementType();
  Value stored = b.toFloat(vector, element);
  b.ifThenElse(
      contiguous,
      [&]() -> SmallVector<Value> {
        storeContiguous(b, stored, row, column);
        return {};
      },
      [&]() -> SmallVector<Value> {
        storeStrided(b, stored, row, column);
        return {};
      });
}

//===----------------------------------------------------------------------===//
// Blocks of either orientation
//===----------------------------------------------------------------------===//

BlockAccess BlockAccess::create(KernelBuilder &b, Value memref) {
  unsigned rank = cast<MemRefType>(memref.getType()).getRank();
  SmallVector<unsigned> order = llvm::to_vector(llvm::seq(rank));
  std::swap(order[rank - 2], order[rank - 1]);
  auto map = AffineMap::getPermutationMap(order, b.getContext());
  Value transposed =
      memref::TransposeOp::create(b, memref, AffineMapAttr::get(map));
  BlockAccess access;
  access.byRows = RowAccess::create(b, memref);
  access.byColumns = RowAccess::create(b, transposed);
  return access;
}

void BlockAccess::forEachVector(
    KernelBuilder &b, VectorType type, ValueRange origin, Value rows,
    Value columns, function_ref<void(Value, Value, Value)> store) const {
  int64_t lanes = type.getNumElements();
  ValueRange outer = origin.drop_back(2);
  Value firstRow = origin[origin.size() - 2], firstColumn = origin.back();
  Value zero = b.index(0), one = b.index(1);

  auto alongRows = [&]() -> SmallVector<Value> {
    b.forLoop(zero, rows, 1, [&](Value row) {
      SmallVector<Value> source = join(outer, b.add(firstRow, row));
      b.forLoop(zero, columns, lanes, [&](Value column) {
        Value vector = byRows.load(b, type, source, b.add(firstColumn, column));
        store(vector, row, column);
      });
    });
    return {};
  };
  // Vectors of rows at consecutive columns, transposed. A column beyond the
  // block is replaced by its last one.
  auto alongColumns = [&]() -> SmallVector<Value> {
    Value last = b.sub(columns, one);
    b.forLoop(zero, columns, lanes, [&](Value column) {
      b.forLoop(zero, rows, lanes, [&](Value row) {
        SmallVector<Value> block;
        for (int64_t i = 0; i < lanes; ++i) {
          Value inside = b.min(b.add(column, b.index(i)), last);
          SmallVector<Value> source = join(outer, b.add(firstColumn, inside));
          block.push_back(
              byColumns.load(b, type, source, b.add(firstRow, row)));
        }
        block = emitTranspose(b, block);
        for (int64_t i = 0; i < lanes; ++i)
          store(block[i], b.add(row, b.index(i)), column);
      });
    });
    return {};
  };
  Value transposed =
      b.cmp(arith::CmpIPredicate::ugt, byColumns.contiguous, byRows.contiguous);
  b.ifThenElse(transposed, alongColumns, alongRows);
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

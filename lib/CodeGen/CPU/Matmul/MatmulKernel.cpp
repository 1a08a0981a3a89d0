//===- MatmulKernel.cpp - the matrix product of the CPU ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The usual blocking: a task owns a block of the result and accumulates it in
// scratch memory over blocks of the depth; A and B are copied, converted to the
// compute type, to arrays that the register tile reads in order.
//
//   for all (i, j, block of rows, block of columns):           one task each
//     sums = 0
//     for each block of the depth:
//       a[m][k] = A,  b[column / tile][k][column % tile] = B
//       for each register tile: sums += a * b
//     C += sums
//
// Copies reach beyond the edges of A and B with values that don't matter: they
// only enter sums that are not written.
//
//===----------------------------------------------------------------------===//

#include "MatmulKernel.h"
#include "../Vector/Packing.h"

#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::dilated;

namespace {

class MatmulEmitter {
public:
  MatmulEmitter(KernelBuilder &b, const MatmulTiling &tiling, Type compute)
      : b(b), tiling(tiling), compute(compute),
        lanes(tiling.vectorBytes * 8 / compute.getIntOrFloatBitWidth()),
        tileColumns(lanes * tiling.tile.columns),
        vector(VectorType::get(lanes, compute)) {}

  void emit(Value a, Value b, Value c);

private:
  void emitTask();
  void emitPackA(Value depthStart, Value depth);
  void emitPackB(Value depthStart, Value depth);
  void emitTiles(Value depth);
  void emitWrite();

  KernelBuilder &b;
  const MatmulTiling &tiling;
  Type compute;
  int64_t lanes, tileColumns;
  VectorType vector;

  BlockAccess accessA, accessB;
  RowAccess accessC;
  Value depth;
  // The task: which matrices, where its block starts, how large it is.
  SmallVector<Value> matrix;
  Value rowStart, columnStart, numRows, numColumns;
  Value packedA, packedB, sums;
};

} // namespace

void MatmulEmitter::emitPackA(Value depthStart, Value depth) {
  SmallVector<Value> origin = matrix;
  origin.append({rowStart, depthStart});
  accessA.forEachVector(b, vector, origin, numRows, depth,
                        [&](Value values, Value row, Value column) {
                          b.store(values, packedA, {row, column});
                        });
}

void MatmulEmitter::emitPackB(Value depthStart, Value depth) {
  SmallVector<Value> origin = matrix;
  origin.append({depthStart, columnStart});
  accessB.forEachVector(
      b, vector, origin, depth, numColumns,
      [&](Value values, Value row, Value column) {
        Value panel = b.div(column, b.index(tileColumns));
        b.store(values, packedB,
                {panel, row, b.rem(column, b.index(tileColumns))});
      });
}

/// sums += a * b over one block of the depth. The columns of b stay in the
/// first level cache while the rows of a pass by.
void MatmulEmitter::emitTiles(Value depth) {
  RegisterTileShape shape = tiling.tile;
  b.forLoop(b.index(0), numColumns, tileColumns, [&](Value column) {
    Value panel = b.div(column, b.index(tileColumns));
    b.forLoop(b.index(0), numRows, shape.rows, [&](Value row) {
      auto position = [&](int64_t m, int64_t v) -> SmallVector<Value> {
        return {b.add(row, b.index(m)), b.add(column, b.index(v * lanes))};
      };
      SmallVector<Value> init;
      for (int64_t m = 0; m < shape.rows; ++m)
        for (int64_t v = 0; v < shape.columns; ++v)
          init.push_back(b.load(vector, sums, position(m, v)));
      SmallVector<Value> results = emitRegisterTile(
          b, shape, b.index(0), depth, init,
          [&](Value k, int64_t m) {
            return b.load(packedA, {b.add(row, b.index(m)), k});
          },
          [&](Value k, int64_t v) {
            return b.load(vector, packedB, {panel, k, b.index(v * lanes)});
          });
      for (int64_t m = 0; m < shape.rows; ++m)
        for (int64_t v = 0; v < shape.columns; ++v)
          b.store(results[m * shape.columns + v], sums, position(m, v));
    });
  });
}

/// C += sums, converted once.
void MatmulEmitter::emitWrite() {
  b.forLoop(b.index(0), numRows, 1, [&](Value row) {
    SmallVector<Value> target = matrix;
    target.push_back(b.add(rowStart, row));
    b.forLoop(b.index(0), numColumns, lanes, [&](Value column) {
      Value targetColumn = b.add(columnStart, column);
      Value old = accessC.load(b, vector, target, targetColumn);
      Value sum = b.load(vector, sums, {row, column});
      accessC.store(b, b.add(old, sum), target, targetColumn);
    });
  });
}

void MatmulEmitter::emitTask() {
  int64_t rows = tiling.blockRows, columns = tiling.blockColumns;
  // A copy is whole square blocks of vectors, so it may overhang by one.
  packedA = b.alloc({rows + lanes, tiling.blockDepth}, compute);
  packedB = b.alloc(
      {columns / tileColumns, tiling.blockDepth + lanes, tileColumns}, compute);
  sums = b.alloc({rows, columns}, compute);
  Value zero = b.constant(vector, 0);
  Value usedRows = b.roundUp(numRows, tiling.tile.rows);
  Value usedColumns = b.roundUp(numColumns, tileColumns);
  b.forLoop(b.index(0), usedRows, 1, [&](Value row) {
    b.forLoop(b.index(0), usedColumns, lanes,
              [&](Value column) { b.store(zero, sums, {row, column}); });
  });
  b.forLoop(b.index(0), depth, tiling.blockDepth, [&](Value start) {
    Value count = b.min(b.index(tiling.blockDepth), b.sub(depth, start));
    emitPackB(start, count);
    emitPackA(start, count);
    emitTiles(count);
  });
  emitWrite();
  for (Value memref : {packedA, packedB, sums})
    b.free(memref);
}

void MatmulEmitter::emit(Value a, Value bMatrix, Value c) {
  accessA = BlockAccess::create(b, a);
  accessB = BlockAccess::create(b, bMatrix);
  accessC = RowAccess::create(b, c);
  depth = b.dim(a, 3);
  Value totalRows = b.dim(c, 2), totalColumns = b.dim(c, 3);
  // A few blocks of rows even when there are few rows, for the threads' sake.
  Value quarter = b.roundUp(b.ceilDiv(totalRows, b.index(4)), tiling.tile.rows);
  Value blockRows = b.max(b.min(quarter, b.index(tiling.blockRows)),
                          b.index(tiling.tile.rows));
  Value blockColumns = b.index(tiling.blockColumns);
  auto tasks = scf::ForallOp::create(
      b,
      SmallVector<OpFoldResult>{b.dim(c, 0), b.dim(c, 1),
                                b.ceilDiv(totalRows, blockRows),
                                b.ceilDiv(totalColumns, blockColumns)},
      ValueRange{}, /*mapping=*/std::nullopt);
  OpBuilder::InsertionGuard guard(b);
  b.setInsertionPointToStart(tasks.getBody());
  matrix = {tasks.getInductionVar(0), tasks.getInductionVar(1)};
  rowStart = b.mul(tasks.getInductionVar(2), blockRows);
  columnStart = b.mul(tasks.getInductionVar(3), blockColumns);
  numRows = b.min(blockRows, b.sub(totalRows, rowStart));
  numColumns = b.min(blockColumns, b.sub(totalColumns, columnStart));
  emitTask();
}

void mlir::dilated::emitMatmulKernel(func::FuncOp kernel,
                                     const MatmulTiling &tiling) {
  KernelBuilder b(kernel.getLoc(), kernel.getContext());
  Block *entry = kernel.addEntryBlock();
  b.setInsertionPointToStart(entry);
  Type result =
      cast<MemRefType>(entry->getArgument(2).getType()).getElementType();
  Type compute = result.isF64() ? result : b.getF32Type();
  MatmulEmitter(b, tiling, compute)
      .emit(entry->getArgument(0), entry->getArgument(1),
            entry->getArgument(2));
  func::ReturnOp::create(b);
}

//===- Bf16Pairs.cpp - pairs of bf16 as operands -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Bf16Pairs.h"
#include "Engine.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::dilated;

VectorType mlir::dilated::getHalves(KernelBuilder &b, VectorType operands) {
  return VectorType::get(2 * operands.getNumElements(), b.getBF16Type());
}

Value mlir::dilated::loadPairsOfFeatures(KernelBuilder &b, VectorType operands,
                                         const RowAccess &access,
                                         ValueRange row, Value column) {
  Value pairs = access.load(b, getHalves(b, operands), row, column);
  return vector::BitCastOp::create(b, operands, pairs);
}

Value mlir::dilated::loadPairsOfRows(KernelBuilder &b, VectorType operands,
                                     const RowAccess &access,
                                     ArrayRef<SmallVector<Value>> rows,
                                     ValueRange present, Value column) {
  int64_t lanes = operands.getNumElements();
  auto narrow = VectorType::get(lanes, b.getBF16Type());
  auto bits = VectorType::get(lanes, b.getI16Type());
  SmallVector<Value> halves;
  for (auto [row, there] : llvm::zip(rows, present)) {
    Value vector =
        vector::BitCastOp::create(b, bits, access.load(b, narrow, row, column));
    vector = b.select(there, vector, b.integer(bits, 0));
    halves.push_back(arith::ExtUIOp::create(b, operands, vector));
  }
  Value high = arith::ShLIOp::create(b, halves[1], b.integer(operands, 16));
  return arith::OrIOp::create(b, halves[0], high);
}

Value mlir::dilated::packPairs(KernelBuilder &b, VectorType operands,
                               ValueRange sums) {
  // The upper half of an f32 is a bf16; adding half of its last place first
  // rounds to nearest. Weights are neither NaN nor close to the largest f32
  // where that would carry into the sign.
  Value half = b.integer(operands, 0x8000);
  Value low = b.add(vector::BitCastOp::create(b, operands, sums[0]), half);
  Value high = b.add(vector::BitCastOp::create(b, operands, sums[1]), half);
  low = arith::ShRUIOp::create(b, low, b.integer(operands, 16));
  high = arith::AndIOp::create(b, high, b.integer(operands, -0x10000));
  return arith::OrIOp::create(b, low, high);
}

Value mlir::dilated::multiplyAddVisiblePairs(KernelBuilder &b,
                                             VectorType operands, Value scalar,
                                             Value vector, Value sum) {
  Value factor = b.splat(scalar, operands);
  // A bf16 is the upper half of the f32.
  Value shift = b.integer(operands, 16), upper = b.integer(operands, -0x10000);
  sum = emitAddVisible(b, arith::ShLIOp::create(b, factor, shift),
                       arith::ShLIOp::create(b, vector, shift), sum);
  return emitAddVisible(b, arith::AndIOp::create(b, factor, upper),
                        arith::AndIOp::create(b, vector, upper), sum);
}

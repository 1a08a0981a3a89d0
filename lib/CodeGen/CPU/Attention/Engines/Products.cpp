//===- Products.cpp - operands of the matrix products --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Products.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::dilated;

AttentionProducts::AttentionProducts(ProductKind kind, VectorType accumulator)
    : kind(kind), accumulator(accumulator), operands(accumulator) {
  if (kind != ProductKind::Fma)
    operands = cast<VectorType>(
        accumulator.clone(IntegerType::get(accumulator.getContext(), 32)));
}

/// Twice as many bf16 as there are operands.
static VectorType getPairs(KernelBuilder &b, VectorType operands) {
  return VectorType::get(2 * operands.getNumElements(), b.getBF16Type());
}

Value AttentionProducts::multiplyAdd(KernelBuilder &b, Value scalar,
                                     Value vector, Value sum) const {
  Value factor = b.splat(scalar, operands);
  if (kind == ProductKind::Fma)
    return b.fma(factor, vector, sum);
  VectorType pairs = getPairs(b, operands);
  Value arguments[] = {sum, vector::BitCastOp::create(b, pairs, factor),
                       vector::BitCastOp::create(b, pairs, vector)};
  auto name = b.getStringAttr("llvm.x86.avx512bf16.dpbf16ps.512");
  return LLVM::CallIntrinsicOp::create(b, accumulator, name, arguments)
      .getResult(0);
}

Value AttentionProducts::multiplyAddVisible(KernelBuilder &b, Value scalar,
                                            Value vector, Value sum) const {
  auto bits =
      VectorType::get(accumulator.getShape(),
                      b.getIntegerType(accumulator.getElementTypeBitWidth()));
  unsigned width = bits.getElementTypeBitWidth();
  // -0 is the sign bit alone; as a number it is equal to 0.
  Value minusZero = arith::ConstantOp::create(
      b, DenseElementsAttr::get(bits, APInt::getSignMask(width)));
  Value none = b.integer(bits, 0);
  auto addProduct = [&](Value factor, Value weight) {
    Value isHidden = b.cmp(arith::CmpIPredicate::eq, weight, minusZero);
    factor = b.select(isHidden, none, factor);
    sum = b.fma(vector::BitCastOp::create(b, accumulator, factor),
                vector::BitCastOp::create(b, accumulator, weight), sum);
  };
  Value factor = vector::BitCastOp::create(b, bits, b.splat(scalar, operands));
  Value weight = vector::BitCastOp::create(b, bits, vector);
  if (getStep() == 1) {
    addProduct(factor, weight);
    return sum;
  }
  // A bf16 is the upper half of the f32.
  Value shift = b.integer(bits, 16), upper = b.integer(bits, -0x10000);
  addProduct(arith::ShLIOp::create(b, factor, shift),
             arith::ShLIOp::create(b, weight, shift));
  addProduct(arith::AndIOp::create(b, factor, upper),
             arith::AndIOp::create(b, weight, upper));
  return sum;
}

Value AttentionProducts::loadFeatures(KernelBuilder &b, const RowAccess &access,
                                      ValueRange row, Value column) const {
  if (kind == ProductKind::Fma)
    return access.load(b, operands, row, column);
  Value pairs = access.load(b, getPairs(b, operands), row, column);
  return vector::BitCastOp::create(b, operands, pairs);
}

Value AttentionProducts::loadRows(KernelBuilder &b, const RowAccess &access,
                                  ArrayRef<SmallVector<Value>> rows,
                                  ValueRange present, Value column) const {
  if (kind == ProductKind::Fma) {
    Value vector = access.load(b, operands, rows[0], column);
    return b.select(present[0], vector, b.constant(operands, 0));
  }
  // An operand has the first row in its low half.
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

Value AttentionProducts::pack(KernelBuilder &b, ValueRange sums) const {
  if (kind == ProductKind::Fma)
    return sums[0];
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

//===- Fma.cpp - products of numbers -----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Operands and sums are of the compute type.
//
//===----------------------------------------------------------------------===//

#include "../Task.h"
#include "RegisterTiles.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::dilated;

namespace {

class FmaEngine : public RegisterTileEngine {
public:
  explicit FmaEngine(AttentionTask &task) : RegisterTileEngine(task, 1) {}

  Value loadFeatures(KernelBuilder &b, const RowAccess &access, ValueRange row,
                     Value column) const override {
    return access.load(b, operands, row, column);
  }

  Value loadRows(KernelBuilder &b, const RowAccess &access,
                 ArrayRef<SmallVector<Value>> rows, ValueRange present,
                 Value column) const override {
    Value vector = access.load(b, operands, rows[0], column);
    return b.select(present[0], vector, b.constant(operands, 0));
  }

protected:
  Value pack(KernelBuilder &, ValueRange sums) const override {
    return sums[0];
  }

  Value multiplyAdd(KernelBuilder &b, Value scalar, Value vector,
                    Value sum) const override {
    return b.fma(b.splat(scalar, operands), vector, sum);
  }

  Value multiplyAddVisible(KernelBuilder &b, Value scalar, Value vector,
                           Value sum) const override {
    auto bits =
        VectorType::get(operands.getShape(),
                        b.getIntegerType(operands.getElementTypeBitWidth()));
    Value factor = b.splat(scalar, operands);
    return emitAddVisible(b, vector::BitCastOp::create(b, bits, factor),
                          vector::BitCastOp::create(b, bits, vector), sum);
  }
};

} // namespace

std::unique_ptr<AttentionEngine>
mlir::dilated::createFmaEngine(AttentionTask &task) {
  return std::make_unique<FmaEngine>(task);
}

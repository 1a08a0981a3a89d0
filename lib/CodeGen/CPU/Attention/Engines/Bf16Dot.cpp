//===- Bf16Dot.cpp - products of pairs of bf16 -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// AVX-512 BF16: operands are pairs of bf16, sums are f32.
//
//===----------------------------------------------------------------------===//

#include "../Task.h"
#include "Bf16Pairs.h"
#include "RegisterTiles.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::dilated;

namespace {

class Bf16DotEngine : public RegisterTileEngine {
public:
  explicit Bf16DotEngine(AttentionTask &task) : RegisterTileEngine(task, 2) {}

  Value loadFeatures(KernelBuilder &b, const RowAccess &access, ValueRange row,
                     Value column) const override {
    return loadPairsOfFeatures(b, operands, access, row, column);
  }

  Value loadRows(KernelBuilder &b, const RowAccess &access,
                 ArrayRef<SmallVector<Value>> rows, ValueRange present,
                 Value column) const override {
    return loadPairsOfRows(b, operands, access, rows, present, column);
  }

protected:
  Value pack(KernelBuilder &b, ValueRange sums) const override {
    return packPairs(b, operands, sums);
  }

  Value multiplyAdd(KernelBuilder &b, Value scalar, Value vector,
                    Value sum) const override {
    VectorType halves = getHalves(b, operands);
    Value factor = b.splat(scalar, operands);
    Value arguments[] = {sum, vector::BitCastOp::create(b, halves, factor),
                         vector::BitCastOp::create(b, halves, vector)};
    auto name = b.getStringAttr("llvm.x86.avx512bf16.dpbf16ps.512");
    return LLVM::CallIntrinsicOp::create(b, sum.getType(), name, arguments)
        .getResult(0);
  }

  Value multiplyAddVisible(KernelBuilder &b, Value scalar, Value vector,
                           Value sum) const override {
    return multiplyAddVisiblePairs(b, operands, scalar, vector, sum);
  }
};

} // namespace

std::unique_ptr<AttentionEngine>
mlir::dilated::createBf16DotEngine(AttentionTask &task) {
  return std::make_unique<Bf16DotEngine>(task);
}

//===- Engine.cpp - what engines have in common ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Engine.h"
#include "../../Vector/RegisterTile.h"
#include "../Task.h"

#include "mlir/Dialect/Vector/IR/VectorOps.h"

using namespace mlir;
using namespace mlir::dilated;

std::unique_ptr<AttentionEngine> AttentionEngine::create(AttentionTask &task) {
  switch (task.tiling.products) {
  case ProductKind::Fma:
    return createFmaEngine(task);
  case ProductKind::Bf16Dot:
    return createBf16DotEngine(task);
  case ProductKind::AmxBf16:
    return createAmxEngine(task);
  }
  llvm_unreachable("unknown products");
}

AttentionEngine::AttentionEngine(AttentionTask &task, int64_t step)
    : task(task), step(step), operands(task.vector) {
  // A pair of bf16 is a word.
  if (step == 2)
    operands = cast<VectorType>(
        task.vector.clone(IntegerType::get(task.vector.getContext(), 32)));
  queryOperands =
      llvm::divideCeil(task.signature.query.getShape().back(), step);
  keyDepth = llvm::alignTo(queryOperands, task.lanes);
}

void AttentionEngine::emitStages(KernelBuilder &, Value, Value, Value, Value) {
  llvm_unreachable("the engine has no stages");
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

Value AttentionEngine::loadWeight(KernelBuilder &b, Value depth, int64_t v) {
  return b.load(operands, weights, {depth, task.getLane(b, v)});
}

void AttentionEngine::storeWeights(KernelBuilder &b, ValueRange weights,
                                   Value key) {
  int64_t columns = task.tiling.tile.columns;
  int64_t keys = static_cast<int64_t>(weights.size()) / columns;
  Value first = getDepth(b, key);
  for (int64_t m = 0; m < keys; m += step)
    for (int64_t v = 0; v < columns; ++v) {
      SmallVector<Value> together;
      for (int64_t i = 0; i < step; ++i)
        together.push_back(weights[(m + i) * columns + v]);
      b.store(pack(b, together), this->weights,
              {b.add(first, b.index(m / step)), task.getLane(b, v)});
    }
}

//===----------------------------------------------------------------------===//
// Values
//===----------------------------------------------------------------------===//

void AttentionEngine::addToOutput(KernelBuilder &b, Value tile, Value feature,
                                  ValueRange sums, ValueRange corrections) {
  int64_t columns = task.tiling.tile.columns;
  for (auto [i, sum] : llvm::enumerate(sums)) {
    auto number = static_cast<int64_t>(i);
    int64_t v = number % columns;
    Value row = b.add(feature, b.index(number / columns));
    SmallVector<Value> place = {tile, row, task.getLane(b, v)};
    Value old = b.load(task.vector, task.tileOut, place);
    b.store(b.fma(old, corrections[v], sum), task.tileOut, place);
  }
}

void AttentionEngine::emitVisibleValues(KernelBuilder &b, const KeyBlock &block,
                                        ValueRange corrections) {
  int64_t columns = task.tiling.tile.columns;
  b.forLoop(b.index(0), task.getFeatures(b), 1, [&](Value feature) {
    SmallVector<Value> sums = emitRegisterTile(
        b, {1, columns}, getDepth(b, block.begin), getDepth(b, block.end),
        SmallVector<Value>(columns, b.constant(task.vector, 0)),
        [&](Value depth, int64_t) {
          return loadValue(b, block, feature, depth);
        },
        [&](Value depth, int64_t v) { return loadWeight(b, depth, v); },
        [&](Value scalar, Value vector, Value sum) {
          return multiplyAddVisible(b, scalar, vector, sum);
        });
    addToOutput(b, block.tile, feature, sums, corrections);
  });
}

Value mlir::dilated::emitAddVisible(KernelBuilder &b, Value factor,
                                    Value weight, Value sum) {
  auto bits = cast<VectorType>(weight.getType());
  unsigned width = bits.getElementTypeBitWidth();
  // -0 is the sign bit alone; as a number it is equal to 0.
  Value minusZero = arith::ConstantOp::create(
      b, DenseElementsAttr::get(bits, APInt::getSignMask(width)));
  Value isHidden = b.cmp(arith::CmpIPredicate::eq, weight, minusZero);
  factor = b.select(isHidden, b.integer(bits, 0), factor);
  return b.fma(vector::BitCastOp::create(b, sum.getType(), factor),
               vector::BitCastOp::create(b, sum.getType(), weight), sum);
}

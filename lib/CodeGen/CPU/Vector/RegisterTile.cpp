//===- RegisterTile.cpp - the inner loop of all matrix products -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RegisterTile.h"

using namespace mlir;
using namespace mlir::dilated;

/// So many steps share the loop's own instructions. LLVM would take up to 24,
/// which are no faster and take longer to compile.
static constexpr int64_t kUnroll = 4;

SmallVector<Value> mlir::dilated::emitRegisterTile(
    KernelBuilder &b, RegisterTileShape shape, Value begin, Value end,
    ValueRange init, function_ref<Value(Value, int64_t)> loadScalar,
    function_ref<Value(Value, int64_t)> loadVector,
    function_ref<Value(Value, Value, Value)> multiplyAdd) {
  auto fma = [&](Value scalar, Value vector, Value sum) {
    auto type = cast<VectorType>(vector.getType());
    return b.fma(b.splat(scalar, type), vector, sum);
  };
  if (!multiplyAdd)
    multiplyAdd = fma;
  SmallVector<Value> results = b.forLoop(
      begin, end, 1, init,
      [&](Value k, ValueRange accumulators) -> SmallVector<Value> {
        SmallVector<Value> vectors, sums;
        for (int64_t v = 0; v < shape.columns; ++v)
          vectors.push_back(loadVector(k, v));
        for (int64_t m = 0; m < shape.rows; ++m) {
          Value scalar = loadScalar(k, m);
          for (int64_t v = 0; v < shape.columns; ++v)
            sums.push_back(multiplyAdd(scalar, vectors[v],
                                       accumulators[m * shape.columns + v]));
        }
        return sums;
      });
  b.setUnrollCount(results.front().getDefiningOp(), kUnroll);
  return results;
}

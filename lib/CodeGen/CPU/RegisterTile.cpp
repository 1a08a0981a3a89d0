//===- RegisterTile.cpp - the inner loop of all matrix products -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "RegisterTile.h"

using namespace mlir;
using namespace mlir::dilated;

SmallVector<Value> mlir::dilated::emitRegisterTile(
    KernelBuilder &b, RegisterTileShape shape, Value depth, ValueRange init,
    function_ref<Value(Value, int64_t)> loadScalar,
    function_ref<Value(Value, int64_t)> loadVector) {
  return b.forLoop(
      b.index(0), depth, 1, init,
      [&](Value k, ValueRange accumulators) -> SmallVector<Value> {
        SmallVector<Value> vectors, sums;
        for (int64_t v = 0; v < shape.columns; ++v)
          vectors.push_back(loadVector(k, v));
        for (int64_t m = 0; m < shape.rows; ++m) {
          auto type = cast<VectorType>(vectors.front().getType());
          Value scalar = b.splat(loadScalar(k, m), type);
          for (int64_t v = 0; v < shape.columns; ++v)
            sums.push_back(
                b.fma(scalar, vectors[v], accumulators[m * shape.columns + v]));
        }
        return sums;
      });
}

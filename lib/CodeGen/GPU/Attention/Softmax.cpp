//===- Softmax.cpp - the online softmax of a warp's rows ---------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// With c = scale * log2(e), s the products of a row with a block of keys and m,
// l, O its state, all in base 2 (b = log2 of the key range's multiplicity, -inf
// for a row that sees nothing of it; where keys have biases, c is in s already,
// and 1 here):
//
//   m'   = max(m, c * max over j of s[j] + b)
//   p[j] = 2^(c * s[j] + (b - m'))
//   l    = l * 2^(m - m') + sum over j of p[j]
//   O    = O * 2^(m - m') + P V                      in Mainloop.cpp
//
// One multiply-add and one exponential for each score; the sum over the four
// lanes of a row waits for the end of the kernel. c > 0, so the maximum may be
// taken before the product.
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"

using namespace mlir;
using namespace mlir::dilated;

/// The maximum of a row that has met no key: finite, so that differences of
/// maxima are numbers. Scores in base 2 must be above it; beyond 1e9 the
/// rounding of a maximum leaves the range of 2^x long before.
static constexpr double kNoMaximum = -1e30;

SmallVector<Value> SoftmaxState::flatten() const {
  SmallVector<Value> values(out);
  values.append({max, sum});
  return values;
}

SoftmaxState SoftmaxState::unflatten(ValueRange values) {
  SoftmaxState state;
  llvm::append_range(state.out, values.drop_back(2));
  state.max = values[values.size() - 2];
  state.sum = values[values.size() - 1];
  return state;
}

SoftmaxState mlir::dilated::emitInitialState(TileBuilder &b,
                                             AttentionBlock &block) {
  Type f32 = b.getF32Type();
  const AttentionTiling &tiling = block.tiling;
  SoftmaxState state;
  for (tile::Page page : tile::getPages(tiling.valueDim * tiling.elementBytes))
    state.out.push_back(
        b.fill(b.fragment({16, page.bytes / tiling.elementBytes}, f32,
                          tile::Layout::Accumulator),
               0.0));
  state.max = b.fill(b.rows(f32), kNoMaximum);
  state.sum = b.fill(b.rowParts(f32), 0.0);
  return state;
}

SoftmaxWeights mlir::dilated::emitOnlineSoftmax(TileBuilder &b,
                                                AttentionBlock &block,
                                                Value scores,
                                                const RowLimits &limits,
                                                SoftmaxState &state) {
  Type f32 = b.getF32Type();
  auto rows = b.rows(f32), parts = b.rowParts(f32);
  Value c = limits.factor;

  // m' = max(m, c * max s + b)
  Value laneMax = tile::ReduceColumnsOp::create(b, parts, tile::Reduction::Max,
                                                scores, Value());
  Value rowMax =
      tile::ReduceLanesOp::create(b, rows, tile::Reduction::Max, laneMax);
  Value max =
      b.map(rows, {state.max, rowMax, limits.bias}, [&](ArrayRef<Value> row) {
        return b.maximum(row[0], b.fma(row[1], c, row[2]));
      });
  // 2^(m - m') and b - m'
  Value correction = b.map(rows, {state.max, max}, [&](ArrayRef<Value> row) {
    return b.exp2(b.sub(row[0], row[1]));
  });
  Value shift = b.map(rows, {limits.bias, max}, [&](ArrayRef<Value> row) {
    return b.sub(row[0], row[1]);
  });
  // p = 2^(c * s + (b - m'))
  auto scoreType = cast<tile::FragmentType>(scores.getType());
  Value weights = b.map(scoreType, {scores, shift}, [&](ArrayRef<Value> e) {
    return b.exp2(b.fma(e[0], c, e[1]));
  });
  // l = l * 2^(m - m') + sum of p
  Value sum = b.map(parts, {state.sum, correction},
                    [&](ArrayRef<Value> row) { return b.mul(row[0], row[1]); });
  state.sum = tile::ReduceColumnsOp::create(b, parts, tile::Reduction::Add,
                                            weights, sum);
  state.max = max;
  return {weights, correction};
}

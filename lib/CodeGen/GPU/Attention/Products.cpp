//===- Products.cpp - scores, and the output of their weights ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"

using namespace mlir;
using namespace mlir::dilated;

using tile::Page;

//===----------------------------------------------------------------------===//
// Queries
//===----------------------------------------------------------------------===//

static Value emitQueryTile(TileBuilder &b, AttentionBlock &block) {
  return tile::SharedOp::create(b,
                                getSharedType(block.signature.element,
                                              AttentionTiling::rows,
                                              block.tiling.headDim),
                                b.i32(block.tiling.queryOffset));
}

Value mlir::dilated::emitCopyQuery(TileBuilder &b, AttentionBlock &block) {
  Value target = emitQueryTile(b, block);
  return emitCopies(b, block, [&](bool async) {
    emitCopy(b, async, block.query, block.query.pointer, block.query.sequence,
             b.i32(AttentionTiling::rows), block.positions, target,
             block.signature.headDim);
  });
}

static Value emitQueryStep(TileBuilder &b, AttentionBlock &block,
                           int64_t step) {
  const AttentionTiling &tiling = block.tiling;
  auto type =
      b.fragment({16, tiling.step}, block.signature.element, tile::Layout::A);
  return tile::LoadOp::create(b, type, emitQueryTile(b, block), block.warpRow,
                              step * tiling.step, /*transposed=*/false);
}

/// -x of all elements.
static Value emitNegate(TileBuilder &b, Value fragment) {
  return b.map(cast<tile::FragmentType>(fragment.getType()), fragment,
               [&](ArrayRef<Value> e) -> Value {
                 return arith::NegFOp::create(b, e[0]);
               });
}

void mlir::dilated::emitLoadQuery(TileBuilder &b, AttentionBlock &block) {
  if (!block.tiling.queryInRegisters)
    return;
  SmallVector<Value> queries;
  for (int64_t k = 0; k < block.tiling.headDim / block.tiling.step; ++k)
    queries.push_back(emitQueryStep(b, block, k));
  // The softmax is that of a positive scale.
  block.queries = b.ifThenElse(
      block.negative,
      [&] {
        SmallVector<Value> negated;
        for (Value query : queries)
          negated.push_back(emitNegate(b, query));
        return negated;
      },
      [&] { return queries; });
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

/// S = Q K^T. The small products of exact f32 have a sum of their own: added
/// one by one they would be rounded to the unit of S.
Value mlir::dilated::emitScores(TileBuilder &b, AttentionBlock &block,
                                Value keys) {
  const AttentionTiling &tiling = block.tiling;
  auto keyType = b.fragment({tiling.step, tiling.keys}, block.signature.element,
                            tile::Layout::B);
  auto scoreType =
      b.fragment({16, tiling.keys}, b.getF32Type(), tile::Layout::Accumulator);
  Value scores = b.fill(scoreType, 0.0), low = scores;
  bool isExact = block.signature.element.isF32() &&
                 block.signature.precision == tile::Precision::Exact;
  for (int64_t k = 0; k < tiling.headDim / tiling.step; ++k) {
    Value query =
        tiling.queryInRegisters ? block.queries[k] : emitQueryStep(b, block, k);
    Value key = tile::LoadOp::create(b, keyType, keys, b.i32(0),
                                     k * tiling.step, /*transposed=*/false);
    auto multiply = [&](Value sum, tile::Precision precision) {
      return tile::MmaOp::create(b, scoreType, query, key, sum, precision);
    };
    if (isExact)
      low = multiply(low, tile::Precision::Low);
    scores = multiply(scores, isExact ? tile::Precision::High
                                      : block.signature.precision);
  }
  if (isExact)
    scores = b.map(scoreType, {scores, low},
                   [&](ArrayRef<Value> e) { return b.add(e[0], e[1]); });
  if (tiling.queryInRegisters)
    return scores;
  return b.ifThenElse(
      block.negative,
      [&]() -> SmallVector<Value> { return {emitNegate(b, scores)}; },
      [&]() -> SmallVector<Value> { return {scores}; })[0];
}

/// sum + P V of one page of columns, in steps of keys.
static Value emitPageProduct(TileBuilder &b, AttentionBlock &block,
                             Value weights, Value values, Page page,
                             Value sum) {
  const AttentionTiling &tiling = block.tiling;
  Type element = block.signature.element;
  int64_t columns = page.bytes / tiling.elementBytes;
  for (int64_t k = 0; k < tiling.keys; k += tiling.step) {
    Value a = tile::SliceOp::create(
        b, b.fragment({16, tiling.step}, element, tile::Layout::A), weights, k);
    Value value = tile::LoadOp::create(
        b, b.fragment({tiling.step, columns}, element, tile::Layout::B), values,
        b.i32(k), page.start / tiling.elementBytes,
        /*transposed=*/true);
    sum = tile::MmaOp::create(b, sum.getType(), a, value, sum,
                              block.signature.precision);
  }
  return sum;
}

/// O = O * 2^(m - m') + P V. Matrix units cut sums off instead of rounding
/// them, which adds up over many keys: in f32 they sum up one block of keys,
/// and the rest is a multiply-add.
void mlir::dilated::emitValues(TileBuilder &b, AttentionBlock &block,
                               const SoftmaxWeights &softmax, Value values,
                               SoftmaxState &state) {
  const AttentionTiling &tiling = block.tiling;
  Value weights = tile::ConvertOp::create(
      b,
      b.fragment({16, tiling.keys}, block.signature.element, tile::Layout::A),
      softmax.weights);
  SmallVector<Page> pages =
      tile::getPages(tiling.valueDim * tiling.elementBytes);
  for (auto [page, out] : llvm::zip(pages, state.out)) {
    auto type = cast<tile::FragmentType>(out.getType());
    if (block.signature.element.isF32()) {
      Value product =
          emitPageProduct(b, block, weights, values, page, b.fill(type, 0.0));
      out = b.map(type, {out, softmax.correction, product},
                  [&](ArrayRef<Value> e) { return b.fma(e[0], e[1], e[2]); });
      continue;
    }
    Value rescaled =
        b.map(type, {out, softmax.correction},
              [&](ArrayRef<Value> e) { return b.mul(e[0], e[1]); });
    out = emitPageProduct(b, block, weights, values, page, rescaled);
  }
}

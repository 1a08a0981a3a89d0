//===- MatMulOps.cpp - MatMul, Gemm -----------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Everything becomes linalg.matmul or linalg.batch_matmul. A transposed operand
// is read through its indexing map; leading dimensions become rows where the
// other operand has none. f16 and bf16 are accumulated in f32.
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "ScalarMath.h"
#include "Structured.h"
#include "Views.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/IR/TypeUtilities.h"

#include <cmath>

using namespace mlir;
using namespace mlir::dilated;

namespace {
/// A matrix, or a stack of them, perhaps stored with its last two dimensions
/// swapped.
struct Matrix {
  Value stored;
  bool isTransposed = false;

  int64_t rank() const {
    return cast<RankedTensorType>(stored.getType()).getRank();
  }
};
} // namespace

/// The sizes as the product sees them.
static Sizes matrixSizes(GraphBuilder &b, const Matrix &matrix) {
  Sizes sizes = b.sizes(matrix.stored);
  if (matrix.isTransposed)
    std::swap(sizes[sizes.size() - 1], sizes[sizes.size() - 2]);
  return sizes;
}

/// The matrix behind a transpose of the last two dimensions.
static Matrix lookThroughTranspose(GraphBuilder &b, Value tensor) {
  auto transpose = tensor.getDefiningOp<linalg::TransposeOp>();
  if (!transpose)
    return {tensor};
  SmallVector<int64_t> permutation(transpose.getPermutation());
  int64_t rank = permutation.size();
  std::swap(permutation[rank - 1], permutation[rank - 2]);
  if (!llvm::equal(permutation, llvm::seq<int64_t>(0, rank)))
    return {tensor};
  return {b.refine(transpose.getInput()), true};
}

/// left * right of rank 2 or of rank 3 with equal first sizes, in the type to
/// compute in.
static Value emitProduct(GraphBuilder &b, const Matrix &left,
                         const Matrix &right) {
  bool isBatch = left.rank() == 3;
  Sizes rows = matrixSizes(b, left), columns = matrixSizes(b, right);
  Sizes sizes(rows.begin(), rows.end() - 1);
  sizes.push_back(columns.back());
  Type type = computeType(getElementTypeOrSelf(left.stored.getType()));
  Value init = b.fill(sizes, b.constant(type, 0));

  // Positions (batch,) m, n, k.
  SmallVector<AffineExpr> d(4);
  int64_t first = isBatch ? 1 : 0;
  for (int64_t dim = 0; dim < 4; ++dim)
    d[dim] = b.getAffineDimExpr(dim);
  AffineExpr m = d[first], n = d[first + 1], k = d[first + 2];
  auto map = [&](AffineExpr row, AffineExpr column, bool isTransposed) {
    SmallVector<AffineExpr> exprs;
    if (isBatch)
      exprs.push_back(d[0]);
    exprs.push_back(isTransposed ? column : row);
    exprs.push_back(isTransposed ? row : column);
    return AffineMap::get(3 + first, 0, exprs, b.getContext());
  };
  ArrayAttr maps = b.getAffineMapArrayAttr({map(m, k, left.isTransposed),
                                            map(k, n, right.isTransposed),
                                            map(m, n, false)});
  SmallVector<Value> inputs = {left.stored, right.stored};
  Value product;
  if (isBatch) {
    auto op = linalg::BatchMatmulOp::create(b, init.getType(), inputs, init);
    op.setIndexingMapsAttr(maps);
    product = op.getResult(0);
  } else {
    auto op = linalg::MatmulOp::create(b, init.getType(), inputs, init);
    op.setIndexingMapsAttr(maps);
    product = op.getResult(0);
  }
  b.setSizes(product, sizes);
  return product;
}

//===----------------------------------------------------------------------===//
// MatMul
//===----------------------------------------------------------------------===//

/// The stack broadcast to these batch sizes, with one batch dimension, or with
/// none when there is one matrix.
static FailureOr<Matrix> flattenBatch(GraphBuilder &b, Matrix matrix,
                                      ArrayRef<OpFoldResult> batch,
                                      OpFoldResult count) {
  Sizes stored = b.sizes(matrix.stored);
  Sizes sizes(batch), flat;
  if (constantSize(count) != 1)
    flat.push_back(count);
  sizes.append(stored.end() - 2, stored.end());
  flat.append(stored.end() - 2, stored.end());
  Value repeated = emitBroadcast(b, matrix.stored, sizes);
  FailureOr<Value> flattened = emitReshape(b, repeated, flat);
  if (failed(flattened))
    return failure();
  return Matrix{*flattened, matrix.isTransposed};
}

static FailureOr<Value> emitMatMul(NodeView &node, Matrix left, Matrix right) {
  GraphBuilder &b = node.b;
  Sizes leftSizes = matrixSizes(b, left), rightSizes = matrixSizes(b, right);
  Sizes leftBatch(leftSizes.begin(), leftSizes.end() - 2),
      rightBatch(rightSizes.begin(), rightSizes.end() - 2);
  auto isUnit = [](OpFoldResult size) { return constantSize(size) == 1; };

  // One right matrix for all: the batch dimensions of the left are rows.
  if (llvm::all_of(rightBatch, isUnit) && !left.isTransposed &&
      rightBatch.size() <= leftBatch.size()) {
    FailureOr<OpFoldResult> rows = b.product(ArrayRef(leftSizes).drop_back());
    if (failed(rows))
      return failure();
    FailureOr<Value> flat =
        emitReshape(b, left.stored, {*rows, leftSizes.back()});
    Sizes stored = b.sizes(right.stored);
    FailureOr<Value> single =
        emitReshape(b, right.stored, ArrayRef(stored).take_back(2));
    if (failed(flat) || failed(single))
      return failure();
    Value product = emitProduct(b, {*flat}, {*single, right.isTransposed});
    Sizes sizes(leftSizes.begin(), leftSizes.end() - 1);
    sizes.push_back(rightSizes.back());
    return emitReshape(b, product, sizes);
  }

  // Common batch sizes, as numpy broadcasts.
  Sizes batch(std::max(leftBatch.size(), rightBatch.size()), b.getIndexAttr(1));
  for (ArrayRef<OpFoldResult> own : {ArrayRef(leftBatch), ArrayRef(rightBatch)})
    for (auto [common, size] :
         llvm::zip_equal(MutableArrayRef(batch).take_back(own.size()), own)) {
      FailureOr<OpFoldResult> both = b.broadcastSize(
          common, size, "batch sizes known only at run time do not broadcast");
      if (failed(both))
        return node.error()
               << "batch sizes " << *constantSize(common) << " and "
               << *constantSize(size) << " do not broadcast";
      common = *both;
    }
  FailureOr<OpFoldResult> count = b.product(batch);
  if (failed(count))
    return failure();
  FailureOr<Matrix> flatLeft = flattenBatch(b, left, batch, *count);
  FailureOr<Matrix> flatRight = flattenBatch(b, right, batch, *count);
  if (failed(flatLeft) || failed(flatRight))
    return failure();
  Sizes sizes = batch;
  sizes.push_back(leftSizes[leftSizes.size() - 2]);
  sizes.push_back(rightSizes.back());
  return emitReshape(b, emitProduct(b, *flatLeft, *flatRight), sizes);
}

static LogicalResult convertMatMul(NodeView &node) {
  GraphBuilder &b = node.b;
  if (failed(node.requireKind(0, kNumber)) ||
      failed(node.requireSameType({0, 1})))
    return failure();
  for (unsigned i : {0u, 1u})
    if (node.rank(i) == 0)
      return node.error() << "input " << i << " is a scalar";
  // A vector is a row on the left and a column on the right.
  bool leftIsVector = node.rank(0) == 1, rightIsVector = node.rank(1) == 1;
  Matrix left = leftIsVector ? Matrix{emitInsertUnitDims(b, node.input(0), {0})}
                             : lookThroughTranspose(b, node.input(0));
  Matrix right = rightIsVector
                     ? Matrix{emitInsertUnitDims(b, node.input(1), {1})}
                     : lookThroughTranspose(b, node.input(1));
  Sizes leftSizes = matrixSizes(b, left), rightSizes = matrixSizes(b, right);
  OpFoldResult inner = rightSizes[rightSizes.size() - 2];
  if (failed(b.requireEqual(leftSizes.back(), inner,
                            "inner sizes of a product differ")))
    return node.error() << "inner sizes differ: "
                        << *constantSize(leftSizes.back()) << " and "
                        << *constantSize(inner);
  left.stored = b.refine(left.stored);
  right.stored = b.refine(right.stored);
  FailureOr<Value> product = emitMatMul(node, left, right);
  if (failed(product))
    return failure();
  Value result = emitRounded(b, *product, node.elementType(0));
  int64_t rank = cast<RankedTensorType>(result.getType()).getRank();
  SmallVector<int64_t> dropped;
  if (leftIsVector)
    dropped.push_back(rank - 2);
  if (rightIsVector)
    dropped.push_back(rank - 1);
  return node.setResult(dropped.empty() ? result
                                        : emitDropUnitDims(b, result, dropped));
}

//===----------------------------------------------------------------------===//
// Gemm
//===----------------------------------------------------------------------===//

/// C repeated to the sizes of the product; not the other way round.
static FailureOr<Value> repeatAddend(NodeView &node,
                                     ArrayRef<OpFoldResult> sizes) {
  Sizes own = node.b.sizes(node.input(2));
  if (own.size() > sizes.size())
    return node.error() << "input 2 has rank " << own.size()
                        << ", expected at most 2";
  for (auto [size, common] : llvm::zip_equal(own, sizes.take_back(own.size())))
    if (constantSize(size) && constantSize(common) && constantSize(size) != 1 &&
        constantSize(size) != constantSize(common))
      return node.error() << "size " << *constantSize(size)
                          << " of input 2 does not repeat to "
                          << *constantSize(common);
  return emitRepeated(node.b, node.input(2), sizes,
                      "input 2 does not repeat to the sizes of the product");
}

/// alpha * A * B + beta * C, scaled and added before the result is rounded.
static LogicalResult convertGemm(NodeView &node) {
  GraphBuilder &b = node.b;
  if (failed(node.requireKind(0, kNumber)) || failed(node.requireRank(0, 2)) ||
      failed(node.requireRank(1, 2)) || failed(node.requireSameType({0, 1, 2})))
    return failure();
  double alpha = node.floatAttr("alpha", 1), beta = node.floatAttr("beta", 1);
  Type type = node.elementType(0), wide = computeType(type);
  auto isWhole = [](double value) {
    return std::trunc(value) == value && std::abs(value) < 0x1p31;
  };
  if (!isa<FloatType>(type) && (!isWhole(alpha) || !isWhole(beta)))
    return node.error() << "alpha " << alpha << " and beta " << beta
                        << " are not integers, but the tensors are";

  Matrix left{node.input(0), node.intAttr("transA", 0) != 0};
  Matrix right{node.input(1), node.intAttr("transB", 0) != 0};
  Sizes leftSizes = matrixSizes(b, left), rightSizes = matrixSizes(b, right);
  if (failed(b.requireEqual(leftSizes[1], rightSizes[0],
                            "inner sizes of a product differ")))
    return node.error() << "inner sizes differ: " << *constantSize(leftSizes[1])
                        << " and " << *constantSize(rightSizes[0]);
  left.stored = b.refine(left.stored);
  right.stored = b.refine(right.stored);
  bool adds = node.input(2) && beta != 0;
  FailureOr<Value> addend = Value();
  if (node.input(2))
    addend = repeatAddend(node, {leftSizes[0], rightSizes[1]});
  if (failed(addend))
    return failure();

  Value product = emitProduct(b, left, right);
  if (!adds && alpha == 1)
    return node.setResult(emitRounded(b, product, type));
  SmallVector<Value> inputs = {product};
  if (adds)
    inputs.push_back(*addend);
  auto scaled = [&](ImplicitLocOpBuilder &b, Value value, double factor) {
    if (factor == 1)
      return value;
    Value number = buildNumber(b, wide, factor);
    return isa<FloatType>(wide) ? b.createOrFold<arith::MulFOp>(value, number)
                                : b.createOrFold<arith::MulIOp>(value, number);
  };
  return node.setResult(emitElementwise(
      b, inputs, type, [&](ImplicitLocOpBuilder &b, ValueRange x) {
        Value result = scaled(b, x[0], alpha);
        if (adds) {
          Value added = scaled(b, buildConversion(b, x[1], wide), beta);
          result = isa<FloatType>(wide)
                       ? b.createOrFold<arith::AddFOp>(result, added)
                       : b.createOrFold<arith::AddIOp>(result, added);
        }
        return buildConversion(b, result, type);
      }));
}

ArrayRef<OnnxOp> mlir::dilated::getMatMulOps() {
  static const OnnxOp ops[] = {
      {"MatMul", 1, 2, 2, 1, "", convertMatMul},
      {"Gemm", 11, 2, 3, 1, "alpha:float beta:float transA:int transB:int",
       convertGemm},
  };
  return ops;
}

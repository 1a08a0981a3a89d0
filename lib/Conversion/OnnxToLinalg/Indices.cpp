//===- Indices.cpp - indices that come as data ------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Indices.h"

#include "ScalarMath.h"
#include "Structured.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::dilated;

Value mlir::dilated::buildPosition(ImplicitLocOpBuilder &b, Value index,
                                   Value size) {
  index = b.createOrFold<arith::IndexCastOp>(b.getIndexType(), index);
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value isNegative =
      b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::slt, index, zero);
  return b.createOrFold<arith::SelectOp>(
      isNegative, b.createOrFold<arith::AddIOp>(index, size), index);
}

/// Constants against their bounds. A bound known only at run time is compared
/// with the extreme indices.
static LogicalResult checkConstants(NodeView &node, ArrayRef<int64_t> indices,
                                    ArrayRef<OpFoldResult> bounds) {
  GraphBuilder &b = node.b;
  for (auto [which, bound] : llvm::enumerate(bounds)) {
    // The smallest size that all indices are inside of.
    int64_t needed = 0;
    for (size_t i = which; i < indices.size(); i += bounds.size()) {
      int64_t index = indices[i];
      std::optional<int64_t> size = constantSize(bound);
      if (size && (index < -*size || index >= *size))
        return node.error() << "index " << index << " is outside of [" << -*size
                            << ", " << *size - 1 << "]";
      // ~index is -index - 1: what a negative index needs, less one.
      needed = std::max(needed, index < 0 ? ~index : index);
    }
    if (constantSize(bound) || indices.empty())
      continue;
    b.assertThat(b.createOrFold<arith::CmpIOp>(
                     arith::CmpIPredicate::sgt, b.toIndex(bound),
                     arith::ConstantIndexOp::create(b, needed)),
                 "an index is outside of its dimension");
  }
  return success();
}

LogicalResult mlir::dilated::requireInRange(NodeView &node, Value indices,
                                            ArrayRef<OpFoldResult> bounds) {
  GraphBuilder &b = node.b;
  if (std::optional<SmallVector<int64_t>> known = b.constantIntegers(indices))
    return checkConstants(node, *known, bounds);

  SmallVector<Value> scalars;
  for (OpFoldResult bound : bounds)
    scalars.push_back(b.toScalar(bound));
  SmallVector<int64_t> shape;
  if (bounds.size() > 1)
    shape.push_back(bounds.size());
  Value limits = b.fromElements(shape, b.getI64Type(), scalars);
  FailureOr<Value> inside = emitElementwise(
      b, {indices, limits}, b.getI1Type(),
      [](ImplicitLocOpBuilder &b, ValueRange x) {
        Value index = buildConversion(b, x[0], b.getI64Type()), size = x[1];
        Value low = b.createOrFold<arith::SubIOp>(
            buildNumber(b, b.getI64Type(), 0), size);
        return b.createOrFold<arith::AndIOp>(
            b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::sge, index,
                                          low),
            b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::slt, index,
                                          size));
      });
  if (failed(inside))
    return failure();
  int64_t rank = cast<RankedTensorType>(inside->getType()).getRank();
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  Value all = emitReduction(b, *inside, axes, b.getBoolAttr(true),
                            [](ImplicitLocOpBuilder &b, ValueRange x) {
                              return b.createOrFold<arith::AndIOp>(x[0], x[1]);
                            });
  b.assertThat(tensor::ExtractOp::create(b, all, ValueRange()),
               "an index is outside of its dimension");
  return success();
}

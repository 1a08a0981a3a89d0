//===- IndexingOps.cpp - Gather, GatherND -----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Indices.h"
#include "OpTable.h"
#include "Structured.h"
#include "Views.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::dilated;

//===----------------------------------------------------------------------===//
// Gather
//===----------------------------------------------------------------------===//

/// The result as scalars, when the tensor is scalars and the indices constant.
static Value gatherScalars(GraphBuilder &b, Value tensor, int64_t axis,
                           ArrayRef<int64_t> indices,
                           ArrayRef<OpFoldResult> sizes) {
  std::optional<SmallVector<Value>> elements = b.knownElements(tensor);
  std::optional<int64_t> count = staticCount(sizes);
  if (!elements || !count || *count > GraphBuilder::kMaxScalars)
    return {};
  auto type = cast<RankedTensorType>(tensor.getType());
  int64_t size = type.getDimSize(axis),
          inner = contiguousStrides(type.getShape())[axis];
  SmallVector<Value> gathered;
  for (int64_t outer = 0, e = elements->size(); outer < e;
       outer += size * inner)
    for (int64_t index : indices) {
      int64_t first = outer + (index < 0 ? index + size : index) * inner;
      llvm::append_range(gathered,
                         ArrayRef<Value>(*elements).slice(first, inner));
    }
  return b.fromElements(*constantSizes(sizes), type.getElementType(), gathered);
}

/// One constant index is a slice.
static Value gatherSlice(GraphBuilder &b, Value tensor, int64_t axis,
                         int64_t index, ArrayRef<OpFoldResult> sizes) {
  Sizes part = b.sizes(tensor);
  Sizes first(part.size(), b.getIndexAttr(0)),
      steps(part.size(), b.getIndexAttr(1));
  first[axis] = b.getIndexAttr(index);
  if (index < 0)
    first[axis] = b.sum(part[axis], first[axis]);
  part[axis] = b.getIndexAttr(1);
  Value slice = tensor::ExtractSliceOp::create(
      b, b.tensorType(part, getElementTypeOrSelf(tensor.getType())), tensor,
      first, part, steps);
  b.setSizes(slice, part);
  return *emitReshape(b, slice, sizes); // units alone change: provable
}

static LogicalResult convertGather(NodeView &node) {
  GraphBuilder &b = node.b;
  Value tensor = node.input(0), indices = node.input(1);
  FailureOr<int64_t> axis =
      node.normalizeAxis(node.intAttr("axis", 0), node.rank(0));
  if (failed(axis) || failed(node.requireKind(0, kAnyKind)) ||
      failed(node.requireKind(1, kInt)))
    return failure();
  Sizes source = b.sizes(tensor), indexSizes = b.sizes(indices);
  if (failed(requireInRange(node, indices, source[*axis])))
    return failure();

  Sizes sizes(source.begin(), source.begin() + *axis);
  llvm::append_range(sizes, indexSizes);
  llvm::append_range(sizes, ArrayRef(source).drop_front(*axis + 1));
  if (staticCount(sizes) == 0)
    return node.setResult(b.empty(sizes, node.elementType(0)));
  if (std::optional<SmallVector<int64_t>> known = b.constantIntegers(indices)) {
    if (Value scalars = gatherScalars(b, tensor, *axis, *known, sizes))
      return node.setResult(scalars);
    if (staticCount(indexSizes) == 1)
      return node.setResult(
          gatherSlice(b, tensor, *axis, known->front(), sizes));
  }

  // result[outer.., i.., inner..] = tensor[outer.., indices[i..], inner..]
  int64_t indexRank = node.rank(1);
  AffineMap map =
      b.getMultiDimIdentityMap(sizes.size()).getSliceMap(*axis, indexRank);
  Value limit = b.toIndex(source[*axis]);
  return node.setResult(emitIndexed(
      b, sizes, node.elementType(0), indices, map,
      [&](ImplicitLocOpBuilder &b, ValueRange dims, ValueRange x) -> Value {
        SmallVector<Value> position(dims.take_front(*axis));
        position.push_back(buildPosition(b, x[0], limit));
        llvm::append_range(position, dims.drop_front(*axis + indexRank));
        return tensor::ExtractOp::create(b, tensor, position);
      }));
}

//===----------------------------------------------------------------------===//
// GatherND
//===----------------------------------------------------------------------===//

/// With k the last size of the indices and m batch dimensions:
/// result[batch.., i.., inner..] = tensor[batch.., indices[batch.., i.., :k],
/// inner..]
static LogicalResult convertGatherND(NodeView &node) {
  GraphBuilder &b = node.b;
  Value tensor = node.input(0), indices = node.input(1);
  int64_t batchDims = node.intAttr("batch_dims", 0);
  if (failed(node.requireKind(0, kAnyKind)) ||
      failed(node.requireKind(1, kInt)))
    return failure();
  if (node.rank(1) < 1)
    return node.error() << "the indices (input 1) have rank 0";
  if (batchDims < 0 || batchDims >= std::min(node.rank(0), node.rank(1)))
    return node.error() << "attribute 'batch_dims' is " << batchDims
                        << " for ranks " << node.rank(0) << " and "
                        << node.rank(1);
  Sizes source = b.sizes(tensor), indexSizes = b.sizes(indices);
  std::optional<int64_t> depth = constantSize(indexSizes.back());
  if (!depth)
    return node.error() << "the last size of the indices (input 1) is known "
                           "only at run time";
  if (*depth < 1 || batchDims + *depth > node.rank(0))
    return node.error() << "indices of " << *depth
                        << " entries into a tensor of rank " << node.rank(0)
                        << " with " << batchDims << " batch dimensions";
  for (int64_t dim = 0; dim < batchDims; ++dim)
    if (failed(b.requireEqual(source[dim], indexSizes[dim],
                              "batch dimension " + Twine(dim) + " differs")))
      return node.error() << "batch dimension " << dim
                          << " differs: " << *constantSize(source[dim])
                          << " and " << *constantSize(indexSizes[dim]);
  ArrayRef<OpFoldResult> indexed = ArrayRef(source).slice(batchDims, *depth);
  if (failed(requireInRange(node, indices, indexed)))
    return failure();

  Sizes sizes(indexSizes.begin(), indexSizes.end() - 1);
  int64_t outer = sizes.size();
  llvm::append_range(sizes, ArrayRef(source).drop_front(batchDims + *depth));
  if (staticCount(sizes) == 0)
    return node.setResult(b.empty(sizes, node.elementType(0)));
  SmallVector<Value> limits;
  for (OpFoldResult size : indexed)
    limits.push_back(b.toIndex(size));
  return node.setResult(emitIndexed(
      b, sizes, node.elementType(0), {}, {},
      [&](ImplicitLocOpBuilder &b, ValueRange dims, ValueRange) -> Value {
        SmallVector<Value> position(dims.take_front(batchDims));
        for (auto [entry, limit] : llvm::enumerate(limits)) {
          SmallVector<Value> where(dims.take_front(outer));
          where.push_back(arith::ConstantIndexOp::create(b, entry));
          Value index = tensor::ExtractOp::create(b, indices, where);
          position.push_back(buildPosition(b, index, limit));
        }
        llvm::append_range(position, dims.drop_front(outer));
        return tensor::ExtractOp::create(b, tensor, position);
      }));
}

ArrayRef<OnnxOp> mlir::dilated::getIndexingOps() {
  static const OnnxOp ops[] = {
      {"Gather", 11, 2, 2, 1, "axis:int", convertGather},
      {"GatherND", 11, 2, 2, 1, "", convertGatherND},
      {"GatherND", 12, 2, 2, 1, "batch_dims:int", convertGatherND},
  };
  return ops;
}

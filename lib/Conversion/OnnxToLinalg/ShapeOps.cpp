//===- ShapeOps.cpp - Shape, Transpose, Squeeze, Expand, Concat -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "ReshapeTarget.h"
#include "ShapeInputs.h"
#include "Structured.h"
#include "Views.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/IndexingUtils.h"

using namespace mlir;
using namespace mlir::dilated;

//===----------------------------------------------------------------------===//
// Identity, Shape, Size
//===----------------------------------------------------------------------===//

static LogicalResult convertIdentity(NodeView &node) {
  return node.setResult(node.input(0));
}

/// Since version 15 of a range of dimensions, clamped to what there is.
static LogicalResult convertShape(NodeView &node) {
  int64_t rank = node.rank(0);
  auto clamp = [&](int64_t axis) {
    return std::clamp<int64_t>(axis < 0 ? axis + rank : axis, 0, rank);
  };
  int64_t start = clamp(node.intAttr("start", 0));
  int64_t end = clamp(node.intAttr("end", rank));
  Sizes sizes = node.b.sizes(node.input(0));
  SmallVector<Value> elements;
  for (int64_t dim = start; dim < end; ++dim)
    elements.push_back(node.b.toScalar(sizes[dim]));
  return node.setResult(node.b.fromElements(
      static_cast<int64_t>(elements.size()), node.b.getI64Type(), elements));
}

static LogicalResult convertSize(NodeView &node) {
  FailureOr<OpFoldResult> count = node.b.product(node.b.sizes(node.input(0)));
  if (failed(count))
    return failure();
  return node.setResult(
      node.b.fromElements({}, node.b.getI64Type(), node.b.toScalar(*count)));
}

//===----------------------------------------------------------------------===//
// Reshape, Squeeze, Unsqueeze, Transpose
//===----------------------------------------------------------------------===//

static LogicalResult convertReshape(NodeView &node) {
  FailureOr<Sizes> target = readReshapeTarget(node);
  if (failed(target))
    return failure();
  return node.setResult(emitReshape(node.b, node.input(0), *target));
}

static LogicalResult convertSqueeze(NodeView &node) {
  Value tensor = node.input(0);
  Sizes sizes = node.b.sizes(tensor);
  SmallVector<int64_t> axes;
  if (node.input(1)) {
    FailureOr<SmallVector<int64_t>> listed = readAxes(node, 1, node.rank(0));
    if (failed(listed))
      return failure();
    axes = *listed;
    for (int64_t axis : axes)
      if (failed(node.b.requireEqual(sizes[axis], node.b.getIndexAttr(1),
                                     "squeezed dimension " + Twine(axis) +
                                         " is not 1")))
        return node.error() << "squeezes dimension " << axis << " of size "
                            << *constantSize(sizes[axis]);
  } else {
    // Without axes the rank of the result depends on every size.
    for (auto [dim, size] : llvm::enumerate(sizes)) {
      if (!constantSize(size))
        return node.error() << "squeezes every dimension of size 1, but "
                               "dimension "
                            << dim << " is known only at run time";
      if (constantSize(size) == 1)
        axes.push_back(dim);
    }
  }
  return node.setResult(emitDropUnitDims(node.b, node.b.refine(tensor), axes));
}

static LogicalResult convertUnsqueeze(NodeView &node) {
  FailureOr<SmallVector<int64_t>> listed = node.constantList(1, "the axes");
  if (failed(listed))
    return failure();
  FailureOr<SmallVector<int64_t>> axes =
      node.normalizeAxes(*listed, node.rank(0) + listed->size());
  if (failed(axes))
    return failure();
  return node.setResult(emitInsertUnitDims(node.b, node.input(0), *axes));
}

static LogicalResult convertTranspose(NodeView &node) {
  int64_t rank = node.rank(0);
  SmallVector<int64_t> permutation =
      llvm::to_vector(llvm::reverse(llvm::seq<int64_t>(0, rank)));
  if (std::optional<ArrayRef<int64_t>> listed = node.intsAttr("perm")) {
    permutation.assign(listed->begin(), listed->end());
    if (static_cast<int64_t>(permutation.size()) != rank ||
        !isPermutationVector(permutation))
      return node.error() << "attribute 'perm' is not a permutation of " << rank
                          << " dimensions";
  }
  return node.setResult(emitTranspose(node.b, node.input(0), permutation));
}

//===----------------------------------------------------------------------===//
// Expand
//===----------------------------------------------------------------------===//

/// Broadcasting in both directions: a target of 1 keeps the tensor's size.
static LogicalResult convertExpand(NodeView &node) {
  GraphBuilder &b = node.b;
  FailureOr<Sizes> listed = readSizes(node, 1);
  if (failed(listed))
    return failure();
  Sizes target = *listed, own = b.sizes(node.input(0));
  if (target.size() < own.size())
    target.insert(target.begin(), own.size() - target.size(),
                  b.getIndexAttr(1));
  size_t first = target.size() - own.size();
  for (auto [dim, size] : llvm::enumerate(own)) {
    OpFoldResult &common = target[first + dim];
    FailureOr<OpFoldResult> both = b.broadcastSize(
        size, common,
        "dimension " + Twine(dim) + " does not expand to the size asked for");
    if (failed(both))
      return node.error() << "dimension " << dim << " of size "
                          << *constantSize(size) << " does not expand to "
                          << *constantSize(common);
    common = *both;
  }
  return node.setResult(emitBroadcast(b, b.refine(node.input(0)), target));
}

//===----------------------------------------------------------------------===//
// Concat
//===----------------------------------------------------------------------===//

/// The result as scalars, when all inputs are scalars.
static Value concatScalars(NodeView &node, int64_t axis,
                           ArrayRef<int64_t> shape) {
  GraphBuilder &b = node.b;
  bool isList = shape.size() == 1 && isOfKind(node.elementType(0), kInt);
  SmallVector<SmallVector<Value>> elements;
  for (Value input : node.allInputs()) {
    std::optional<SmallVector<Value>> known =
        isList ? b.listElements(input) : b.knownElements(input);
    if (!known)
      return {};
    elements.push_back(*known);
  }
  int64_t outer = 1;
  for (int64_t size : shape.take_front(axis))
    outer *= size;
  SmallVector<Value> joined;
  for (int64_t i = 0; i < outer; ++i)
    for (ArrayRef<Value> part : elements) {
      size_t run = part.size() / outer;
      llvm::append_range(joined, part.slice(i * run, run));
    }
  return b.fromElements(shape, node.elementType(0), joined);
}

static LogicalResult convertConcat(NodeView &node) {
  GraphBuilder &b = node.b;
  SmallVector<unsigned> all =
      llvm::to_vector(llvm::seq<unsigned>(0, node.numInputs()));
  FailureOr<int64_t> axis =
      node.normalizeAxis(node.intAttr("axis", 0), node.rank(0));
  if (failed(axis) || failed(node.requireKind(0, kAnyKind)) ||
      failed(node.requireSameType(all)))
    return failure();

  Sizes sizes = b.sizes(node.input(0));
  for (unsigned i : llvm::drop_begin(all)) {
    if (failed(node.requireRank(i, node.rank(0))))
      return failure();
    for (auto [dim, size] : llvm::enumerate(b.sizes(node.input(i)))) {
      if (static_cast<int64_t>(dim) == *axis)
        sizes[dim] = b.sum(sizes[dim], size);
      else if (failed(b.requireEqual(sizes[dim], size,
                                     "inputs 0 and " + Twine(i) +
                                         " differ in dimension " + Twine(dim))))
        return node.error()
               << "inputs 0 and " << i << " differ in dimension " << dim << ": "
               << *constantSize(sizes[dim]) << " and " << *constantSize(size);
      else if (constantSize(size))
        sizes[dim] = size;
    }
  }
  if (node.numInputs() == 1)
    return node.setResult(node.input(0));
  std::optional<SmallVector<int64_t>> shape = constantSizes(sizes);
  std::optional<int64_t> count = staticCount(sizes);
  if (shape && count && *count > 0 && *count <= GraphBuilder::kMaxScalars)
    if (Value joined = concatScalars(node, *axis, *shape))
      return node.setResult(joined);

  // Slices inserted into an empty tensor bufferise to copies into one buffer.
  Value result = b.empty(sizes, node.elementType(0));
  Sizes offsets(sizes.size(), b.getIndexAttr(0)),
      strides(sizes.size(), b.getIndexAttr(1));
  for (Value input : node.allInputs()) {
    Value refined = b.refine(input);
    Sizes part = b.sizes(refined);
    result = tensor::InsertSliceOp::create(b, refined, result, offsets, part,
                                           strides);
    offsets[*axis] = b.sum(offsets[*axis], part[*axis]);
  }
  b.setSizes(result, sizes);
  return node.setResult(result);
}

ArrayRef<OnnxOp> mlir::dilated::getShapeOps() {
  static const OnnxOp ops[] = {
      {"Identity", 1, 1, 1, 1, "", convertIdentity},
      {"Shape", 1, 1, 1, 1, "", convertShape},
      {"Shape", 15, 1, 1, 1, "start:int end:int", convertShape},
      {"Size", 1, 1, 1, 1, "", convertSize},
      {"Reshape", 5, 2, 2, 1, "", convertReshape},
      {"Reshape", 14, 2, 2, 1, "allowzero:int", convertReshape},
      {"Squeeze", 13, 1, 2, 1, "", convertSqueeze},
      {"Unsqueeze", 13, 2, 2, 1, "", convertUnsqueeze},
      {"Transpose", 1, 1, 1, 1, "perm:ints", convertTranspose},
      {"Expand", 8, 2, 2, 1, "", convertExpand},
      {"Concat", 4, 1, kAnyNumber, 1, "axis:int!", convertConcat},
  };
  return ops;
}

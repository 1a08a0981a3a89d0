//===- Views.cpp - reshapes and transposes that look through ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// An exported attention stands between six reshapes and six transposes that
// cancel. They cancel here, while they are made, since here it is known which
// sizes are equal.
//
//===----------------------------------------------------------------------===//

#include "Views.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::dilated;

//===----------------------------------------------------------------------===//
// Reshape
//===----------------------------------------------------------------------===//

namespace {
/// Dimensions of the source and of the target that hold the same elements.
struct Group {
  ReassociationIndices source, target;
};
} // namespace

/// Cuts both shapes into the smallest groups with equal products, left to
/// right. Nothing when the whole products are not provably equal.
static std::optional<SmallVector<Group>>
matchGroups(SizeAlgebra &algebra, ArrayRef<OpFoldResult> source,
            ArrayRef<OpFoldResult> target) {
  // 0 times an unknown size is 0, which the types of a group cannot say.
  auto isZero = [](OpFoldResult size) { return constantSize(size) == 0; };
  if (llvm::any_of(source, isZero) || llvm::any_of(target, isZero))
    return std::nullopt;
  SmallVector<Group> groups;
  size_t s = 0, t = 0;
  while (s < source.size() || t < target.size()) {
    Group group;
    Monomial sourceProduct, targetProduct;
    auto take = [](Monomial &product, const Monomial &factor) {
      std::optional<Monomial> result = multiply(product, factor);
      if (result)
        product = *result;
      return result.has_value();
    };
    // A group starts with one dimension of each side, if there are any left.
    bool more = true;
    while (more) {
      bool takeSource = s < source.size(), takeTarget = t < target.size();
      if (!group.source.empty() && !group.target.empty()) {
        // The side that is behind goes on; where neither is, the source.
        takeSource &= !divideExactly(sourceProduct, targetProduct).has_value();
        takeTarget &= !takeSource;
      }
      if (!takeSource && !takeTarget) {
        // The side that should go on has no dimension left.
        takeSource = s < source.size();
        takeTarget = !takeSource && t < target.size();
        if (!takeSource && !takeTarget)
          return std::nullopt;
      }
      if (takeSource) {
        if (!take(sourceProduct, algebra.parse(source[s])))
          return std::nullopt;
        group.source.push_back(s++);
      }
      if (takeTarget) {
        if (!take(targetProduct, algebra.parse(target[t])))
          return std::nullopt;
        group.target.push_back(t++);
      }
      more = !(sourceProduct == targetProduct);
    }
    groups.push_back(group);
    // Dimensions of size 1 at the end have no partner of their own.
    auto restIsUnit = [&](ArrayRef<OpFoldResult> sizes, size_t from) {
      return llvm::all_of(sizes.drop_front(from), [](OpFoldResult size) {
        return constantSize(size) == 1;
      });
    };
    if (restIsUnit(source, s) && restIsUnit(target, t) &&
        (s == source.size() || t == target.size())) {
      while (s < source.size())
        groups.back().source.push_back(s++);
      while (t < target.size())
        groups.back().target.push_back(t++);
    }
  }
  return groups;
}

/// The reshape that the groups describe: collapse each, then expand each.
static Value emitGroups(GraphBuilder &b, Value tensor, ArrayRef<Group> groups,
                        ArrayRef<OpFoldResult> target) {
  Type elementType = getElementTypeOrSelf(tensor.getType());
  Sizes source = b.sizes(tensor), middle;
  SmallVector<ReassociationIndices> collapse, expand;
  for (const Group &group : groups) {
    if (!group.source.empty())
      collapse.push_back(group.source);
    if (!group.target.empty())
      expand.push_back(group.target);
    if (group.source.size() == 1) {
      middle.push_back(source[group.source.front()]);
    } else if (group.target.size() == 1) {
      middle.push_back(target[group.target.front()]);
    } else {
      Monomial size;
      for (int64_t dim : group.source)
        size = *multiply(size, b.algebra().parse(source[dim]));
      middle.push_back(b.algebra().materialize(b, b.getLoc(), size));
    }
  }
  bool wholeScalar = source.empty() || target.empty();
  if (wholeScalar)
    middle.clear();
  if (middle.size() != source.size()) {
    tensor = tensor::CollapseShapeOp::create(
        b, b.tensorType(middle, elementType), tensor,
        wholeScalar ? ArrayRef<ReassociationIndices>() : collapse);
    b.setSizes(tensor, middle);
  }
  if (middle.size() != target.size()) {
    tensor = tensor::ExpandShapeOp::create(
        b, b.tensorType(target, elementType), tensor,
        wholeScalar ? ArrayRef<ReassociationIndices>() : expand, target);
    b.setSizes(tensor, target);
  }
  return tensor;
}

/// The tensor that a chain of reshapes starts from.
static Value reshapeRoot(Value tensor) {
  while (Operation *op = tensor.getDefiningOp()) {
    if (!isa<tensor::ExpandShapeOp, tensor::CollapseShapeOp>(op))
      break;
    tensor = op->getOperand(0);
  }
  return tensor;
}

static bool sameSizes(GraphBuilder &b, ArrayRef<OpFoldResult> left,
                      ArrayRef<OpFoldResult> right) {
  return left.size() == right.size() &&
         llvm::all_of(llvm::zip(left, right), [&](auto pair) {
           return b.provablyEqual(std::get<0>(pair), std::get<1>(pair));
         });
}

/// A reshape between numbers of elements that only a run can compare: flat in
/// between, with a dynamic size.
static FailureOr<Value> emitCheckedReshape(GraphBuilder &b, Value tensor,
                                           ArrayRef<OpFoldResult> target) {
  Sizes source = b.sizes(tensor);
  FailureOr<OpFoldResult> have = b.product(source), want = b.product(target);
  if (failed(have) || failed(want))
    return failure();
  if (failed(b.requireEqual(*have, *want,
                            "a reshape changes the number of elements")))
    return b.error() << "a reshape of " << *constantSize(*have)
                     << " elements to " << *constantSize(*want);
  Type elementType = getElementTypeOrSelf(tensor.getType());
  SmallVector<ReassociationIndices> all(1);
  if (source.size() != 1) {
    llvm::append_range(all[0], llvm::seq<int64_t>(0, source.size()));
    if (source.empty())
      tensor = emitInsertUnitDims(b, tensor, {0});
    else
      tensor = tensor::CollapseShapeOp::create(b, tensor, all);
  }
  auto flat = RankedTensorType::get({ShapedType::kDynamic}, elementType);
  if (tensor.getType() != flat)
    tensor = tensor::CastOp::create(b, flat, tensor);
  b.setSizes(tensor, Sizes{*have});
  // Types must agree on what is static: a static target is cast to.
  RankedTensorType type = b.tensorType(target, elementType);
  if (type.hasStaticShape()) {
    tensor = tensor::CastOp::create(
        b, RankedTensorType::get({type.getNumElements()}, elementType), tensor);
    b.setSizes(tensor, Sizes{b.getIndexAttr(type.getNumElements())});
  }
  if (target.size() == 1)
    return tensor;
  all[0].clear();
  llvm::append_range(all[0], llvm::seq<int64_t>(0, target.size()));
  tensor = tensor::ExpandShapeOp::create(
      b, type, tensor, target.empty() ? ArrayRef<ReassociationIndices>() : all,
      target);
  b.setSizes(tensor, target);
  return tensor;
}

FailureOr<Value> mlir::dilated::emitReshape(GraphBuilder &b, Value tensor,
                                            ArrayRef<OpFoldResult> target) {
  Value root = reshapeRoot(tensor);
  if (sameSizes(b, b.sizes(root), target))
    return b.refine(root);
  if (sameSizes(b, b.sizes(tensor), target))
    return b.refine(tensor);

  std::optional<SmallVector<int64_t>> shape = constantSizes(target);
  std::optional<int64_t> count = staticCount(target);
  if (count && staticCount(b.sizes(root)) == count) {
    Type elementType = getElementTypeOrSelf(tensor.getType());
    if (*count == 0)
      return b.empty(target, elementType);
    if (std::optional<SmallVector<Value>> elements = b.knownElements(root))
      return b.fromElements(*shape, elementType, *elements);
  }
  for (Value start : {b.refine(root), b.refine(tensor)})
    if (std::optional<SmallVector<Group>> groups =
            matchGroups(b.algebra(), b.sizes(start), target)) {
      if (TypedAttr value = b.splatValue(start))
        return b.splat(target, value);
      return emitGroups(b, start, *groups, target);
    }
  return emitCheckedReshape(b, b.refine(tensor), target);
}

//===----------------------------------------------------------------------===//
// Transpose
//===----------------------------------------------------------------------===//

/// Whether the permutation keeps the order of the dimensions other than 1.
static bool movesOnlyUnitDims(ArrayRef<OpFoldResult> sizes,
                              ArrayRef<int64_t> permutation) {
  int64_t last = -1;
  for (int64_t dim : permutation) {
    if (constantSize(sizes[dim]) == 1)
      continue;
    if (dim < last)
      return false;
    last = dim;
  }
  return true;
}

Value mlir::dilated::emitTranspose(GraphBuilder &b, Value tensor,
                                   ArrayRef<int64_t> permutation) {
  SmallVector<int64_t> whole(permutation);
  while (auto inner = tensor.getDefiningOp<linalg::TransposeOp>()) {
    for (int64_t &dim : whole)
      dim = inner.getPermutation()[dim];
    tensor = inner.getInput();
  }
  tensor = b.refine(tensor);
  Sizes source = b.sizes(tensor), target;
  for (int64_t dim : whole)
    target.push_back(source[dim]);
  if (llvm::equal(whole, llvm::seq<int64_t>(0, whole.size())))
    return tensor;
  if (movesOnlyUnitDims(source, whole))
    return *emitReshape(b, tensor, target); // provable, so it does not fail

  Type elementType = getElementTypeOrSelf(tensor.getType());
  if (TypedAttr value = b.splatValue(tensor))
    return b.splat(target, value);
  if (std::optional<SmallVector<Value>> elements = b.knownElements(tensor)) {
    SmallVector<int64_t> shape = *constantSizes(target);
    SmallVector<int64_t> strides = contiguousStrides(shape);
    SmallVector<int64_t> from = contiguousStrides(*constantSizes(source));
    SmallVector<Value> moved;
    for (int64_t i = 0, e = elements->size(); i < e; ++i) {
      int64_t position = 0;
      for (auto [dim, sourceDim] : llvm::enumerate(whole))
        position += i / strides[dim] % shape[dim] * from[sourceDim];
      moved.push_back((*elements)[position]);
    }
    return b.fromElements(shape, elementType, moved);
  }
  Value init = b.empty(target, elementType);
  Value result =
      linalg::TransposeOp::create(b, tensor, init, whole)->getResult(0);
  b.setSizes(result, target);
  return result;
}

//===----------------------------------------------------------------------===//
// Dimensions of size 1
//===----------------------------------------------------------------------===//

Value mlir::dilated::emitDropUnitDims(GraphBuilder &b, Value tensor,
                                      ArrayRef<int64_t> dims) {
  Sizes kept;
  for (auto [dim, size] : llvm::enumerate(b.sizes(tensor)))
    if (!llvm::is_contained(dims, static_cast<int64_t>(dim)))
      kept.push_back(size);
  return *emitReshape(b, tensor, kept); // provable, so it does not fail
}

Value mlir::dilated::emitInsertUnitDims(GraphBuilder &b, Value tensor,
                                        ArrayRef<int64_t> dims) {
  Sizes sizes = b.sizes(tensor);
  for (int64_t dim : dims)
    sizes.insert(sizes.begin() + dim, b.getIndexAttr(1));
  return *emitReshape(b, tensor, sizes); // provable, so it does not fail
}

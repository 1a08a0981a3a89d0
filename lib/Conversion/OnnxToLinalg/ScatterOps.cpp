//===- ScatterOps.cpp - ScatterND -------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Updates are written one after the other, in order, so that a position that
// occurs twice has a meaning where a reduction gives it one.
//
//===----------------------------------------------------------------------===//

#include "Indices.h"
#include "OpTable.h"
#include "ScalarMath.h"
#include "Structured.h"
#include "Views.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::dilated;

using Combine = Value (*)(ImplicitLocOpBuilder &, Value old, Value update);

template <typename FloatOp, typename IntOp>
static Value combine(ImplicitLocOpBuilder &b, Value old, Value update) {
  return isa<FloatType>(old.getType()) ? b.createOrFold<FloatOp>(old, update)
                                       : b.createOrFold<IntOp>(old, update);
}

/// Null for 'none'.
static FailureOr<Combine> readReduction(NodeView &node) {
  StringRef name = node.stringAttr("reduction", "none");
  bool hasExtrema = node.opset() >= 18;
  if (name == "none")
    return Combine(nullptr);
  if (failed(node.requireKind(0, kNumber)))
    return failure();
  if (name == "add")
    return Combine(combine<arith::AddFOp, arith::AddIOp>);
  if (name == "mul")
    return Combine(combine<arith::MulFOp, arith::MulIOp>);
  if (name == "max" && hasExtrema)
    return Combine(combine<arith::MaximumFOp, arith::MaxSIOp>);
  if (name == "min" && hasExtrema)
    return Combine(combine<arith::MinimumFOp, arith::MinSIOp>);
  return node.error() << "attribute 'reduction' is '" << name
                      << "'; supported are 'none', 'add', 'mul'"
                      << (hasExtrema ? ", 'max', 'min'" : "");
}

namespace {
/// Writes row `row` of [n, inner...] updates into the slice of `target` that
/// row `row` of [n, depth] indices names.
struct SliceWriter {
  Value indices, updates;
  Sizes targetSizes;
  int64_t depth;
  Combine combine;

  Value write(GraphBuilder &b, Value target, OpFoldResult row) const;
};
} // namespace

Value SliceWriter::write(GraphBuilder &b, Value target,
                         OpFoldResult row) const {
  size_t rank = targetSizes.size();
  Type elementType = getElementTypeOrSelf(target.getType());
  Sizes first(rank, b.getIndexAttr(0)), part = targetSizes,
                                        steps(rank, b.getIndexAttr(1));
  for (int64_t entry = 0; entry < depth; ++entry) {
    Value where[] = {b.toIndex(row), arith::ConstantIndexOp::create(b, entry)};
    Value index = b.createOrFold<tensor::ExtractOp>(indices, where);
    first[entry] = getAsOpFoldResult(
        buildPosition(b, index, b.toIndex(targetSizes[entry])));
    part[entry] = b.getIndexAttr(1);
  }
  Sizes inner(targetSizes.begin() + depth, targetSizes.end());
  RankedTensorType innerType = b.tensorType(inner, elementType);

  Sizes rowFirst{row}, rowSizes{b.getIndexAttr(1)};
  rowFirst.append(inner.size(), b.getIndexAttr(0));
  llvm::append_range(rowSizes, inner);
  Sizes rowSteps(rowFirst.size(), b.getIndexAttr(1));
  Value update = tensor::ExtractSliceOp::create(b, innerType, updates, rowFirst,
                                                rowSizes, rowSteps);
  b.setSizes(update, inner);
  if (combine) {
    Value old = tensor::ExtractSliceOp::create(b, innerType, target, first,
                                               part, steps);
    b.setSizes(old, inner);
    // Equal sizes broadcast.
    update = *emitArithmetic(b, {old, update},
                             [&](ImplicitLocOpBuilder &b, ValueRange x) {
                               return combine(b, x[0], x[1]);
                             });
  }
  return tensor::InsertSliceOp::create(b, update, target, first, part, steps);
}

static LogicalResult convertScatterND(NodeView &node) {
  GraphBuilder &b = node.b;
  FailureOr<Combine> combine = readReduction(node);
  if (failed(combine) || failed(node.requireKind(0, kAnyKind)) ||
      failed(node.requireKind(1, kInt)) || failed(node.requireSameType({0, 2})))
    return failure();
  if (node.rank(1) < 1)
    return node.error() << "the indices (input 1) have rank 0";
  Value target = node.input(0), indices = node.input(1);
  Sizes sizes = b.sizes(target), indexSizes = b.sizes(indices),
        updateSizes = b.sizes(node.input(2));
  std::optional<int64_t> depth = constantSize(indexSizes.back());
  if (!depth || *depth < 1 || *depth > node.rank(0))
    return node.error() << "the last size of the indices (input 1, "
                        << describeType(node.type(1)) << ") is not in 1.."
                        << node.rank(0);
  Sizes expected(indexSizes.begin(), indexSizes.end() - 1);
  llvm::append_range(expected, ArrayRef(sizes).drop_front(*depth));
  if (failed(node.requireRank(2, expected.size())))
    return failure();
  for (auto [dim, size] : llvm::enumerate(expected))
    if (failed(b.requireEqual(updateSizes[dim], size,
                              "dimension " + Twine(dim) +
                                  " of the updates does not fit")))
      return node.error() << "dimension " << dim << " of the updates is "
                          << *constantSize(updateSizes[dim]) << ", expected "
                          << *constantSize(size);
  if (failed(requireInRange(node, indices, ArrayRef(sizes).take_front(*depth))))
    return failure();

  FailureOr<OpFoldResult> count = b.product(ArrayRef(indexSizes).drop_back());
  if (failed(count))
    return failure();
  Sizes flatUpdates{*count};
  llvm::append_range(flatUpdates, ArrayRef(sizes).drop_front(*depth));
  FailureOr<Value> flatIndices =
      emitReshape(b, indices, {*count, b.getIndexAttr(*depth)});
  FailureOr<Value> updates = emitReshape(b, node.input(2), flatUpdates);
  if (failed(flatIndices) || failed(updates))
    return failure();
  SliceWriter writer{*flatIndices, *updates, sizes, *depth, *combine};

  std::optional<int64_t> known = constantSize(*count);
  if (known && *known <= GraphBuilder::kMaxScalars) {
    for (int64_t row = 0; row < *known; ++row)
      target = writer.write(b, target, b.getIndexAttr(row));
  } else {
    Value zero = arith::ConstantIndexOp::create(b, 0);
    Value one = arith::ConstantIndexOp::create(b, 1);
    auto loop = scf::ForOp::create(b, zero, b.toIndex(*count), one, target);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    Value written =
        writer.write(b, loop.getRegionIterArg(0), loop.getInductionVar());
    scf::YieldOp::create(b, written);
    target = loop.getResult(0);
  }
  b.setSizes(target, sizes);
  return node.setResult(target);
}

ArrayRef<OnnxOp> mlir::dilated::getScatterOps() {
  static const OnnxOp ops[] = {
      {"ScatterND", 11, 3, 3, 1, "", convertScatterND},
      {"ScatterND", 16, 3, 3, 1, "reduction:string", convertScatterND},
  };
  return ops;
}

//===- SliceOps.cpp - Slice -------------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Starts and ends count from the back when negative and are clamped to the
// dimension; a step may be negative.
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "ScalarMath.h"
#include "ShapeInputs.h"
#include "Structured.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::dilated;

namespace {
/// Positions first, first + step, ... of a dimension, `count` of them.
struct Cut {
  OpFoldResult first;
  OpFoldResult count;
  int64_t step = 1;
};
} // namespace

static int64_t clampedPosition(int64_t position, int64_t size, int64_t low,
                               int64_t high) {
  // A negative position plus a size does not overflow.
  return std::clamp(position < 0 ? position + size : position, low, high);
}

/// The cut of a dimension of constant size by constants.
static Cut cutConstants(Builder &b, int64_t start, int64_t end, int64_t step,
                        int64_t size) {
  int64_t first, count;
  if (step > 0) {
    first = clampedPosition(start, size, 0, size);
    int64_t last = clampedPosition(end, size, 0, size);
    // ceil without overflow of last + step.
    count = last > first ? (last - first - 1) / step + 1 : 0;
  } else {
    // From `start`, at most the last position, down to after `end`, at least
    // -1.
    first = clampedPosition(start, size, 0, std::max<int64_t>(size - 1, 0));
    int64_t last = clampedPosition(end, size, -1, size - 1);
    count =
        size > 0 && first > last
            ? static_cast<int64_t>((static_cast<uint64_t>(first - last) - 1) /
                                       (0 - static_cast<uint64_t>(step)) +
                                   1)
            : 0;
  }
  return {b.getIndexAttr(first), b.getIndexAttr(count), step};
}

/// The same at run time; only the step is known.
static Cut cutAtRunTime(GraphBuilder &b, Value start, Value end, int64_t step,
                        OpFoldResult sizeOf) {
  auto number = [&](int64_t value) {
    return b.constant(b.getI64IntegerAttr(value));
  };
  Value zero = number(0), size = b.toScalar(sizeOf);
  Value low = step > 0 ? zero : number(-1);
  Value high = step > 0 ? size : b.createOrFold<arith::SubIOp>(size, number(1));
  auto clamped = [&](Value position, Value least) {
    if (std::optional<int64_t> known = constantScalar(position)) {
      // 0 and the end of any tensor need no arithmetic.
      if (*known == 0 && step > 0)
        return zero;
      if (*known == std::numeric_limits<int64_t>::max())
        return high;
    }
    Value negative = b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::slt,
                                                   position, zero);
    position = b.createOrFold<arith::SelectOp>(
        negative, b.createOrFold<arith::AddIOp>(position, size), position);
    return b.createOrFold<arith::MinSIOp>(
        b.createOrFold<arith::MaxSIOp>(position, least), high);
  };
  Value first = clamped(start, step > 0 ? low : zero);
  Value last = clamped(end, low);
  Value span = step > 0 ? b.createOrFold<arith::SubIOp>(last, first)
                        : b.createOrFold<arith::SubIOp>(first, last);
  Value count = span;
  int64_t stride = step > 0 ? step : -step;
  if (stride != 1)
    count = b.createOrFold<arith::DivSIOp>(
        b.createOrFold<arith::AddIOp>(span, number(stride - 1)),
        number(stride));
  // A first position of 0 cannot lie behind the last one.
  if (constantScalar(first) != 0 || step < 0)
    count = b.createOrFold<arith::MaxSIOp>(count, zero);
  Cut cut{b.toSize(first), b.toSize(count), step};
  b.algebra().assumeNonNegative(b.algebra().parse(cut.count));
  return cut;
}

/// The slice as scalars, when the tensor is scalars and the cuts are constant.
static Value sliceScalars(GraphBuilder &b, Value tensor, ArrayRef<Cut> cuts,
                          ArrayRef<int64_t> shape) {
  std::optional<SmallVector<Value>> elements = b.knownElements(tensor);
  if (!elements)
    return {};
  auto type = cast<RankedTensorType>(tensor.getType());
  SmallVector<int64_t> from = contiguousStrides(type.getShape());
  SmallVector<int64_t> to = contiguousStrides(shape);
  SmallVector<Value> kept;
  for (int64_t i = 0, e = ShapedType::getNumElements(shape); i < e; ++i) {
    int64_t position = 0;
    for (auto [dim, cut] : llvm::enumerate(cuts)) {
      std::optional<int64_t> first = constantSize(cut.first);
      if (!first)
        return {};
      position += (*first + i / to[dim] % shape[dim] * cut.step) * from[dim];
    }
    kept.push_back((*elements)[position]);
  }
  return b.fromElements(shape, type.getElementType(), kept);
}

/// tensor[first + i * step] for steps below 0, which a view does not have.
static Value sliceBackwards(GraphBuilder &b, Value tensor, ArrayRef<Cut> cuts,
                            ArrayRef<OpFoldResult> sizes) {
  SmallVector<Value> firsts, steps;
  for (const Cut &cut : cuts) {
    firsts.push_back(b.toIndex(cut.first));
    steps.push_back(arith::ConstantIndexOp::create(b, cut.step));
  }
  return emitIndexed(
      b, sizes, getElementTypeOrSelf(tensor.getType()), {}, {},
      [&](ImplicitLocOpBuilder &b, ValueRange indices, ValueRange) -> Value {
        SmallVector<Value> positions;
        for (auto [index, first, step] :
             llvm::zip_equal(indices, firsts, steps))
          positions.push_back(b.createOrFold<arith::AddIOp>(
              first, b.createOrFold<arith::MulIOp>(index, step)));
        return tensor::ExtractOp::create(b, tensor, positions);
      });
}

static Value emitSlice(GraphBuilder &b, Value tensor, ArrayRef<Cut> cuts) {
  Sizes own = b.sizes(tensor), firsts, sizes, steps;
  bool isWhole = true, isBackwards = false;
  for (auto [cut, size] : llvm::zip_equal(cuts, own)) {
    firsts.push_back(cut.first);
    sizes.push_back(cut.count);
    steps.push_back(b.getIndexAttr(cut.step));
    isBackwards |= cut.step < 0;
    isWhole &= constantSize(cut.first) == 0 && cut.step == 1 &&
               b.provablyEqual(cut.count, size);
  }
  if (isWhole)
    return tensor;
  if (staticCount(sizes) == 0)
    return b.empty(sizes, getElementTypeOrSelf(tensor.getType()));
  if (std::optional<SmallVector<int64_t>> shape = constantSizes(sizes))
    if (Value sliced = sliceScalars(b, tensor, cuts, *shape))
      return sliced;
  if (TypedAttr value = b.splatValue(tensor))
    return b.splat(sizes, value);
  if (isBackwards)
    return sliceBackwards(b, tensor, cuts, sizes);
  RankedTensorType type =
      b.tensorType(sizes, getElementTypeOrSelf(tensor.getType()));
  Value result =
      tensor::ExtractSliceOp::create(b, type, tensor, firsts, sizes, steps);
  b.setSizes(result, sizes);
  return result;
}

static LogicalResult convertSlice(NodeView &node) {
  GraphBuilder &b = node.b;
  int64_t rank = node.rank(0);
  FailureOr<SmallVector<Value>> starts = node.scalarList(1, "the starts"),
                                ends = node.scalarList(2, "the ends");
  if (failed(starts) || failed(ends))
    return failure();
  SmallVector<int64_t> axes =
      llvm::to_vector(llvm::seq<int64_t>(0, starts->size()));
  SmallVector<int64_t> steps(starts->size(), 1);
  if (node.input(3)) {
    FailureOr<SmallVector<int64_t>> listed = node.constantList(3, "the axes");
    if (failed(listed))
      return failure();
    axes = *listed;
  }
  if (node.input(4)) {
    FailureOr<SmallVector<int64_t>> listed = node.constantList(4, "the steps");
    if (failed(listed))
      return failure();
    steps = *listed;
  }
  if (ends->size() != starts->size() || axes.size() != starts->size() ||
      steps.size() != starts->size())
    return node.error() << "starts, ends, axes and steps have lengths "
                        << starts->size() << ", " << ends->size() << ", "
                        << axes.size() << " and " << steps.size();
  if (failed(node.normalizeAxes(axes, rank))) // also: none twice
    return failure();

  Value tensor = node.input(0);
  Sizes sizes = b.sizes(tensor);
  SmallVector<Cut> cuts;
  for (OpFoldResult size : sizes)
    cuts.push_back({b.getIndexAttr(0), size, 1});
  for (auto [axis, start, end, step] :
       llvm::zip_equal(axes, *starts, *ends, steps)) {
    // -2^63 has no absolute value.
    if (step == 0 || step == std::numeric_limits<int64_t>::min())
      return node.error() << "the step of axis " << axis << " is " << step;
    int64_t dim = axis < 0 ? axis + rank : axis;
    std::optional<int64_t> first = constantScalar(start),
                           last = constantScalar(end),
                           size = constantSize(sizes[dim]);
    cuts[dim] = first && last && size
                    ? cutConstants(b, *first, *last, step, *size)
                    : cutAtRunTime(b, start, end, step, sizes[dim]);
  }
  return node.setResult(emitSlice(b, tensor, cuts));
}

ArrayRef<OnnxOp> mlir::dilated::getSliceOps() {
  static const OnnxOp ops[] = {
      {"Slice", 10, 3, 5, 1, "", convertSlice},
  };
  return ops;
}

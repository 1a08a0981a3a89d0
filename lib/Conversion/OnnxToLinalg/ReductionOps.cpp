//===- ReductionOps.cpp - ReduceSum, ReduceMean, ReduceMax ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// f16 and bf16 are summed in f32 and rounded once.
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "ScalarMath.h"
#include "ShapeInputs.h"
#include "Structured.h"
#include "Views.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::dilated;

namespace {
struct ReductionPlan {
  SmallVector<int64_t> axes; // ascending
  bool keepDims;
  bool isIdentity = false;
};
} // namespace

/// No axes means all of them, or, with `noop_with_empty_axes`, none.
static FailureOr<ReductionPlan>
planReduction(NodeView &node, std::optional<ArrayRef<int64_t>> listed) {
  ReductionPlan plan;
  plan.keepDims = node.intAttr("keepdims", 1) != 0;
  if (listed && !listed->empty()) {
    FailureOr<SmallVector<int64_t>> axes =
        node.normalizeAxes(*listed, node.rank(0));
    if (failed(axes))
      return failure();
    plan.axes = *axes;
  } else if (node.intAttr("noop_with_empty_axes", 0) != 0) {
    plan.isIdentity = true;
  } else {
    llvm::append_range(plan.axes, llvm::seq<int64_t>(0, node.rank(0)));
  }
  return plan;
}

static FailureOr<ReductionPlan> planFromAttribute(NodeView &node) {
  return planReduction(node, node.intsAttr("axes"));
}

static FailureOr<ReductionPlan> planFromInput(NodeView &node) {
  if (!node.input(1))
    return planReduction(node, std::nullopt);
  FailureOr<SmallVector<int64_t>> axes = node.constantList(1, "the axes");
  if (failed(axes))
    return failure();
  return planReduction(node, ArrayRef<int64_t>(*axes));
}

using PlanReader = FailureOr<ReductionPlan> (*)(NodeView &);

/// Reduces by `fold`, in the type to compute in, and gives the result the
/// element type and the dimensions asked for.
static LogicalResult
reduce(NodeView &node, PlanReader readPlan, unsigned kinds,
       llvm::function_ref<FailureOr<Value>(const ReductionPlan &)> fold) {
  GraphBuilder &b = node.b;
  FailureOr<ReductionPlan> plan = readPlan(node);
  if (failed(plan) || failed(node.requireKind(0, kinds)))
    return failure();
  if (plan->isIdentity)
    return node.setResult(node.input(0));
  FailureOr<Value> result = fold(*plan);
  if (failed(result))
    return failure();
  Value rounded = emitRounded(b, *result, node.elementType(0));
  return node.setResult(
      plan->keepDims ? emitInsertUnitDims(b, rounded, plan->axes) : rounded);
}

static Value emitPlainSum(NodeView &node, const ReductionPlan &plan) {
  Type wide = computeType(node.elementType(0));
  return emitSum(node.b, node.input(0), plan.axes,
                 [&](ImplicitLocOpBuilder &b, ValueRange x) {
                   return buildConversion(b, x[0], wide);
                 });
}

template <PlanReader readPlan>
static LogicalResult convertReduceSum(NodeView &node) {
  return reduce(node, readPlan, kNumber,
                [&](const ReductionPlan &plan) -> FailureOr<Value> {
                  return emitPlainSum(node, plan);
                });
}

template <PlanReader readPlan>
static LogicalResult convertReduceMean(NodeView &node) {
  GraphBuilder &b = node.b;
  auto mean = [&](const ReductionPlan &plan) -> FailureOr<Value> {
    Sizes sizes = b.sizes(node.input(0)), reduced;
    for (int64_t axis : plan.axes)
      reduced.push_back(sizes[axis]);
    FailureOr<OpFoldResult> count = b.product(reduced);
    if (failed(count))
      return failure();
    Value sum = emitPlainSum(node, plan);
    Type type = getElementTypeOrSelf(sum.getType());
    Value divisor = buildConversion(b, b.toScalar(*count), type);
    return emitElementwise(
        b, sum, type, [&](ImplicitLocOpBuilder &b, ValueRange x) {
          return isa<FloatType>(type)
                     ? b.createOrFold<arith::DivFOp>(x[0], divisor)
                     : buildTruncatingDivision(b, x[0], divisor);
        });
  };
  return reduce(node, readPlan, kNumber, mean);
}

/// NaN wins, as in numpy; nothing to reduce gives the least value. Bool
/// since 20.
template <PlanReader readPlan, unsigned kinds>
static LogicalResult convertReduceMax(NodeView &node) {
  auto least = [](Type type) -> TypedAttr {
    if (auto floatType = dyn_cast<FloatType>(type))
      return FloatAttr::get(
          floatType, APFloat::getInf(floatType.getFloatSemantics(), true));
    unsigned width = type.getIntOrFloatBitWidth();
    return IntegerAttr::get(type, width == 1 ? APInt(1, 0)
                                             : APInt::getSignedMinValue(width));
  };
  auto largest = [&](const ReductionPlan &plan) -> FailureOr<Value> {
    Type wide = computeType(node.elementType(0));
    return emitReduction(node.b, node.input(0), plan.axes, least(wide),
                         [&](ImplicitLocOpBuilder &b, ValueRange x) {
                           Value widened = buildConversion(b, x[0], wide);
                           if (isa<FloatType>(wide))
                             return b.createOrFold<arith::MaximumFOp>(widened,
                                                                      x[1]);
                           if (wide.isInteger(1))
                             return b.createOrFold<arith::OrIOp>(widened, x[1]);
                           return b.createOrFold<arith::MaxSIOp>(widened, x[1]);
                         });
  };
  return reduce(node, readPlan, kinds, largest);
}

ArrayRef<OnnxOp> mlir::dilated::getReductionOps() {
  // Axes are an attribute up to 17 (ReduceSum: 12), then an input.
  constexpr StringRef old = "axes:ints keepdims:int";
  constexpr StringRef now = "keepdims:int noop_with_empty_axes:int";
  static const OnnxOp ops[] = {
      {"ReduceSum", 13, 1, 2, 1, now, convertReduceSum<planFromInput>},
      {"ReduceMean", 1, 1, 1, 1, old, convertReduceMean<planFromAttribute>},
      {"ReduceMean", 18, 1, 2, 1, now, convertReduceMean<planFromInput>},
      {"ReduceMax", 1, 1, 1, 1, old,
       convertReduceMax<planFromAttribute, kNumber>},
      {"ReduceMax", 18, 1, 2, 1, now, convertReduceMax<planFromInput, kNumber>},
      {"ReduceMax", 20, 1, 2, 1, now,
       convertReduceMax<planFromInput, kNumber | kBool>},
  };
  return ops;
}

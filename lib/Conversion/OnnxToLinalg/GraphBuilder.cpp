//===- GraphBuilder.cpp - sizes of tensors ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Sizes, and the checks at run time that make two of them one. Scalars of small
// tensors are in Elements.cpp.
//
//===----------------------------------------------------------------------===//

#include "GraphBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/StaticValueUtils.h"
#include "mlir/IR/Matchers.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace mlir::dilated;

std::optional<int64_t> mlir::dilated::constantSize(OpFoldResult size) {
  return getConstantIntValue(size);
}

std::optional<SmallVector<int64_t>>
mlir::dilated::constantSizes(ArrayRef<OpFoldResult> sizes) {
  return getConstantIntValues(sizes);
}

std::optional<int64_t>
mlir::dilated::staticCount(ArrayRef<OpFoldResult> sizes) {
  int64_t count = 1;
  for (OpFoldResult size : sizes) {
    std::optional<int64_t> value = constantSize(size);
    if (!value || llvm::MulOverflow(count, *value, count))
      return std::nullopt;
  }
  return count;
}

SmallVector<int64_t> mlir::dilated::contiguousStrides(ArrayRef<int64_t> shape) {
  SmallVector<int64_t> strides(shape.size(), 1);
  for (int64_t dim = static_cast<int64_t>(shape.size()) - 2; dim >= 0; --dim)
    strides[dim] = strides[dim + 1] * shape[dim + 1];
  return strides;
}

InFlightDiagnostic GraphBuilder::error() { return emitError() << errorPrefix; }

//===----------------------------------------------------------------------===//
// Sizes
//===----------------------------------------------------------------------===//

OpFoldResult GraphBuilder::size(Value tensor, int64_t dim) {
  return sizes(tensor)[dim];
}

Sizes GraphBuilder::sizes(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  Sizes &known = knownSizes[tensor];
  if (known.empty() && type.getRank() > 0) {
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      if (!type.isDynamicDim(dim)) {
        known.push_back(getIndexAttr(type.getDimSize(dim)));
        continue;
      }
      Value value = createOrFold<tensor::DimOp>(tensor, dim);
      known.push_back(value);
    }
  }
  // What was learnt since may make a size constant, or another's equal.
  Sizes result = known;
  for (OpFoldResult &size : result)
    if (isa<Value>(size))
      size = sizeAlgebra.materialize(*this, getLoc(), sizeAlgebra.parse(size));
  return result;
}

void GraphBuilder::setSizes(Value tensor, ArrayRef<OpFoldResult> sizes) {
  knownSizes[tensor] = Sizes(sizes);
}

bool GraphBuilder::provablyEqual(OpFoldResult a, OpFoldResult b) {
  return sizeAlgebra.parse(a) == sizeAlgebra.parse(b);
}

LogicalResult GraphBuilder::requireEqual(OpFoldResult a, OpFoldResult b,
                                         const Twine &message) {
  Monomial left = sizeAlgebra.parse(a), right = sizeAlgebra.parse(b);
  if (left == right)
    return success();
  if (left.isConstant() && right.isConstant())
    return failure();
  assertThat(createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, toIndex(a),
                                         toIndex(b)),
             message);
  sizeAlgebra.unify(left, right);
  return success();
}

FailureOr<OpFoldResult> GraphBuilder::broadcastSize(OpFoldResult a,
                                                    OpFoldResult b,
                                                    const Twine &message) {
  std::optional<int64_t> left = constantSize(a), right = constantSize(b);
  if (right == 1 || provablyEqual(a, b))
    return a;
  if (left == 1)
    return b;
  if (left && right)
    return failure();
  Value x = toIndex(a), y = toIndex(b);
  OpFoldResult &known = commonSizes[{x, y}];
  if (known)
    return known;
  auto equal = [&](Value value, Value other) {
    return createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, value, other);
  };
  Value one = arith::ConstantIndexOp::create(*this, 1), fits = equal(x, y);
  Value isOne = equal(left ? y : x, one);
  fits = createOrFold<arith::OrIOp>(fits, isOne);
  if (!left && !right)
    fits = createOrFold<arith::OrIOp>(fits, equal(y, one));
  assertThat(fits, message);
  if (left || right)
    return known = left ? a : b;
  known = toSize(createOrFold<arith::SelectOp>(isOne, y, x));
  sizeAlgebra.assumeNonNegative(sizeAlgebra.parse(known));
  return known;
}

void GraphBuilder::assertThat(Value condition, const Twine &message) {
  if (matchPattern(condition, m_One()))
    return;
  cf::AssertOp::create(*this, condition, getStringAttr(errorPrefix + message));
}

FailureOr<OpFoldResult> GraphBuilder::product(ArrayRef<OpFoldResult> sizes) {
  Monomial result;
  for (OpFoldResult size : sizes) {
    std::optional<Monomial> next = multiply(result, sizeAlgebra.parse(size));
    if (!next)
      return error() << "the number of elements does not fit 64 bits";
    result = *next;
  }
  return sizeAlgebra.materialize(*this, getLoc(), result);
}

OpFoldResult GraphBuilder::sum(OpFoldResult left, OpFoldResult right) {
  std::optional<int64_t> a = constantSize(left), b = constantSize(right);
  int64_t constants;
  if (a && b && !llvm::AddOverflow(*a, *b, constants))
    return getIndexAttr(constants);
  if (a == 0)
    return right;
  if (b == 0)
    return left;
  // A constant has many values, so it is a number in the key.
  auto key = std::make_tuple(a ? Value() : cast<Value>(left), a.value_or(0),
                             b ? Value() : cast<Value>(right), b.value_or(0));
  Value &value = sums[key];
  if (!value)
    value = createOrFold<arith::AddIOp>(toIndex(left), toIndex(right));
  return value;
}

LogicalResult GraphBuilder::requireNonNegative(OpFoldResult size,
                                               const Twine &message) {
  Monomial monomial = sizeAlgebra.parse(size);
  if (sizeAlgebra.isNonNegative(monomial))
    return success();
  if (monomial.isConstant())
    return error() << message << " (" << monomial.constant << ")";
  Value zero = arith::ConstantIndexOp::create(*this, 0);
  assertThat(createOrFold<arith::CmpIOp>(arith::CmpIPredicate::sge,
                                         toIndex(size), zero),
             message);
  sizeAlgebra.assumeNonNegative(monomial);
  return success();
}

OpFoldResult GraphBuilder::toSize(Value scalar) {
  if (!scalar.getType().isIndex() && !scalar.getType().isSignlessInteger(64))
    scalar = createOrFold<arith::IndexCastOp>(getIndexType(), scalar);
  return sizeAlgebra.materialize(*this, getLoc(), sizeAlgebra.parse(scalar));
}

Value GraphBuilder::toIndex(OpFoldResult size) {
  return getValueOrCreateConstantIndexOp(*this, getLoc(), size);
}

Value GraphBuilder::toScalar(OpFoldResult size, Type type) {
  if (!type)
    type = getI64Type();
  if (std::optional<int64_t> value = constantSize(size))
    return constant(getIntegerAttr(type, *value));
  return createOrFold<arith::IndexCastOp>(type, cast<Value>(size));
}

RankedTensorType GraphBuilder::tensorType(ArrayRef<OpFoldResult> sizes,
                                          Type elementType) {
  SmallVector<int64_t> shape;
  for (OpFoldResult size : sizes)
    shape.push_back(constantSize(size).value_or(ShapedType::kDynamic));
  return RankedTensorType::get(shape, elementType);
}

Value GraphBuilder::empty(ArrayRef<OpFoldResult> sizes, Type elementType) {
  Value tensor = tensor::EmptyOp::create(*this, sizes, elementType);
  setSizes(tensor, sizes);
  return tensor;
}

Value GraphBuilder::refine(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (type.hasStaticShape())
    return tensor;
  Sizes known = sizes(tensor);
  RankedTensorType refined = tensorType(known, type.getElementType());
  if (refined == type)
    return tensor;
  Value result = tensor::CastOp::create(*this, refined, tensor);
  setSizes(result, known);
  return result;
}

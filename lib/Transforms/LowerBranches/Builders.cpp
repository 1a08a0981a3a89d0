//===- Builders.cpp - small builders of the reference path ------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Builders.h"

#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

using namespace mlir;
using namespace mlir::dilated;
using namespace mlir::dilated::reference;
namespace plan = ::dilated::plan;

Value reference::floatConstant(ImplicitLocOpBuilder &b, Type type,
                               double value) {
  return arith::ConstantOp::create(b, b.getFloatAttr(type, value));
}

Value reference::minusInfinity(ImplicitLocOpBuilder &b, Type type) {
  return floatConstant(b, type, -std::numeric_limits<double>::infinity());
}

Value reference::dim(ImplicitLocOpBuilder &b, Value tensor, int64_t i) {
  return getValueOrCreateConstantIndexOp(
      b, b.getLoc(), tensor::getMixedSize(b, b.getLoc(), tensor, i));
}

Value reference::emptyTensor(ImplicitLocOpBuilder &b,
                             ArrayRef<OpFoldResult> sizes, Type elementType) {
  return tensor::EmptyOp::create(b, sizes, elementType);
}

Value reference::filled(ImplicitLocOpBuilder &b, ArrayRef<OpFoldResult> sizes,
                        Type elementType, double value) {
  return linalg::FillOp::create(b, floatConstant(b, elementType, value),
                                emptyTensor(b, sizes, elementType))
      .getResult(0);
}

AffineMap reference::projection(ImplicitLocOpBuilder &b, unsigned rank,
                                ArrayRef<unsigned> dims) {
  return AffineMap::getMultiDimMapWithTargets(rank, dims, b.getContext());
}

Value reference::generic(ImplicitLocOpBuilder &b, ValueRange inputs, Value init,
                         ArrayRef<AffineMap> maps, unsigned numReduced,
                         Body body) {
  unsigned rank = maps.front().getNumDims();
  SmallVector<utils::IteratorType> iterators(rank - numReduced,
                                             utils::IteratorType::parallel);
  iterators.append(numReduced, utils::IteratorType::reduction);
  return linalg::GenericOp::create(
             b, TypeRange(init.getType()), inputs, ValueRange(init), maps,
             iterators,
             [&](OpBuilder &nested, Location loc, ValueRange args) {
               ImplicitLocOpBuilder inner(loc, nested);
               linalg::YieldOp::create(inner, body(inner, args));
             })
      .getResult(0);
}

void reference::replace(ImplicitLocOpBuilder &b, Value old, Value fresh) {
  if (fresh.getType() != old.getType())
    fresh = tensor::CastOp::create(b, old.getType(), fresh);
  old.replaceAllUsesWith(fresh);
}

void reference::require(ImplicitLocOpBuilder &b, Value condition,
                        const Twine &message) {
  if (getConstantIntValue(condition) == std::nullopt ||
      *getConstantIntValue(condition) == 0)
    cf::AssertOp::create(b, condition, b.getStringAttr(message));
}

void reference::requireSameSize(ImplicitLocOpBuilder &b, Value value,
                                Value query, int64_t i, const Twine &message) {
  if (cast<ShapedType>(value.getType()).isDynamicDim(i) ||
      cast<ShapedType>(query.getType()).isDynamicDim(i))
    require(b,
            b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq,
                                          dim(b, value, i), dim(b, query, i)),
            message);
}

EmittedNumber reference::index(ImplicitLocOpBuilder &b, int64_t dim) {
  return {b, linalg::IndexOp::create(b, dim)};
}

plan::Term<EmittedNumber> reference::emitTerm(ImplicitLocOpBuilder &b,
                                              TermAttrInterface attribute,
                                              HeadOffsetAttr offset, Value head,
                                              Value heads, Value sequence) {
  plan::Term<> written = attribute.getTerm();
  auto constant = [&](int64_t value) { return EmittedNumber(b, value); };
  // The divisions of the geometry may be hoisted out of loops without turns.
  auto positive = [&](Value value) {
    return maxOf(EmittedNumber(b, value), constant(1));
  };
  plan::Term<EmittedNumber> term;
  term.kind = written.kind;
  term.rate = constant(written.rate);
  switch (written.kind) {
  case plan::TermKind::Segment:
    term.length =
        plan::clampLength(constant(written.length), positive(sequence));
    term.offset =
        plan::getHeadOffset(getOffsetRule(offset), offset.getConstant(),
                            EmittedNumber(b, head), positive(heads), term.rate);
    break;
  case plan::TermKind::Window:
    term.left = minOf(constant(written.left), positive(sequence));
    term.right = minOf(constant(written.right), positive(sequence));
    break;
  case plan::TermKind::Columns:
    term.begin = constant(written.begin);
    term.end = constant(written.end);
    break;
  }
  return term;
}

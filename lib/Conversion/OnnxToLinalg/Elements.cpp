//===- Elements.cpp - small tensors as lists of scalars ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Shapes travel through an ONNX graph as tensors. Kept as scalars, arithmetic
// on them folds while it is built.
//
//===----------------------------------------------------------------------===//

#include "GraphBuilder.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::dilated;

TypedAttr mlir::dilated::numberAttr(Type type, double value) {
  if (auto floatType = dyn_cast<FloatType>(type))
    return FloatAttr::get(floatType, value);
  return IntegerAttr::get(type, static_cast<int64_t>(value));
}

Value GraphBuilder::constant(TypedAttr value) {
  return arith::ConstantOp::create(*this, value);
}

Value GraphBuilder::constant(Type type, double value) {
  return constant(numberAttr(type, value));
}

std::optional<SmallVector<Value>> GraphBuilder::knownElements(Value tensor) {
  if (auto made = tensor.getDefiningOp<tensor::FromElementsOp>())
    return SmallVector<Value>(made.getElements());
  DenseElementsAttr attribute;
  if (!matchPattern(tensor, m_Constant(&attribute)) ||
      attribute.getNumElements() > kMaxScalars)
    return std::nullopt;
  SmallVector<Value> elements;
  for (TypedAttr element : attribute.getValues<TypedAttr>())
    elements.push_back(constant(element));
  return elements;
}

std::optional<SmallVector<Value>> GraphBuilder::listElements(Value tensor) {
  if (std::optional<SmallVector<Value>> known = knownElements(tensor))
    return known;
  // Lists that are read this way have an entry per dimension, or two.
  constexpr int64_t maxExtracted = 32;
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.hasStaticShape() || type.getRank() > 1 ||
      type.getNumElements() > maxExtracted)
    return std::nullopt;
  SmallVector<Value> &elements = extracted[tensor];
  if (!elements.empty())
    return elements;
  for (int64_t i = 0; i < type.getNumElements(); ++i) {
    SmallVector<Value> position;
    if (type.getRank() == 1)
      position.push_back(arith::ConstantIndexOp::create(*this, i));
    elements.push_back(tensor::ExtractOp::create(*this, tensor, position));
  }
  return elements;
}

std::optional<SmallVector<int64_t>>
GraphBuilder::constantIntegers(Value tensor) {
  auto type = cast<RankedTensorType>(tensor.getType());
  if (!type.getElementType().isSignlessInteger())
    return std::nullopt;
  SmallVector<int64_t> values;
  DenseElementsAttr attribute;
  if (matchPattern(tensor, m_Constant(&attribute))) {
    for (APInt value : attribute.getValues<APInt>())
      values.push_back(value.getSExtValue());
    return values;
  }
  auto made = tensor.getDefiningOp<tensor::FromElementsOp>();
  if (!made)
    return std::nullopt;
  for (Value element : made.getElements()) {
    APInt value;
    if (!matchPattern(element, m_ConstantInt(&value)))
      return std::nullopt;
    values.push_back(value.getSExtValue());
  }
  return values;
}

Value GraphBuilder::fromElements(ArrayRef<int64_t> shape, Type elementType,
                                 ArrayRef<Value> elements) {
  auto type = RankedTensorType::get(shape, elementType);
  SmallVector<Attribute> constants;
  for (Value element : elements) {
    Attribute value;
    if (!matchPattern(element, m_Constant(&value)))
      break;
    constants.push_back(value);
  }
  if (constants.size() == elements.size())
    return constant(DenseElementsAttr::get(type, constants));
  return tensor::FromElementsOp::create(*this, type, elements);
}

TypedAttr GraphBuilder::splatValue(Value tensor) {
  DenseElementsAttr attribute;
  if (matchPattern(tensor, m_Constant(&attribute)))
    return attribute.isSplat() ? attribute.getSplatValue<TypedAttr>()
                               : TypedAttr();
  Attribute value;
  if (auto filled = tensor.getDefiningOp<linalg::FillOp>())
    if (matchPattern(filled.getInputs().front(), m_Constant(&value)))
      return cast<TypedAttr>(value);
  return {};
}

Value GraphBuilder::splat(ArrayRef<OpFoldResult> sizes, TypedAttr value) {
  RankedTensorType type = tensorType(sizes, value.getType());
  // A larger constant would become a table in the object file.
  std::optional<int64_t> count = staticCount(sizes);
  if (count && *count <= kMaxScalars)
    return constant(DenseElementsAttr::get(type, Attribute(value)));
  return fill(sizes, constant(value));
}

Value GraphBuilder::fill(ArrayRef<OpFoldResult> sizes, Value scalar) {
  Value init = empty(sizes, scalar.getType());
  Value filled = linalg::FillOp::create(*this, scalar, init).getResult(0);
  setSizes(filled, sizes);
  return filled;
}

void GraphBuilder::mergeScalars(Operation *before, Operation *made) {
  Block *block = made->getBlock();
  Block::iterator it =
      before ? std::next(before->getIterator()) : block->begin();
  while (&*it != made) {
    Operation *op = &*it++;
    if (op->getNumRegions() != 0 || !isPure(op))
      continue;
    llvm::hash_code hash = OperationEquivalence::computeHash(
        op, OperationEquivalence::directHashValue,
        OperationEquivalence::ignoreHashValue,
        OperationEquivalence::IgnoreLocations);
    SmallVector<Operation *, 1> &equals = scalarOps[static_cast<size_t>(hash)];
    auto equal = llvm::find_if(equals, [&](Operation *earlier) {
      return OperationEquivalence::isEquivalentTo(
          earlier, op, OperationEquivalence::IgnoreLocations);
    });
    if (equal == equals.end()) {
      equals.push_back(op);
      continue;
    }
    op->replaceAllUsesWith(*equal);
    op->erase();
  }
}

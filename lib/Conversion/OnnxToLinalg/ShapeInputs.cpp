//===- ShapeInputs.cpp - sizes and positions given as tensors ---*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ShapeInputs.h"

#include "mlir/IR/Matchers.h"

using namespace mlir;
using namespace mlir::dilated;

std::optional<int64_t> mlir::dilated::constantScalar(Value scalar) {
  APInt value;
  if (matchPattern(scalar, m_ConstantInt(&value)))
    return value.getSExtValue();
  return std::nullopt;
}

FailureOr<Sizes> mlir::dilated::readSizes(NodeView &node, unsigned i) {
  FailureOr<SmallVector<Value>> scalars = node.scalarList(i, "the sizes");
  if (failed(scalars))
    return failure();
  Sizes sizes;
  for (Value scalar : *scalars) {
    sizes.push_back(node.b.toSize(scalar));
    if (failed(node.b.requireNonNegative(sizes.back(), "a size is negative")))
      return failure();
  }
  return sizes;
}

FailureOr<SmallVector<int64_t>>
mlir::dilated::readAxes(NodeView &node, unsigned i, int64_t rank) {
  FailureOr<SmallVector<int64_t>> axes = node.constantList(i, "the axes");
  if (failed(axes))
    return failure();
  return node.normalizeAxes(*axes, rank);
}

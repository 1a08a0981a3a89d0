//===- Verification.cpp - checks that verifiers share -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Dilated/Verification.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::dilated;

/// Largest head size, D and Dv (C9).
static constexpr int64_t kMaxHeadSize = 256;

LogicalResult mlir::dilated::verifyRank(Operation *op, StringRef name,
                                        Value value, int64_t rank) {
  auto type = cast<ShapedType>(value.getType());
  if (type.getRank() != rank)
    return op->emitOpError() << "expects " << name << " to have rank " << rank
                             << ", got " << type;
  return success();
}

LogicalResult mlir::dilated::verifySameSize(Operation *op, StringRef what,
                                            NamedDim a, NamedDim b,
                                            StringRef label) {
  if (ShapedType::isDynamic(a.size) || ShapedType::isDynamic(b.size) ||
      a.size == b.size)
    return success();
  InFlightDiagnostic diag = op->emitOpError()
                            << "expects " << what << " of " << a.operand << " ("
                            << a.size << ") to equal that of " << b.operand
                            << " (" << b.size << ")";
  if (!label.empty())
    diag << " [" << label << "]";
  return diag;
}

LogicalResult mlir::dilated::verifySameElementType(Operation *op,
                                                   StringRef nameA, Value a,
                                                   StringRef nameB, Value b) {
  Type typeA = getElementTypeOrSelf(a), typeB = getElementTypeOrSelf(b);
  if (typeA != typeB)
    return op->emitOpError()
           << "expects element type of " << nameA << " (" << typeA
           << ") to equal that of " << nameB << " (" << typeB << ") [C5]";
  return success();
}

LogicalResult mlir::dilated::verifyHeadSize(Operation *op, StringRef name,
                                            int64_t size) {
  if (ShapedType::isDynamic(size))
    return op->emitOpError()
           << "expects a static head size of " << name << " [C9]";
  if (size < 1 || size > kMaxHeadSize)
    return op->emitOpError() << "expects head size of " << name << " (" << size
                             << ") to be in [1, " << kMaxHeadSize << "] [C9]";
  return success();
}

LogicalResult mlir::dilated::verifySequence(Operation *op, StringRef name,
                                            int64_t n) {
  if (n == 0)
    return op->emitOpError() << "expects sequence length of " << name
                             << " (0) to be at least 1 [C10]";
  return success();
}

LogicalResult mlir::dilated::verifyScale(Operation *op,
                                         std::optional<APFloat> scale) {
  if (scale && !scale->isFinite())
    return op->emitOpError() << "expects a finite scale [C7]";
  return success();
}

LogicalResult mlir::dilated::verifyLseType(Operation *op, Value lse,
                                           Value query) {
  Type expected = getElementTypeOrSelf(query).isF64()
                      ? Type(Float64Type::get(op->getContext()))
                      : Type(Float32Type::get(op->getContext()));
  if (getElementTypeOrSelf(lse) != expected)
    return op->emitOpError()
           << "expects element type of lse (" << getElementTypeOrSelf(lse)
           << ") to be " << expected << " for a query of "
           << getElementTypeOrSelf(query) << " [C8]";
  return success();
}

LogicalResult mlir::dilated::verifyOffset(Operation *op, TermAttrInterface term,
                                          HeadOffsetAttr offset) {
  return verifyHeadOffset([&] { return op->emitOpError(); }, term, offset);
}

//===- AttentionChecks.cpp - what holds when attention runs -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Run-time checks (C4, C5, C10), by the host, whoever does the arithmetic.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/CodeGen/Common/AttentionChecks.h"
#include "dilated-mlir/CodeGen/Common/SizeSlice.h"

#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

using namespace mlir;
using namespace mlir::dilated;

LogicalResult mlir::dilated::verifyLowerable(FusedAttentionOp op) {
  if (!op.getResults().empty())
    return op.emitError("expects memrefs, got tensors: bufferize before");
  // Features are last in every layout.
  for (Value operand :
       {op.getQuery(), op.getKey(), op.getValue(), op.getOutInit()})
    if (auto type = cast<MemRefType>(operand.getType()); type.isDynamicDim(3))
      return op.emitError("expects a static head size, got ") << type;
  return success();
}

Value mlir::dilated::emitBNHD(KernelBuilder &b, Value memref, Layout layout) {
  if (layout == Layout::BNHD)
    return memref;
  LayoutDims dims = getLayoutDims(layout);
  unsigned order[] = {dims.batch, dims.sequence, dims.head, dims.feature};
  auto map = AffineMap::getPermutationMap(order, b.getContext());
  return memref::TransposeOp::create(b, memref, AffineMapAttr::get(map));
}

/// Asserts that two dimensions agree, unless that is known.
static void emitSameSize(KernelBuilder &b, SizeSlice &sizes, Value a,
                         int64_t dimA, Value c, int64_t dimC,
                         const Twine &message) {
  // Views of the arena have no bounds, but sizes.
  std::optional<SizeSlice::Size> sizeA = sizes.getDim(a, dimA);
  std::optional<SizeSlice::Size> sizeC = sizes.getDim(c, dimC);
  if (sizeA && sizeC && sizeA->value == sizeC->value)
    return;
  ValueBoundsConstraintSet::Variable first(a, dimA), second(c, dimC);
  FailureOr<bool> equal = ValueBoundsConstraintSet::areEqual(first, second);
  if (succeeded(equal) && *equal)
    return;
  Value holds = b.cmp(arith::CmpIPredicate::eq, b.dim(a, dimA), b.dim(c, dimC));
  cf::AssertOp::create(b, holds, b.getStringAttr(message));
}

void mlir::dilated::emitAttentionChecks(KernelBuilder &b, ValueRange operands) {
  Value query = operands[0], key = operands[1], value = operands[2];
  Value out = operands[3];
  SizeSlice sizes(b);
  auto same = [&](Value memref, int64_t dim, int64_t queryDim, StringRef what) {
    emitSameSize(b, sizes, memref, dim, query, queryDim,
                 "dilated attention: " + what + " [C5]");
  };
  same(key, 0, 0, "key and query differ in batch size");
  same(key, 1, 1, "key and query differ in sequence length");
  same(value, 0, 0, "value and query differ in batch size");
  same(value, 1, 1, "value and query differ in sequence length");
  emitSameSize(b, sizes, value, 2, key, 2,
               "dilated attention: value and key differ in heads [C5]");
  same(out, 0, 0, "output and query differ in batch size");
  same(out, 1, 1, "output and query differ in sequence length");
  same(out, 2, 2, "output and query differ in heads");
  if (operands.size() > 4) {
    Value lse = operands[4];
    same(lse, 0, 0, "lse and query differ in batch size");
    same(lse, 1, 2, "lse and query differ in heads");
    same(lse, 2, 1, "lse and query differ in sequence length");
  }
  if (cast<MemRefType>(query.getType()).isDynamicDim(1)) {
    Value holds = b.cmp(arith::CmpIPredicate::sgt, b.dim(query, 1), b.index(0));
    cf::AssertOp::create(b, holds,
                         "dilated attention: the sequence is empty (length 0), "
                         "expected at least 1 position [C10]");
  }
  // (C4), by the verifier where both are static.
  auto queryType = cast<MemRefType>(query.getType());
  auto keyType = cast<MemRefType>(key.getType());
  FailureOr<bool> sameHeads = ValueBoundsConstraintSet::areEqual(
      ValueBoundsConstraintSet::Variable(query, 2),
      ValueBoundsConstraintSet::Variable(key, 2));
  if ((!queryType.isDynamicDim(2) && !keyType.isDynamicDim(2)) ||
      (succeeded(sameHeads) && *sameHeads))
    return;
  Value numHeads = b.dim(query, 2), numKvHeads = b.dim(key, 2);
  // With no key heads the remainder by 1 would hide a query head without keys:
  // dividing by H + 1 then leaves H itself.
  Value none = b.cmp(arith::CmpIPredicate::eq, numKvHeads, b.index(0));
  Value divisor = b.select(none, b.add(numHeads, b.index(1)), numKvHeads);
  Value holds =
      b.cmp(arith::CmpIPredicate::eq, b.rem(numHeads, divisor), b.index(0));
  cf::AssertOp::create(b, holds,
                       "dilated attention: query heads are not a multiple of "
                       "key heads [C4]");
}

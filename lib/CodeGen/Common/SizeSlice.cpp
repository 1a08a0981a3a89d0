//===- SizeSlice.cpp - sizes of buffers, computed early ---------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/CodeGen/Common/SizeSlice.h"

#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/IR/IRMapping.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

using namespace mlir;
using namespace mlir::dilated;

using Size = SizeSlice::Size;

static std::optional<int64_t> getConstantSize(Value value) {
  APInt constant;
  if (!matchPattern(value, m_ConstantInt(&constant)) ||
      !constant.isSignedIntN(64))
    return std::nullopt;
  return constant.getSExtValue();
}

/// Sizes are made of these.
static bool isSizeType(Type type) {
  return isa<IndexType>(type) ||
         (type.isSignlessInteger() && type.getIntOrFloatBitWidth() <= 64);
}

static int64_t multiplyEstimates(int64_t x, int64_t y) {
  int64_t product;
  if (x < 0 || y < 0 || llvm::MulOverflow(x, y, product) ||
      product > SizeSlice::kHuge)
    return x == 0 || y == 0 ? 0 : SizeSlice::kHuge;
  return product;
}

Size SizeSlice::getConstant(int64_t value) {
  Value &constant = constants[value];
  if (!constant)
    constant = b.index(value);
  return {constant, value};
}

Size SizeSlice::multiply(Size x, Size y) {
  std::optional<int64_t> constantX = getConstantSize(x.value);
  std::optional<int64_t> constantY = getConstantSize(y.value);
  int64_t estimate = multiplyEstimates(x.estimate, y.estimate);
  if ((constantX && constantY) || constantX == 0 || constantY == 0)
    return getConstant(estimate);
  if (constantX == 1)
    return y;
  if (constantY == 1)
    return x;
  Size &known = products[{x.value, y.value}];
  if (known.value)
    return known;
  // Read as unsigned numbers, negative ones are more than kHuge.
  auto product = arith::MulUIExtendedOp::create(b, x.value, y.value);
  Value zero = getConstant(0).value;
  Value isHuge = arith::OrIOp::create(
      b, b.cmp(arith::CmpIPredicate::ne, product.getHigh(), zero),
      b.less(product.getLow(), zero));
  Value huge = getConstant(kHuge).value;
  return known = {b.select(isHuge, huge, product.getLow()), estimate};
}

bool SizeSlice::isKnown(Value value) const {
  Block *block = b.getInsertionBlock();
  if (auto argument = dyn_cast<BlockArgument>(value))
    return argument.getOwner() == block;
  Operation *op = value.getDefiningOp();
  if (op->getBlock() != block)
    return false;
  auto place = b.getInsertionPoint();
  return place == block->end() || op->isBeforeInBlock(&*place);
}

/// What `op` computes from integers: null if it doesn't fold.
static std::optional<int64_t> foldEstimate(Operation *op, Value result,
                                           ArrayRef<int64_t> operands) {
  SmallVector<Attribute> constants;
  for (auto [operand, estimate] : llvm::zip(op->getOperands(), operands))
    constants.push_back(IntegerAttr::get(operand.getType(), estimate));
  SmallVector<OpFoldResult> folded;
  if (failed(op->fold(constants, folded)) || folded.empty())
    return std::nullopt;
  OpFoldResult value = folded[cast<OpResult>(result).getResultNumber()];
  if (auto attribute = dyn_cast<Attribute>(value)) {
    auto integer = dyn_cast<IntegerAttr>(attribute);
    return integer ? std::optional(integer.getValue().getSExtValue())
                   : std::nullopt;
  }
  // A fold to one of the operands, as that of a select.
  for (auto [operand, estimate] : llvm::zip(op->getOperands(), operands))
    if (operand == cast<Value>(value))
      return estimate;
  return std::nullopt;
}

static bool isDivision(Operation *op) {
  return isa<arith::DivSIOp, arith::DivUIOp, arith::CeilDivSIOp,
             arith::CeilDivUIOp, arith::FloorDivSIOp, arith::RemSIOp,
             arith::RemUIOp>(op);
}

std::optional<Size> SizeSlice::copy(Operation *op, Value result) {
  if (op->getNumRegions() != 0 || !isMemoryEffectFree(op) ||
      !llvm::all_of(op->getOperandTypes(), isSizeType) ||
      !(isSpeculatable(op) || isDivision(op)))
    return std::nullopt;
  SmallVector<Size> operands;
  for (Value operand : op->getOperands()) {
    std::optional<Size> size = get(operand);
    if (!size)
      return std::nullopt;
    operands.push_back(*size);
  }
  if (isa<arith::MulIOp>(op) && isa<IndexType>(result.getType()) &&
      llvm::none_of(operands, [](const Size &size) {
        return getConstantSize(size.value).value_or(0) < 0;
      }))
    return multiply(operands[0], operands[1]);
  if (isDivision(op)) {
    Size &divisor = operands[1];
    Type type = divisor.value.getType();
    Value isZero =
        b.cmp(arith::CmpIPredicate::eq, divisor.value, b.integer(type, 0));
    divisor.value = b.select(isZero, b.integer(type, 1), divisor.value);
    if (divisor.estimate == 0)
      divisor.estimate = 1;
  }
  IRMapping map;
  SmallVector<int64_t> estimates;
  for (auto [operand, size] : llvm::zip(op->getOperands(), operands)) {
    map.map(operand, size.value);
    estimates.push_back(size.estimate);
  }
  Operation *clone = b.clone(*op, map);
  Value value = clone->getResult(cast<OpResult>(result).getResultNumber());
  int64_t estimate = foldEstimate(op, result, estimates).value_or(kTypicalDim);
  return Size{value, estimate};
}

std::optional<Size> SizeSlice::get(Value value) {
  if (std::optional<int64_t> constant = getConstantSize(value);
      constant && isa<IndexType>(value.getType()))
    return getConstant(*constant);
  auto known = sizes.find(value);
  if (known != sizes.end())
    return known->second;
  std::optional<Size> size;
  Operation *op = value.getDefiningOp();
  if (!isSizeType(value.getType()))
    size = std::nullopt;
  else if (auto dim = dyn_cast_or_null<memref::DimOp>(op);
           dim && dim.getConstantIndex())
    size = getDim(dim.getSource(), *dim.getConstantIndex());
  else if (isKnown(value))
    size = Size{value, kTypicalDim};
  else if (op)
    size = copy(op, value);
  sizes[value] = size;
  return size;
}

std::optional<Size> SizeSlice::getDim(Value memref, int64_t dim) {
  auto type = dyn_cast<MemRefType>(memref.getType());
  if (!type || dim < 0 || dim >= type.getRank())
    return std::nullopt;
  if (!type.isDynamicDim(dim))
    return getConstant(type.getDimSize(dim));
  if (Operation *op = memref.getDefiningOp())
    if (std::optional<Size> size = getDimOfView(op, type, dim))
      return size;
  if (!isKnown(memref))
    return std::nullopt;
  Value &size = dims[{memref, dim}];
  if (!size)
    size = b.createOrFold<memref::DimOp>(memref, dim);
  return Size{size, kTypicalDim};
}

/// A dynamic dimension of what `op` allocates or views.
std::optional<Size> SizeSlice::getDimOfView(Operation *op, MemRefType type,
                                            int64_t dim) {
  auto find = [&](OpFoldResult size) -> std::optional<Size> {
    if (auto value = dyn_cast<Value>(size))
      return get(value);
    return getConstant(cast<IntegerAttr>(cast<Attribute>(size)).getInt());
  };
  if (auto alloc = dyn_cast<memref::AllocOp>(op))
    return get(alloc.getDynamicSizes()[type.getDynamicDimIndex(dim)]);
  if (auto view = dyn_cast<memref::ViewOp>(op))
    return get(view.getSizes()[type.getDynamicDimIndex(dim)]);
  if (auto cast = dyn_cast<memref::CastOp>(op))
    return getDim(cast.getSource(), dim);
  if (auto cast = dyn_cast<memref::ReinterpretCastOp>(op))
    return find(cast.getMixedSizes()[dim]);
  if (auto expand = dyn_cast<memref::ExpandShapeOp>(op))
    return find(expand.getMixedOutputShape()[dim]);
  if (auto transpose = dyn_cast<memref::TransposeOp>(op))
    return getDim(transpose.getIn(),
                  transpose.getPermutation().getDimPosition(dim));
  if (auto subview = dyn_cast<memref::SubViewOp>(op);
      subview && subview.getSourceType().getRank() == type.getRank())
    return find(subview.getMixedSizes()[dim]);
  if (auto collapse = dyn_cast<memref::CollapseShapeOp>(op)) {
    Size product = getConstant(1);
    ReassociationIndices group = collapse.getReassociationIndices()[dim];
    for (int64_t i : group) {
      std::optional<Size> size = getDim(collapse.getSrc(), i);
      if (!size)
        return std::nullopt;
      product = multiply(product, *size);
    }
    return product;
  }
  return std::nullopt;
}

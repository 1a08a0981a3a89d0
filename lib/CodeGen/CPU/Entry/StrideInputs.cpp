//===- StrideInputs.cpp - inputs with strides -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Attention takes operands of any strides, so an input that only it reads may
// come as it is: one of the three parts of a projection, or transposed. Loops
// over other inputs want rows of consecutive elements.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/CodeGen/CPU/Passes.h"

#include "dialects/Dilated/Dilated.h"
#include "mlir/Dialect/Bufferization/IR/BufferizableOpInterface.h"
#include "mlir/Dialect/Bufferization/IR/Bufferization.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/MemRef/IR/MemRef.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/Dialect/Utils/ReshapeOpsUtils.h"
#include "mlir/IR/SymbolTable.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDSTRIDEINPUTS
#include "dilated-mlir/CodeGen/CPU/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

/// Merging dimensions takes strides that fit, unless all but one have size 1.
static bool mergesUnitDims(tensor::CollapseShapeOp op) {
  ArrayRef<int64_t> shape = op.getSrcType().getShape();
  return llvm::all_of(
      op.getReassociationIndices(), [&](const ReassociationIndices &group) {
        return llvm::count_if(group,
                              [&](int64_t i) { return shape[i] != 1; }) <= 1;
      });
}

/// The reassociation that drops the unit dimensions of a slice; std::nullopt if
/// there is none.
static std::optional<SmallVector<ReassociationIndices>>
getDroppedDims(tensor::ExtractSliceOp op) {
  SmallVector<int64_t> sizes(op.getStaticSizes());
  return getReassociationIndicesForCollapse(sizes, op.getType().getShape());
}

/// Whether all that is done with `tensor` works, and well, on any strides.
static bool takesStrides(Value tensor) {
  return llvm::all_of(tensor.getUses(), [](OpOperand &use) {
    Operation *user = use.getOwner();
    if (isa<tensor::DimOp, GatherOp>(user))
      return true;
    if (auto attention = dyn_cast<FusedAttentionOp>(user))
      return use.get() != attention.getOutInit() &&
             use.get() != attention.getLseInit();
    if (auto collapse = dyn_cast<tensor::CollapseShapeOp>(user))
      return mergesUnitDims(collapse) && takesStrides(collapse);
    if (auto slice = dyn_cast<tensor::ExtractSliceOp>(user);
        slice && slice.getSource() == use.get())
      return getDroppedDims(slice).has_value() && takesStrides(slice);
    if (isa<tensor::CastOp, tensor::ExpandShapeOp>(user))
      return takesStrides(user->getResult(0));
    return false;
  });
}

/// A slice of fewer dimensions becomes a slice and a reshape: with unknown
/// strides, memref.subview can't tell which unit dimensions it drops.
static void splitSlices(Value tensor) {
  for (Operation *user : llvm::make_early_inc_range(tensor.getUsers())) {
    auto slice = dyn_cast<tensor::ExtractSliceOp>(user);
    if (isa<tensor::CastOp, tensor::ExpandShapeOp, tensor::CollapseShapeOp>(
            user) ||
        slice)
      splitSlices(user->getResult(0));
    if (!slice || slice.getType().getRank() == slice.getSourceType().getRank())
      continue;
    OpBuilder b(slice);
    SmallVector<ReassociationIndices> dropped = *getDroppedDims(slice);
    Value whole = tensor::ExtractSliceOp::create(
        b, slice.getLoc(), slice.getSource(), slice.getMixedOffsets(),
        slice.getMixedSizes(), slice.getMixedStrides());
    Value reduced = tensor::CollapseShapeOp::create(
        b, slice.getLoc(), slice.getType(), whole, dropped);
    slice.replaceAllUsesWith(reduced);
    slice.erase();
  }
}

namespace {

class StrideInputs
    : public mlir::dilated::impl::DilatedStrideInputsBase<StrideInputs> {
public:
  using DilatedStrideInputsBase::DilatedStrideInputsBase;

  void runOnOperation() override;
};

} // namespace

void StrideInputs::runOnOperation() {
  auto entry = getOperation().lookupSymbol<func::FuncOp>(function);
  if (!entry || entry.isExternal())
    return;
  // A caller inside the module passes tensors.
  bool isCalled = !SymbolTable::symbolKnownUseEmpty(entry, getOperation());
  auto b = OpBuilder::atBlockBegin(&entry.getBody().front());
  for (BlockArgument argument : entry.getArguments()) {
    auto type = dyn_cast<RankedTensorType>(argument.getType());
    if (!type)
      continue;
    if (isCalled || type.getRank() == 0 || !takesStrides(argument)) {
      // Inputs belong to the caller: who would write to one gets a copy.
      entry.setArgAttr(argument.getArgNumber(),
                       bufferization::BufferizationDialect::kWritableAttrName,
                       b.getBoolAttr(false));
      continue;
    }
    SmallVector<int64_t> strides(type.getRank(), ShapedType::kDynamic);
    auto layout =
        StridedLayoutAttr::get(&getContext(), ShapedType::kDynamic, strides);
    argument.setType(
        MemRefType::get(type.getShape(), type.getElementType(), layout));
    auto tensor = bufferization::ToTensorOp::create(
        b, argument.getLoc(), type, argument, /*restrict=*/true);
    argument.replaceAllUsesExcept(tensor, tensor);
    splitSlices(tensor);
  }
  entry.setFunctionType(FunctionType::get(
      &getContext(), entry.getBody().front().getArgumentTypes(),
      entry.getResultTypes()));
}

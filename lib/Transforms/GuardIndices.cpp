//===- GuardIndices.cpp - indices checked at run time ------------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Transforms/Passes.h"

#include "mlir/Dialect/Affine/IR/AffineOps.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Arith/Utils/Utils.h"
#include "mlir/Dialect/ControlFlow/IR/ControlFlowOps.h"
#include "mlir/Dialect/SCF/IR/SCF.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/ImplicitLocOpBuilder.h"
#include "mlir/Interfaces/RuntimeVerifiableOpInterface.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDGUARDINDICES
#include "dilated-mlir/Transforms/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

/// "file:line: 'tensor.extract': what is wrong".
static std::string describe(Operation *op, StringRef problem) {
  std::string text;
  llvm::raw_string_ostream os(text);
  if (auto place = op->getLoc()->findInstanceOf<FileLineColLoc>())
    os << place.getFilename().getValue() << ':' << place.getLine() << ": ";
  os << "'" << op->getName() << "': " << problem;
  return text;
}

static Value compare(ImplicitLocOpBuilder &b, arith::CmpIPredicate predicate,
                     Value x, Value y) {
  return b.createOrFold<arith::CmpIOp>(predicate, x, y);
}

static void require(ImplicitLocOpBuilder &b, Operation *op, Value condition,
                    StringRef problem) {
  cf::AssertOp::create(b, condition, describe(op, problem));
}

/// Sizes are known not to be negative, and their product is that of the group's
/// dimension. The product is compared by division, which can't overflow.
static void guard(tensor::ExpandShapeOp op, ImplicitLocOpBuilder &b) {
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value one = arith::ConstantIndexOp::create(b, 1);
  SmallVector<OpFoldResult> shape = op.getMixedOutputShape();
  for (auto [dim, group] : llvm::enumerate(op.getReassociationIndices())) {
    if (llvm::all_of(group,
                     [&](int64_t i) { return isa<Attribute>(shape[i]); }) &&
        !op.getSrcType().isDynamicDim(dim))
      continue;
    Value whole = b.createOrFold<tensor::DimOp>(op.getSrc(), dim);
    Value rest = whole, isEmpty = arith::ConstantIntOp::create(b, 0, 1);
    Value divides = arith::ConstantIntOp::create(b, 1, 1);
    for (int64_t i : group) {
      Value size = getValueOrCreateConstantIndexOp(b, b.getLoc(), shape[i]);
      require(b, op, compare(b, arith::CmpIPredicate::sge, size, zero),
              ("size " + Twine(i) + " of the result is negative").str());
      Value isZero = compare(b, arith::CmpIPredicate::eq, size, zero);
      Value divisor = b.createOrFold<arith::SelectOp>(isZero, one, size);
      Value remainder = b.createOrFold<arith::RemUIOp>(rest, divisor);
      divides = b.createOrFold<arith::AndIOp>(
          divides, compare(b, arith::CmpIPredicate::eq, remainder, zero));
      rest = b.createOrFold<arith::DivUIOp>(rest, divisor);
      isEmpty = b.createOrFold<arith::OrIOp>(isEmpty, isZero);
    }
    Value equalsOne = compare(b, arith::CmpIPredicate::eq, rest, one);
    Value fits = b.createOrFold<arith::AndIOp>(divides, equalsOne);
    Value wholeIsEmpty = compare(b, arith::CmpIPredicate::eq, whole, zero);
    require(b, op, b.createOrFold<arith::SelectOp>(isEmpty, wholeIsEmpty, fits),
            ("dimension " + Twine(dim) +
             " does not have as many elements as the sizes it is expanded to")
                .str());
  }
}

/// Empty slices are anywhere; others lie inside of the destination.
static void guard(tensor::InsertSliceOp op, ImplicitLocOpBuilder &b) {
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value one = arith::ConstantIndexOp::create(b, 1);
  auto value = [&](OpFoldResult size) {
    return getValueOrCreateConstantIndexOp(b, b.getLoc(), size);
  };
  for (auto [dim, mixedOffset, mixedSize, mixedStride] : llvm::enumerate(
           op.getMixedOffsets(), op.getMixedSizes(), op.getMixedStrides())) {
    if (isa<Attribute>(mixedOffset) && isa<Attribute>(mixedSize) &&
        isa<Attribute>(mixedStride) && !op.getDestType().isDynamicDim(dim))
      continue;
    Value offset = value(mixedOffset), size = value(mixedSize);
    Value bound = b.createOrFold<tensor::DimOp>(op.getDest(), dim);
    Value last = b.createOrFold<arith::AddIOp>(
        offset,
        b.createOrFold<arith::MulIOp>(b.createOrFold<arith::SubIOp>(size, one),
                                      value(mixedStride)));
    // Read as unsigned numbers, negative ones are beyond the bound.
    auto ult = arith::CmpIPredicate::ult;
    Value inside = b.createOrFold<arith::AndIOp>(compare(b, ult, offset, bound),
                                                 compare(b, ult, last, bound));
    inside = b.createOrFold<arith::AndIOp>(
        inside, compare(b, arith::CmpIPredicate::ule, size, bound));
    inside = b.createOrFold<arith::OrIOp>(
        inside, compare(b, arith::CmpIPredicate::eq, size, zero));
    require(
        b, op, inside,
        ("the slice runs out-of-bounds along dimension " + Twine(dim)).str());
  }
}

namespace {
struct GuardIndices
    : mlir::dilated::impl::DilatedGuardIndicesBase<GuardIndices> {
  void runOnOperation() override {
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (isa<tensor::ExtractOp, tensor::InsertOp, tensor::ExtractSliceOp,
              tensor::InsertSliceOp, tensor::ExpandShapeOp, tensor::DimOp,
              tensor::CastOp>(op))
        ops.push_back(op);
    });
    for (Operation *op : ops) {
      ImplicitLocOpBuilder b(op->getLoc(), op);
      if (auto expand = dyn_cast<tensor::ExpandShapeOp>(op))
        guard(expand, b);
      else if (auto insert = dyn_cast<tensor::InsertSliceOp>(op))
        guard(insert, b);
      else if (auto verifiable = dyn_cast<RuntimeVerifiableOpInterface>(op))
        verifiable.generateRuntimeVerification(b, op->getLoc(), describe);
    }
  }
};
} // namespace

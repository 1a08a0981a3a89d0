//===- AbsorbTransposes.cpp - transposes become operand layouts --*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The attention kernel takes any strides, so [B, H, N, D] operands need no
// copy: a transpose that swaps sequence and head is a layout attribute.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Transforms/Passes.h"

#include "dialects/Dilated/Dilated.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDABSORBTRANSPOSES
#include "dilated-mlir/Transforms/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

static constexpr int64_t kSwapSequenceAndHead[] = {0, 2, 1, 3};

static Layout swapped(Layout layout) {
  return layout == Layout::BNHD ? Layout::BHND : Layout::BNHD;
}

/// The transpose of sequence and head that makes `v`, or null.
static linalg::TransposeOp getSwap(Value v) {
  auto transpose = v.getDefiningOp<linalg::TransposeOp>();
  if (!transpose ||
      transpose.getPermutation() != ArrayRef<int64_t>(kSwapSequenceAndHead))
    return {};
  return transpose;
}

namespace {
struct AbsorbOperand : OpRewritePattern<FusedAttentionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(FusedAttentionOp op,
                                PatternRewriter &rewriter) const override {
    if (!getSwap(op.getQuery()) && !getSwap(op.getKey()) &&
        !getSwap(op.getValue()))
      return rewriter.notifyMatchFailure(op, "no operand is transposed");
    rewriter.modifyOpInPlace(op, [&] {
      if (auto swap = getSwap(op.getQuery())) {
        op.getQueryMutable().assign(swap.getInput());
        op.setQueryLayout(swapped(op.getQueryLayout()));
      }
      if (auto swap = getSwap(op.getKey())) {
        op.getKeyMutable().assign(swap.getInput());
        op.setKeyLayout(swapped(op.getKeyLayout()));
      }
      if (auto swap = getSwap(op.getValue())) {
        op.getValueMutable().assign(swap.getInput());
        op.setValueLayout(swapped(op.getValueLayout()));
      }
    });
    return success();
  }
};

/// transpose(fused_attention), nothing else reading the result: the kernel
/// writes the transposed layout.
struct AbsorbResult : OpRewritePattern<linalg::TransposeOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(linalg::TransposeOp transpose,
                                PatternRewriter &rewriter) const override {
    if (!transpose.hasPureTensorSemantics() ||
        transpose.getPermutation() != ArrayRef<int64_t>(kSwapSequenceAndHead))
      return rewriter.notifyMatchFailure(transpose, "other permutation");
    auto op = transpose.getInput().getDefiningOp<FusedAttentionOp>();
    if (!op || transpose.getInput() != op.getResult(0) ||
        !op.getResult(0).hasOneUse())
      return rewriter.notifyMatchFailure(transpose, "result is read elsewhere");

    rewriter.setInsertionPoint(op);
    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(rewriter, op.getLoc(), op.getOutInit());
    std::swap(sizes[1], sizes[2]);
    Value init = tensor::EmptyOp::create(rewriter, op.getLoc(), sizes,
                                         getElementTypeOrSelf(op.getOutInit()));
    SmallVector<Type> types = {init.getType()};
    if (op.getLseInit())
      types.push_back(op.getLseInit().getType());
    auto fresh = FusedAttentionOp::create(
        rewriter, op.getLoc(), types, op.getQuery(), op.getKey(), op.getValue(),
        init, op.getLseInit(), op.getPattern(), op.getCausal(),
        op.getScaleAttr(), op.getSoftmaxAttr(), op.getQueryLayout(),
        op.getKeyLayout(), op.getValueLayout(), swapped(op.getOutLayout()));
    if (op.getLseInit())
      rewriter.replaceAllUsesWith(op.getResult(1), fresh.getResult(1));
    Value out = fresh.getResult(0);
    Type wanted = transpose->getResult(0).getType();
    if (out.getType() != wanted)
      out = tensor::CastOp::create(rewriter, op.getLoc(), wanted, out);
    rewriter.replaceOp(transpose, out);
    rewriter.eraseOp(op);
    return success();
  }
};

struct AbsorbTransposes
    : mlir::dilated::impl::DilatedAbsorbTransposesBase<AbsorbTransposes> {
  void runOnOperation() override {
    RewritePatternSet patterns(&getContext());
    patterns.add<AbsorbOperand, AbsorbResult>(&getContext());
    if (failed(applyPatternsGreedily(getOperation(), std::move(patterns))))
      signalPassFailure();
  }
};
} // namespace

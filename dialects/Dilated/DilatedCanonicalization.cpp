//===- DilatedCanonicalization.cpp - simpler equal forms ---------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Where N is static, terms clamp to it (S1) and those that have become equal
// merge with a multiplicity (S6), or once in a set (S9). One term that gives
// every row all keys is dense attention, written as one segment: its head
// offset and multiplicity mean nothing and take their default.
//
//===----------------------------------------------------------------------===//

#include "dialects/Dilated/Dilated.h"

#include "mlir/IR/PatternMatch.h"

using namespace mlir;
using namespace mlir::dilated;
namespace plan = ::dilated::plan;

/// Whether the clamped term gives every row all keys that the causal cut
/// leaves.
static bool isDense(const plan::Term<> &term, int64_t n, bool isCausal) {
  switch (term.kind) {
  case plan::TermKind::Segment:
    return term.length == n && term.rate == 1;
  case plan::TermKind::Window:
    return term.rate == 1 && term.left >= n - 1 &&
           (isCausal || term.right >= n - 1);
  case plan::TermKind::Columns:
    break;
  }
  return term.begin == 0 && term.end >= n;
}

/// The pattern as simple as a static N allows. `hasLse`: a multiplicity of the
/// only term shifts the log-sum-exp and must stay.
static PatternAttr simplifyPattern(PatternAttr pattern, int64_t n,
                                   bool isCausal, bool hasLse) {
  PatternAttr clamped = pattern.clampTo(n);
  if (clamped.getTerms().size() != 1)
    return clamped;
  plan::Term<> only = clamped.getTermAttrs().front().getTerm();
  if (!isDense(only, n, isCausal))
    return clamped;
  MLIRContext *context = pattern.getContext();
  return PatternAttr::get(
      context, SegmentAttr::get(context, n, 1, hasLse ? only.multiplicity : 1),
      HeadOffsetAttr::get(context, HeadOffsetRule::Block, 0),
      clamped.getPadding(), clamped.getOverlap());
}

namespace {
/// attention and fused_attention with a static N: clamp and merge the terms.
template <typename OpTy>
struct ClampPattern : OpRewritePattern<OpTy> {
  using OpRewritePattern<OpTy>::OpRewritePattern;

  LogicalResult matchAndRewrite(OpTy op,
                                PatternRewriter &rewriter) const override {
    auto type = cast<ShapedType>(op.getQuery().getType());
    int64_t n = type.getDimSize(getLayoutDims(op.getQueryLayout()).sequence);
    if (ShapedType::isDynamic(n) || n == 0)
      return rewriter.notifyMatchFailure(op, "sequence length is not known");
    PatternAttr simpler =
        simplifyPattern(op.getPattern(), n, op.getCausal(), hasLse(op));
    if (simpler == op.getPattern())
      return rewriter.notifyMatchFailure(op, "pattern is as simple as it gets");
    rewriter.modifyOpInPlace(op, [&] { op.setPatternAttr(simpler); });
    return success();
  }

  static bool hasLse(AttentionOp op) { return bool(op.getLse()); }
  static bool hasLse(FusedAttentionOp op) { return bool(op.getLseInit()); }
};

/// A log-sum-exp that nobody reads is not computed.
struct DropUnusedLse : OpRewritePattern<AttentionOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(AttentionOp op,
                                PatternRewriter &rewriter) const override {
    if (!op.getLse() || !op.getLse().use_empty())
      return rewriter.notifyMatchFailure(op, "lse is absent or used");
    auto slim = AttentionOp::create(rewriter, op.getLoc(),
                                    TypeRange(op.getOut().getType()),
                                    op.getOperands(), op->getAttrs());
    rewriter.replaceAllUsesWith(op.getOut(), slim.getOut());
    rewriter.eraseOp(op);
    return success();
  }
};

/// combine of a partial result with itself counts it with its multiplicity.
struct MergeEqualPartials : OpRewritePattern<CombineOp> {
  using OpRewritePattern::OpRewritePattern;

  LogicalResult matchAndRewrite(CombineOp op,
                                PatternRewriter &rewriter) const override {
    SmallVector<Value> outs, lses;
    SmallVector<int64_t> counts;
    for (auto [i, out, lse] : llvm::enumerate(op.getOuts(), op.getLses())) {
      int64_t count = op.getMultiplicities() ? (*op.getMultiplicities())[i] : 1;
      auto pairs = llvm::zip_equal(outs, lses);
      auto same = llvm::find_if(pairs, [&](auto pair) {
        return std::get<0>(pair) == out && std::get<1>(pair) == lse;
      });
      if (same != pairs.end()) {
        int64_t &sum = counts[std::distance(pairs.begin(), same)];
        sum = plan::addSaturating(sum, count);
        continue;
      }
      outs.push_back(out);
      lses.push_back(lse);
      counts.push_back(count);
    }
    if (outs.size() == op.getOuts().size())
      return rewriter.notifyMatchFailure(op, "all partial results differ");
    rewriter.replaceOpWithNewOp<CombineOp>(
        op, op->getResultTypes(), outs, lses,
        rewriter.getDenseI64ArrayAttr(counts));
    return success();
  }
};
} // namespace

void AttentionOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                              MLIRContext *context) {
  patterns.add<ClampPattern<AttentionOp>, DropUnusedLse>(context);
}

void FusedAttentionOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                                   MLIRContext *context) {
  patterns.add<ClampPattern<FusedAttentionOp>>(context);
}

void CombineOp::getCanonicalizationPatterns(RewritePatternSet &patterns,
                                            MLIRContext *context) {
  patterns.add<MergeEqualPartials>(context);
}

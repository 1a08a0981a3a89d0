//===- FuseBranches.cpp - branches to one attention kernel -------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// combine of partial results, each of which is scatter(dense_attention(gather
// q, gather k, gather v)) or masked_attention(q, k, v), is one softmax over the
// concatenation of all their keys (S6), that is, one fused_attention. Where
// each partial result is without the keys of those before it, the terms are a
// set (S9). Every condition that the equality needs is checked here and, where
// it does not hold, named in a remark.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Transforms/Passes.h"

#include "dialects/Dilated/Dilated.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/Matchers.h"
#include "mlir/Interfaces/ValueBoundsOpInterface.h"

#include <variant>

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDFUSEBRANCHES
#include "dilated-mlir/Transforms/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

namespace {
/// Why something does not fuse, and where the reason stands.
struct Reason {
  Operation *where;
  std::string what;
};

/// One partial result as read off the IR.
struct Partial {
  Operation *op; // the scatter or masked_attention
  TermAttrInterface term;
  SmallVector<TermAttrInterface> except; // whose keys it is without
  HeadOffsetAttr offset;
  Value query, key, value;
  bool causal;
  double scale;
  bool hasNullKeys; // as far as the causal cut leaves any
};
} // namespace

/// True when every element of `v` is the float `expected`.
static bool isFilledWith(Value v, double expected) {
  if (auto fill = v.getDefiningOp<linalg::FillOp>())
    v = fill.getInputs().front();
  FloatAttr scalar;
  DenseFPElementsAttr dense;
  if (matchPattern(v, m_Constant(&scalar)))
    return scalar.getValueAsDouble() == expected;
  if (matchPattern(v, m_Constant(&dense)) && dense.isSplat())
    return dense.getSplatValue<FloatAttr>().getValueAsDouble() == expected;
  return false;
}

/// True when the heads operand of a key or value gather is the number of heads
/// of `query` [B, N, H, D].
static bool isNumHeadsOf(Value heads, Value query) {
  int64_t numHeads = cast<ShapedType>(query.getType()).getDimSize(2);
  if (std::optional<int64_t> constant = getConstantIntValue(heads))
    return !ShapedType::isDynamic(numHeads) && *constant == numHeads;
  auto dim = heads.getDefiningOp<tensor::DimOp>();
  return dim && dim.getSource() == query && dim.getConstantIndex() == 2;
}

/// Attention has one batch size and one sequence length; branches may have
/// several. Key and value are compared where both sizes are static: a dynamic
/// difference is a run-time error of attention (C5). The destination must be
/// known to have the query's sizes, for the result takes them.
static std::optional<Reason> findSizeMismatch(ScatterOp scatter, Value query,
                                              GatherOp key, GatherOp value) {
  auto queryType = cast<ShapedType>(query.getType());
  for (GatherOp gather : {key, value}) {
    auto type = cast<ShapedType>(gather.getSource().getType());
    for (unsigned dim : {0u, 1u})
      if (!type.isDynamicDim(dim) && !queryType.isDynamicDim(dim) &&
          type.getDimSize(dim) != queryType.getDimSize(dim))
        return Reason{gather, "its batch size or sequence length is not that "
                              "of the query"};
  }
  for (unsigned dim : {0u, 1u, 2u}) {
    FailureOr<bool> equal = ValueBoundsConstraintSet::areEqual(
        {scatter.getOutInit(), dim}, {query, dim});
    if (failed(equal) || !*equal)
      return Reason{scatter, "its destination is not known to have the batch "
                             "size, sequence length and heads of the query"};
  }
  return std::nullopt;
}

static TermAttrInterface countedOnce(TermAttrInterface term) {
  return term.withMultiplicity(1);
}

/// Reads a branch off its scatter, or says why it is none.
static std::variant<Partial, Reason> matchBranch(ScatterOp scatter) {
  if (!isFilledWith(scatter.getOutInit(), 0.0) ||
      !isFilledWith(scatter.getLseInit(),
                    -std::numeric_limits<double>::infinity()))
    return Reason{scatter, "its destinations are not filled with 0 and -inf, "
                           "so uncovered rows would keep other values"};
  auto attend = scatter.getSource().getDefiningOp<DenseAttentionOp>();
  if (!attend || scatter.getSource() != attend.getOut() ||
      scatter.getSourceLse() != attend.getLse())
    return Reason{scatter, "what it scatters is not the output and the "
                           "log-sum-exp of one dense_attention"};

  auto q = attend.getQuery().getDefiningOp<GatherOp>(),
       k = attend.getKey().getDefiningOp<GatherOp>(),
       v = attend.getValue().getDefiningOp<GatherOp>();
  if (!q || !k || !v)
    return Reason{attend, "its query, key and value are not all gathered"};
  for (GatherOp other : {q, k, v})
    if (countedOnce(other.getSegment()) != countedOnce(scatter.getSegment()) ||
        other.getOffset() != scatter.getOffset()) {
      std::string text;
      llvm::raw_string_ostream(text)
          << "it gathers " << other.getSegment() << " at offset "
          << other.getOffset() << " but the branch scatters "
          << scatter.getSegment() << " at offset " << scatter.getOffset();
      return Reason{other, text};
    }
  if (q.getHeads())
    return Reason{q, "the query gather repeats heads"};
  for (GatherOp other : {k, v})
    if (other.getHeads() && !isNumHeadsOf(other.getHeads(), q.getSource()))
      return Reason{other, "its number of heads is not known to be that of the "
                           "query"};

  if (std::optional<Reason> reason =
          findSizeMismatch(scatter, q.getSource(), k, v))
    return *reason;

  if (Value counts = attend.getCounts()) {
    auto source = counts.getDefiningOp<GatherOp>();
    if (!source || counts != source.getCounts() ||
        source.getSegment() != k.getSegment() ||
        source.getOffset() != k.getOffset())
      return Reason{attend, "its counts are not those of the key gather"};
  }
  return Partial{scatter,
                 countedOnce(scatter.getSegment()),
                 {},
                 scatter.getOffset(),
                 q.getSource(),
                 k.getSource(),
                 v.getSource(),
                 attend.getCausal(),
                 attend.getScaleOrDefault(),
                 !attend.getCounts()};
}

/// Reads what makes a partial result, or says why it is not known.
static std::variant<Partial, Reason> matchPartial(Operation *op) {
  if (auto scatter = dyn_cast<ScatterOp>(op))
    return matchBranch(scatter);
  auto masked = cast<MaskedAttentionOp>(op);
  return Partial{op,
                 countedOnce(masked.getTerm()),
                 llvm::map_to_vector(masked.getExceptTerms(), countedOnce),
                 masked.getOffset(),
                 masked.getQuery(),
                 masked.getKey(),
                 masked.getValue(),
                 masked.getCausal(),
                 masked.getScaleOrDefault(),
                 /*hasNullKeys=*/false};
}

/// Checks that all partial results are of one attention.
static std::optional<Reason> findMismatch(ArrayRef<Partial> partials) {
  const Partial &first = partials.front();
  for (const Partial &partial : partials) {
    if (partial.query != first.query || partial.key != first.key ||
        partial.value != first.value)
      return Reason{partial.op, "it attends to other operands than the first "
                                "partial result"};
    if (partial.causal != first.causal)
      return Reason{partial.op, "it is causal and the first partial result is "
                                "not, or the other way round"};
    if (partial.scale != first.scale)
      return Reason{partial.op, "its scale (" + std::to_string(partial.scale) +
                                    ") is not that of the first partial "
                                    "result (" +
                                    std::to_string(first.scale) + ")"};
    if (partial.offset != first.offset)
      return Reason{partial.op, "its head offset rule is not that of the first "
                                "partial result"};
    // In causal attention a row sees no null key either way.
    if (!first.causal && partial.hasNullKeys != first.hasNullKeys)
      return Reason{partial.op, "it counts its real keys and the first partial "
                                "result does not, or the other way round"};
  }
  return std::nullopt;
}

/// Checks that the terms are a set: each partial result is without the keys of
/// exactly those before it, and none counts more than once.
static std::optional<Reason>
findSetMismatch(Operation *root, ArrayRef<Partial> partials,
                std::optional<ArrayRef<int64_t>> multiplicities) {
  SmallVector<TermAttrInterface> before;
  for (const Partial &partial : partials) {
    if (partial.except != before)
      return Reason{partial.op, "the terms whose keys it leaves out are not "
                                "those of the partial results before it"};
    before.push_back(partial.term);
  }
  if (multiplicities &&
      llvm::any_of(*multiplicities, [](int64_t m) { return m != 1; }))
    return Reason{root, "it counts partial results of a set more than once"};
  if (!partials.front().causal && partials.front().hasNullKeys)
    return Reason{partials.front().op, "a set has no null keys"};
  return std::nullopt;
}

/// The pattern that the partial results are, if they are of one attention.
static std::variant<PatternAttr, Reason>
matchTerms(Operation *root, ArrayRef<Partial> partials,
           std::optional<ArrayRef<int64_t>> multiplicities) {
  if (std::optional<Reason> reason = findMismatch(partials))
    return *reason;
  bool isSet = llvm::any_of(
      partials, [](const Partial &partial) { return !partial.except.empty(); });
  if (isSet)
    if (std::optional<Reason> reason =
            findSetMismatch(root, partials, multiplicities))
      return *reason;

  SmallVector<Attribute> terms;
  bool hasNullKeys = !isSet;
  for (auto [i, partial] : llvm::enumerate(partials)) {
    terms.push_back(partial.term.withMultiplicity(
        multiplicities ? (*multiplicities)[i] : 1));
    hasNullKeys &=
        isa<ScatterOp>(partial.op) && (partial.causal || partial.hasNullKeys);
  }
  return PatternAttr::get(root->getContext(), terms, partials.front().offset,
                          hasNullKeys ? Padding::NullKeys : Padding::Exclude,
                          isSet ? Overlap::Set : Overlap::Multiset);
}

namespace {
struct FuseBranches
    : mlir::dilated::impl::DilatedFuseBranchesBase<FuseBranches> {
  void runOnOperation() override {
    SmallVector<CombineOp> combines;
    getOperation()->walk([&](CombineOp op) { combines.push_back(op); });
    for (CombineOp op : combines)
      report(op, fuseCombine(op));

    // A partial result that no combine reads is an attention of one term. In
    // reverse order, so that what has become dead is gone when its producers
    // are seen.
    SmallVector<Operation *> partials;
    getOperation()->walk([&](Operation *op) {
      if (isa<ScatterOp, MaskedAttentionOp>(op))
        partials.push_back(op);
    });
    for (Operation *op : llvm::reverse(partials)) {
      if (op->use_empty()) {
        op->erase();
        continue;
      }
      if (llvm::none_of(op->getUsers(),
                        [](Operation *user) { return isa<CombineOp>(user); }))
        report(op, fusePartial(op));
    }
    eraseDeadBranches();
  }

private:
  void report(Operation *op, std::optional<Reason> reason) {
    if (!reason) {
      ++numFused;
      op->erase();
      return;
    }
    ++numUnfused;
    // Whoever writes branches may mean them. Those of an attention are slow.
    constexpr StringLiteral what = "not fused into one attention kernel";
    InFlightDiagnostic diagnostic = op->hasAttr(kDecomposedAttrName)
                                        ? op->emitWarning(what)
                                        : op->emitRemark(what);
    diagnostic.attachNote(reason->where->getLoc())
        << "because of this " << reason->where->getName() << ": "
        << reason->what;
  }

  std::optional<Reason> fuseCombine(CombineOp op) {
    SmallVector<Operation *> partials;
    for (auto [out, lse] : llvm::zip_equal(op.getOuts(), op.getLses())) {
      Operation *partial = out.getDefiningOp();
      if (!isa_and_present<ScatterOp, MaskedAttentionOp>(partial) ||
          out != partial->getResult(0) || lse != partial->getResult(1))
        return Reason{op, "a partial result is not the output and the "
                          "log-sum-exp of one scatter or masked_attention"};
      partials.push_back(partial);
    }
    return fuse(op, partials, op.getMultiplicities(), op.getOut(), op.getLse());
  }

  std::optional<Reason> fusePartial(Operation *op) {
    Value lse = op->getResult(1);
    return fuse(op, op, std::nullopt, op->getResult(0),
                lse.use_empty() ? Value() : lse);
  }

  /// Replaces `out` and `lse` (may be null) by one fused_attention.
  std::optional<Reason> fuse(Operation *root, ArrayRef<Operation *> ops,
                             std::optional<ArrayRef<int64_t>> multiplicities,
                             Value out, Value lse) {
    SmallVector<Partial> partials;
    for (Operation *op : ops) {
      std::variant<Partial, Reason> partial = matchPartial(op);
      if (auto *reason = std::get_if<Reason>(&partial))
        return *reason;
      partials.push_back(std::get<Partial>(std::move(partial)));
    }
    std::variant<PatternAttr, Reason> pattern =
        matchTerms(root, partials, multiplicities);
    if (auto *reason = std::get_if<Reason>(&pattern))
      return *reason;

    const Partial &first = partials.front();
    auto queryType = cast<RankedTensorType>(first.query.getType());
    auto outType = cast<RankedTensorType>(out.getType());
    if (outType.getElementType() != queryType.getElementType())
      return Reason{root, "its result is not of the query's element type"};

    OpBuilder b(root);
    Location loc = root->getLoc();
    SmallVector<OpFoldResult> sizes =
        tensor::getMixedSizes(b, loc, first.query);
    SmallVector<OpFoldResult> lseSizes = {sizes[0], sizes[2], sizes[1]};
    sizes[3] = tensor::getMixedSize(b, loc, first.value, 3);
    SmallVector<Value> inits = {
        tensor::EmptyOp::create(b, loc, sizes, outType.getElementType())};
    if (lse)
      inits.push_back(tensor::EmptyOp::create(
          b, loc, lseSizes, getElementTypeOrSelf(lse.getType())));
    auto fused = FusedAttentionOp::create(
        b, loc, TypeRange(ValueRange(inits)), first.query, first.key,
        first.value, inits[0], lse ? inits[1] : Value(),
        std::get<PatternAttr>(pattern), first.causal,
        b.getF64FloatAttr(first.scale), /*softmax=*/SoftmaxFormAttr());

    replace(b, loc, out, fused.getResult(0));
    if (lse)
      replace(b, loc, lse, fused.getResult(1));
    return std::nullopt;
  }

  /// Replaces all uses; the sizes of the operands may be known better or worse
  /// than those of the old result.
  void replace(OpBuilder &b, Location loc, Value old, Value fresh) {
    if (fresh.getType() != old.getType())
      fresh = tensor::CastOp::create(b, loc, old.getType(), fresh);
    old.replaceAllUsesWith(fresh);
  }

  void eraseDeadBranches() {
    SmallVector<Operation *> ops;
    getOperation()->walk([&](Operation *op) {
      if (isa<GatherOp, DenseAttentionOp, ScatterOp, MaskedAttentionOp>(op) ||
          (isa<linalg::FillOp>(op) && op->getNumResults() != 0))
        ops.push_back(op);
    });
    for (Operation *op : llvm::reverse(ops))
      if (op->use_empty())
        op->erase();
  }
};
} // namespace

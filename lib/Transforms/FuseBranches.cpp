//===- FuseBranches.cpp - branches to one attention kernel -------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// combine_i(scatter_i(dense_attention_i(gather_i q, gather_i k, gather_i v)))
// is one softmax over the concatenation of all branches' keys (S6), that is,
// one fused_attention. Every condition that the equality needs is checked here
// and, where it does not hold, named in a remark, or in a warning where the
// branches are a decomposition of our own.
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

/// One branch as read off the IR.
struct Branch {
  SegmentAttr segment;
  HeadOffsetAttr offset;
  Value query, key, value;
  bool causal;
  double scale;
  bool countsKeys; // padding = exclude
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

/// Reads one branch off its scatter, or says why it is none.
static std::variant<Branch, Reason> matchBranch(ScatterOp scatter) {
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
    if (other.getSegment().withMultiplicity(1) !=
            scatter.getSegment().withMultiplicity(1) ||
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
  return Branch{cast<SegmentAttr>(scatter.getSegment().withMultiplicity(1)),
                scatter.getOffset(),
                q.getSource(),
                k.getSource(),
                v.getSource(),
                attend.getCausal(),
                attend.getScaleOrDefault(),
                bool(attend.getCounts())};
}

/// Checks that all branches are of one attention.
static std::optional<Reason> findMismatch(ArrayRef<Branch> branches,
                                          ArrayRef<ScatterOp> scatters) {
  const Branch &first = branches.front();
  for (auto [branch, scatter] : llvm::zip_equal(branches, scatters)) {
    if (branch.query != first.query || branch.key != first.key ||
        branch.value != first.value)
      return Reason{scatter, "it attends to other operands than the first "
                             "branch"};
    if (branch.causal != first.causal)
      return Reason{scatter, "it is causal and the first branch is not, or the "
                             "other way round"};
    if (branch.scale != first.scale)
      return Reason{scatter, "its scale (" + std::to_string(branch.scale) +
                                 ") is not that of the first branch (" +
                                 std::to_string(first.scale) + ")"};
    if (branch.offset != first.offset)
      return Reason{scatter, "its head offset rule is not that of the first "
                             "branch"};
    // In causal attention a row sees no null key either way.
    if (!first.causal && branch.countsKeys != first.countsKeys)
      return Reason{scatter, "it counts its real keys and the first branch "
                             "does not, or the other way round"};
  }
  return std::nullopt;
}

namespace {
struct FuseBranches
    : mlir::dilated::impl::DilatedFuseBranchesBase<FuseBranches> {
  void runOnOperation() override {
    SmallVector<CombineOp> combines;
    getOperation()->walk([&](CombineOp op) { combines.push_back(op); });
    for (CombineOp op : combines)
      report(op, fuseCombine(op));

    // A branch that no combine reads is an attention of one segment. In reverse
    // order, so that what has become dead is gone when its producers are seen.
    SmallVector<ScatterOp> scatters;
    getOperation()->walk([&](ScatterOp op) { scatters.push_back(op); });
    for (ScatterOp op : llvm::reverse(scatters)) {
      if (op->use_empty()) {
        op.erase();
        continue;
      }
      if (llvm::none_of(op->getUsers(),
                        [](Operation *user) { return isa<CombineOp>(user); }))
        report(op, fuseScatter(op));
    }
    eraseDeadBranches();
  }

private:
  /// Whether `op` and what it reads have the one place of a dilated.attention;
  /// branches written by hand have a line each.
  static bool isOwnDecomposition(Operation *op) {
    return !isa<UnknownLoc>(op->getLoc()) &&
           llvm::all_of(op->getOperands(), [&](Value operand) {
             Operation *from = operand.getDefiningOp();
             return from && from->getLoc() == op->getLoc();
           });
  }

  void report(Operation *op, std::optional<Reason> reason) {
    if (!reason) {
      ++numFused;
      op->erase();
      return;
    }
    ++numUnfused;
    // Nobody wrote these branches, and nobody expects them to be slow.
    InFlightDiagnostic diag =
        isOwnDecomposition(op) ? op->emitWarning() : op->emitRemark();
    diag << "not fused into one attention kernel";
    diag.attachNote(reason->where->getLoc())
        << "because of this " << reason->where->getName() << ": "
        << reason->what;
  }

  std::optional<Reason> fuseCombine(CombineOp op) {
    SmallVector<ScatterOp> scatters;
    for (auto [out, lse] : llvm::zip_equal(op.getOuts(), op.getLses())) {
      auto scatter = out.getDefiningOp<ScatterOp>();
      if (!scatter || out != scatter.getOut() || lse != scatter.getLse())
        return Reason{op, "a partial result is not the output and the "
                          "log-sum-exp of one scatter"};
      scatters.push_back(scatter);
    }
    return fuse(op, scatters, op.getMultiplicities(), op.getOut(), op.getLse());
  }

  std::optional<Reason> fuseScatter(ScatterOp op) {
    return fuse(op, op, std::nullopt, op.getOut(),
                op.getLse().use_empty() ? Value() : op.getLse());
  }

  /// Replaces `out` and `lse` (may be null) by one fused_attention.
  std::optional<Reason> fuse(Operation *root, ArrayRef<ScatterOp> scatters,
                             std::optional<ArrayRef<int64_t>> multiplicities,
                             Value out, Value lse) {
    SmallVector<Branch> branches;
    for (ScatterOp scatter : scatters) {
      std::variant<Branch, Reason> branch = matchBranch(scatter);
      if (auto *reason = std::get_if<Reason>(&branch))
        return *reason;
      branches.push_back(std::get<Branch>(branch));
    }
    if (std::optional<Reason> reason = findMismatch(branches, scatters))
      return reason;

    const Branch &first = branches.front();
    auto queryType = cast<RankedTensorType>(first.query.getType());
    auto outType = cast<RankedTensorType>(out.getType());
    if (outType.getElementType() != queryType.getElementType())
      return Reason{root, "its result is not of the query's element type"};

    SmallVector<Attribute> terms;
    for (auto [i, branch] : llvm::enumerate(branches))
      terms.push_back(branch.segment.withMultiplicity(
          multiplicities ? (*multiplicities)[i] : 1));
    Padding padding = !first.causal && first.countsKeys ? Padding::Exclude
                                                        : Padding::NullKeys;
    auto pattern = PatternAttr::get(&getContext(), terms, first.offset, padding,
                                    Overlap::Multiset);

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
        first.value, inits[0], lse ? inits[1] : Value(), pattern, first.causal,
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
      if (isa<GatherOp, DenseAttentionOp, ScatterOp>(op) ||
          (isa<linalg::FillOp>(op) && op->getNumResults() != 0))
        ops.push_back(op);
    });
    for (Operation *op : llvm::reverse(ops))
      if (op->use_empty())
        op->erase();
  }
};
} // namespace

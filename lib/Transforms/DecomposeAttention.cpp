//===- DecomposeAttention.cpp - attention in the paper's form ----*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// attention -> a partial result per term; then combine. The partial result of a
// segment is gather, dense_attention, scatter, the form that a reader of the
// paper expects; that of any other term, and of every term of a set (S9), is
// masked_attention. This runs as the reference, and dilated-fuse-branches
// recognises it.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Transforms/Passes.h"

#include "dialects/Dilated/Dilated.h"
#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Linalg/IR/Linalg.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"

namespace mlir::dilated {
#define GEN_PASS_DEF_DILATEDDECOMPOSEATTENTION
#include "dilated-mlir/Transforms/Passes.h.inc"
#include "mlir/Dialect/Arith/Utils/Utils.h"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;

namespace {
/// Writes one attention op as branches.
class Decomposition {
public:
  Decomposition(OpBuilder &b, AttentionOp op)
      : b(b), op(op), loc(op.getLoc()), padding(op.getPattern().getPadding()) {}

  void run();

private:
  /// Sequence and head of `value` swapped when `layout` is bhnd: [B, H, N, D]
  /// to [B, N, H, D] or back. `sizes` are those of `value`.
  Value swapIfBHND(Value value, Layout layout, SmallVector<OpFoldResult> sizes);
  /// `type` filled with `value`; sizes of the query and `feature`.
  Value fill(ArrayRef<OpFoldResult> sizes, Type elementType, double value);
  /// Each appends the output and log-sum-exp of one term.
  void addBranch(SegmentAttr segment);
  void addMasked(TermAttrInterface term, ArrayRef<TermAttrInterface> except);
  GatherOp gather(Value source, SegmentAttr segment, bool withCounts);

  OpBuilder &b;
  AttentionOp op;
  Location loc;
  Padding padding;
  Value query, key, value;
  Value numHeads; // null when key and query have equally many heads
  SmallVector<Value> outs, lses;
};
} // namespace

Value Decomposition::swapIfBHND(Value value, Layout layout,
                                SmallVector<OpFoldResult> sizes) {
  if (layout == Layout::BNHD)
    return value;
  std::swap(sizes[1], sizes[2]);
  Value init = tensor::EmptyOp::create(b, loc, sizes,
                                       getElementTypeOrSelf(value.getType()));
  return linalg::TransposeOp::create(b, loc, value, init,
                                     ArrayRef<int64_t>{0, 2, 1, 3})
      ->getResult(0);
}

Value Decomposition::fill(ArrayRef<OpFoldResult> sizes, Type elementType,
                          double value) {
  Value init = tensor::EmptyOp::create(b, loc, sizes, elementType);
  Value scalar =
      arith::ConstantOp::create(b, loc, b.getFloatAttr(elementType, value));
  return linalg::FillOp::create(b, loc, scalar, init).getResult(0);
}

GatherOp Decomposition::gather(Value source, SegmentAttr segment,
                               bool withCounts) {
  auto type = cast<RankedTensorType>(source.getType());
  auto queryType = cast<RankedTensorType>(query.getType());
  int64_t n = type.getDimSize(1), heads = queryType.getDimSize(2);
  auto [segments, rows] = getClassShape(segment, n);
  auto gathered = RankedTensorType::get(
      {type.getDimSize(0), segments, heads, rows, type.getDimSize(3)},
      type.getElementType());
  Type counts;
  if (withCounts)
    counts = RankedTensorType::get({segments, heads}, b.getIndexType());
  return GatherOp::create(b, loc, gathered, counts, source,
                          source == query ? Value() : numHeads, segment,
                          op.getPattern().getOffset());
}

void Decomposition::addBranch(SegmentAttr segment) {
  // A multiplicity is a matter of the mixture alone.
  auto once = SegmentAttr::get(b.getContext(), segment.getLength(),
                               segment.getRate(), /*multiplicity=*/1);
  // (S4, S5) Causal rows see no null key, so counts would cut nothing.
  bool withCounts = padding == Padding::Exclude && !op.getCausal();
  GatherOp q = gather(query, once, false), k = gather(key, once, withCounts),
           v = gather(value, once, false);

  auto queryType = cast<RankedTensorType>(q.getGathered().getType());
  auto valueType = cast<RankedTensorType>(v.getGathered().getType());
  Type wide = queryType.getElementType().isF64() ? Type(b.getF64Type())
                                                 : Type(b.getF32Type());
  SmallVector<int64_t> shape(queryType.getShape());
  auto lseType = RankedTensorType::get(ArrayRef(shape).drop_back(), wide);
  shape.back() = valueType.getDimSize(4);
  auto attend = DenseAttentionOp::create(
      b, loc, RankedTensorType::get(shape, wide), lseType, q.getGathered(),
      k.getGathered(), v.getGathered(), k.getCounts(), op.getCausal(),
      op.getScaleAttr());

  // (S2, S7) What the branch does not cover is 0 with log-sum-exp -inf.
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, query);
  SmallVector<OpFoldResult> lseSizes = {sizes[0], sizes[2], sizes[1]};
  sizes[3] = b.getIndexAttr(valueType.getDimSize(4));
  Value zero = fill(sizes, wide, 0.0);
  Value minusInf =
      fill(lseSizes, wide, -std::numeric_limits<double>::infinity());
  auto scatter = ScatterOp::create(b, loc, zero.getType(), minusInf.getType(),
                                   attend.getOut(), attend.getLse(), zero,
                                   minusInf, once, op.getPattern().getOffset());
  outs.push_back(scatter.getOut());
  lses.push_back(scatter.getLse());
}

void Decomposition::addMasked(TermAttrInterface term,
                              ArrayRef<TermAttrInterface> except) {
  auto queryType = cast<RankedTensorType>(query.getType());
  Type wide = queryType.getElementType().isF64() ? Type(b.getF64Type())
                                                 : Type(b.getF32Type());
  SmallVector<int64_t> shape(queryType.getShape());
  auto lseType = RankedTensorType::get({shape[0], shape[2], shape[1]}, wide);
  shape[3] = cast<RankedTensorType>(value.getType()).getDimSize(3);
  ArrayAttr exceptAttr;
  if (!except.empty())
    exceptAttr = b.getArrayAttr(SmallVector<Attribute>(except));
  auto masked = MaskedAttentionOp::create(
      b, loc, RankedTensorType::get(shape, wide), lseType, query, key, value,
      term.withMultiplicity(1), exceptAttr, op.getPattern().getOffset(),
      op.getCausal(), op.getScaleAttr());
  outs.push_back(masked.getOut());
  lses.push_back(masked.getLse());
}

void Decomposition::run() {
  auto bnhd = [&](Value operand, Layout layout) {
    return swapIfBHND(operand, layout, tensor::getMixedSizes(b, loc, operand));
  };
  query = bnhd(op.getQuery(), op.getQueryLayout());
  key = bnhd(op.getKey(), op.getKeyLayout());
  value = bnhd(op.getValue(), op.getValueLayout());
  auto queryType = cast<RankedTensorType>(query.getType());
  auto keyType = cast<RankedTensorType>(key.getType());
  // Heads of key and value are repeated by gather unless they are known to be
  // as many as the query's.
  if (queryType.isDynamicDim(2) || keyType.isDynamicDim(2) ||
      queryType.getDimSize(2) != keyType.getDimSize(2))
    numHeads = getValueOrCreateConstantIndexOp(
        b, loc, tensor::getMixedSize(b, loc, query, 2));

  SmallVector<TermAttrInterface> terms = op.getPattern().getTermAttrs();
  bool isSet = op.getPattern().getOverlap() == Overlap::Set;
  SmallVector<TermAttrInterface> before; // of a set
  SmallVector<int64_t> multiplicities;
  for (TermAttrInterface term : terms) {
    auto segment = dyn_cast<SegmentAttr>(term);
    if (segment && !(isSet && terms.size() > 1))
      addBranch(segment);
    else
      addMasked(term, before);
    if (isSet)
      before.push_back(term.withMultiplicity(1));
    multiplicities.push_back(isSet ? 1 : term.getMultiplicity());
  }
  DenseI64ArrayAttr counts;
  if (llvm::any_of(multiplicities, [](int64_t m) { return m != 1; }))
    counts = b.getDenseI64ArrayAttr(multiplicities);

  auto outType = cast<RankedTensorType>(op.getOut().getType());
  SmallVector<int64_t> shape(outType.getShape());
  if (op.getOutLayout() == Layout::BHND)
    std::swap(shape[1], shape[2]);
  auto combine = CombineOp::create(b, loc, outType.clone(shape),
                                   op.getLse() ? op.getLse().getType() : Type(),
                                   outs, lses, counts);
  combine->setDiscardableAttr(kDecomposedAttrName, b.getUnitAttr());
  SmallVector<OpFoldResult> sizes = tensor::getMixedSizes(b, loc, query);
  sizes[3] = b.getIndexAttr(outType.getDimSize(3));
  Value out = swapIfBHND(combine.getOut(), op.getOutLayout(), sizes);
  // A transpose of dynamic sizes may know less than the op's result type.
  if (out.getType() != outType)
    out = tensor::CastOp::create(b, loc, outType, out);
  op.getOut().replaceAllUsesWith(out);
  if (op.getLse())
    op.getLse().replaceAllUsesWith(combine.getLse());
}

namespace {
struct DecomposeAttention
    : mlir::dilated::impl::DilatedDecomposeAttentionBase<DecomposeAttention> {
  void runOnOperation() override {
    SmallVector<AttentionOp> ops;
    getOperation()->walk([&](AttentionOp op) { ops.push_back(op); });
    for (AttentionOp op : ops) {
      OpBuilder builder(op);
      Decomposition(builder, op).run();
      op.erase();
    }
  }
};
} // namespace

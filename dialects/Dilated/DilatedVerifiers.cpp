//===- DilatedVerifiers.cpp - constraints C1..C10 of the ops -----*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Labels in brackets are those of docs/spec.md, section 6. C1, C2, C3, C6,
// C11 and C12 are constraints on attributes: DilatedAttrs.cpp,
// DilatedTerms.cpp.
//
//===----------------------------------------------------------------------===//

#include "dialects/Dilated/Dilated.h"

#include <cmath>

using namespace mlir;
using namespace mlir::dilated;

/// Largest head size, D and Dv (C9).
static constexpr int64_t kMaxHeadSize = 256;

//===----------------------------------------------------------------------===//
// Shared checks
//===----------------------------------------------------------------------===//

/// A dimension of an operand, with the words an error needs.
struct NamedDim {
  StringRef operand;
  int64_t size;
};

static LogicalResult verifyRank(Operation *op, StringRef name, Value value,
                                int64_t rank) {
  auto type = cast<ShapedType>(value.getType());
  if (type.getRank() != rank)
    return op->emitOpError() << "expects " << name << " to have rank " << rank
                             << ", got " << type;
  return success();
}

/// Two sizes agree when both are static and equal, or one is dynamic.
static LogicalResult verifySameSize(Operation *op, StringRef what, NamedDim a,
                                    NamedDim b, StringRef label) {
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

static LogicalResult verifySameElementType(Operation *op, StringRef nameA,
                                           Value a, StringRef nameB, Value b) {
  Type typeA = getElementTypeOrSelf(a), typeB = getElementTypeOrSelf(b);
  if (typeA != typeB)
    return op->emitOpError()
           << "expects element type of " << nameA << " (" << typeA
           << ") to equal that of " << nameB << " (" << typeB << ") [C5]";
  return success();
}

/// (C9) head sizes are static and in [1, 256].
static LogicalResult verifyHeadSize(Operation *op, StringRef name,
                                    int64_t size) {
  if (ShapedType::isDynamic(size))
    return op->emitOpError()
           << "expects a static head size of " << name << " [C9]";
  if (size < 1 || size > kMaxHeadSize)
    return op->emitOpError() << "expects head size of " << name << " (" << size
                             << ") to be in [1, " << kMaxHeadSize << "] [C9]";
  return success();
}

/// (C10) a segment of an empty sequence would have no length.
static LogicalResult verifySequence(Operation *op, StringRef name, int64_t n) {
  if (n == 0)
    return op->emitOpError() << "expects sequence length of " << name
                             << " (0) to be at least 1 [C10]";
  return success();
}

/// (C7) the scale is finite.
static LogicalResult verifyScale(Operation *op, std::optional<APFloat> scale) {
  if (scale && !scale->isFinite())
    return op->emitOpError() << "expects a finite scale [C7]";
  return success();
}

/// (C8) the log-sum-exp is f32, or f64 when the query is.
static LogicalResult verifyLseType(Operation *op, Value lse, Value query) {
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

//===----------------------------------------------------------------------===//
// attention, fused_attention
//===----------------------------------------------------------------------===//

namespace {
/// The operands and results that all forms of attention have.
struct AttentionParts {
  Value query, key, value, out, lse; // `lse` may be null
  LayoutDims q, k, v, o;
};
} // namespace

static int64_t getSize(Value v, unsigned dim) {
  return cast<ShapedType>(v.getType()).getDimSize(dim);
}

/// Ranks and the head size (C9), and what key and value have in common with the
/// query (C4, C5, C10).
static LogicalResult verifyOperands(Operation *op, const AttentionParts &a) {
  if (failed(verifyRank(op, "query", a.query, 4)) ||
      failed(verifyRank(op, "key", a.key, 4)) ||
      failed(verifyRank(op, "value", a.value, 4)) ||
      failed(verifyRank(op, "out", a.out, 4)))
    return failure();

  // (C5) B, N, D and the element type agree.
  if (failed(verifySameElementType(op, "key", a.key, "query", a.query)) ||
      failed(verifySameElementType(op, "value", a.value, "query", a.query)) ||
      failed(verifySameSize(op, "batch size",
                            {"key", getSize(a.key, a.k.batch)},
                            {"query", getSize(a.query, a.q.batch)}, "C5")) ||
      failed(verifySameSize(op, "batch size",
                            {"value", getSize(a.value, a.v.batch)},
                            {"query", getSize(a.query, a.q.batch)}, "C5")) ||
      failed(verifySameSize(op, "sequence length",
                            {"key", getSize(a.key, a.k.sequence)},
                            {"query", getSize(a.query, a.q.sequence)}, "C5")) ||
      failed(verifySameSize(op, "sequence length",
                            {"value", getSize(a.value, a.v.sequence)},
                            {"query", getSize(a.query, a.q.sequence)}, "C5")) ||
      failed(verifySameSize(op, "head size",
                            {"key", getSize(a.key, a.k.feature)},
                            {"query", getSize(a.query, a.q.feature)}, "C5")) ||
      failed(verifySameSize(op, "number of heads",
                            {"value", getSize(a.value, a.v.head)},
                            {"key", getSize(a.key, a.k.head)}, "C5")))
    return failure();

  // (C10), (C9)
  if (failed(verifySequence(op, "query", getSize(a.query, a.q.sequence))) ||
      failed(verifySequence(op, "key", getSize(a.key, a.k.sequence))) ||
      failed(verifySequence(op, "value", getSize(a.value, a.v.sequence))) ||
      failed(verifyHeadSize(op, "query", getSize(a.query, a.q.feature))) ||
      failed(verifyHeadSize(op, "key", getSize(a.key, a.k.feature))) ||
      failed(verifyHeadSize(op, "value", getSize(a.value, a.v.feature))))
    return failure();

  // (C4) H is a multiple of Hkv; 0 is one of any number.
  int64_t heads = getSize(a.query, a.q.head),
          kvHeads = getSize(a.key, a.k.head);
  if (!ShapedType::isDynamic(heads) && !ShapedType::isDynamic(kvHeads) &&
      (kvHeads == 0 ? heads != 0 : heads % kvHeads != 0))
    return op->emitOpError()
           << "expects number of query heads (" << heads
           << ") to be a multiple of the number of key heads (" << kvHeads
           << ") [C4]";
  return success();
}

/// The result has the query's B, N, H and the value's Dv; lse is [B, H, N]
/// (C8).
static LogicalResult verifyResults(Operation *op, const AttentionParts &a) {
  int64_t batch = getSize(a.query, a.q.batch),
          sequence = getSize(a.query, a.q.sequence),
          heads = getSize(a.query, a.q.head);
  if (failed(verifySameSize(op, "batch size",
                            {"out", getSize(a.out, a.o.batch)},
                            {"query", batch}, "")) ||
      failed(verifySameSize(op, "sequence length",
                            {"out", getSize(a.out, a.o.sequence)},
                            {"query", sequence}, "")) ||
      failed(verifySameSize(op, "number of heads",
                            {"out", getSize(a.out, a.o.head)}, {"query", heads},
                            "")) ||
      failed(verifySameSize(op, "head size",
                            {"out", getSize(a.out, a.o.feature)},
                            {"value", getSize(a.value, a.v.feature)}, "")))
    return failure();
  if (!a.lse)
    return success();
  if (failed(verifyRank(op, "lse", a.lse, 3)) ||
      failed(verifyLseType(op, a.lse, a.query)) ||
      failed(verifySameSize(op, "batch size", {"lse", getSize(a.lse, 0)},
                            {"query", batch}, "C8")) ||
      failed(verifySameSize(op, "number of heads", {"lse", getSize(a.lse, 1)},
                            {"query", heads}, "C8")))
    return failure();
  return verifySameSize(op, "sequence length", {"lse", getSize(a.lse, 2)},
                        {"query", sequence}, "C8");
}

/// What attention and fused_attention have in common. `lse` may be null.
template <typename OpTy>
static LogicalResult verifyAttention(OpTy op, Value out, Value lse) {
  AttentionParts parts = {op.getQuery(),
                          op.getKey(),
                          op.getValue(),
                          out,
                          lse,
                          getLayoutDims(op.getQueryLayout()),
                          getLayoutDims(op.getKeyLayout()),
                          getLayoutDims(op.getValueLayout()),
                          getLayoutDims(op.getOutLayout())};
  if (failed(verifyOperands(op, parts)) ||
      failed(verifySameElementType(op, "out", out, "query", op.getQuery())) ||
      failed(verifyResults(op, parts)))
    return failure();
  return verifyScale(op, op.getScale());
}

LogicalResult AttentionOp::verify() {
  return verifyAttention(*this, getOut(), getLse());
}

LogicalResult FusedAttentionOp::verify() {
  bool onTensors = isa<RankedTensorType>(getOutInit().getType());
  for (Value operand : getOperands())
    if (isa<RankedTensorType>(operand.getType()) != onTensors)
      return emitOpError() << "expects operands to be all tensors or all "
                              "memrefs";
  unsigned expected = onTensors ? (getLseInit() ? 2 : 1) : 0;
  if (getNumResults() != expected)
    return emitOpError() << "expects " << expected << " results, got "
                         << getNumResults();
  for (auto [result, init] : llvm::zip(getResults(), getDpsInits()))
    if (result.getType() != init.getType())
      return emitOpError() << "expects result type (" << result.getType()
                           << ") to equal that of its destination ("
                           << init.getType() << ")";
  return verifyAttention(*this, getOutInit(), getLseInit());
}

//===----------------------------------------------------------------------===//
// gather, dense_attention, scatter, combine
//===----------------------------------------------------------------------===//

/// (C3) for the ops that carry term and offset apart.
static LogicalResult verifyOffset(Operation *op, TermAttrInterface term,
                                  HeadOffsetAttr offset) {
  return verifyHeadOffset([&] { return op->emitOpError(); }, term, offset);
}

/// Checks a gathered [B, G, H, L] prefix against source sizes.
static LogicalResult verifyClasses(Operation *op, SegmentAttr segment,
                                   StringRef name, ShapedType gathered,
                                   int64_t n) {
  auto [segments, rows] = getClassShape(segment, n);
  if (failed(verifySequence(op, "source", n)))
    return failure();
  if (failed(verifySameSize(op, "number of segments",
                            {name, gathered.getDimSize(1)},
                            {"the sequence", segments}, "")))
    return failure();
  return verifySameSize(op, "number of rows per segment",
                        {name, gathered.getDimSize(3)}, {"the segment", rows},
                        "");
}

LogicalResult GatherOp::verify() {
  if (failed(verifyRank(*this, "source", getSource(), 4)) ||
      failed(verifyRank(*this, "gathered", getGathered(), 5)) ||
      failed(verifyOffset(*this, getSegment(), getOffset())))
    return failure();
  auto source = cast<ShapedType>(getSource().getType());
  auto gathered = cast<ShapedType>(getGathered().getType());
  if (source.getElementType() != gathered.getElementType())
    return emitOpError() << "expects element type of gathered ("
                         << gathered.getElementType()
                         << ") to equal that of source ("
                         << source.getElementType() << ")";
  if (failed(verifySameSize(*this, "batch size",
                            {"gathered", gathered.getDimSize(0)},
                            {"source", source.getDimSize(0)}, "")) ||
      failed(verifySameSize(*this, "head size",
                            {"gathered", gathered.getDimSize(4)},
                            {"source", source.getDimSize(3)}, "")) ||
      failed(verifyClasses(*this, getSegment(), "gathered", gathered,
                           source.getDimSize(1))))
    return failure();
  if (!getHeads() &&
      failed(verifySameSize(*this, "number of heads",
                            {"gathered", gathered.getDimSize(2)},
                            {"source", source.getDimSize(2)}, "")))
    return failure();
  if (getCounts()) {
    if (failed(verifyRank(*this, "counts", getCounts(), 2)))
      return failure();
    auto counts = cast<ShapedType>(getCounts().getType());
    if (failed(verifySameSize(*this, "number of segments",
                              {"counts", counts.getDimSize(0)},
                              {"gathered", gathered.getDimSize(1)}, "")) ||
        failed(verifySameSize(*this, "number of heads",
                              {"counts", counts.getDimSize(1)},
                              {"gathered", gathered.getDimSize(2)}, "")))
      return failure();
  }
  return success();
}

LogicalResult DenseAttentionOp::verify() {
  for (auto [name, value] : {std::pair<StringRef, Value>{"query", getQuery()},
                             {"key", getKey()},
                             {"value", getValue()},
                             {"out", getOut()}})
    if (failed(verifyRank(*this, name, value, 5)))
      return failure();
  if (failed(verifyRank(*this, "lse", getLse(), 4)) ||
      failed(
          verifySameElementType(*this, "key", getKey(), "query", getQuery())) ||
      failed(verifySameElementType(*this, "value", getValue(), "query",
                                   getQuery())) ||
      failed(verifyLseType(*this, getLse(), getQuery())))
    return failure();

  auto query = cast<ShapedType>(getQuery().getType());
  static constexpr StringRef kDims[] = {"batch size", "number of segments",
                                        "number of heads", "number of rows"};
  for (auto [name, value] : {std::pair<StringRef, Value>{"key", getKey()},
                             {"value", getValue()},
                             {"out", getOut()},
                             {"lse", getLse()}})
    for (auto [dim, what] : llvm::enumerate(kDims))
      if (failed(verifySameSize(
              *this, what,
              {name, cast<ShapedType>(value.getType()).getDimSize(dim)},
              {"query", query.getDimSize(dim)}, "C5")))
        return failure();
  int64_t d = query.getDimSize(4),
          dv = cast<ShapedType>(getValue().getType()).getDimSize(4);
  if (failed(verifySameSize(
          *this, "head size",
          {"key", cast<ShapedType>(getKey().getType()).getDimSize(4)},
          {"query", d}, "C5")) ||
      failed(verifySameSize(
          *this, "head size",
          {"out", cast<ShapedType>(getOut().getType()).getDimSize(4)},
          {"value", dv}, "")) ||
      failed(verifyHeadSize(*this, "query", d)) ||
      failed(verifyHeadSize(*this, "value", dv)))
    return failure();
  if (getCounts()) {
    if (failed(verifyRank(*this, "counts", getCounts(), 2)))
      return failure();
    auto counts = cast<ShapedType>(getCounts().getType());
    for (unsigned dim : {0u, 1u})
      if (failed(verifySameSize(*this, kDims[dim + 1],
                                {"counts", counts.getDimSize(dim)},
                                {"query", query.getDimSize(dim + 1)}, "")))
        return failure();
  }
  return verifyScale(*this, getScale());
}

LogicalResult ScatterOp::verify() {
  if (failed(verifyRank(*this, "source", getSource(), 5)) ||
      failed(verifyRank(*this, "source_lse", getSourceLse(), 4)) ||
      failed(verifyRank(*this, "out", getOutInit(), 4)) ||
      failed(verifyRank(*this, "lse", getLseInit(), 3)) ||
      failed(verifyOffset(*this, getSegment(), getOffset())))
    return failure();
  auto source = cast<ShapedType>(getSource().getType());
  auto sourceLse = cast<ShapedType>(getSourceLse().getType());
  auto out = cast<ShapedType>(getOutInit().getType());
  auto lse = cast<ShapedType>(getLseInit().getType());
  if (source.getElementType() != out.getElementType() ||
      sourceLse.getElementType() != lse.getElementType())
    return emitOpError() << "expects element types of the destinations ("
                         << out.getElementType() << ", " << lse.getElementType()
                         << ") to equal those of the sources ("
                         << source.getElementType() << ", "
                         << sourceLse.getElementType() << ")";
  for (unsigned dim = 0; dim < 4; ++dim)
    if (failed(verifySameSize(*this, "dimension " + std::to_string(dim),
                              {"source_lse", sourceLse.getDimSize(dim)},
                              {"source", source.getDimSize(dim)}, "")))
      return failure();
  if (failed(verifySameSize(*this, "batch size", {"out", out.getDimSize(0)},
                            {"source", source.getDimSize(0)}, "")) ||
      failed(verifySameSize(*this, "number of heads",
                            {"out", out.getDimSize(2)},
                            {"source", source.getDimSize(2)}, "")) ||
      failed(verifySameSize(*this, "head size", {"out", out.getDimSize(3)},
                            {"source", source.getDimSize(4)}, "")) ||
      failed(verifySameSize(*this, "batch size", {"lse", lse.getDimSize(0)},
                            {"out", out.getDimSize(0)}, "C8")) ||
      failed(verifySameSize(*this, "number of heads",
                            {"lse", lse.getDimSize(1)},
                            {"out", out.getDimSize(2)}, "C8")) ||
      failed(verifySameSize(*this, "sequence length",
                            {"lse", lse.getDimSize(2)},
                            {"out", out.getDimSize(1)}, "C8")))
    return failure();
  return verifyClasses(*this, getSegment(), "source", source,
                       out.getDimSize(1));
}

LogicalResult MaskedAttentionOp::verify() {
  LayoutDims dims = getLayoutDims(Layout::BNHD);
  AttentionParts parts = {getQuery(), getKey(), getValue(), getOut(), getLse(),
                          dims,       dims,     dims,       dims};
  if (failed(verifyOperands(*this, parts)) ||
      failed(verifyResults(*this, parts)) ||
      failed(verifyOffset(*this, getTerm(), getOffset())))
    return failure();
  for (TermAttrInterface term : getExceptTerms())
    if (failed(verifyOffset(*this, term, getOffset())))
      return failure();
  return verifyScale(*this, getScale());
}

LogicalResult CombineOp::verify() {
  // (C1)
  if (getOuts().empty())
    return emitOpError() << "expects at least one partial result [C1]";
  if (getMultiplicities()) {
    ArrayRef<int64_t> counts = *getMultiplicities();
    if (counts.size() != getOuts().size())
      return emitOpError() << "expects as many multiplicities ("
                           << counts.size() << ") as partial results ("
                           << getOuts().size() << ") [C1]";
    for (int64_t count : counts)
      if (count < 1)
        return emitOpError()
               << "expects multiplicity (" << count << ") to be at least 1";
  }
  auto first = cast<ShapedType>(getOuts().front().getType());
  for (auto [out, lse] : llvm::zip(getOuts(), getLses())) {
    if (failed(verifyRank(*this, "partial result", out, 4)) ||
        failed(verifyRank(*this, "partial lse", lse, 3)))
      return failure();
    auto outType = cast<ShapedType>(out.getType());
    auto lseType = cast<ShapedType>(lse.getType());
    for (unsigned dim = 0; dim < 4; ++dim)
      if (failed(verifySameSize(*this, "dimension " + std::to_string(dim),
                                {"a partial result", outType.getDimSize(dim)},
                                {"the first", first.getDimSize(dim)}, "")))
        return failure();
    for (auto [lseDim, outDim] : {std::pair{0u, 0u}, {1u, 2u}, {2u, 1u}})
      if (failed(verifySameSize(
              *this, "dimension " + std::to_string(lseDim),
              {"a partial lse", lseType.getDimSize(lseDim)},
              {"its partial result", outType.getDimSize(outDim)}, "C8")))
        return failure();
  }
  if (failed(verifyRank(*this, "out", getOut(), 4)))
    return failure();
  auto out = cast<ShapedType>(getOut().getType());
  for (unsigned dim = 0; dim < 4; ++dim)
    if (failed(verifySameSize(*this, "dimension " + std::to_string(dim),
                              {"out", out.getDimSize(dim)},
                              {"the partial results", first.getDimSize(dim)},
                              "")))
      return failure();
  if (getLse() && failed(verifyRank(*this, "lse", getLse(), 3)))
    return failure();
  return success();
}

//===- DilatedVerifiers.cpp - constraints of attention -----------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Labels in brackets are those of docs/spec.md, section 6. C1, C2, C3, C6,
// C11 and C12 are constraints on attributes: DilatedAttrs.cpp,
// DilatedTerms.cpp.
//
//===----------------------------------------------------------------------===//

#include "dialects/Dilated/Verification.h"

using namespace mlir;
using namespace mlir::dilated;

//===----------------------------------------------------------------------===//
// attention, fused_attention, masked_attention
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

//===- DilatedBranchVerifiers.cpp - constraints of branches ------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// gather, dense_attention, scatter and combine.
//
//===----------------------------------------------------------------------===//

#include "dialects/Dilated/Verification.h"

using namespace mlir;
using namespace mlir::dilated;

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

//===- PadOps.cpp - Pad -----------------------------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "ScalarMath.h"
#include "ShapeInputs.h"
#include "Structured.h"

#include "mlir/Dialect/Arith/IR/Arith.h"
#include "mlir/Dialect/Tensor/IR/Tensor.h"
#include "mlir/IR/TypeUtilities.h"

using namespace mlir;
using namespace mlir::dilated;

namespace {
/// How many elements stand before and after each dimension.
struct Pads {
  Sizes before, after;
};
} // namespace

/// Pads are listed for `axes` (since 18; all without it): first all that stand
/// before, then all that stand after.
static FailureOr<Pads> readPads(NodeView &node) {
  GraphBuilder &b = node.b;
  int64_t rank = node.rank(0);
  FailureOr<SmallVector<Value>> listed = node.scalarList(1, "the pads");
  if (failed(listed))
    return failure();
  SmallVector<int64_t> axes = llvm::to_vector(llvm::seq<int64_t>(0, rank));
  if (node.input(3)) {
    FailureOr<SmallVector<int64_t>> given = node.constantList(3, "the axes");
    if (failed(given) || failed(node.normalizeAxes(*given, rank)))
      return failure();
    axes = *given;
  }
  if (listed->size() != 2 * axes.size())
    return node.error() << "has " << listed->size() << " pads for "
                        << axes.size() << " axes, expected " << 2 * axes.size();
  Pads pads{Sizes(rank, b.getIndexAttr(0)), Sizes(rank, b.getIndexAttr(0))};
  for (auto [i, axis] : llvm::enumerate(axes)) {
    int64_t dim = axis < 0 ? axis + rank : axis;
    pads.before[dim] = b.toSize((*listed)[i]);
    pads.after[dim] = b.toSize((*listed)[i + axes.size()]);
  }
  return pads;
}

/// Negative pads cut; known only at run time they are refused there. Leaves the
/// pads that are at least 0.
static FailureOr<Value> emitCrop(NodeView &node, Value tensor, Pads &pads) {
  GraphBuilder &b = node.b;
  Sizes firsts, sizes = b.sizes(tensor), steps(sizes.size(), b.getIndexAttr(1));
  bool cuts = false;
  for (auto [dim, size] : llvm::enumerate(sizes)) {
    int64_t lost[2] = {0, 0};
    OpFoldResult *pad[2] = {&pads.before[dim], &pads.after[dim]};
    for (int side : {0, 1}) {
      std::optional<int64_t> known = constantSize(*pad[side]);
      if (known && *known < 0) {
        lost[side] = -*known;
        *pad[side] = b.getIndexAttr(0);
      } else if (failed(b.requireNonNegative(
                     *pad[side], "a pad known only at run time is negative"))) {
        return failure();
      }
    }
    firsts.push_back(b.getIndexAttr(lost[0]));
    if (lost[0] == 0 && lost[1] == 0)
      continue;
    cuts = true;
    size = b.sum(size, b.getIndexAttr(-(lost[0] + lost[1])));
    if (failed(b.requireNonNegative(
            size, "negative pads cut more than dimension " + Twine(dim))))
      return failure();
  }
  if (!cuts)
    return tensor;
  RankedTensorType type =
      b.tensorType(sizes, getElementTypeOrSelf(tensor.getType()));
  Value result =
      tensor::ExtractSliceOp::create(b, type, tensor, firsts, sizes, steps);
  b.setSizes(result, sizes);
  return result;
}

/// The position in a dimension of `size` that a padded position reads.
static Value sourcePosition(ImplicitLocOpBuilder &b, StringRef mode,
                            Value position, Value size) {
  Value zero = arith::ConstantIndexOp::create(b, 0);
  Value one = arith::ConstantIndexOp::create(b, 1);
  Value last = b.createOrFold<arith::SubIOp>(size, one);
  auto modulo = [&](Value value, Value period) {
    Value rest = b.createOrFold<arith::RemSIOp>(value, period);
    Value isNegative =
        b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::slt, rest, zero);
    return b.createOrFold<arith::SelectOp>(
        isNegative, b.createOrFold<arith::AddIOp>(rest, period), rest);
  };
  if (mode == "edge")
    return b.createOrFold<arith::MinSIOp>(
        b.createOrFold<arith::MaxSIOp>(position, zero), last);
  if (mode == "wrap")
    return modulo(position, size);
  // reflect: 0 1 .. last .. 1 again and again; a single element repeats.
  Value period = b.createOrFold<arith::MaxSIOp>(
      b.createOrFold<arith::AddIOp>(last, last), one);
  Value folded = modulo(position, period);
  return b.createOrFold<arith::MinSIOp>(
      folded, b.createOrFold<arith::SubIOp>(period, folded));
}

/// Modes edge, reflect and wrap: every position reads an element.
static FailureOr<Value> emitMirrored(NodeView &node, Value tensor,
                                     const Pads &pads, StringRef mode,
                                     ArrayRef<OpFoldResult> sizes) {
  GraphBuilder &b = node.b;
  SmallVector<Value> before, own;
  for (auto [dim, size] : llvm::enumerate(b.sizes(tensor))) {
    if (constantSize(size) == 0)
      return node.error() << "pads dimension " << dim << " of size 0 in mode '"
                          << mode << "'";
    own.push_back(b.toIndex(size));
    before.push_back(b.toIndex(pads.before[dim]));
    if (!constantSize(size))
      b.assertThat(
          b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::sgt, own.back(),
                                        arith::ConstantIndexOp::create(b, 0)),
          "dimension " + Twine(dim) + " of size 0 is padded from");
  }
  return emitIndexed(
      b, sizes, getElementTypeOrSelf(tensor.getType()), {}, {},
      [&](ImplicitLocOpBuilder &b, ValueRange indices, ValueRange) -> Value {
        SmallVector<Value> positions;
        for (auto [index, first, size] : llvm::zip_equal(indices, before, own))
          positions.push_back(sourcePosition(
              b, mode, b.createOrFold<arith::SubIOp>(index, first), size));
        return tensor::ExtractOp::create(b, tensor, positions);
      });
}

static LogicalResult convertPad(NodeView &node) {
  GraphBuilder &b = node.b;
  StringRef mode = node.stringAttr("mode", "constant");
  bool knownMode = mode == "constant" || mode == "reflect" || mode == "edge" ||
                   (mode == "wrap" && node.opset() >= 19);
  if (!knownMode)
    return node.error() << "attribute 'mode' is '" << mode
                        << "'; supported are 'constant', 'reflect', 'edge'"
                        << (node.opset() >= 19 ? " and 'wrap'" : "");
  if (failed(node.requireKind(0, kAnyKind)))
    return failure();
  Value fillValue;
  if (node.input(2)) {
    FailureOr<Value> given = node.scalarInput(2, "the fill value");
    if (failed(given) || failed(node.requireSameType({0, 2})))
      return failure();
    fillValue = *given;
  } else {
    fillValue = b.constant(node.elementType(0), 0);
  }

  FailureOr<Pads> pads = readPads(node);
  if (failed(pads))
    return failure();
  FailureOr<Value> tensor = emitCrop(node, node.input(0), *pads);
  if (failed(tensor))
    return failure();
  Sizes sizes = b.sizes(*tensor);
  bool pastes = false;
  for (auto [dim, size] : llvm::enumerate(sizes)) {
    pastes |= constantSize(pads->before[dim]) != 0 ||
              constantSize(pads->after[dim]) != 0;
    size = b.sum(b.sum(pads->before[dim], size), pads->after[dim]);
  }
  if (!pastes)
    return node.setResult(tensor);
  if (mode != "constant")
    return node.setResult(emitMirrored(node, *tensor, *pads, mode, sizes));
  Value result =
      tensor::PadOp::create(b, b.tensorType(sizes, node.elementType(0)),
                            *tensor, pads->before, pads->after, fillValue);
  b.setSizes(result, sizes);
  return node.setResult(result);
}

ArrayRef<OnnxOp> mlir::dilated::getPadOps() {
  static const OnnxOp ops[] = {
      {"Pad", 11, 2, 3, 1, "mode:string", convertPad},
      {"Pad", 18, 2, 4, 1, "mode:string", convertPad},
  };
  return ops;
}

//===- AttentionOps.cpp - org.dilated_mlir DilatedAttention -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// DilatedAttention(query, key, value) -> (output[, lse]) on [B, N, H, D], or on
// [B, N, H*D] with `num_heads`. Labels C1 to C9 are those of docs/spec.md.
//
//===----------------------------------------------------------------------===//

#include "OpTable.h"
#include "Views.h"

#include "dialects/Dilated/Dilated.h"

#include "mlir/Dialect/Arith/IR/Arith.h"

#include <cmath>

using namespace mlir;
using namespace mlir::dilated;

static constexpr StringLiteral operandNames[] = {"query", "key", "value"};

/// The pattern of the attributes: C1, C2; C3 and C6 hold by construction.
static FailureOr<PatternAttr> readPattern(NodeView &node) {
  MLIRContext *context = node.b.getContext();
  ArrayRef<int64_t> lengths = *node.intsAttr("segment_lengths"),
                    rates = *node.intsAttr("dilation_rates");
  if (lengths.size() != rates.size())
    return node.error() << "segment_lengths has " << lengths.size()
                        << " entries and dilation_rates " << rates.size()
                        << ", expected as many [C1]";
  if (lengths.empty())
    return node.error() << "segment_lengths is empty, expected at least one "
                           "branch [C1]";
  SmallVector<Attribute> terms;
  for (auto [length, rate] : llvm::zip_equal(lengths, rates)) {
    if (length < 1 || rate < 1)
      return node.error() << "branch " << terms.size() << " has length "
                          << length << " and rate " << rate
                          << ", expected both to be at least 1 [C2]";
    terms.push_back(SegmentAttr::get(context, length, rate, 1));
  }
  StringRef offset = node.stringAttr("head_offset", "block"),
            padding = node.stringAttr("padding", "null_keys");
  // A constant offset has no spelling in ONNX.
  std::optional<HeadOffsetRule> rule =
      offset == "constant" ? std::nullopt : symbolizeHeadOffsetRule(offset);
  if (!rule)
    return node.error() << "attribute 'head_offset' is '" << offset
                        << "'; supported are 'block', 'modulo', 'end'";
  std::optional<Padding> pad = symbolizePadding(padding);
  if (!pad)
    return node.error() << "attribute 'padding' is '" << padding
                        << "'; supported are 'null_keys', 'exclude'";
  return PatternAttr::get(context, terms,
                          HeadOffsetAttr::get(context, *rule, 0), *pad,
                          Overlap::Multiset);
}

/// [B, N, H*D] as [B, N, H, D].
static FailureOr<Value> splitHeads(NodeView &node, unsigned i, int64_t heads) {
  GraphBuilder &b = node.b;
  Sizes sizes = b.sizes(node.input(i));
  std::optional<int64_t> packed = constantSize(sizes[2]);
  if (!packed)
    return node.error() << "the last size of the " << operandNames[i]
                        << " is known only at run time";
  if (*packed % heads != 0)
    return node.error() << "the last size of the " << operandNames[i] << ", "
                        << *packed << ", is not a multiple of its " << heads
                        << " heads";
  sizes.back() = b.getIndexAttr(heads);
  sizes.push_back(b.getIndexAttr(*packed / heads));
  return emitReshape(b, node.input(i), sizes);
}

/// An operand as [B, N, heads, D]; `heads` 0 leaves the number to the shape.
static FailureOr<Value> readOperand(NodeView &node, unsigned i, int64_t heads,
                                    StringRef attribute) {
  if (node.rank(i) == 3) {
    if (heads == 0)
      return node.error() << "operands of rank 3 need attribute 'num_heads'";
    return splitHeads(node, i, heads);
  }
  OpFoldResult actual = node.b.size(node.input(i), 2);
  if (heads != 0 && failed(node.b.requireEqual(
                        actual, node.b.getIndexAttr(heads),
                        "the number of heads is not '" + attribute + "'")))
    return node.error() << "attribute '" << attribute << "' is " << heads
                        << ", but the " << operandNames[i] << " has "
                        << *constantSize(actual) << " heads";
  return node.b.refine(node.input(i));
}

/// Sizes `left` of operand i and `right` of operand k are the same [C5].
static LogicalResult requireSame(NodeView &node, unsigned i, OpFoldResult left,
                                 unsigned k, OpFoldResult right,
                                 StringRef what) {
  if (succeeded(node.b.requireEqual(left, right,
                                    operandNames[i] + " and " +
                                        operandNames[k] + " differ in " + what +
                                        " [C5]")))
    return success();
  return node.error() << operandNames[i] << " and " << operandNames[k]
                      << " differ in " << what << ": " << *constantSize(left)
                      << " and " << *constantSize(right) << " [C5]";
}

static LogicalResult checkSizes(NodeView &node, ArrayRef<Value> operands) {
  GraphBuilder &b = node.b;
  Sizes q = b.sizes(operands[0]), k = b.sizes(operands[1]),
        v = b.sizes(operands[2]);
  if (failed(requireSame(node, 0, q[0], 1, k[0], "batch")) ||
      failed(requireSame(node, 0, q[0], 2, v[0], "batch")) ||
      failed(requireSame(node, 0, q[1], 1, k[1], "sequence length")) ||
      failed(requireSame(node, 0, q[1], 2, v[1], "sequence length")) ||
      failed(requireSame(node, 0, q[3], 1, k[3], "head size")) ||
      failed(requireSame(node, 1, k[2], 2, v[2], "number of heads")))
    return failure();
  for (unsigned i : {0u, 2u}) {
    std::optional<int64_t> size = constantSize(b.size(operands[i], 3));
    if (!size)
      return node.error() << "the head size of the " << operandNames[i]
                          << " is known only at run time [C9]";
    if (*size < 1 || *size > 256)
      return node.error() << "the head size of the " << operandNames[i] << ", "
                          << *size << ", is not in 1..256 [C9]";
  }
  std::optional<int64_t> heads = constantSize(q[2]),
                         kvHeads = constantSize(k[2]);
  if (heads && kvHeads) {
    if (*kvHeads == 0 ? *heads != 0 : *heads % *kvHeads != 0)
      return node.error() << "the number of query heads, " << *heads
                          << ", is not a multiple of the number of key heads, "
                          << *kvHeads << " [C4]";
  } else if (!b.provablyEqual(q[2], k[2])) {
    // max(Hkv, 1): a remainder by 0 would trap before the check reports it.
    Value one = b.toIndex(b.getIndexAttr(1)),
          zero = b.toIndex(b.getIndexAttr(0));
    Value divisor = b.createOrFold<arith::MaxSIOp>(b.toIndex(k[2]), one);
    Value rest = b.createOrFold<arith::RemSIOp>(b.toIndex(q[2]), divisor);
    b.assertThat(
        b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::eq, rest, zero),
        "the number of query heads is not a multiple of the number of key "
        "heads [C4]");
  }
  if (constantSize(q[1]) == 0)
    return node.error() << "the sequence is empty (length 0), expected at "
                           "least 1 position [C10]";
  if (!constantSize(q[1]))
    b.assertThat(b.createOrFold<arith::CmpIOp>(arith::CmpIPredicate::sgt,
                                               b.toIndex(q[1]),
                                               b.toIndex(b.getIndexAttr(0))),
                 "the sequence is empty (length 0), expected at least 1 "
                 "position [C10]");
  return success();
}

static LogicalResult convertDilatedAttention(NodeView &node) {
  GraphBuilder &b = node.b;
  FailureOr<PatternAttr> pattern = readPattern(node);
  if (failed(pattern) || failed(node.requireKind(0, kFloat)) ||
      failed(node.requireSameType({0, 1, 2})))
    return failure();
  double scale = node.floatAttr("scale", 0);
  if (!std::isfinite(scale))
    return node.error() << "attribute 'scale' is " << scale
                        << ", expected a finite number [C7]";
  int64_t causal = node.intAttr("is_causal", 0),
          heads = node.intAttr("num_heads", 0),
          kvHeads = node.intAttr("kv_num_heads", 0);
  if (causal != 0 && causal != 1)
    return node.error() << "attribute 'is_causal' is " << causal
                        << ", expected 0 or 1";
  if (heads < 0 || kvHeads < 0)
    return node.error() << "attributes 'num_heads' and 'kv_num_heads' are "
                        << heads << " and " << kvHeads
                        << ", expected at least 0";
  bool isPacked = node.rank(0) == 3;
  for (unsigned i : {0u, 1u, 2u}) {
    if (node.rank(i) != 3 && node.rank(i) != 4)
      return node.error() << "the " << operandNames[i] << " has rank "
                          << node.rank(i) << ", expected 3 or 4";
    if (failed(node.requireRank(i, node.rank(0))))
      return failure();
  }
  // As many key heads as query heads, unless said otherwise.
  if (kvHeads == 0 && isPacked)
    kvHeads = heads;
  StringRef kvAttribute = kvHeads == heads ? "num_heads" : "kv_num_heads";
  FailureOr<Value> query = readOperand(node, 0, heads, "num_heads");
  if (failed(query))
    return failure();
  FailureOr<Value> key = readOperand(node, 1, kvHeads, kvAttribute);
  FailureOr<Value> value = readOperand(node, 2, kvHeads, kvAttribute);
  if (failed(key) || failed(value) ||
      failed(checkSizes(node, {*query, *key, *value})))
    return failure();

  for (Value *operand : {&*query, &*key, &*value})
    *operand = b.refine(*operand);
  Sizes sizes = b.sizes(*query);
  Sizes outSizes = {sizes[0], sizes[1], sizes[2], b.size(*value, 3)};
  Sizes lseSizes = {sizes[0], sizes[2], sizes[1]};
  Type type = node.elementType(0);
  Type lseType;
  if (node.usesResult(1))
    lseType = b.tensorType(lseSizes, type.isF64() ? type : b.getF32Type());
  auto attention = AttentionOp::create(
      b, b.tensorType(outSizes, type), lseType, *query, *key, *value, *pattern,
      /*causal=*/causal == 1,
      scale == 0 ? FloatAttr() : b.getF64FloatAttr(scale));
  b.setSizes(attention.getOut(), outSizes);
  Value out = attention.getOut();
  if (lseType) {
    b.setSizes(attention.getLse(), lseSizes);
    if (failed(node.setResult(attention.getLse(), 1)))
      return failure();
  }
  if (!isPacked)
    return node.setResult(out);
  FailureOr<OpFoldResult> packed = b.product({outSizes[2], outSizes[3]});
  if (failed(packed))
    return failure();
  return node.setResult(
      emitReshape(b, out, {outSizes[0], outSizes[1], *packed}));
}

ArrayRef<OnnxOp> mlir::dilated::getAttentionOps() {
  static const OnnxOp ops[] = {
      {"DilatedAttention", 1, 3, 3, 2,
       "segment_lengths:ints! dilation_rates:ints! is_causal:int scale:float "
       "num_heads:int kv_num_heads:int head_offset:string padding:string",
       convertDilatedAttention, "org.dilated_mlir", 1},
  };
  return ops;
}

//===- Mainloop.cpp - the runs of a block, key block by key block -*- C++ -*-=//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   for each run:                            (KeyRuns)
//     limits of the warp's rows, the run after it
//     for each block of keys of the run:
//       wait until it has arrived; all warps have left the other stage
//       start to copy the block after it, be it of this run or of the next
//       unless no row of the warp sees the block:
//         S = Q K^T
//         S[i][j] = -inf for j >= limit(i), if some row sees a part of it
//         P, the maxima and the sums         (Softmax)
//         O = O * 2^(m - m') + P V
//
// One barrier for each block of keys: who has passed it knows that the block
// has arrived for all, and that all have done with the one before.
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace mlir::dilated;

using tile::Page;
using tile::SharedType;

//===----------------------------------------------------------------------===//
// Copies
//===----------------------------------------------------------------------===//

/// A copy with a group of its own: by 16 bytes where operands allow it.
static Value emitCopies(TileBuilder &b, AttentionBlock &block,
                        function_ref<void(bool async)> copy) {
  auto commit = [&]() -> SmallVector<Value> {
    return {tile::CommitOp::create(b, tile::TokenType::get(b.getContext()),
                                   ValueRange{})};
  };
  b.ifThenElse(
      block.aligned,
      [&]() -> SmallVector<Value> {
        copy(true);
        return {};
      },
      [&]() -> SmallVector<Value> {
        copy(false);
        return {};
      });
  return commit()[0];
}

static void emitCopy(TileBuilder &b, bool async, const GlobalOperand &operand,
                     Value source, Value stride, Value rows, Value positions,
                     Value target, int64_t width) {
  if (async)
    tile::CopyAsyncOp::create(b, tile::TokenType::get(b.getContext()), source,
                              stride, rows, positions, target, width);
  else
    tile::CopyOp::create(b, source, stride, operand.feature, rows, positions,
                         target, width);
}

static SharedType getSharedType(AttentionBlock &block, int64_t rows,
                                int64_t columns) {
  Type element = block.signature.element;
  return SharedType::get(element.getContext(), rows, columns, element,
                         tile::Swizzle::Xor);
}

static Value emitQueryTile(TileBuilder &b, AttentionBlock &block) {
  return tile::SharedOp::create(
      b, getSharedType(block, AttentionTiling::rows, block.tiling.headDim),
      b.i32(block.tiling.queryOffset));
}

Value mlir::dilated::emitCopyQuery(TileBuilder &b, AttentionBlock &block) {
  Value target = emitQueryTile(b, block);
  return emitCopies(b, block, [&](bool async) {
    emitCopy(b, async, block.query, block.query.pointer, block.query.sequence,
             b.i32(AttentionTiling::rows), block.positions, target,
             block.signature.headDim);
  });
}

namespace {

/// Keys and values of one block, as copies see it.
struct KeyBlock {
  Value keys, values; // pointers to its first row
  Value keyStride, valueStride;
  Value rows; // how many it has, i32
};

/// Keys, then values, at `stage` (i32): where it begins behind the first one.
struct Stage {
  Stage(TileBuilder &b, AttentionBlock &block, Value stage) {
    const AttentionTiling &tiling = block.tiling;
    Value offset = b.add(stage, b.i32(tiling.stagesOffset));
    keys = tile::SharedOp::create(
        b, getSharedType(block, tiling.keys, tiling.headDim), offset);
    values = tile::SharedOp::create(
        b, getSharedType(block, tiling.keys, tiling.valueDim),
        b.add(offset, b.i32(tiling.keyBytes)));
  }
  Value keys, values;
};

} // namespace

/// The first block of a run.
static KeyBlock emitFirstBlock(TileBuilder &b, AttentionBlock &block,
                               const KeyRun &run) {
  const AttentionTiling &tiling = block.tiling;
  auto first = [&](const GlobalOperand &operand, Note note) {
    return b.element(emitReadPointer(b, block, note),
                     b.mul(run.base, operand.sequence), tiling.elementBytes);
  };
  return {first(block.key, Note::KeyPointer),
          first(block.value, Note::ValuePointer),
          b.mul(run.rate, block.key.sequence),
          b.mul(run.rate, block.value.sequence),
          b.narrow(b.min(run.count, b.i64(tiling.keys)))};
}

static Value emitCopyBlock(TileBuilder &b, AttentionBlock &block,
                           const KeyBlock &from, Value stage) {
  Stage to(b, block, stage);
  return emitCopies(b, block, [&](bool async) {
    emitCopy(b, async, block.key, from.keys, from.keyStride, from.rows, Value(),
             to.keys, block.signature.headDim);
    emitCopy(b, async, block.value, from.values, from.valueStride, from.rows,
             Value(), to.values, block.signature.valueDim);
  });
}

//===----------------------------------------------------------------------===//
// Products
//===----------------------------------------------------------------------===//

static Value emitQueryStep(TileBuilder &b, AttentionBlock &block,
                           int64_t step) {
  const AttentionTiling &tiling = block.tiling;
  auto type =
      b.fragment({16, tiling.step}, block.signature.element, tile::Layout::A);
  return tile::LoadOp::create(b, type, emitQueryTile(b, block), block.warpRow,
                              step * tiling.step, /*transposed=*/false);
}

/// -x of all elements.
static Value emitNegate(TileBuilder &b, Value fragment) {
  return b.map(cast<tile::FragmentType>(fragment.getType()), fragment,
               [&](ArrayRef<Value> e) -> Value {
                 return arith::NegFOp::create(b, e[0]);
               });
}

void mlir::dilated::emitLoadQuery(TileBuilder &b, AttentionBlock &block) {
  if (!block.tiling.queryInRegisters)
    return;
  SmallVector<Value> queries;
  for (int64_t k = 0; k < block.tiling.headDim / block.tiling.step; ++k)
    queries.push_back(emitQueryStep(b, block, k));
  // The softmax is that of a positive scale.
  block.queries = b.ifThenElse(
      block.negative,
      [&] {
        SmallVector<Value> negated;
        for (Value query : queries)
          negated.push_back(emitNegate(b, query));
        return negated;
      },
      [&] { return queries; });
}

/// S = Q K^T. The small products of exact f32 have a sum of their own: added
/// one by one they would be rounded to the unit of S.
static Value emitScores(TileBuilder &b, AttentionBlock &block, Value keys) {
  const AttentionTiling &tiling = block.tiling;
  auto keyType = b.fragment({tiling.step, tiling.keys}, block.signature.element,
                            tile::Layout::B);
  auto scoreType =
      b.fragment({16, tiling.keys}, b.getF32Type(), tile::Layout::Accumulator);
  Value scores = b.fill(scoreType, 0.0), low = scores;
  bool isExact = block.signature.element.isF32() &&
                 block.signature.precision == tile::Precision::Exact;
  for (int64_t k = 0; k < tiling.headDim / tiling.step; ++k) {
    Value query =
        tiling.queryInRegisters ? block.queries[k] : emitQueryStep(b, block, k);
    Value key = tile::LoadOp::create(b, keyType, keys, b.i32(0),
                                     k * tiling.step, /*transposed=*/false);
    auto multiply = [&](Value sum, tile::Precision precision) {
      return tile::MmaOp::create(b, scoreType, query, key, sum, precision);
    };
    if (isExact)
      low = multiply(low, tile::Precision::Low);
    scores = multiply(scores, isExact ? tile::Precision::High
                                      : block.signature.precision);
  }
  if (isExact)
    scores = b.map(scoreType, {scores, low},
                   [&](ArrayRef<Value> e) { return b.add(e[0], e[1]); });
  if (tiling.queryInRegisters)
    return scores;
  return b.ifThenElse(
      block.negative,
      [&]() -> SmallVector<Value> { return {emitNegate(b, scores)}; },
      [&]() -> SmallVector<Value> { return {scores}; })[0];
}

/// sum + P V of one page of columns, in steps of keys.
static Value emitPageProduct(TileBuilder &b, AttentionBlock &block,
                             Value weights, Value values, Page page,
                             Value sum) {
  const AttentionTiling &tiling = block.tiling;
  Type element = block.signature.element;
  int64_t columns = page.bytes / tiling.elementBytes;
  for (int64_t k = 0; k < tiling.keys; k += tiling.step) {
    Value a = tile::SliceOp::create(
        b, b.fragment({16, tiling.step}, element, tile::Layout::A), weights, k);
    Value value = tile::LoadOp::create(
        b, b.fragment({tiling.step, columns}, element, tile::Layout::B), values,
        b.i32(k), page.start / tiling.elementBytes,
        /*transposed=*/true);
    sum = tile::MmaOp::create(b, sum.getType(), a, value, sum,
                              block.signature.precision);
  }
  return sum;
}

/// O = O * 2^(m - m') + P V. Matrix units cut sums off instead of rounding
/// them, which adds up over many keys: in f32 they sum up one block of keys,
/// and the rest is a multiply-add.
static void emitValues(TileBuilder &b, AttentionBlock &block,
                       const SoftmaxWeights &softmax, Value values,
                       SoftmaxState &state) {
  const AttentionTiling &tiling = block.tiling;
  Value weights = tile::ConvertOp::create(
      b,
      b.fragment({16, tiling.keys}, block.signature.element, tile::Layout::A),
      softmax.weights);
  SmallVector<Page> pages =
      tile::getPages(tiling.valueDim * tiling.elementBytes);
  for (auto [page, out] : llvm::zip(pages, state.out)) {
    auto type = cast<tile::FragmentType>(out.getType());
    if (block.signature.element.isF32()) {
      Value product =
          emitPageProduct(b, block, weights, values, page, b.fill(type, 0.0));
      out = b.map(type, {out, softmax.correction, product},
                  [&](ArrayRef<Value> e) { return b.fma(e[0], e[1], e[2]); });
      continue;
    }
    Value rescaled =
        b.map(type, {out, softmax.correction},
              [&](ArrayRef<Value> e) { return b.mul(e[0], e[1]); });
    out = emitPageProduct(b, block, weights, values, page, rescaled);
  }
}

/// Keys beyond a row's limit are hidden.
static Value emitMask(TileBuilder &b, AttentionBlock &block, Value scores,
                      const RowLimits &limits, Value index) {
  auto mask = [&]() -> SmallVector<Value> {
    Value start =
        b.mul(b.sub(index, limits.fullBlock), b.i32(block.tiling.keys));
    Value inBlock =
        b.map(b.rows(b.getI32Type()), limits.limits,
              [&](ArrayRef<Value> limit) { return b.sub(limit[0], start); });
    Value hidden =
        b.constant(b.getF32Type(), -std::numeric_limits<double>::infinity());
    return {tile::MaskOp::create(b, scores.getType(), scores, inBlock, hidden)};
  };
  return b.ifThenElse(b.atLeast(index, limits.fullBlock), mask,
                      [&]() -> SmallVector<Value> { return {scores}; })[0];
}

//===----------------------------------------------------------------------===//
// Loops
//===----------------------------------------------------------------------===//

namespace {

/// The blocks of keys of one run.
class RunLoop {
public:
  RunLoop(TileBuilder &b, AttentionBlock &block, const KeyRun &run,
          const RowLimits &limits)
      : b(b), block(block), limits(limits),
        first(emitFirstBlock(b, block, run)) {
    Value keys = b.i64(block.tiling.keys), one = b.i64(1);
    Value before = b.div(b.sub(run.count, one), keys);
    numBlocks = b.narrow(b.add(before, one));
    lastRows = b.narrow(b.sub(run.count, b.mul(before, keys)));
  }

  /// `token` and `stage` are the first block's, then those of the first block
  /// of the next run.
  void emit(Value &token, Value &stage, SoftmaxState &state) {
    SmallVector<Value> init = {token, stage, first.keys, first.values};
    llvm::append_range(init, state.flatten());
    SmallVector<Value> results = b.forEach(
        b.i32(0), numBlocks, 1, init, [&](Value index, ValueRange values) {
          tile::WaitOp::create(b, values[0], 0);
          b.barrier();
          KeyBlock following = first;
          following.keys = advance(values[2], first.keyStride);
          following.values = advance(values[3], first.valueStride);
          Value current = values[1];
          Value other = b.sub(b.i32(block.tiling.getStageBytes()), current);
          SmallVector<Value> yielded = {emitPrefetch(index, following, other),
                                        other, following.keys,
                                        following.values};
          llvm::append_range(
              yielded, emitAttend(index, current, values.drop_front(carried)));
          return yielded;
        });
    token = results[0];
    stage = results[1];
    state = SoftmaxState::unflatten(ValueRange(results).drop_front(carried));
  }

private:
  static constexpr size_t carried = 4;

  /// From a block to the next. One pointer for all that is copied from there:
  /// unless it is opaque, the compiler keeps one for each.
  Value advance(Value pointer, Value stride) {
    return b.opaque(b.element(pointer, b.mul(stride, b.i64(block.tiling.keys)),
                              block.tiling.elementBytes));
  }

  /// Block index + 1, or what comes after the run.
  Value emitPrefetch(Value index, KeyBlock following, Value stage) {
    Value one = b.i32(1), next = b.add(index, one);
    auto copyWhole = [&]() -> SmallVector<Value> {
      following.rows = b.i32(block.tiling.keys);
      return {emitCopyBlock(b, block, following, stage)};
    };
    auto getLast = [&]() -> SmallVector<Value> {
      return {following.keys, following.values, following.keyStride,
              following.valueStride, lastRows};
    };
    auto getFirst = [&]() -> SmallVector<Value> {
      // Without a run its count is 0: rows of zeros, which nobody reads.
      KeyBlock of = emitFirstBlock(b, block, emitReadNextRun(b, block));
      return {of.keys, of.values, of.keyStride, of.valueStride, of.rows};
    };
    auto copyPart = [&]() -> SmallVector<Value> {
      SmallVector<Value> part =
          b.ifThenElse(b.less(next, numBlocks), getLast, getFirst);
      KeyBlock from = {part[0], part[1], part[2], part[3], part[4]};
      return {emitCopyBlock(b, block, from, stage)};
    };
    return b.ifThenElse(b.less(b.add(next, one), numBlocks), copyWhole,
                        copyPart)[0];
  }

  SmallVector<Value> emitAttend(Value index, Value stage, ValueRange values) {
    SoftmaxState state = SoftmaxState::unflatten(values);
    return b.ifThenElse(
        b.less(index, limits.endBlock),
        [&] {
          Stage tiles(b, block, stage);
          Value scores = emitScores(b, block, tiles.keys);
          scores = emitMask(b, block, scores, limits, index);
          SoftmaxWeights softmax =
              emitOnlineSoftmax(b, block, scores, limits, state);
          emitValues(b, block, softmax, tiles.values, state);
          return state.flatten();
        },
        [&] { return SmallVector<Value>(values); });
  }

  TileBuilder &b;
  AttentionBlock &block;
  const RowLimits &limits;
  KeyBlock first;
  Value numBlocks, lastRows;
};

} // namespace

SoftmaxState mlir::dilated::emitMainloop(TileBuilder &b,
                                         AttentionBlock &block) {
  Value queries = emitCopyQuery(b, block);
  KeyRun first = emitFirstRun(b, block);
  Value stage = b.i32(0);
  Value token = emitCopyBlock(b, block, emitFirstBlock(b, block, first), stage);
  tile::WaitOp::create(b, queries, 1);
  b.barrier();
  emitLoadQuery(b, block);

  // token, stage, the run, the state
  constexpr size_t carried = 7;
  SmallVector<Value> init = {token,      stage,      first.term, first.segment,
                             first.base, first.rate, first.count};
  llvm::append_range(init, emitInitialState(b, block).flatten());
  auto getRun = [](ValueRange values) {
    return KeyRun{values[2], values[3], values[4], values[5], values[6]};
  };
  SmallVector<Value> results = b.whileLoop(
      init,
      [&](ValueRange values) { return b.less(b.i64(0), getRun(values).count); },
      [&](ValueRange values) {
        KeyRun run = getRun(values);
        SoftmaxState state =
            SoftmaxState::unflatten(values.drop_front(carried));
        emitNoteNextRun(b, block, run);
        RowLimits limits = emitRowLimits(b, block, run, state.nulls);
        Value token = values[0], stage = values[1];
        RunLoop(b, block, run, limits).emit(token, stage, state);
        KeyRun next = emitReadNextRun(b, block);
        SmallVector<Value> yielded = {token,        stage,     next.term,
                                      next.segment, next.base, next.rate,
                                      next.count};
        llvm::append_range(yielded, state.flatten());
        return yielded;
      });
  tile::WaitOp::create(b, results[0], 0);
  return SoftmaxState::unflatten(ValueRange(results).drop_front(carried));
}

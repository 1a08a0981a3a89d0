//===- Mainloop.cpp - the key ranges of a tile, block by block ---*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//   for each key range of the tile:           (ListReader)
//     what the warp's rows see of it
//     for each block of keys of the range:
//       wait until it has arrived; all warps have left the other stage
//       start to copy the block after it, be it of this range or of the next
//       unless no row of the warp sees the block:
//         S = Q K^T                           (Products)
//         S[i][j] = c S[i][j] + bias(j), if keys count differently
//         S[i][j] = -inf for what row i does not see, if it sees a part
//         P, the maxima and the sums          (Softmax)
//         O = O * 2^(m - m') + P V            (Products)
//
// One barrier for each block of keys: who has passed it knows that the block
// has arrived for all, and that all have done with the one before.
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace mlir::dilated;

//===----------------------------------------------------------------------===//
// Blocks of keys
//===----------------------------------------------------------------------===//

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
    Type element = block.signature.element;
    Value offset = b.add(stage, b.i32(tiling.stagesOffset));
    keys = tile::SharedOp::create(
        b, getSharedType(element, tiling.keys, tiling.headDim), offset);
    values = tile::SharedOp::create(
        b, getSharedType(element, tiling.keys, tiling.valueDim),
        b.add(offset, b.i32(tiling.keyBytes)));
  }
  Value keys, values;
};

} // namespace

/// The first block of a range; the end of the ranges has no rows.
static KeyBlock emitFirstBlock(TileBuilder &b, AttentionBlock &block,
                               Value range) {
  const AttentionTiling &tiling = block.tiling;
  RangeKeys of = emitRangeKeys(b, range);
  auto first = [&](const GlobalOperand &operand, Note note) {
    return b.element(emitReadPointer(b, block, note),
                     b.mul(of.base, operand.sequence), tiling.elementBytes);
  };
  return {first(block.key, Note::KeyPointer),
          first(block.value, Note::ValuePointer),
          b.mul(of.stride, block.key.sequence),
          b.mul(of.stride, block.value.sequence),
          b.min(of.count, b.i32(tiling.keys))};
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
// Loops
//===----------------------------------------------------------------------===//

namespace {

/// The blocks of keys of one range.
class RangeLoop {
public:
  RangeLoop(TileBuilder &b, AttentionBlock &block, Value range, Value count,
            const RowLimits &limits)
      : b(b), block(block), range(range), limits(limits),
        first(emitFirstBlock(b, block, range)) {
    Value keys = b.i32(block.tiling.keys), one = b.i32(1);
    Value before = b.div(b.sub(count, one), keys);
    numBlocks = b.add(before, one);
    lastRows = b.sub(count, b.mul(before, keys));
  }

  /// `token` and `stage` are the first block's, then those of the first block
  /// of the next range.
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

  /// Block index + 1, or what comes after the range.
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
      // After the last range: rows of zeros, which nobody reads.
      KeyBlock of = emitFirstBlock(b, block, emitNextRange(b, range));
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
    Value place = b.sub(index, limits.first);
    return b.ifThenElse(
        b.cmp(arith::CmpIPredicate::ult, place, limits.count),
        [&] {
          Stage tiles(b, block, stage);
          Value scores = emitScores(b, block, tiles.keys);
          scores = emitBias(b, block, scores, range, limits, index);
          scores = emitMask(b, block, scores, range, limits, index);
          SoftmaxWeights softmax =
              emitOnlineSoftmax(b, block, scores, limits, state);
          emitValues(b, block, softmax, tiles.values, state);
          return state.flatten();
        },
        [&] { return SmallVector<Value>(values); });
  }

  TileBuilder &b;
  AttentionBlock &block;
  Value range;
  const RowLimits &limits;
  KeyBlock first;
  Value numBlocks, lastRows;
};

} // namespace

SoftmaxState mlir::dilated::emitMainloop(TileBuilder &b, AttentionBlock &block,
                                         Value range) {
  Value queries = emitCopyQuery(b, block);
  Value stage = b.i32(0);
  Value token = emitCopyBlock(b, block, emitFirstBlock(b, block, range), stage);
  tile::WaitOp::create(b, queries, 1);
  b.barrier();
  emitLoadQuery(b, block);

  // token, stage, the range, its count, the state
  constexpr size_t carried = 4;
  SmallVector<Value> init = {token, stage, range,
                             emitRangeKeys(b, range).count};
  llvm::append_range(init, emitInitialState(b, block).flatten());
  SmallVector<Value> results = b.whileLoop(
      init, [&](ValueRange values) { return b.less(b.i32(0), values[3]); },
      [&](ValueRange values) {
        Value token = values[0], stage = values[1], range = values[2];
        SoftmaxState state =
            SoftmaxState::unflatten(values.drop_front(carried));
        RowLimits limits = emitRowLimits(b, block, range);
        RangeLoop(b, block, range, values[3], limits).emit(token, stage, state);
        Value next = emitNextRange(b, range);
        SmallVector<Value> yielded = {token, stage, next,
                                      emitRangeKeys(b, next).count};
        llvm::append_range(yielded, state.flatten());
        return yielded;
      });
  tile::WaitOp::create(b, results[0], 0);
  return SoftmaxState::unflatten(ValueRange(results).drop_front(carried));
}

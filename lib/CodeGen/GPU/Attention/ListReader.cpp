//===- ListReader.cpp - the kernel's tile and its key ranges ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Reads a tile list (dilated-mlir/Plan/TileList.h, which has the layout).
//
//===----------------------------------------------------------------------===//

#include "Kernel.h"

#include "dilated-mlir/Plan/TileList.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

#include <cstddef>

using namespace mlir;
using namespace mlir::dilated;

using ::dilated::plan::TileRange;
using ::dilated::plan::TileRecord;
using ::dilated::plan::WarpBlocks;

static_assert(::dilated::plan::kListRows == AttentionTiling::rows &&
              ::dilated::plan::kTileWarps == AttentionTiling::warps);

static Value emitNumber(TileBuilder &b, Value record, size_t offset) {
  return b.loadGlobal(record, offset, b.getI64Type());
}

/// What an offset of a record points to.
static Value follow(TileBuilder &b, Value record, size_t field) {
  return b.advance(record, emitNumber(b, record, field));
}

static Value hasFlag(TileBuilder &b, Value flags, int64_t flag) {
  return b.cmp(arith::CmpIPredicate::ne, b.bitAnd(flags, flag), b.i32(0));
}

//===----------------------------------------------------------------------===//
// The tile
//===----------------------------------------------------------------------===//

Value mlir::dilated::emitTileRecord(TileBuilder &b, AttentionBlock &block) {
  Value number = NVVM::BlockIdXOp::create(b, b.getI32Type());
  return b.element(block.tiles, b.widen(number), sizeof(TileRecord));
}

Value mlir::dilated::emitFirstRange(TileBuilder &b, Value record) {
  return follow(b, record, offsetof(TileRecord, ranges));
}

Value mlir::dilated::emitTileHead(TileBuilder &b, Value record) {
  return emitNumber(b, record, offsetof(TileRecord, head));
}

void mlir::dilated::emitListRows(TileBuilder &b, AttentionBlock &block,
                                 Value record) {
  Value thread = b.thread();
  b.ifThen(b.less(thread, b.i32(AttentionTiling::rows)), [&] {
    Value rows = follow(b, record, offsetof(TileRecord, rows));
    Value offset = b.loadGlobal(b.advance(rows, b.mul(thread, b.i32(4))), 0,
                                b.getI32Type());
    Value position = b.add(emitNumber(b, record, offsetof(TileRecord, base)),
                           b.widen(offset));
    Value isRow = b.atLeast(offset, b.i32(0));
    b.storeShared(b.select(isRow, position, b.i64(-1)), block.positions,
                  b.mul(thread, b.i32(8)));
  });
}

Value mlir::dilated::emitRowPositions(TileBuilder &b, AttentionBlock &block) {
  return b.mapRows(b.getI64Type(), [&](Value row) {
    return b.loadShared(block.positions,
                        b.mul(b.add(block.warpRow, row), b.i32(8)),
                        b.getI64Type());
  });
}

Value mlir::dilated::emitRowNulls(TileBuilder &b, AttentionBlock &block) {
  Type f32 = b.getF32Type();
  Value record = emitTileRecord(b, block);
  Value offset = emitNumber(b, record, offsetof(TileRecord, nulls));
  return b.ifThenElse(
      b.equal(offset, b.i64(0)),
      [&]() -> SmallVector<Value> { return {b.fill(b.rows(f32), 0.0)}; },
      [&]() -> SmallVector<Value> {
        Value nulls = b.advance(record, offset);
        return {b.mapRows(f32, [&](Value row) {
          Value byte = b.mul(b.add(block.warpRow, row), b.i32(4));
          return b.loadGlobal(b.advance(nulls, byte), 0, f32);
        })};
      })[0];
}

//===----------------------------------------------------------------------===//
// Key ranges
//===----------------------------------------------------------------------===//

RangeKeys mlir::dilated::emitRangeKeys(TileBuilder &b, Value range) {
  Type i64 = b.getI64Type();
  return {b.loadGlobal(range, offsetof(TileRange, base), i64, 16),
          b.loadGlobal(range, offsetof(TileRange, stride), i64),
          b.loadGlobal(range, offsetof(TileRange, count), b.getI32Type())};
}

Value mlir::dilated::emitNextRange(TileBuilder &b, Value range) {
  return b.advance(range, sizeof(TileRange));
}

/// The limits of the warp's rows: low, and high in the upper half.
static Value emitLimits(TileBuilder &b, AttentionBlock &block, Value range) {
  Value limits = follow(b, range, offsetof(TileRange, limits));
  return b.mapRows(b.getI64Type(), [&](Value row) {
    Value byte = b.mul(b.add(block.warpRow, row), b.i32(8));
    return b.loadGlobal(b.advance(limits, byte), 0, b.getI64Type());
  });
}

static Value getLow(TileBuilder &b, Value limits) { return b.narrow(limits); }
static Value getHigh(TileBuilder &b, Value limits) {
  return b.narrow(b.shiftRight(limits, 32));
}

RowLimits mlir::dilated::emitRowLimits(TileBuilder &b, AttentionBlock &block,
                                       Value range) {
  Type f32 = b.getF32Type(), i32 = b.getI32Type();
  RowLimits rows;
  // (S6) A term of multiplicity m adds log2(m) to its scores.
  rows.flags = b.loadGlobal(range, offsetof(TileRange, flags), i32);
  Value log = b.loadGlobal(range, offsetof(TileRange, logMultiplicity), f32);
  rows.bias = b.ifThenElse(
      hasFlag(b, rows.flags, ::dilated::plan::kRangeLimits),
      [&]() -> SmallVector<Value> {
        Value hidden =
            b.constant(f32, -std::numeric_limits<double>::infinity());
        return {b.map(b.rows(f32), emitLimits(b, block, range),
                      [&](ArrayRef<Value> limits) {
                        Value sees =
                            b.less(getLow(b, limits[0]), getHigh(b, limits[0]));
                        return b.select(sees, log, hidden);
                      })};
      },
      [&]() -> SmallVector<Value> { return {b.fill(b.rows(f32), log)}; })[0];
  rows.factor = b.select(hasFlag(b, rows.flags, ::dilated::plan::kRangeBiases),
                         b.constant(f32, 1), block.scale);
  // A warp's blocks have as many bytes as it has rows.
  static_assert(sizeof(WarpBlocks) == ::dilated::plan::kWarpRows);
  Value warp = b.advance(range, block.warpRow);
  auto number = [&](size_t offset) {
    return b.loadGlobal(warp, offsetof(TileRange, warps) + offset, i32,
                        offset == 0 ? 16 : 4);
  };
  rows.first = number(offsetof(WarpBlocks, first));
  rows.count = number(offsetof(WarpBlocks, count));
  rows.firstFull = number(offsetof(WarpBlocks, firstFull));
  rows.countFull = number(offsetof(WarpBlocks, countFull));
  return rows;
}

//===----------------------------------------------------------------------===//
// Scores
//===----------------------------------------------------------------------===//

Value mlir::dilated::emitBias(TileBuilder &b, AttentionBlock &block,
                              Value scores, Value range,
                              const RowLimits &limits, Value index) {
  auto bias = [&]() -> SmallVector<Value> {
    Value step =
        b.loadGlobal(range, offsetof(TileRange, biasStep), b.getI32Type());
    Value biases = b.advance(follow(b, range, offsetof(TileRange, biases)),
                             b.widen(b.mul(index, step)));
    return {
        tile::BiasOp::create(b, scores.getType(), scores, block.scale, biases)};
  };
  return b.ifThenElse(hasFlag(b, limits.flags, ::dilated::plan::kRangeBiases),
                      bias,
                      [&]() -> SmallVector<Value> { return {scores}; })[0];
}

/// By the limits of the rows, or the count of keys.
static Value emitMaskLimits(TileBuilder &b, AttentionBlock &block, Value scores,
                            Value range, const RowLimits &limits, Value start,
                            Value hidden) {
  Type i32 = b.getI32Type();
  auto rows = b.rows(i32);
  SmallVector<Value> ends = b.ifThenElse(
      hasFlag(b, limits.flags, ::dilated::plan::kRangeLimits),
      [&]() -> SmallVector<Value> {
        Value both = emitLimits(b, block, range);
        return {b.map(rows, both,
                      [&](ArrayRef<Value> e) { return getLow(b, e[0]); }),
                b.map(rows, both,
                      [&](ArrayRef<Value> e) { return getHigh(b, e[0]); })};
      },
      [&]() -> SmallVector<Value> {
        return {
            b.fill(rows, b.i32(0)),
            b.fill(rows, b.loadGlobal(range, offsetof(TileRange, count), i32))};
      });
  for (Value &end : ends)
    end =
        b.map(rows, end, [&](ArrayRef<Value> e) { return b.sub(e[0], start); });
  return tile::MaskOp::create(b, scores.getType(), scores, ends[0], ends[1],
                              hidden);
}

Value mlir::dilated::emitMask(TileBuilder &b, AttentionBlock &block,
                              Value scores, Value range,
                              const RowLimits &limits, Value index) {
  auto mask = [&] {
    Value hidden =
        b.constant(b.getF32Type(), -std::numeric_limits<double>::infinity());
    Value start = b.mul(index, b.i32(block.tiling.keys));
    return b.ifThenElse(
        hasFlag(b, limits.flags, ::dilated::plan::kRangeMasks),
        [&]() -> SmallVector<Value> {
          Value masks = b.advance(follow(b, range, offsetof(TileRange, masks)),
                                  b.widen(b.mul(start, b.i32(8))));
          return {tile::MaskBitsOp::create(b, scores.getType(), scores, masks,
                                           block.warpRow, hidden)};
        },
        [&]() -> SmallVector<Value> {
          return {
              emitMaskLimits(b, block, scores, range, limits, start, hidden)};
        });
  };
  Value place = b.sub(index, limits.firstFull);
  Value isFull = b.cmp(arith::CmpIPredicate::ult, place, limits.countFull);
  return b.ifThenElse(
      isFull, [&]() -> SmallVector<Value> { return {scores}; }, mask)[0];
}

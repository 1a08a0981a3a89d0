//===- LowerTileCopies.cpp - copies to shared memory -------------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A thread copies 16 bytes at a time. Of a page of n chunks, n neighbouring
// threads take one row: what they read is consecutive, and the chunks that
// eight of them write lie in different banks. With T threads, rows r and r +
// T/n are the same thread's.
//
//===----------------------------------------------------------------------===//

#include "TileLowering.h"

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"
#include "mlir/Dialect/SCF/IR/SCF.h"

using namespace mlir;
using namespace mlir::dilated;

using tile::SharedType;

/// The block's size, known at compile time. Thread rows of all passes agree
/// modulo 8 if it is a multiple of 64 threads.
static FailureOr<int64_t> getThreads(Operation *op,
                                     ConversionPatternRewriter &rewriter) {
  auto function = op->getParentOfType<gpu::GPUFuncOp>();
  std::optional<ArrayRef<int32_t>> size;
  if (function)
    size = function.getKnownBlockSize();
  if (!size || (*size)[0] % 64 || (*size)[1] != 1 || (*size)[2] != 1)
    return rewriter.notifyMatchFailure(
        op, "expects known_block_size of a multiple of 64 threads");
  return (*size)[0];
}

namespace {

/// What one thread does for one page.
class PageCopy {
public:
  PageCopy(LaneBuilder &b, SharedType type, tile::Page page, int64_t threads,
           Value thread, Value address)
      : b(b), type(type), page(page) {
    int64_t chunks = page.bytes / 16;
    rowsPerPass = threads / chunks;
    passes = llvm::divideCeil(type.getRows(), rowsPerPass);
    firstRow = b.shiftRight(thread, llvm::Log2_64(chunks));
    chunk = b.bitAnd(thread, chunks - 1);
    Value offset = emitChunkOffset(b, type, page, firstRow, chunk);
    target = b.advance(b.advance(b.sharedPointer(address), offset),
                       page.start * type.getRows());
  }

  /// Runs `body` unless the rows of the tile end before this thread's.
  void ifRowExists(Value row, function_ref<void()> body) {
    if (type.getRows() % rowsPerPass == 0)
      return body();
    b.ifThen(b.less(row, b.i32(type.getRows())), body);
  }

  LaneBuilder &b;
  SharedType type;
  tile::Page page;
  int64_t rowsPerPass, passes;
  Value firstRow, chunk, target;
};

/// Where a row comes from: its number or its entry of the table, and whether
/// there is one; no condition is true for all rows.
struct SourceRow {
  Value position, exists;
};

} // namespace

static SourceRow emitSourceRow(LaneBuilder &b, Value row, Value rows,
                               Value positions, int64_t tileRows) {
  SourceRow source;
  std::optional<int64_t> count = getConstantIntValue(rows);
  if (!count || *count < tileRows)
    source.exists = b.less(row, rows);
  if (!positions) {
    source.position = b.widen(row);
    return source;
  }
  Value entry = b.advance(positions, b.mul(row, b.i32(8)));
  source.position = LLVM::LoadOp::create(b, b.getI64Type(), entry);
  Value exists = b.atLeast(source.position, b.i64(0));
  source.exists = source.exists ? b.both(source.exists, exists) : exists;
  return source;
}

namespace {

struct LowerCopyAsync : OpConversionPattern<tile::CopyAsyncOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(tile::CopyAsyncOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    LaneBuilder b(op.getLoc(), rewriter);
    FailureOr<int64_t> threads = getThreads(op, rewriter);
    if (failed(threads))
      return failure();
    SharedType type = op.getTile().getType();
    int64_t bytes = type.getElementBytes();
    // Multiples of the stride are formed anew for each copy: kept over a loop
    // they would cost registers that its fragments need.
    Value strideBytes = b.mul(b.opaque(adaptor.getStride()), b.i64(bytes));
    Value thread = b.thread();
    if (isWide(type))
      thread = b.opaque(thread);
    for (tile::Page page : tile::getPages(type.getRowBytes())) {
      PageCopy copy(b, type, page, *threads, thread, adaptor.getTile());
      Value size =
          getSize(b, copy, static_cast<int64_t>(op.getWidth()) * bytes);
      Value column = b.widen(b.shiftLeft(copy.chunk, 4));
      Value source = b.advance(adaptor.getSource(), column);
      // Strided rows: one product, then sums.
      Value strided, step;
      if (!op.getPositions()) {
        strided = b.advance(source, b.mul(b.widen(copy.firstRow), strideBytes));
        step = b.mul(strideBytes, b.i64(copy.rowsPerPass));
      }
      for (int64_t pass = 0; pass < copy.passes; ++pass) {
        Value row = b.add(copy.firstRow, b.i32(pass * copy.rowsPerPass));
        if (pass > 0 && strided)
          strided = b.advance(strided, step);
        copy.ifRowExists(row, [&] {
          SourceRow from =
              emitSourceRow(b, row, adaptor.getRows(), adaptor.getPositions(),
                            type.getRows());
          Value pointer = strided;
          if (!pointer)
            pointer = b.advance(source, b.mul(from.position, strideBytes));
          pointer = b.advance(pointer, page.start);
          Value count =
              from.exists
                  ? b.select(from.exists, size ? size : b.i32(16), b.i32(0))
                  : size;
          Value target =
              b.advance(copy.target, pass * copy.rowsPerPass * page.bytes);
          NVVM::CpAsyncOp::create(b, target, pointer, 16,
                                  NVVM::LoadCacheModifierKind::CG, count);
        });
      }
    }
    rewriter.replaceOp(op, b.i32(0));
    return success();
  }

  /// Bytes of this thread's chunk before `width`; null for all 16.
  static Value getSize(LaneBuilder &b, PageCopy &copy, int64_t width) {
    int64_t rest = width - copy.page.start;
    if (rest >= copy.page.bytes)
      return {};
    Value size = b.sub(b.i32(rest), b.shiftLeft(copy.chunk, 4));
    return b.max(b.min(size, b.i32(16)), b.i32(0));
  }
};

/// Element by element, for rows whose elements are apart or not aligned.
struct LowerCopy : OpConversionPattern<tile::CopyOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(tile::CopyOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    LaneBuilder b(op.getLoc(), rewriter);
    FailureOr<int64_t> threads = getThreads(op, rewriter);
    if (failed(threads))
      return failure();
    SharedType type = op.getTile().getType();
    int64_t bytes = type.getElementBytes();
    Type bits = b.getIntegerType(8 * bytes);
    // None of this is worth a register of the loop around it.
    Value thread = b.opaque(b.thread());
    for (tile::Page page : tile::getPages(type.getRowBytes())) {
      PageCopy copy(b, type, page, *threads, thread, adaptor.getTile());
      Value firstColumn = b.add(b.mul(copy.chunk, b.i32(16 / bytes)),
                                b.i32(page.start / bytes));
      emitLoop(b, copy.passes, [&](Value pass) {
        Value row = b.add(copy.firstRow, b.mul(pass, b.i32(copy.rowsPerPass)));
        copy.ifRowExists(row, [&] {
          SourceRow from =
              emitSourceRow(b, row, adaptor.getRows(), adaptor.getPositions(),
                            type.getRows());
          Value target = b.advance(
              copy.target, b.mul(pass, b.i32(copy.rowsPerPass * page.bytes)));
          emitLoop(b, 16 / bytes, [&](Value i) {
            Value column = b.add(firstColumn, i);
            Value exists = b.less(column, b.i32(op.getWidth()));
            if (from.exists)
              exists = b.both(exists, from.exists);
            SmallVector<Value> element = b.ifThenElse(
                exists,
                [&]() -> SmallVector<Value> {
                  Value index =
                      b.add(b.mul(from.position, adaptor.getStride()),
                            b.mul(b.widen(column), adaptor.getColumnStride()));
                  Value pointer = b.advance(adaptor.getSource(),
                                            b.mul(index, b.i64(bytes)));
                  return {LLVM::LoadOp::create(b, bits, pointer)};
                },
                [&]() -> SmallVector<Value> { return {b.integer(bits, 0)}; });
            LLVM::StoreOp::create(b, element[0],
                                  b.advance(target, b.mul(i, b.i32(bytes))));
          });
        });
      });
    }
    rewriter.eraseOp(op);
    return success();
  }

  static void emitLoop(LaneBuilder &b, int64_t count,
                       function_ref<void(Value)> body) {
    auto loop =
        scf::ForOp::create(b, b.i32(0), b.opaque(b.i32(count)), b.i32(1));
    b.setUnrollCount(loop, 1);
    OpBuilder::InsertionGuard guard(b);
    b.setInsertionPointToStart(loop.getBody());
    body(loop.getInductionVar());
  }
};

struct LowerCommit : OpConversionPattern<tile::CommitOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(tile::CommitOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    LaneBuilder b(op.getLoc(), rewriter);
    NVVM::CpAsyncCommitGroupOp::create(b);
    rewriter.replaceOp(op, b.i32(0));
    return success();
  }
};

struct LowerWait : OpConversionPattern<tile::WaitOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(tile::WaitOp op, OpAdaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<NVVM::CpAsyncWaitGroupOp>(op, op.getYounger());
    return success();
  }
};

} // namespace

void mlir::dilated::populateCopyPatterns(const TypeConverter &converter,
                                         RewritePatternSet &patterns) {
  patterns.add<LowerCopyAsync, LowerCopy, LowerCommit, LowerWait>(
      converter, patterns.getContext());
}

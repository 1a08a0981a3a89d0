//===- LowerTileStore.cpp - rows of fragments to global memory ---*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileLowering.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"

using namespace mlir;
using namespace mlir::dilated;

using tile::FragmentType;

namespace {

struct LowerStore : OpConversionPattern<tile::StoreOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(tile::StoreOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    LaneBuilder b(op.getLoc(), rewriter);
    FragmentType type = op.getFragment().getType();
    bool isRows = type.hasRowLayout();
    Value bytes = b.i64(type.getElementType().getIntOrFloatBitWidth() / 8);
    SmallVector<Value> elements = b.unpack(adaptor.getFragment());
    SmallVector<Value> positions = b.unpack(adaptor.getPositions());
    for (int64_t row : {0, 1}) {
      Value writes = b.atLeast(positions[row], b.i64(0));
      if (isRows) // four lanes have the same value
        writes = b.both(writes, b.equal(b.member(), b.i32(0)));
      b.ifThen(writes, [&] {
        Value start = b.mul(b.mul(positions[row], adaptor.getStride()), bytes);
        Value target = b.advance(adaptor.getTarget(), start);
        if (isRows)
          LLVM::StoreOp::create(b, elements[row], target);
        else
          storeRow(b, op, adaptor,
                   ArrayRef<Value>(elements).drop_front(2 * row), target,
                   bytes);
      });
    }
    rewriter.eraseOp(op);
    return success();
  }

  /// Columns 8j + 2t and 8j + 2t + 1 of all j.
  static void storeRow(LaneBuilder &b, tile::StoreOp op, OpAdaptor adaptor,
                       ArrayRef<Value> elements, Value row, Value bytes) {
    int64_t width = op.getWidth();
    Value first = b.shiftLeft(b.member(), 1);
    Value stride =
        op.getVectors() ? bytes : b.mul(adaptor.getColumnStride(), bytes);
    for (int64_t column = 0; column < width; column += 8) {
      ArrayRef<Value> pair = elements.slice(column / 2, 2);
      bool whole = column + 8 <= width;
      if (op.getVectors() && whole) {
        Value target =
            b.advance(row, b.mul(b.widen(b.add(first, b.i32(column))), stride));
        LLVM::StoreOp::create(b, b.pack(pair), target);
        continue;
      }
      for (int64_t i : {0, 1}) {
        Value index = b.add(first, b.i32(column + i));
        auto store = [&] {
          Value target = b.advance(row, b.mul(b.widen(index), stride));
          LLVM::StoreOp::create(b, pair[i], target);
        };
        if (whole)
          store();
        else
          b.ifThen(b.less(index, b.i32(width)), store);
      }
    }
  }
};

} // namespace

void mlir::dilated::populateStorePatterns(const TypeConverter &converter,
                                          RewritePatternSet &patterns) {
  patterns.add<LowerStore>(converter, patterns.getContext());
}

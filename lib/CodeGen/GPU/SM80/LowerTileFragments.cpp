//===- LowerTileFragments.cpp - fragments to registers -----------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "TileLowering.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/Math/IR/Math.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace mlir::dilated;

using tile::FragmentType;

VectorType mlir::dilated::getRegisterType(FragmentType type) {
  Type element = type.getElementType();
  if (type.isPacked())
    element = IntegerType::get(type.getContext(), 32);
  return VectorType::get(type.getNumRegisters(), element);
}

/// Which of its two rows, g or g + 8, an element of a lane belongs to. Operands
/// count elements, not registers.
static int64_t getRowOf(FragmentType type, int64_t i) {
  switch (type.getLayout()) {
  case tile::Layout::Accumulator:
    return i / 2 % 2;
  case tile::Layout::A:
    return i / (32 / type.getElementType().getIntOrFloatBitWidth()) % 2;
  default:
    return i;
  }
}

/// The elements of a lane, two to a register for operands of 2 bytes.
static SmallVector<Value> unpackElements(LaneBuilder &b, FragmentType type,
                                         Value vector) {
  Type element = type.getElementType();
  SmallVector<Value> registers = b.unpack(vector);
  if (!type.isPacked())
    return registers;
  SmallVector<Value> elements;
  for (Value value : registers) {
    if (element.getIntOrFloatBitWidth() == 32) {
      elements.push_back(b.bitcast(value, element));
      continue;
    }
    for (int64_t half : {0, 1}) {
      Value bits = arith::TruncIOp::create(b, b.getI16Type(),
                                           b.shiftRight(value, 16 * half));
      elements.push_back(b.bitcast(bits, element));
    }
  }
  return elements;
}

static Value packElements(LaneBuilder &b, FragmentType type,
                          ArrayRef<Value> elements) {
  if (!type.isPacked())
    return b.pack(elements);
  SmallVector<Value> registers;
  if (type.getElementType().getIntOrFloatBitWidth() == 32) {
    for (Value element : elements)
      registers.push_back(b.bitcast(element, b.getI32Type()));
    return b.pack(registers);
  }
  auto bits = [&](Value element) -> Value {
    return arith::ExtUIOp::create(b, b.getI32Type(),
                                  b.bitcast(element, b.getI16Type()));
  };
  for (size_t i = 0; i < elements.size(); i += 2)
    registers.push_back(
        b.either(bits(elements[i]), b.shiftLeft(bits(elements[i + 1]), 16)));
  return b.pack(registers);
}

namespace {

struct LowerFill : OpConversionPattern<tile::FillOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(tile::FillOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<vector::BroadcastOp>(
        op, getRegisterType(op.getFragment().getType()), adaptor.getValue());
    return success();
  }
};

/// The body, once for every element that a lane holds.
struct LowerMap : OpConversionPattern<tile::MapOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(tile::MapOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    LaneBuilder b(op.getLoc(), rewriter);
    FragmentType result = op.getResult().getType();
    if (result.getLayout() == tile::Layout::B)
      return rewriter.notifyMatchFailure(op, "rows of layout b are columns");
    Block &body = op.getBody().front();
    SmallVector<SmallVector<Value>> inputs;
    for (auto [input, vector] : llvm::zip(op.getInputs(), adaptor.getInputs()))
      inputs.push_back(
          unpackElements(b, cast<FragmentType>(input.getType()), vector));

    Value group = b.group();
    Value rows[] = {group, b.add(group, b.i32(8))};
    int64_t elements = result.hasRowLayout()
                           ? 2
                           : result.getShape()[0] * result.getShape()[1] / 32;
    SmallVector<Value> results;
    for (int64_t i = 0; i < elements; ++i) {
      int64_t row = getRowOf(result, i);
      IRMapping mapping;
      mapping.map(body.getArgument(0), rows[row]);
      for (auto [n, input] : llvm::enumerate(op.getInputs())) {
        bool isRows = cast<FragmentType>(input.getType()).hasRowLayout();
        mapping.map(body.getArgument(n + 1), inputs[n][isRows ? row : i]);
      }
      for (Operation &inner : body.without_terminator())
        b.clone(inner, mapping);
      Value yielded = cast<tile::YieldOp>(body.getTerminator()).getValue();
      results.push_back(mapping.lookupOrDefault(yielded));
    }
    rewriter.replaceOp(op, packElements(b, result, results));
    return success();
  }
};

/// Column 8j + 2t + e is seen when 8j + e - (low - 2t), without a sign, is less
/// than high - low: a constant against two numbers per row.
struct LowerMask : OpConversionPattern<tile::MaskOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(tile::MaskOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    LaneBuilder b(op.getLoc(), rewriter);
    Value first = b.shiftLeft(b.member(), 1);
    SmallVector<Value> lows, sizes;
    for (auto [low, high] : llvm::zip_equal(b.unpack(adaptor.getLows()),
                                            b.unpack(adaptor.getHighs()))) {
      lows.push_back(b.sub(first, low));
      sizes.push_back(b.max(b.sub(high, low), b.i32(0)));
    }
    SmallVector<Value> results;
    for (auto [i, element] : llvm::enumerate(b.unpack(adaptor.getFragment()))) {
      int64_t row = i / 2 % 2;
      Value place = b.add(lows[row], b.i32(i / 4 * 8 + i % 2));
      Value isSeen = b.cmp(arith::CmpIPredicate::ult, place, sizes[row]);
      results.push_back(b.select(isSeen, element, adaptor.getHidden()));
    }
    rewriter.replaceOp(op, b.pack(results));
    return success();
  }
};

/// Two bytes of a word are those of the fragment's rows.
struct LowerMaskBits : OpConversionPattern<tile::MaskBitsOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(tile::MaskBitsOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    LaneBuilder b(op.getLoc(), rewriter);
    // Word 2t of the first eight.
    Value offset =
        b.add(b.shiftLeft(b.member(), 4), b.shiftRight(adaptor.getRow(), 3));
    Value words = b.advance(adaptor.getMasks(), offset);
    SmallVector<Value> elements = b.unpack(adaptor.getFragment()), results;
    Value bits[2];
    for (auto [i, element] : llvm::enumerate(elements)) {
      if (i % 4 == 0)
        for (int64_t e : {0, 1}) {
          Value half = LLVM::LoadOp::create(
              b, b.getI16Type(), b.advance(words, 8 * (i / 4 * 8 + e)));
          Value wide = arith::ExtUIOp::create(b, b.getI32Type(), half);
          bits[e] = arith::ShRUIOp::create(b, wide, b.group());
        }
      Value bit = b.bitAnd(bits[i % 2], i / 2 % 2 ? 1 << 8 : 1);
      Value isSeen = b.cmp(arith::CmpIPredicate::ne, bit, b.i32(0));
      results.push_back(b.select(isSeen, element, adaptor.getHidden()));
    }
    rewriter.replaceOp(op, b.pack(results));
    return success();
  }
};

/// A lane loads its two columns of eight together.
struct LowerBias : OpConversionPattern<tile::BiasOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(tile::BiasOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    LaneBuilder b(op.getLoc(), rewriter);
    auto pair = VectorType::get(2, b.getF32Type());
    Value own = b.advance(adaptor.getBiases(), b.shiftLeft(b.member(), 3));
    SmallVector<Value> biases, results;
    for (auto [i, element] : llvm::enumerate(b.unpack(adaptor.getFragment()))) {
      if (i % 4 == 0)
        biases = b.unpack(LLVM::LoadOp::create(b, pair, b.advance(own, i * 8),
                                               /*alignment=*/8));
      results.push_back(
          LLVM::FMAOp::create(b, element, adaptor.getScale(), biases[i % 2]));
    }
    rewriter.replaceOp(op, b.pack(results));
    return success();
  }
};

struct LowerSlice : OpConversionPattern<tile::SliceOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(tile::SliceOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    LaneBuilder b(op.getLoc(), rewriter);
    FragmentType type = op.getResult().getType();
    int64_t step = 256 / type.getElementType().getIntOrFloatBitWidth();
    int64_t first = op.getColumn() / step * 4;
    SmallVector<Value> registers = b.unpack(adaptor.getFragment());
    rewriter.replaceOp(op, b.pack(ArrayRef<Value>(registers).slice(
                               first, type.getNumRegisters())));
    return success();
  }
};

/// Of 16 columns an accumulator holds (g, 2t..) (g+8, 2t..) (g, 8+2t..) (g+8,
/// 8+2t..): in pairs, the four registers of an operand of 2 bytes. Of 8 columns
/// it holds (g, 2t) (g, 2t+1) (g+8, 2t) (g+8, 2t+1); an operand of f32 takes
/// the even columns first.
struct LowerConvert : OpConversionPattern<tile::ConvertOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(tile::ConvertOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    LaneBuilder b(op.getLoc(), rewriter);
    FragmentType type = op.getResult().getType();
    Type element = type.getElementType();
    SmallVector<Value> from = b.unpack(adaptor.getFragment()), to;
    if (element.isF32()) {
      for (size_t i = 0; i < from.size(); i += 4)
        for (size_t k : {0, 2, 1, 3})
          to.push_back(b.bitcast(from[i + k], b.getI32Type()));
    } else if (element.isF16() || element.isBF16()) {
      StringRef name =
          element.isF16() ? "llvm.nvvm.ff2f16x2.rn" : "llvm.nvvm.ff2bf16x2.rn";
      for (size_t i = 0; i < from.size(); i += 2) {
        auto pair = LLVM::CallIntrinsicOp::create(
            b, VectorType::get(2, element), b.getStringAttr(name),
            ValueRange{from[i + 1], from[i]});
        to.push_back(b.bitcast(pair.getResult(0), b.getI32Type()));
      }
    } else {
      return rewriter.notifyMatchFailure(op, "no product has this operand");
    }
    rewriter.replaceOp(op, b.pack(to));
    return success();
  }
};

struct LowerReduceColumns : OpConversionPattern<tile::ReduceColumnsOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(tile::ReduceColumnsOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    LaneBuilder b(op.getLoc(), rewriter);
    SmallVector<Value> results = {Value(), Value()};
    if (op.getInit())
      results = b.unpack(adaptor.getInit());
    for (auto [i, element] : llvm::enumerate(b.unpack(adaptor.getFragment()))) {
      Value &result = results[i / 2 % 2];
      result = result ? b.reduce(op.getKind(), result, element) : element;
    }
    rewriter.replaceOp(op, b.pack(results));
    return success();
  }
};

struct LowerReduceLanes : OpConversionPattern<tile::ReduceLanesOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(tile::ReduceLanesOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    LaneBuilder b(op.getLoc(), rewriter);
    SmallVector<Value> results = b.unpack(adaptor.getFragment());
    for (Value &result : results)
      for (int64_t mask : {1, 2})
        result = b.reduce(op.getKind(), result, b.exchange(result, mask));
    rewriter.replaceOp(op, b.pack(results));
    return success();
  }
};

struct LowerReduceRows : OpConversionPattern<tile::ReduceRowsOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(tile::ReduceRowsOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    LaneBuilder b(op.getLoc(), rewriter);
    SmallVector<Value> rows = b.unpack(adaptor.getFragment());
    Value result = b.reduce(op.getKind(), rows[0], rows[1]);
    for (int64_t mask : {4, 8, 16})
      result = b.reduce(op.getKind(), result, b.exchange(result, mask));
    rewriter.replaceOp(op, result);
    return success();
  }
};

/// One instruction each; results that are too small to be normal are zero.
template <typename Op>
struct LowerApproximate : OpConversionPattern<Op> {
  LowerApproximate(MLIRContext *context, StringRef intrinsic)
      : OpConversionPattern<Op>(context), intrinsic(intrinsic) {}
  LogicalResult
  matchAndRewrite(Op op, typename Op::Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    if (!op.getType().isF32())
      return rewriter.notifyMatchFailure(op, "not a number of f32");
    rewriter.replaceOpWithNewOp<LLVM::CallIntrinsicOp>(
        op, op.getType(), rewriter.getStringAttr(intrinsic),
        adaptor.getOperands());
    return success();
  }
  StringRef intrinsic;
};

/// Where upstream's lowering calls a function of libdevice, LLVM has an
/// operation of its own.
template <typename Op, typename LLVMOp>
struct LowerToIntrinsic : OpConversionPattern<Op> {
  using OpConversionPattern<Op>::OpConversionPattern;
  LogicalResult
  matchAndRewrite(Op op, typename Op::Adaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    rewriter.replaceOpWithNewOp<LLVMOp>(op, op.getType(),
                                        adaptor.getOperands());
    return success();
  }
};

} // namespace

void mlir::dilated::populateFragmentPatterns(const TypeConverter &converter,
                                             RewritePatternSet &patterns) {
  MLIRContext *context = patterns.getContext();
  patterns
      .add<LowerFill, LowerMap, LowerMask, LowerMaskBits, LowerBias, LowerSlice,
           LowerConvert, LowerReduceColumns, LowerReduceLanes, LowerReduceRows>(
          converter, context);
  patterns.add<LowerToIntrinsic<arith::MaxNumFOp, LLVM::MaxNumOp>,
               LowerToIntrinsic<arith::MinNumFOp, LLVM::MinNumOp>,
               LowerToIntrinsic<math::FmaOp, LLVM::FMAOp>>(context);
  patterns.add<LowerApproximate<math::Exp2Op>>(context,
                                               "llvm.nvvm.ex2.approx.ftz.f32");
  patterns.add<LowerApproximate<math::Log2Op>>(context,
                                               "llvm.nvvm.lg2.approx.ftz.f");
}

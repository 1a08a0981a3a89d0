//===- LowerTileMatrix.cpp - operands and products ---------------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A matrix load reads eight rows of 16 bytes for each of four matrices; lane l
// has the address of row l mod 8 of matrix l div 8. Shared tiles are swizzled
// so that eight rows lie in different banks.
//
//===----------------------------------------------------------------------===//

#include "TileLowering.h"

#include "mlir/Dialect/LLVMIR/LLVMDialect.h"
#include "mlir/Dialect/LLVMIR/NVVMDialect.h"

using namespace mlir;
using namespace mlir::dilated;

using tile::FragmentType;
using tile::SharedType;

/// The page that holds byte `byte` of a row.
static tile::Page getPage(SharedType type, int64_t byte) {
  tile::Page found{};
  for (tile::Page page : tile::getPages(type.getRowBytes()))
    if (page.start <= byte)
      found = page;
  return found;
}

Value mlir::dilated::emitChunkOffset(LaneBuilder &b, SharedType type,
                                     tile::Page page, Value row, Value chunk) {
  Value offset = b.add(b.mul(row, b.i32(page.bytes)), b.shiftLeft(chunk, 4));
  if (type.getSwizzle() == tile::Swizzle::None)
    return offset;
  // The line's number, then s(l), both times 16.
  int64_t chunks = page.bytes / 16;
  Value line = b.shiftRight(row, llvm::Log2_64(8 / chunks));
  Value swizzle = b.shiftLeft(b.bitAnd(line, chunks - 1), 4);
  if (chunks == 4) // s = (l mod 4) + 4 (l mod 2)
    swizzle = b.bitXor(swizzle, b.shiftLeft(b.bitAnd(line, 1), 6));
  else if (chunks == 2) // s = 3 (l mod 2)
    swizzle = b.bitXor(swizzle, b.shiftLeft(swizzle, 1));
  return b.bitXor(offset, swizzle);
}

namespace {

/// Addresses for the loads of one op. Columns count bytes, rows are those of
/// the tile behind the op's.
class OperandLoader {
public:
  OperandLoader(LaneBuilder &b, SharedType type, Value address, Value row)
      : b(b), type(type), address(address), row(row) {}

  /// A matrix load: `lanes` rows and chunk of each lane, from the static row
  /// and the chunk pair at `byte` on.
  SmallVector<Value> loadMatrices(Value laneRow, Value laneChunk,
                                  int64_t staticRow, int64_t byte,
                                  int64_t matrices, bool transposed) {
    Value pointer = getPointer(laneRow, laneChunk, Value(), staticRow, byte);
    SmallVector<Type> registers(matrices, b.getI32Type());
    Type result = LLVM::LLVMStructType::getLiteral(b.getContext(), registers);
    auto shape = NVVM::LdStMatrixShapeAttr::get(b.getContext(), 8, 8);
    Value loaded = NVVM::LdMatrixOp::create(
        b, result, pointer, matrices,
        transposed ? NVVM::MMALayout::col : NVVM::MMALayout::row, shape,
        NVVM::LdStMatrixEltType::B16);
    SmallVector<Value> values;
    for (int64_t i = 0; i < matrices; ++i)
      values.push_back(LLVM::ExtractValueOp::create(b, loaded, i));
    return values;
  }

  /// 4 bytes, `laneByte` bytes into the lane's chunk.
  Value loadElement(Value laneRow, Value laneChunk, Value laneByte,
                    int64_t staticRow, int64_t byte) {
    Value pointer = getPointer(laneRow, laneChunk, laneByte, staticRow, byte);
    return LLVM::LoadOp::create(b, b.getI32Type(), pointer);
  }

private:
  Value getPointer(Value laneRow, Value laneChunk, Value laneByte,
                   int64_t staticRow, int64_t byte) {
    tile::Page page = getPage(type, byte);
    Value offset = b.bitXor(getLaneOffset(page, laneRow, laneChunk),
                            b.i32((byte - page.start) / 16 * 16));
    if (laneByte)
      offset = b.add(offset, laneByte);
    // A row that is known goes into the instruction, with the page.
    Value base = b.sharedPointer(address);
    if (std::optional<int64_t> known = getConstantIntValue(row))
      staticRow += *known;
    else
      base = b.advance(base, b.mul(row, b.i32(page.bytes)));
    return b.advance(b.advance(base, offset),
                     page.start * type.getRows() + staticRow * page.bytes);
  }

  /// What depends on the lane comes first, so that it is shared by all loads.
  Value getLaneOffset(tile::Page page, Value laneRow, Value laneChunk) {
    Value offset = emitChunkOffset(b, type, page, laneRow, laneChunk);
    if (!isWide(type))
      return offset;
    Value &kept = opaqueOffsets[{page.bytes, laneRow, laneChunk}];
    if (!kept)
      kept = b.opaque(offset);
    return kept;
  }

  LaneBuilder &b;
  SharedType type;
  Value address, row;
  DenseMap<std::tuple<int64_t, Value, Value>, Value> opaqueOffsets;
};

struct LowerLoad : OpConversionPattern<tile::LoadOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(tile::LoadOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    LaneBuilder b(op.getLoc(), rewriter);
    FragmentType type = op.getFragment().getType();
    OperandLoader loader(b, op.getTile().getType(), adaptor.getTile(),
                         adaptor.getRow());
    int64_t bytes = op.getTile().getType().getElementBytes();
    int64_t first = op.getColumn() * bytes;
    SmallVector<Value> registers;
    if (type.getLayout() == tile::Layout::A)
      registers = loadLeft(b, loader, type, first);
    else if (!op.getTransposed())
      registers = loadKeys(b, loader, type, first);
    else if (bytes == 2)
      registers = loadValues(b, loader, type, first);
    else
      registers = loadWideValues(b, loader, type, first);
    rewriter.replaceOp(op, b.pack(registers));
    return success();
  }

  // Rows l mod 8 of upper and lower half, chunks one after the other.
  static std::pair<Value, Value> getHalvesFirst(LaneBuilder &b) {
    Value lane = b.lane(), matrix = b.shiftRight(lane, 3);
    Value row = b.add(b.bitAnd(lane, 7), b.shiftLeft(b.bitAnd(matrix, 1), 3));
    return {row, b.shiftRight(matrix, 1)};
  }
  // Both chunks of eight rows, then those of the next eight.
  static std::pair<Value, Value> getChunksFirst(LaneBuilder &b) {
    Value lane = b.lane(), matrix = b.shiftRight(lane, 3);
    Value row =
        b.add(b.bitAnd(lane, 7), b.shiftLeft(b.shiftRight(matrix, 1), 3));
    return {row, b.bitAnd(matrix, 1)};
  }

  /// 16 rows, 32 bytes of columns at a time.
  static SmallVector<Value> loadLeft(LaneBuilder &b, OperandLoader &loader,
                                     FragmentType type, int64_t first) {
    auto [row, chunk] = getHalvesFirst(b);
    SmallVector<Value> registers;
    for (int64_t k = 0; k < type.getNumRegisters() / 4; ++k)
      llvm::append_range(registers,
                         loader.loadMatrices(row, chunk, 0, first + 32 * k, 4,
                                             /*transposed=*/false));
    return registers;
  }

  /// Rows of the tile are columns of the operand: 16 of them, and 32 bytes.
  static SmallVector<Value> loadKeys(LaneBuilder &b, OperandLoader &loader,
                                     FragmentType type, int64_t first) {
    auto [row, chunk] = getChunksFirst(b);
    int64_t columns = type.getShape()[1];
    int64_t steps = type.getNumRegisters() / (columns / 8) / 2;
    SmallVector<Value> registers;
    for (int64_t k = 0; k < steps; ++k)
      for (int64_t n = 0; n < columns; n += 16)
        llvm::append_range(registers,
                           loader.loadMatrices(row, chunk, n, first + 32 * k,
                                               n + 16 <= columns ? 4 : 2,
                                               /*transposed=*/false));
    return registers;
  }

  /// Rows of the tile are rows of the operand: 16 of them, and 16 columns.
  static SmallVector<Value> loadValues(LaneBuilder &b, OperandLoader &loader,
                                       FragmentType type, int64_t first) {
    auto [row, chunk] = getHalvesFirst(b);
    int64_t columns = type.getShape()[1];
    SmallVector<Value> registers;
    for (int64_t k = 0; k < type.getShape()[0]; k += 16)
      for (int64_t n = 0; n < columns; n += 16)
        llvm::append_range(registers,
                           loader.loadMatrices(row, chunk, k, first + 2 * n,
                                               n + 16 <= columns ? 4 : 2,
                                               /*transposed=*/true));
    return registers;
  }

  /// No matrix load transposes 4 bytes: lane (g, t) reads rows 2t and 2t + 1 of
  /// column g, which is the order that `convert` gives the left operand.
  static SmallVector<Value> loadWideValues(LaneBuilder &b,
                                           OperandLoader &loader,
                                           FragmentType type, int64_t first) {
    Value even = b.shiftLeft(b.member(), 1), group = b.group();
    Value rows[] = {even, b.add(even, b.i32(1))};
    Value chunk = b.shiftRight(group, 2);
    Value byte = b.shiftLeft(b.bitAnd(group, 3), 2);
    SmallVector<Value> registers;
    for (int64_t k = 0; k < type.getShape()[0]; k += 8)
      for (int64_t n = 0; n < type.getShape()[1]; n += 8)
        for (Value row : rows)
          registers.push_back(
              loader.loadElement(row, chunk, byte, k, first + 4 * n));
    return registers;
  }
};

/// m16n8k16 of 2 bytes or m16n8k8 of tf32.
struct LowerMma : OpConversionPattern<tile::MmaOp> {
  using OpConversionPattern::OpConversionPattern;
  LogicalResult
  matchAndRewrite(tile::MmaOp op, OpAdaptor adaptor,
                  ConversionPatternRewriter &rewriter) const override {
    LaneBuilder b(op.getLoc(), rewriter);
    Type element = op.getA().getType().getElementType();
    SmallVector<Value> as = b.unpack(adaptor.getA());
    SmallVector<Value> bs = b.unpack(adaptor.getB());
    SmallVector<Value> c = b.unpack(adaptor.getC());
    if (element.isF32()) {
      // The left operand may come from outside of a loop; two numbers of each
      // of its registers are not to live through it.
      for (Value &value : as)
        value = b.opaque(value);
      multiplyWide(b, op.getPrecision(), as, bs, c);
    } else {
      multiply(b, element, as, bs, c);
    }
    rewriter.replaceOp(op, b.pack(c));
    return success();
  }

  /// x = high + low but for 2^-22 of it, each with the 11 bits that a product
  /// takes; low * low is as small. Matrix units have eight times the rate that
  /// sm_80 has for f32 elsewhere, so that three products pay.
  static void multiplyWide(LaneBuilder &b, tile::Precision precision,
                           MutableArrayRef<Value> as, MutableArrayRef<Value> bs,
                           MutableArrayRef<Value> c) {
    Type f32 = b.getF32Type();
    if (precision == tile::Precision::TF32) {
      for (MutableArrayRef<Value> values : {as, bs})
        for (Value &value : values)
          value = b.bitAnd(value, highBits);
      return multiply(b, f32, as, bs, c);
    }
    SmallVector<Value> aLow = splitLow(b, as), bLow = splitLow(b, bs);
    if (precision != tile::Precision::High) {
      multiply(b, f32, aLow, bs, c);
      multiply(b, f32, as, bLow, c);
    }
    if (precision != tile::Precision::Low)
      multiply(b, f32, as, bs, c);
  }

  /// All but 13 bits of the fraction.
  static constexpr int64_t highBits = -8192;

  /// Leaves the high parts, rounded, in `values` and returns the low ones.
  /// Where rounding makes nothing of a NaN, the low part is one.
  static SmallVector<Value> splitLow(LaneBuilder &b,
                                     MutableArrayRef<Value> values) {
    SmallVector<Value> low;
    for (Value &value : values) {
      Value high = b.bitAnd(b.add(value, b.i32(4096)), highBits);
      Value rest = b.sub(b.bitcast(value, b.getF32Type()),
                         b.bitcast(high, b.getF32Type()));
      low.push_back(b.bitAnd(b.bitcast(rest, b.getI32Type()), highBits));
      value = high;
    }
    return low;
  }

  static void multiply(LaneBuilder &b, Type element, ArrayRef<Value> as,
                       ArrayRef<Value> bs, MutableArrayRef<Value> c) {
    int64_t depth = element.isF32() ? 8 : 16;
    NVVM::MMATypes type = element.isF32()   ? NVVM::MMATypes::tf32
                          : element.isF16() ? NVVM::MMATypes::f16
                                            : NVVM::MMATypes::bf16;
    Type f32 = b.getF32Type();
    Type result =
        LLVM::LLVMStructType::getLiteral(b.getContext(), {f32, f32, f32, f32});
    // Two halves are a vector for f16, bits for bf16.
    auto operands = [&](ArrayRef<Value> registers) {
      SmallVector<Value> values(registers);
      if (element.isF16())
        for (Value &value : values)
          value = b.bitcast(value, VectorType::get(2, element));
      return values;
    };
    int64_t tiles = c.size() / 4;
    for (size_t k = 0; k < as.size() / 4; ++k)
      for (int64_t n = 0; n < tiles; ++n) {
        MutableArrayRef<Value> sum = c.slice(4 * n, 4);
        Value product = NVVM::MmaOp::create(
            b, result, operands(as.slice(4 * k, 4)),
            operands(bs.slice(2 * (k * tiles + n), 2)), ValueRange(sum),
            ArrayRef<int64_t>{16, 8, depth}, std::nullopt, std::nullopt,
            std::array<NVVM::MMATypes, 2>{type, type},
            std::array<NVVM::MMALayout, 2>{NVVM::MMALayout::row,
                                           NVVM::MMALayout::col});
        for (int64_t i = 0; i < 4; ++i)
          sum[i] = LLVM::ExtractValueOp::create(b, product, i);
      }
  }
};

} // namespace

void mlir::dilated::populateMatrixPatterns(const TypeConverter &converter,
                                           RewritePatternSet &patterns) {
  patterns.add<LowerLoad, LowerMma>(converter, patterns.getContext());
}

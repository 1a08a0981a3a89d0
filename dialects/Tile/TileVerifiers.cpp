//===- TileVerifiers.cpp - what ops of tiles demand --------------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Tile/Tile.h"

#include "mlir/IR/Builders.h"

using namespace mlir;
using namespace mlir::tile;

#define GET_OP_CLASSES
#include "dialects/Tile/TileOps.cpp.inc"

static LogicalResult expectLayout(Operation *op, StringRef what,
                                  FragmentType type, Layout layout) {
  if (type.getLayout() == layout)
    return success();
  return op->emitOpError() << "expects layout " << stringifyLayout(layout)
                           << " of " << what << ", got "
                           << stringifyLayout(type.getLayout());
}

static LogicalResult expectElement(Operation *op, StringRef what, Type actual,
                                   Type expected) {
  if (actual == expected)
    return success();
  return op->emitOpError() << "expects element type " << expected << " of "
                           << what << ", got " << actual;
}

static LogicalResult verifyCopy(Operation *op, int64_t width, SharedType tile) {
  if (width >= 1 && width <= tile.getColumns())
    return success();
  return op->emitOpError() << "expects a width from 1 to the tile's columns ("
                           << tile.getColumns() << "), got " << width;
}

LogicalResult CopyAsyncOp::verify() {
  return verifyCopy(*this, getWidth(), getTile().getType());
}

LogicalResult CopyOp::verify() {
  return verifyCopy(*this, getWidth(), getTile().getType());
}

LogicalResult LoadOp::verify() {
  SharedType tile = getTile().getType();
  FragmentType type = getFragment().getType();
  if (!type.isPacked())
    return emitOpError() << "expects a fragment of layout a or b, got "
                         << stringifyLayout(type.getLayout());
  if (failed(expectElement(*this, "the fragment", type.getElementType(),
                           tile.getElementType())))
    return failure();
  if (getTransposed() && type.getLayout() == Layout::A)
    return emitOpError() << "expects layout b when transposed, got a";
  int64_t bytes = tile.getElementBytes();
  if (getColumn() * bytes % 32)
    return emitOpError() << "expects a column at a multiple of 32 bytes, got "
                         << getColumn() * bytes;
  bool rowsAreRows = type.getLayout() == Layout::A || getTransposed();
  int64_t rows = type.getShape()[rowsAreRows ? 0 : 1];
  int64_t columns = type.getShape()[rowsAreRows ? 1 : 0];
  if (rows > tile.getRows() ||
      static_cast<int64_t>(getColumn()) + columns > tile.getColumns())
    return emitOpError() << "expects " << rows << "x" << columns
                         << " elements from column " << getColumn()
                         << " to lie in " << tile;
  return success();
}

LogicalResult StoreOp::verify() {
  FragmentType type = getFragment().getType();
  FragmentType positions = getPositions().getType();
  if (type.getLayout() != Layout::Accumulator &&
      type.getLayout() != Layout::Rows)
    return emitOpError() << "expects layout accumulator or rows, got "
                         << stringifyLayout(type.getLayout());
  if (failed(expectLayout(*this, "the positions", positions, Layout::Rows)) ||
      failed(expectElement(*this, "the positions", positions.getElementType(),
                           IntegerType::get(getContext(), 64))))
    return failure();
  if (static_cast<int64_t>(getWidth()) > type.getNumColumns())
    return emitOpError() << "expects a width of at most "
                         << type.getNumColumns() << ", got " << getWidth();
  return success();
}

LogicalResult FillOp::verify() {
  FragmentType type = getFragment().getType();
  if (type.isPacked())
    return emitOpError() << "expects an accumulator or row values, got layout "
                         << stringifyLayout(type.getLayout());
  return expectElement(*this, "the fragment", type.getElementType(),
                       getValue().getType());
}

LogicalResult MapOp::verify() {
  FragmentType result = getResult().getType();
  Block &body = getBody().front();
  if (body.getNumArguments() != getInputs().size() + 1 ||
      !body.getArgument(0).getType().isInteger(32))
    return emitOpError() << "expects a body with a row of i32 and "
                         << getInputs().size() << " elements as arguments";
  for (auto [input, argument] :
       llvm::zip(getInputs(), body.getArguments().drop_front())) {
    auto type = cast<FragmentType>(input.getType());
    if (failed(expectElement(*this, "the body's argument", argument.getType(),
                             type.getElementType())))
      return failure();
    if (!type.hasRowLayout() && (type.getLayout() != result.getLayout() ||
                                 type.getShape() != result.getShape()))
      return emitOpError() << "expects inputs of row values or of the result's "
                              "layout and shape, got "
                           << type << " for " << result;
  }
  // A body that is not terminated by a yield is reported by the parser.
  auto yield = dyn_cast<YieldOp>(body.getTerminator());
  if (!yield)
    return emitOpError() << "expects a body that ends in tile.yield";
  return expectElement(*this, "the result", result.getElementType(),
                       yield.getValue().getType());
}

LogicalResult MaskOp::verify() {
  FragmentType limits = getLows().getType();
  if (failed(expectLayout(*this, "the fragment", getFragment().getType(),
                          Layout::Accumulator)) ||
      failed(expectLayout(*this, "the limits", limits, Layout::Rows)) ||
      failed(expectElement(*this, "the limits", limits.getElementType(),
                           IntegerType::get(getContext(), 32))))
    return failure();
  return expectElement(*this, "the fragment",
                       getFragment().getType().getElementType(),
                       getHidden().getType());
}

LogicalResult MaskBitsOp::verify() {
  FragmentType type = getFragment().getType();
  if (failed(expectLayout(*this, "the fragment", type, Layout::Accumulator)))
    return failure();
  return expectElement(*this, "the fragment", type.getElementType(),
                       getHidden().getType());
}

LogicalResult BiasOp::verify() {
  FragmentType type = getFragment().getType();
  if (failed(expectLayout(*this, "the fragment", type, Layout::Accumulator)))
    return failure();
  return expectElement(*this, "the fragment", type.getElementType(),
                       Float32Type::get(getContext()));
}

LogicalResult SliceOp::verify() {
  FragmentType from = getFragment().getType(), to = getResult().getType();
  if (failed(expectLayout(*this, "the fragment", from, Layout::A)) ||
      failed(expectLayout(*this, "the result", to, Layout::A)) ||
      failed(expectElement(*this, "the result", to.getElementType(),
                           from.getElementType())))
    return failure();
  int64_t step = 256 / from.getElementType().getIntOrFloatBitWidth();
  int64_t column = getColumn();
  if (column % step || column + to.getNumColumns() > from.getNumColumns())
    return emitOpError() << "expects columns from a multiple of " << step
                         << " within " << from.getNumColumns() << ", got "
                         << to.getNumColumns() << " from " << column;
  return success();
}

LogicalResult ConvertOp::verify() {
  FragmentType from = getFragment().getType(), to = getResult().getType();
  if (failed(expectLayout(*this, "the fragment", from, Layout::Accumulator)) ||
      failed(expectLayout(*this, "the result", to, Layout::A)) ||
      failed(expectElement(*this, "the fragment", from.getElementType(),
                           Float32Type::get(getContext()))))
    return failure();
  if (from.getShape() != to.getShape())
    return emitOpError() << "expects equal shapes, got " << from << " and "
                         << to;
  return success();
}

LogicalResult MmaOp::verify() {
  FragmentType a = getA().getType(), b = getB().getType(), c = getC().getType();
  if (failed(expectLayout(*this, "a", a, Layout::A)) ||
      failed(expectLayout(*this, "b", b, Layout::B)) ||
      failed(expectLayout(*this, "c", c, Layout::Accumulator)) ||
      failed(
          expectElement(*this, "b", b.getElementType(), a.getElementType())) ||
      failed(expectElement(*this, "c", c.getElementType(),
                           Float32Type::get(getContext()))))
    return failure();
  if (!isa<Float16Type, BFloat16Type, Float32Type>(a.getElementType()))
    return emitOpError() << "expects operands of f16, bf16 or f32, got "
                         << a.getElementType();
  if (a.getShape()[1] != b.getShape()[0] || b.getShape()[1] != c.getShape()[1])
    return emitOpError() << "expects shapes 16xK, KxN and 16xN, got " << a
                         << ", " << b << " and " << c;
  if (getPrecision() != Precision::Exact && !a.getElementType().isF32())
    return emitOpError() << "expects precision exact for " << a.getElementType()
                         << ", got " << stringifyPrecision(getPrecision());
  return success();
}

LogicalResult ReduceColumnsOp::verify() {
  FragmentType type = getFragment().getType(), result = getResult().getType();
  if (failed(expectLayout(*this, "the fragment", type, Layout::Accumulator)) ||
      failed(expectLayout(*this, "the result", result, Layout::RowParts)) ||
      failed(expectElement(*this, "the result", result.getElementType(),
                           type.getElementType())))
    return failure();
  if (getInit() && getInit().getType() != result)
    return emitOpError() << "expects init of the result's type " << result
                         << ", got " << getInit().getType();
  return success();
}

LogicalResult ReduceLanesOp::verify() {
  FragmentType from = getFragment().getType(), to = getResult().getType();
  if (failed(expectLayout(*this, "the fragment", from, Layout::RowParts)) ||
      failed(expectLayout(*this, "the result", to, Layout::Rows)))
    return failure();
  return expectElement(*this, "the result", to.getElementType(),
                       from.getElementType());
}

LogicalResult ReduceRowsOp::verify() {
  FragmentType type = getFragment().getType();
  if (failed(expectLayout(*this, "the fragment", type, Layout::Rows)))
    return failure();
  return expectElement(*this, "the fragment", type.getElementType(),
                       getResult().getType());
}

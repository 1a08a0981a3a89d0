//===- TileTypes.cpp - fragments, shared tiles, tokens -----------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dialects/Tile/Tile.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::tile;

#include "dialects/Tile/TileEnums.cpp.inc"

#define GET_TYPEDEF_CLASSES
#include "dialects/Tile/TileTypes.cpp.inc"

void TileDialect::registerTypes() {
  addTypes<
#define GET_TYPEDEF_LIST
#include "dialects/Tile/TileTypes.cpp.inc"
      >();
}

/// `, keyword>` as a case of an enumeration.
template <typename Enum>
static FailureOr<Enum>
parseKeyword(AsmParser &parser, StringRef what,
             std::optional<Enum> (*symbolize)(StringRef)) {
  StringRef keyword;
  llvm::SMLoc loc = parser.getCurrentLocation();
  if (parser.parseComma() || parser.parseKeyword(&keyword))
    return failure();
  if (std::optional<Enum> value = symbolize(keyword))
    return *value;
  return parser.emitError(loc) << "unknown " << what << " '" << keyword << "'";
}

//===----------------------------------------------------------------------===//
// Fragment
//===----------------------------------------------------------------------===//

Type FragmentType::parse(AsmParser &parser) {
  SmallVector<int64_t> shape;
  Type element;
  if (parser.parseLess() ||
      parser.parseDimensionList(shape, /*allowDynamic=*/false) ||
      parser.parseType(element))
    return {};
  FailureOr<Layout> layout =
      parseKeyword<Layout>(parser, "layout", symbolizeLayout);
  if (failed(layout) || parser.parseGreater())
    return {};
  return parser.getChecked<FragmentType>(parser.getContext(), shape, element,
                                         *layout);
}

void FragmentType::print(AsmPrinter &printer) const {
  printer << '<';
  printer.printDimensionList(getShape());
  printer << 'x' << getElementType() << ", " << stringifyLayout(getLayout())
          << '>';
}

LogicalResult FragmentType::verify(function_ref<InFlightDiagnostic()> emitError,
                                   ArrayRef<int64_t> shape, Type element,
                                   Layout layout) {
  if (!element.isIntOrFloat())
    return emitError() << "expects numbers as elements, got " << element;
  bool rows = layout == Layout::Rows || layout == Layout::RowParts;
  unsigned rank = rows ? 1 : 2;
  if (shape.size() != rank)
    return emitError() << "expects " << rank << " dimensions for layout "
                       << stringifyLayout(layout) << ", got " << shape.size();
  if (layout != Layout::B && shape[0] != 16)
    return emitError() << "expects 16 rows for layout "
                       << stringifyLayout(layout) << ", got " << shape[0];
  if (rows)
    return success();
  unsigned bits = element.getIntOrFloatBitWidth();
  if (layout != Layout::Accumulator && bits != 16 && bits != 32)
    return emitError() << "expects elements of 16 or 32 bits for layout "
                       << stringifyLayout(layout) << ", got " << element;
  int64_t step = 256 / bits; // of the summed dimension: 32 bytes
  int64_t rowsOf = layout == Layout::B ? step : 16;
  int64_t columnsOf = layout == Layout::A ? step : 8;
  if (shape[0] <= 0 || shape[0] % rowsOf || shape[1] <= 0 ||
      shape[1] % columnsOf)
    return emitError() << "expects a multiple of " << rowsOf << "x" << columnsOf
                       << " for layout " << stringifyLayout(layout) << " of "
                       << element << ", got " << shape[0] << "x" << shape[1];
  return success();
}

int64_t FragmentType::getNumRegisters() const {
  if (hasRowLayout())
    return 2;
  int64_t elements = getShape()[0] * getShape()[1] / 32;
  return isPacked() ? elements * getElementType().getIntOrFloatBitWidth() / 32
                    : elements;
}

//===----------------------------------------------------------------------===//
// Shared
//===----------------------------------------------------------------------===//

Type SharedType::parse(AsmParser &parser) {
  SmallVector<int64_t> shape;
  Type element;
  llvm::SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess() ||
      parser.parseDimensionList(shape, /*allowDynamic=*/false) ||
      parser.parseType(element))
    return {};
  FailureOr<Swizzle> swizzle =
      parseKeyword<Swizzle>(parser, "swizzle", symbolizeSwizzle);
  if (failed(swizzle) || parser.parseGreater())
    return {};
  if (shape.size() != 2) {
    parser.emitError(loc) << "expects 2 dimensions, got " << shape.size();
    return {};
  }
  return parser.getChecked<SharedType>(parser.getContext(), shape[0], shape[1],
                                       element, *swizzle);
}

void SharedType::print(AsmPrinter &printer) const {
  printer << '<' << getRows() << 'x' << getColumns() << 'x' << getElementType()
          << ", " << stringifySwizzle(getSwizzle()) << '>';
}

LogicalResult SharedType::verify(function_ref<InFlightDiagnostic()> emitError,
                                 int64_t rows, int64_t columns, Type element,
                                 Swizzle) {
  if (!element.isIntOrFloat() || (element.getIntOrFloatBitWidth() != 16 &&
                                  element.getIntOrFloatBitWidth() != 32))
    return emitError() << "expects elements of 16 or 32 bits, got " << element;
  if (rows <= 0 || rows % 8)
    return emitError() << "expects a multiple of 8 rows, got " << rows;
  int64_t bytes = columns * element.getIntOrFloatBitWidth() / 8;
  if (bytes <= 0 || bytes % 32)
    return emitError() << "expects rows of a multiple of 32 bytes, got "
                       << bytes;
  return success();
}

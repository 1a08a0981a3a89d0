//===- DilatedTerms.cpp - the terms of a pattern -----------------*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Syntax and constraints of segment, window and columns. What they mean is
// dilated-mlir/Plan/Geometry.h, which getTerm and withTerm translate to and
// from; the rest of the interface follows from it.
//
//===----------------------------------------------------------------------===//

#include "dialects/Dilated/Dilated.h"

#include "dilated-mlir/Plan/Pattern.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"

using namespace mlir;
using namespace mlir::dilated;
namespace plan = ::dilated::plan;

// The rules have the same numbers on both sides.
static_assert(static_cast<int>(HeadOffsetRule::Block) ==
                  static_cast<int>(plan::OffsetRule::Block) &&
              static_cast<int>(HeadOffsetRule::Modulo) ==
                  static_cast<int>(plan::OffsetRule::Modulo) &&
              static_cast<int>(HeadOffsetRule::End) ==
                  static_cast<int>(plan::OffsetRule::End) &&
              static_cast<int>(HeadOffsetRule::Constant) ==
                  static_cast<int>(plan::OffsetRule::Constant));

//===----------------------------------------------------------------------===//
// name<number, number[, number][, multiplicity = m]>
//===----------------------------------------------------------------------===//

static void printNumbers(AsmPrinter &printer, ArrayRef<int64_t> numbers,
                         int64_t multiplicity) {
  printer << '<';
  llvm::interleaveComma(numbers, printer);
  if (multiplicity != 1)
    printer << ", multiplicity = " << multiplicity;
  printer << '>';
}

/// Parses `multiplicity = m>`.
static ParseResult parseMultiplicity(AsmParser &parser, int64_t &multiplicity) {
  return failure(parser.parseKeyword("multiplicity") || parser.parseEqual() ||
                 parser.parseInteger(multiplicity) || parser.parseGreater());
}

/// Parses the numbers between `<` and `>`: `required` of them at least, the
/// others where they are given, and a multiplicity.
static ParseResult parseNumbers(AsmParser &parser,
                                MutableArrayRef<int64_t> numbers,
                                size_t required, int64_t &multiplicity) {
  multiplicity = 1;
  if (parser.parseLess())
    return failure();
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (i < required) {
      if ((i != 0 && parser.parseComma()) || parser.parseInteger(numbers[i]))
        return failure();
      continue;
    }
    if (failed(parser.parseOptionalComma()))
      return parser.parseGreater();
    OptionalParseResult parsed = parser.parseOptionalInteger(numbers[i]);
    if (!parsed.has_value())
      return parseMultiplicity(parser, multiplicity);
    if (failed(*parsed))
      return failure();
  }
  if (succeeded(parser.parseOptionalComma()))
    return parseMultiplicity(parser, multiplicity);
  return parser.parseGreater();
}

/// An error unless `number` is at least `least`.
static LogicalResult verifyAtLeast(function_ref<InFlightDiagnostic()> emitError,
                                   StringRef name, int64_t number,
                                   int64_t least, StringRef label) {
  if (number >= least)
    return success();
  InFlightDiagnostic diag = emitError() << "expects " << name << " (" << number
                                        << ") to be at least " << least;
  if (!label.empty())
    diag << " [" << label << ']';
  return diag;
}

static LogicalResult
verifyMultiplicity(function_ref<InFlightDiagnostic()> emitError,
                   int64_t multiplicity) {
  return verifyAtLeast(emitError, "multiplicity", multiplicity, 1, "");
}

//===----------------------------------------------------------------------===//
// segment<length, rate>
//===----------------------------------------------------------------------===//

void SegmentAttr::print(AsmPrinter &printer) const {
  printNumbers(printer, {getLength(), getRate()}, getMultiplicity());
}

Attribute SegmentAttr::parse(AsmParser &parser, Type) {
  SMLoc loc = parser.getCurrentLocation();
  int64_t numbers[2], multiplicity;
  if (parseNumbers(parser, numbers, /*required=*/2, multiplicity))
    return {};
  return parser.getChecked<SegmentAttr>(loc, parser.getContext(), numbers[0],
                                        numbers[1], multiplicity);
}

LogicalResult SegmentAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                  int64_t length, int64_t rate,
                                  int64_t multiplicity) {
  // (C2)
  if (failed(verifyAtLeast(emitError, "segment length", length, 1, "C2")) ||
      failed(verifyAtLeast(emitError, "dilation rate", rate, 1, "C2")))
    return failure();
  return verifyMultiplicity(emitError, multiplicity);
}

plan::Term<> SegmentAttr::getTerm() const {
  return plan::makeSegment(getLength(), getRate(), getMultiplicity());
}

TermAttrInterface SegmentAttr::withTerm(const plan::Term<> &term) const {
  return SegmentAttr::get(getContext(), term.length, term.rate,
                          term.multiplicity);
}

//===----------------------------------------------------------------------===//
// window<left, right[, dilation]>
//===----------------------------------------------------------------------===//

void WindowAttr::print(AsmPrinter &printer) const {
  SmallVector<int64_t> numbers = {getLeft(), getRight()};
  if (getDilation() != 1)
    numbers.push_back(getDilation());
  printNumbers(printer, numbers, getMultiplicity());
}

Attribute WindowAttr::parse(AsmParser &parser, Type) {
  SMLoc loc = parser.getCurrentLocation();
  int64_t numbers[3] = {0, 0, 1}, multiplicity;
  if (parseNumbers(parser, numbers, /*required=*/2, multiplicity))
    return {};
  return parser.getChecked<WindowAttr>(loc, parser.getContext(), numbers[0],
                                       numbers[1], numbers[2], multiplicity);
}

LogicalResult WindowAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                 int64_t left, int64_t right, int64_t dilation,
                                 int64_t multiplicity) {
  // (C11)
  if (failed(verifyAtLeast(emitError, "left of a window", left, 0, "C11")) ||
      failed(verifyAtLeast(emitError, "right of a window", right, 0, "C11")) ||
      failed(
          verifyAtLeast(emitError, "dilation of a window", dilation, 1, "C11")))
    return failure();
  return verifyMultiplicity(emitError, multiplicity);
}

plan::Term<> WindowAttr::getTerm() const {
  return plan::makeWindow(getLeft(), getRight(), getDilation(),
                          getMultiplicity());
}

TermAttrInterface WindowAttr::withTerm(const plan::Term<> &term) const {
  return WindowAttr::get(getContext(), term.left, term.right, term.rate,
                         term.multiplicity);
}

//===----------------------------------------------------------------------===//
// columns<begin, end>
//===----------------------------------------------------------------------===//

void ColumnsAttr::print(AsmPrinter &printer) const {
  printNumbers(printer, {getBegin(), getEnd()}, getMultiplicity());
}

Attribute ColumnsAttr::parse(AsmParser &parser, Type) {
  SMLoc loc = parser.getCurrentLocation();
  int64_t numbers[2], multiplicity;
  if (parseNumbers(parser, numbers, /*required=*/2, multiplicity))
    return {};
  return parser.getChecked<ColumnsAttr>(loc, parser.getContext(), numbers[0],
                                        numbers[1], multiplicity);
}

LogicalResult ColumnsAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                  int64_t begin, int64_t end,
                                  int64_t multiplicity) {
  // (C12)
  if (failed(verifyAtLeast(emitError, "begin of columns", begin, 0, "C12")))
    return failure();
  if (begin >= end)
    return emitError() << "expects begin of columns (" << begin
                       << ") to be less than their end (" << end << ") [C12]";
  return verifyMultiplicity(emitError, multiplicity);
}

plan::Term<> ColumnsAttr::getTerm() const {
  return plan::makeColumns(getBegin(), getEnd(), getMultiplicity());
}

TermAttrInterface ColumnsAttr::withTerm(const plan::Term<> &term) const {
  return ColumnsAttr::get(getContext(), term.begin, term.end,
                          term.multiplicity);
}

//===----------------------------------------------------------------------===//
// What follows from the geometry
//===----------------------------------------------------------------------===//

int64_t TermAttrInterface::getMultiplicity() const {
  return getTerm().multiplicity;
}

TermAttrInterface
TermAttrInterface::withMultiplicity(int64_t multiplicity) const {
  plan::Term<> term = getTerm();
  term.multiplicity = multiplicity;
  return withTerm(term);
}

bool TermAttrInterface::mayHaveNullKeys() const {
  return getTerm().kind == plan::TermKind::Segment;
}

bool TermAttrInterface::coversEveryPosition() const {
  plan::Term<> term = getTerm();
  switch (term.kind) {
  case plan::TermKind::Segment:
    return term.rate == 1; // the only residue class is every head's
  case plan::TermKind::Window:
    return true; // the row itself
  case plan::TermKind::Columns:
    break;
  }
  return term.begin == 0;
}

TermAttrInterface TermAttrInterface::clampTo(int64_t n) const {
  plan::Term<> term = getTerm();
  // Columns beyond the sequence stay as written: none would be left (C12).
  if (!plan::clampTerm(term, n))
    return *this;
  if (term.kind == plan::TermKind::Segment)
    term.rate = getTerm().rate;
  return withTerm(term);
}

LogicalResult
mlir::dilated::verifyHeadOffset(function_ref<InFlightDiagnostic()> emitError,
                                TermAttrInterface term, HeadOffsetAttr offset) {
  plan::Term<> geometry = term.getTerm();
  if (geometry.kind == plan::TermKind::Segment &&
      offset.getRule() == HeadOffsetRule::Constant &&
      (offset.getConstant() < 0 || offset.getConstant() >= geometry.rate))
    return emitError() << "expects constant head offset ("
                       << offset.getConstant() << ") to be in [0, "
                       << geometry.rate << ") [C3]";
  return success();
}

//===- DilatedAttrs.cpp - pattern attributes: syntax and meaning -*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parsing, printing and verification of #dilated.pattern and its parts, and
// what can be computed from them without IR: head offsets, clamping to a static
// sequence length (S1), merging of equal terms (S6).
//
//===----------------------------------------------------------------------===//

#include "dialects/Dilated/Dilated.h"

#include "mlir/IR/Builders.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace mlir::dilated;

#include "dialects/Dilated/DilatedAttrInterfaces.cpp.inc"
#include "dialects/Dilated/DilatedEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "dialects/Dilated/DilatedAttrs.cpp.inc"

void DilatedDialect::registerAttributes() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/Dilated/DilatedAttrs.cpp.inc"
      >();
}

//===----------------------------------------------------------------------===//
// Head offset: block | modulo | end | constant<s>
//===----------------------------------------------------------------------===//

static void printHeadOffset(AsmPrinter &printer, HeadOffsetAttr offset) {
  printer << stringifyHeadOffsetRule(offset.getRule());
  if (offset.getRule() == HeadOffsetRule::Constant)
    printer << '<' << offset.getConstant() << '>';
}

static FailureOr<HeadOffsetAttr> parseHeadOffset(AsmParser &parser) {
  StringRef keyword;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&keyword))
    return failure();
  std::optional<HeadOffsetRule> rule = symbolizeHeadOffsetRule(keyword);
  if (!rule) {
    parser.emitError(loc, "expected head offset rule block, modulo, end or "
                          "constant<s>, got '")
        << keyword << "'";
    return failure();
  }
  int64_t constant = 0;
  if (*rule == HeadOffsetRule::Constant &&
      (parser.parseLess() || parser.parseInteger(constant) ||
       parser.parseGreater()))
    return failure();
  return HeadOffsetAttr::get(parser.getContext(), *rule, constant);
}

void HeadOffsetAttr::print(AsmPrinter &printer) const {
  printer << '<';
  printHeadOffset(printer, *this);
  printer << '>';
}

Attribute HeadOffsetAttr::parse(AsmParser &parser, Type) {
  if (parser.parseLess())
    return {};
  FailureOr<HeadOffsetAttr> offset = parseHeadOffset(parser);
  if (failed(offset) || parser.parseGreater())
    return {};
  return *offset;
}

//===----------------------------------------------------------------------===//
// segment<length, rate[, multiplicity = m]>
//===----------------------------------------------------------------------===//

void SegmentAttr::print(AsmPrinter &printer) const {
  printer << '<' << getLength() << ", " << getRate();
  if (getMultiplicity() != 1)
    printer << ", multiplicity = " << getMultiplicity();
  printer << '>';
}

Attribute SegmentAttr::parse(AsmParser &parser, Type) {
  int64_t length, rate, multiplicity = 1;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess() || parser.parseInteger(length) ||
      parser.parseComma() || parser.parseInteger(rate))
    return {};
  if (succeeded(parser.parseOptionalComma()))
    if (parser.parseKeyword("multiplicity") || parser.parseEqual() ||
        parser.parseInteger(multiplicity))
      return {};
  if (parser.parseGreater())
    return {};
  return parser.getChecked<SegmentAttr>(loc, parser.getContext(), length, rate,
                                        multiplicity);
}

LogicalResult SegmentAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                  int64_t length, int64_t rate,
                                  int64_t multiplicity) {
  // (C2)
  if (length < 1)
    return emitError() << "expects segment length (" << length
                       << ") to be at least 1 [C2]";
  if (rate < 1)
    return emitError() << "expects dilation rate (" << rate
                       << ") to be at least 1 [C2]";
  if (multiplicity < 1)
    return emitError() << "expects multiplicity (" << multiplicity
                       << ") to be at least 1";
  return success();
}

bool SegmentAttr::mayHaveNullKeys() const { return true; }

// With rate 1 every head offset of a rule is 0, so each position is covered.
bool SegmentAttr::coversEveryPosition() const { return getRate() == 1; }

TermAttrInterface SegmentAttr::clampTo(int64_t n) const {
  // (S1). N = 0 has no position to cover; a length of 1 keeps the term valid.
  int64_t length = std::max<int64_t>(1, std::min(getLength(), n));
  return SegmentAttr::get(getContext(), length, getRate(), getMultiplicity());
}

TermAttrInterface SegmentAttr::withMultiplicity(int64_t multiplicity) const {
  return SegmentAttr::get(getContext(), getLength(), getRate(), multiplicity);
}

//===----------------------------------------------------------------------===//
// <[term, ...], offset = block, padding = null_keys, overlap = multiset>
//===----------------------------------------------------------------------===//

void PatternAttr::print(AsmPrinter &printer) const {
  printer << "<[";
  llvm::interleaveComma(getTerms(), printer, [&](Attribute term) {
    // Terms of this dialect print without the dialect's prefix.
    if (auto segment = dyn_cast<SegmentAttr>(term)) {
      printer << "segment";
      segment.print(printer);
      return;
    }
    printer.printAttribute(term);
  });
  printer << "], offset = ";
  printHeadOffset(printer, getOffset());
  printer << ", padding = " << stringifyPadding(getPadding());
  if (getOverlap() != Overlap::Multiset)
    printer << ", overlap = " << stringifyOverlap(getOverlap());
  printer << '>';
}

static ParseResult parseTerm(AsmParser &parser,
                             SmallVectorImpl<Attribute> &terms) {
  Attribute term;
  if (succeeded(parser.parseOptionalKeyword("segment")))
    term = SegmentAttr::parse(parser, {});
  else if (parser.parseAttribute(term))
    return failure();
  if (!term)
    return failure();
  terms.push_back(term);
  return success();
}

/// Parses the keyword of an enumeration after `name =`.
template <typename Enum>
static ParseResult parseEnum(AsmParser &parser, Enum &value, StringRef expected,
                             std::optional<Enum> (*symbolize)(StringRef)) {
  StringRef keyword;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&keyword))
    return failure();
  std::optional<Enum> parsed = symbolize(keyword);
  if (!parsed)
    return parser.emitError(loc, "expected ")
           << expected << ", got '" << keyword << "'";
  value = *parsed;
  return success();
}

Attribute PatternAttr::parse(AsmParser &parser, Type) {
  SmallVector<Attribute> terms;
  auto offset =
      HeadOffsetAttr::get(parser.getContext(), HeadOffsetRule::Block, 0);
  Padding padding = Padding::NullKeys;
  Overlap overlap = Overlap::Multiset;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseLess() ||
      parser.parseCommaSeparatedList(AsmParser::Delimiter::Square,
                                     [&] { return parseTerm(parser, terms); }))
    return {};
  while (succeeded(parser.parseOptionalComma())) {
    StringRef field;
    SMLoc fieldLoc = parser.getCurrentLocation();
    if (parser.parseKeyword(&field) || parser.parseEqual())
      return {};
    if (field == "offset") {
      FailureOr<HeadOffsetAttr> parsed = parseHeadOffset(parser);
      if (failed(parsed))
        return {};
      offset = *parsed;
    } else if (field == "padding") {
      if (parseEnum<Padding>(parser, padding, "padding null_keys or exclude",
                             symbolizePadding))
        return {};
    } else if (field == "overlap") {
      if (parseEnum<Overlap>(parser, overlap, "overlap multiset or set",
                             symbolizeOverlap))
        return {};
    } else {
      parser.emitError(fieldLoc, "expected offset, padding or overlap, got '")
          << field << "'";
      return {};
    }
  }
  if (parser.parseGreater())
    return {};
  return parser.getChecked<PatternAttr>(loc, parser.getContext(), terms, offset,
                                        padding, overlap);
}

LogicalResult PatternAttr::verify(function_ref<InFlightDiagnostic()> emitError,
                                  ArrayRef<Attribute> terms,
                                  HeadOffsetAttr offset, Padding padding,
                                  Overlap overlap) {
  // (C1)
  if (terms.empty())
    return emitError() << "expects at least one term [C1]";
  for (Attribute term : terms) {
    auto interface = dyn_cast<TermAttrInterface>(term);
    if (!interface)
      return emitError() << "expects pattern terms, got " << term;
    // (C6)
    if (padding == Padding::NullKeys && !interface.mayHaveNullKeys())
      return emitError() << "expects padding = exclude with the term " << term
                         << ": null keys belong to segments [C6]";
    // (C3)
    auto segment = dyn_cast<SegmentAttr>(term);
    if (segment && offset.getRule() == HeadOffsetRule::Constant &&
        (offset.getConstant() < 0 || offset.getConstant() >= segment.getRate()))
      return emitError() << "expects constant head offset ("
                         << offset.getConstant() << ") to be in [0, "
                         << segment.getRate() << ") [C3]";
  }
  // (C6)
  if (padding == Padding::NullKeys && overlap == Overlap::Set)
    return emitError()
           << "expects overlap = multiset with padding = null_keys [C6]";
  return success();
}

std::optional<SmallVector<SegmentAttr>> PatternAttr::getSegments() const {
  SmallVector<SegmentAttr> segments;
  for (Attribute term : getTerms()) {
    auto segment = dyn_cast<SegmentAttr>(term);
    if (!segment)
      return std::nullopt;
    segments.push_back(segment);
  }
  return segments;
}

bool PatternAttr::mayLeaveRowsUncovered() const {
  return llvm::none_of(getTerms(), [](Attribute term) {
    return cast<TermAttrInterface>(term).coversEveryPosition();
  });
}

PatternAttr PatternAttr::clampTo(int64_t n) const {
  SmallVector<Attribute> merged;
  for (Attribute term : getTerms()) {
    TermAttrInterface clamped = cast<TermAttrInterface>(term).clampTo(n);
    // Equal up to the multiplicity: add to the one that is there. An overflow
    // of the sum would need 2^63 branches.
    auto *same = llvm::find_if(merged, [&](Attribute other) {
      return cast<TermAttrInterface>(other).withMultiplicity(1) ==
             clamped.withMultiplicity(1);
    });
    // A set counts each key once however many terms select it (S9).
    if (same == merged.end())
      merged.push_back(clamped);
    else if (getOverlap() == Overlap::Multiset) {
      auto other = cast<TermAttrInterface>(*same);
      *same = other.withMultiplicity(other.getMultiplicity() +
                                     clamped.getMultiplicity());
    }
  }
  return PatternAttr::get(getContext(), merged, getOffset(), getPadding(),
                          getOverlap());
}

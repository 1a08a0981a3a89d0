//===- DilatedAttrs.cpp - pattern attributes: syntax and meaning -*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// Parsing, printing and verification of #dilated.pattern and of head offsets,
// and what can be computed from them without IR: clamping to a static sequence
// length (S1), merging of equal terms (S6, S9). Terms: DilatedTerms.cpp.
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
// <[term, ...], offset = block, padding = null_keys, overlap = multiset>
//===----------------------------------------------------------------------===//

void PatternAttr::print(AsmPrinter &printer) const {
  printer << "<[";
  llvm::interleaveComma(getTerms(), printer, [&](Attribute term) {
    // Terms of this dialect print without the dialect's prefix.
    if (failed(generatedAttributePrinter(term, printer)))
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
  SMLoc loc = parser.getCurrentLocation();
  Attribute term;
  OptionalParseResult parsed = parser.parseOptionalAttribute(term);
  StringRef mnemonic;
  if (!parsed.has_value())
    parsed = generatedAttributeParser(parser, &mnemonic, {}, term);
  if (!parsed.has_value())
    return parser.emitError(loc, "expected segment, window or columns, got '")
           << mnemonic << "'";
  terms.push_back(term);
  return *parsed;
}

/// Parses the keyword of an enumeration after `name =`.
template <typename Enum>
static ParseResult parseEnum(AsmParser &parser, std::optional<Enum> &value,
                             StringRef expected,
                             std::optional<Enum> (*symbolize)(StringRef)) {
  StringRef keyword;
  SMLoc loc = parser.getCurrentLocation();
  if (parser.parseKeyword(&keyword))
    return failure();
  value = symbolize(keyword);
  if (!value)
    return parser.emitError(loc, "expected ")
           << expected << ", got '" << keyword << "'";
  return success();
}

/// (C6) torchscale's null keys where there can be any.
static Padding getDefaultPadding(ArrayRef<Attribute> terms, Overlap overlap) {
  bool mayHaveNullKeys = llvm::all_of(terms, [](Attribute attribute) {
    auto term = dyn_cast<TermAttrInterface>(attribute);
    return term && term.mayHaveNullKeys();
  });
  return mayHaveNullKeys && overlap == Overlap::Multiset ? Padding::NullKeys
                                                         : Padding::Exclude;
}

Attribute PatternAttr::parse(AsmParser &parser, Type) {
  SmallVector<Attribute> terms;
  auto offset =
      HeadOffsetAttr::get(parser.getContext(), HeadOffsetRule::Block, 0);
  std::optional<Padding> padding;
  std::optional<Overlap> overlap = Overlap::Multiset;
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
  if (!padding)
    padding = getDefaultPadding(terms, *overlap);
  return parser.getChecked<PatternAttr>(loc, parser.getContext(), terms, offset,
                                        *padding, *overlap);
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
    if (failed(verifyHeadOffset(emitError, interface, offset))) // (C3)
      return failure();
  }
  // (C6)
  if (padding == Padding::NullKeys && overlap == Overlap::Set)
    return emitError()
           << "expects overlap = multiset with padding = null_keys [C6]";
  return success();
}

SmallVector<TermAttrInterface> PatternAttr::getTermAttrs() const {
  return llvm::map_to_vector(
      getTerms(), [](Attribute term) { return cast<TermAttrInterface>(term); });
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
  return llvm::none_of(getTermAttrs(), [](TermAttrInterface term) {
    return term.coversEveryPosition();
  });
}

PatternAttr PatternAttr::clampTo(int64_t n) const {
  bool isSet = getOverlap() == Overlap::Set;
  SmallVector<TermAttrInterface> merged;
  for (TermAttrInterface term : getTermAttrs()) {
    TermAttrInterface clamped = term.clampTo(n);
    if (isSet) // counts each key once however often terms count (S9)
      clamped = clamped.withMultiplicity(1);
    auto *same = llvm::find_if(merged, [&](TermAttrInterface other) {
      return other.withMultiplicity(1) == clamped.withMultiplicity(1);
    });
    if (same == merged.end())
      merged.push_back(clamped);
    else if (!isSet)
      *same = same->withMultiplicity(::dilated::plan::addSaturating(
          same->getMultiplicity(), clamped.getMultiplicity()));
  }
  SmallVector<Attribute> terms(merged.begin(), merged.end());
  return PatternAttr::get(getContext(), terms, getOffset(), getPadding(),
                          getOverlap());
}

//===- AnalyzePattern.cpp - what the patterns of a module select -*- C++ -*-==//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A report for people: on stderr, as upstream's print passes write theirs, so
// that the IR on stdout stays IR.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Transforms/Passes.h"

#include "dialects/Dilated/Dilated.h"
#include "dilated-mlir/Plan/Pattern.h"
#include "dilated-mlir/Plan/PatternCount.h"
#include "dilated-mlir/Transforms/EncodedPattern.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/raw_ostream.h"

#include <map>

namespace mlir::dilated {
#define GEN_PASS_DEF_ANALYZEPATTERN
#include "dilated-mlir/Transforms/Passes.h.inc"
} // namespace mlir::dilated

using namespace mlir;
using namespace mlir::dilated;
namespace plan = ::dilated::plan;

/// Beyond these a count is left out: a second or so of work each.
static constexpr int64_t kMaxSteps = int64_t(1) << 26;
static constexpr int64_t kMaxHeads = int64_t(1) << 16;

namespace {

/// The op as the report sees it.
struct Subject {
  PatternAttr pattern;
  SmallVector<int64_t> encoded;
  int64_t sequence, heads; // 0: not known
  bool causal;

  bool isCountable() const {
    return sequence > 0 && heads > 0 && heads <= kMaxHeads;
  }
  size_t numTerms() const { return pattern.getTerms().size(); }
  /// As a head sees it, with the multiplicity that counts.
  plan::Term<> getTerm(size_t i, int64_t head) const {
    return plan::Pattern(encoded.data())
        .getTerm(static_cast<int64_t>(i), head, heads);
  }
  bool hasNullKeys() const {
    return plan::Pattern(encoded.data()).hasNullKeys();
  }
  plan::TermCount count(const plan::Term<> &term) const {
    return plan::countTerm(sequence, term, causal, hasNullKeys());
  }
  /// Pairs of dense attention; beyond int64 for long sequences.
  double densePairs() const {
    double n = static_cast<double>(sequence);
    return static_cast<double>(heads) * (causal ? n * (n + 1) / 2 : n * n);
  }
};

/// Counts as text; the largest int64 stands for anything larger.
struct Count {
  int64_t value;
};
raw_ostream &operator<<(raw_ostream &os, Count count) {
  if (count.value == std::numeric_limits<int64_t>::max())
    return os << "at least " << count.value;
  return os << count.value;
}

} // namespace

static void printShare(const Subject &subject, int64_t pairs, raw_ostream &os) {
  if (pairs == std::numeric_limits<int64_t>::max())
    return; // there are more
  os << " ("
     << llvm::format("%.4f", static_cast<double>(pairs) / subject.densePairs())
     << " of dense)";
}

//===----------------------------------------------------------------------===//
// One term
//===----------------------------------------------------------------------===//

/// "3", "0-7, 12".
static void printRanges(ArrayRef<int64_t> numbers, raw_ostream &os) {
  for (size_t i = 0, last; i < numbers.size(); i = last + 1) {
    last = i;
    while (last + 1 < numbers.size() && numbers[last + 1] == numbers[last] + 1)
      ++last;
    os << (i ? ", " : "") << numbers[i];
    if (last > i)
      os << '-' << numbers[last];
  }
}

static void printSegments(int64_t sequence, const plan::Term<> &term,
                          raw_ostream &os) {
  int64_t length = plan::clampLength(term.length, sequence);
  int64_t count = plan::ceilDiv(sequence, length);
  int64_t last = plan::getSegmentSize(count - 1, length, sequence);
  os << count << (count == 1 ? " segment of " : " segments of ") << length;
  if (last != length)
    os << ", the last of " << last;
  if (term.length > sequence)
    os << ", clamped from " << term.length << " [S1]";
}

/// Which keys of the sequence a term selects.
static void printPlaces(const Subject &subject, const plan::Term<> &term,
                        raw_ostream &os) {
  plan::Term<> clamped = term;
  bool hasKeys = plan::clampTerm(clamped, subject.sequence);
  switch (term.kind) {
  case plan::TermKind::Segment:
    return printSegments(subject.sequence, term, os);
  case plan::TermKind::Window:
    os << "the row, up to " << clamped.left << " before and ";
    if (subject.causal)
      os << "none";
    else
      os << "up to " << clamped.right;
    os << " after it";
    if (clamped.left != term.left || clamped.right != term.right)
      os << ", clamped to the sequence";
    return;
  case plan::TermKind::Columns:
    if (!hasKeys)
      os << "no keys, the sequence ends before them";
    else
      os << "keys " << clamped.begin << " to " << clamped.end - 1;
    return;
  }
}

/// Which heads take which residue class of a segment.
static void printPhases(const Subject &subject, size_t i, raw_ostream &os) {
  std::map<int64_t, SmallVector<int64_t>> headsOfPhase;
  for (int64_t head = 0; head < subject.heads; ++head)
    headsOfPhase[subject.getTerm(i, head).offset].push_back(head);
  plan::Term<> term = subject.getTerm(i, 0);
  for (auto &[phase, heads] : headsOfPhase) {
    os << "    phase " << phase << " of " << term.rate << ": heads ";
    printRanges(heads, os);
    if (phase >= plan::clampLength(term.length, subject.sequence))
      os << ", which cover no row";
    os << '\n';
  }
}

static void printTerm(const Subject &subject, size_t i, raw_ostream &os) {
  TermAttrInterface attribute = subject.pattern.getTermAttrs()[i];
  std::string text;
  llvm::raw_string_ostream(text) << attribute.withMultiplicity(1);
  StringRef name = text;
  name.consume_front("#dilated.");
  os << "  " << name;
  if (attribute.getMultiplicity() != 1 &&
      subject.pattern.getOverlap() == Overlap::Multiset)
    os << " counted " << attribute.getMultiplicity() << " times [S6]";
  if (!subject.isCountable()) {
    os << '\n';
    return;
  }
  os << ": ";
  plan::Term<> term = subject.getTerm(i, 0);
  printPlaces(subject, term, os);
  os << '\n';
  if (term.kind == plan::TermKind::Segment)
    printPhases(subject, i, os);
  plan::TermCount total;
  for (int64_t head = 0; head < subject.heads; ++head) {
    plan::TermCount count = subject.count(subject.getTerm(i, head));
    total.rows = plan::addSaturating(total.rows, count.rows);
    total.pairs = plan::addSaturating(total.pairs, count.pairs);
    total.nullKeys = plan::addSaturating(total.nullKeys, count.nullKeys);
    total.nullPairs = plan::addSaturating(total.nullPairs, count.nullPairs);
  }
  os << "    rows " << Count{total.rows} << " of "
     << Count{plan::multiplySaturating(subject.sequence, subject.heads)}
     << ", pairs " << Count{total.pairs};
  printShare(subject, total.pairs, os);
  if (term.kind == plan::TermKind::Segment)
    os << ", null keys " << Count{total.nullKeys} << " in "
       << Count{total.nullPairs} << " pairs";
  os << '\n';
}

//===----------------------------------------------------------------------===//
// All terms
//===----------------------------------------------------------------------===//

namespace {
/// Heads that select alike: one of them, and how many there are.
struct HeadGroup {
  int64_t head, count;
};

/// Counts of all terms and heads together.
struct Together {
  int64_t pairs = 0, rows = 0, different = 0;
  plan::KeyCounts keys{std::numeric_limits<int64_t>::max(), 0};
  bool hasUnion = true, hasKeys = true;

  void add(const Subject &subject, HeadGroup group, int64_t maxSteps);
};
} // namespace

void Together::add(const Subject &subject, HeadGroup group, int64_t maxSteps) {
  auto addOfGroup = [&](int64_t &sum, int64_t ofHead) {
    sum =
        plan::addSaturating(sum, plan::multiplySaturating(ofHead, group.count));
  };
  std::vector<plan::Term<>> terms;
  for (size_t i = 0; i < subject.numTerms(); ++i) {
    terms.push_back(subject.getTerm(i, group.head));
    addOfGroup(pairs, subject.count(terms.back()).pairs);
  }
  if (auto ofHead =
          plan::countUnion(subject.sequence, terms, subject.causal, maxSteps)) {
    addOfGroup(rows, ofHead->rows);
    addOfGroup(different, ofHead->pairs);
  } else {
    hasUnion = false;
  }
  if (auto ofHead = plan::countKeysPerRow(subject.sequence, terms,
                                          subject.causal, maxSteps)) {
    keys.least = std::min(keys.least, ofHead->least);
    keys.most = std::max(keys.most, ofHead->most);
  } else {
    hasKeys = false;
  }
}

/// Heads of equal offsets in all segments are one group.
static SmallVector<HeadGroup> groupHeads(const Subject &subject) {
  std::map<std::vector<int64_t>, HeadGroup> groups;
  for (int64_t head = 0; head < subject.heads; ++head) {
    std::vector<int64_t> offsets;
    for (size_t i = 0; i < subject.numTerms(); ++i)
      offsets.push_back(subject.getTerm(i, head).offset);
    auto [it, isNew] =
        groups.try_emplace(std::move(offsets), HeadGroup{head, 0});
    ++it->second.count;
  }
  return llvm::to_vector(llvm::make_second_range(groups));
}

static void printTogether(const Subject &subject, raw_ostream &os) {
  SmallVector<HeadGroup> groups = groupHeads(subject);
  Together together;
  for (HeadGroup group : groups) // they share the allowance
    together.add(subject, group,
                 kMaxSteps / static_cast<int64_t>(groups.size()));
  os << "  together: pairs " << Count{together.pairs};
  printShare(subject, together.pairs, os);
  constexpr StringLiteral left = "not counted, it would take long";
  if (together.hasUnion) {
    int64_t all = plan::multiplySaturating(subject.sequence, subject.heads);
    os << ", different " << Count{together.different};
    printShare(subject, together.different, os);
    os << "\n    uncovered rows " << all - together.rows << " of " << Count{all}
       << '\n';
  } else {
    os << "\n    different pairs, uncovered rows: " << left << '\n';
  }
  if (subject.pattern.getOverlap() == Overlap::Set && subject.numTerms() > 1)
    return; // a key that two terms select is one key of the row (S9)
  if (together.hasKeys)
    os << "    real keys per row " << Count{together.keys.least} << " to "
       << Count{together.keys.most} << '\n';
  else
    os << "    real keys per row: " << left << '\n';
}

//===----------------------------------------------------------------------===//
// The report
//===----------------------------------------------------------------------===//

/// `unit` is a plural.
static void printNumber(int64_t number, StringRef unit, StringRef option,
                        raw_ostream &os) {
  if (number > 0)
    os << number << ' ' << (number == 1 ? unit.drop_back() : unit);
  else
    os << "any number of " << unit << " (counts need " << option << "=)";
}

static void printReport(Operation *op, const Subject &subject,
                        raw_ostream &os) {
  os << op->getName();
  if (auto file = op->getLoc()->findInstanceOf<FileLineColLoc>())
    os << " at " << file.getFilename().getValue() << ':' << file.getLine()
       << ':' << file.getColumn();
  os << ": ";
  printNumber(subject.heads, "heads", "heads", os);
  os << ", ";
  printNumber(subject.sequence, "positions", "seq", os);
  HeadOffsetAttr offset = subject.pattern.getOffset();
  os << (subject.causal ? ", causal" : ", not causal")
     << "\n  offset = " << stringifyHeadOffsetRule(offset.getRule());
  if (offset.getRule() == HeadOffsetRule::Constant)
    os << '<' << offset.getConstant() << '>';
  os << ", padding = " << stringifyPadding(subject.pattern.getPadding())
     << ", overlap = " << stringifyOverlap(subject.pattern.getOverlap())
     << '\n';
  if (subject.heads > kMaxHeads)
    os << "  not counted: more than " << kMaxHeads << " heads\n";
  for (size_t i = 0; i < subject.numTerms(); ++i)
    printTerm(subject, i, os);
  if (subject.isCountable())
    printTogether(subject, os);
}

namespace {
struct AnalyzePattern
    : mlir::dilated::impl::AnalyzePatternBase<AnalyzePattern> {
  using AnalyzePatternBase::AnalyzePatternBase;

  void runOnOperation() override {
    if (sequence < 0 || heads < 0) {
      getOperation().emitError("expects seq and heads to be at least 0, got ")
          << int64_t(sequence) << " and " << int64_t(heads);
      return signalPassFailure();
    }
    getOperation()->walk([&](AttentionOp op) { analyze(op); });
    getOperation()->walk([&](FusedAttentionOp op) { analyze(op); });
    markAllAnalysesPreserved();
  }

private:
  template <typename OpTy>
  void analyze(OpTy op) {
    auto type = cast<ShapedType>(op.getQuery().getType());
    LayoutDims dims = getLayoutDims(op.getQueryLayout());
    auto sizeOr = [&](unsigned dim, int64_t fallback) {
      return type.isDynamicDim(dim) ? fallback : type.getDimSize(dim);
    };
    std::optional<SmallVector<int64_t>> encoded =
        getEncodedPattern(op.getPattern(), op.getCausal());
    if (!encoded) {
      op.emitRemark("is not analyzed: its pattern has terms that are not "
                    "counted: ")
          << op.getPattern();
      return;
    }
    Subject subject{op.getPattern(), std::move(*encoded),
                    sizeOr(dims.sequence, sequence), sizeOr(dims.head, heads),
                    op.getCausal()};
    printReport(op, subject, llvm::errs());
  }
};
} // namespace

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
  SmallVector<SegmentAttr> segments;
  int64_t sequence, heads; // 0: not known
  bool causal;

  bool isCountable() const {
    return sequence > 0 && heads > 0 && heads <= kMaxHeads;
  }
  int64_t phase(SegmentAttr segment, int64_t head) const {
    HeadOffsetAttr offset = pattern.getOffset();
    return plan::getHeadOffset(static_cast<plan::OffsetRule>(offset.getRule()),
                               offset.getConstant(), head, heads,
                               segment.getRate());
  }
  plan::Term<> getTerm(SegmentAttr segment, int64_t head) const {
    plan::Term<> term = plan::makeSegment(
        segment.getLength(), segment.getRate(), segment.getMultiplicity());
    term.offset = phase(segment, head);
    return term;
  }
  bool hasNullKeys() const {
    return pattern.getPadding() == Padding::NullKeys && !causal;
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
// One segment
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

static void printPlaces(const Subject &subject, SegmentAttr segment,
                        raw_ostream &os) {
  int64_t n = subject.sequence, length = std::min(segment.getLength(), n);
  int64_t count = ceilDiv(n, length), last = n - (count - 1) * length;
  os << count << (count == 1 ? " segment of " : " segments of ") << length;
  if (last != length)
    os << ", the last of " << last;
  if (segment.getLength() > n)
    os << ", clamped from " << segment.getLength() << " [S1]";
}

static void printPhases(const Subject &subject, SegmentAttr segment,
                        raw_ostream &os) {
  std::map<int64_t, SmallVector<int64_t>> headsOfPhase;
  for (int64_t head = 0; head < subject.heads; ++head)
    headsOfPhase[subject.phase(segment, head)].push_back(head);
  int64_t length = std::min(segment.getLength(), subject.sequence);
  for (auto &[phase, heads] : headsOfPhase) {
    os << "    phase " << phase << " of " << segment.getRate() << ": heads ";
    printRanges(heads, os);
    if (phase >= length)
      os << ", which cover no row";
    os << '\n';
  }
}

static void printSegment(const Subject &subject, SegmentAttr segment,
                         raw_ostream &os) {
  os << "  segment<" << segment.getLength() << ", " << segment.getRate() << '>';
  if (segment.getMultiplicity() != 1)
    os << " counted " << segment.getMultiplicity() << " times [S6]";
  if (!subject.isCountable()) {
    os << '\n';
    return;
  }
  os << ": ";
  printPlaces(subject, segment, os);
  os << '\n';
  printPhases(subject, segment, os);
  plan::TermCount total;
  for (int64_t head = 0; head < subject.heads; ++head) {
    plan::TermCount count =
        plan::countTerm(subject.sequence, subject.getTerm(segment, head),
                        subject.causal, subject.hasNullKeys());
    total.rows = plan::addSaturating(total.rows, count.rows);
    total.pairs = plan::addSaturating(total.pairs, count.pairs);
    total.nullKeys = plan::addSaturating(total.nullKeys, count.nullKeys);
    total.nullPairs = plan::addSaturating(total.nullPairs, count.nullPairs);
  }
  os << "    rows " << Count{total.rows} << " of "
     << Count{plan::multiplySaturating(subject.sequence, subject.heads)}
     << ", pairs " << Count{total.pairs};
  printShare(subject, total.pairs, os);
  os << ", null keys " << Count{total.nullKeys} << " in "
     << Count{total.nullPairs} << " pairs\n";
}

//===----------------------------------------------------------------------===//
// All segments
//===----------------------------------------------------------------------===//

/// Heads of equal phases select alike: one of them, and how many there are.
static std::map<std::vector<int64_t>, std::pair<int64_t, int64_t>>
groupHeads(const Subject &subject) {
  std::map<std::vector<int64_t>, std::pair<int64_t, int64_t>> groups;
  for (int64_t head = 0; head < subject.heads; ++head) {
    std::vector<int64_t> phases;
    for (SegmentAttr segment : subject.segments)
      phases.push_back(subject.phase(segment, head));
    auto [it, isNew] = groups.try_emplace(std::move(phases), head, 0);
    ++it->second.second;
  }
  return groups;
}

static void printTogether(const Subject &subject, raw_ostream &os) {
  int64_t pairs = 0, rows = 0, different = 0;
  plan::KeyCounts range{std::numeric_limits<int64_t>::max(), 0};
  auto groups = groupHeads(subject);
  // All groups share the allowance.
  int64_t steps = kMaxSteps / static_cast<int64_t>(groups.size());
  bool hasUnion = true, hasRange = true;
  for (auto &[phases, group] : groups) {
    auto [head, count] = group;
    std::vector<plan::Term<>> terms;
    for (SegmentAttr segment : subject.segments) {
      terms.push_back(subject.getTerm(segment, head));
      int64_t ofTerm =
          plan::countTerm(subject.sequence, terms.back(), subject.causal, false)
              .pairs;
      pairs =
          plan::addSaturating(pairs, plan::multiplySaturating(ofTerm, count));
    }
    if (auto together =
            plan::countUnion(subject.sequence, terms, subject.causal, steps)) {
      rows = plan::addSaturating(
          rows, plan::multiplySaturating(together->rows, count));
      different = plan::addSaturating(
          different, plan::multiplySaturating(together->pairs, count));
    } else {
      hasUnion = false;
    }
    if (auto keys = plan::countKeysPerRow(subject.sequence, terms,
                                          subject.causal, steps)) {
      range.least = std::min(range.least, keys->least);
      range.most = std::max(range.most, keys->most);
    } else {
      hasRange = false;
    }
  }
  os << "  together: pairs " << Count{pairs};
  printShare(subject, pairs, os);
  constexpr StringLiteral left = "not counted, it would take long";
  if (hasUnion) {
    int64_t all = plan::multiplySaturating(subject.sequence, subject.heads);
    os << ", different " << Count{different};
    printShare(subject, different, os);
    os << "\n    uncovered rows " << all - rows << " of " << Count{all} << '\n';
  } else {
    os << "\n    different pairs, uncovered rows: " << left << '\n';
  }
  if (subject.pattern.getOverlap() == Overlap::Set &&
      subject.segments.size() > 1)
    return; // a key that two segments select is one key of the row (S9)
  if (hasRange)
    os << "    real keys per row " << Count{range.least} << " to "
       << Count{range.most} << '\n';
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
  for (SegmentAttr segment : subject.segments)
    printSegment(subject, segment, os);
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
    Subject subject{op.getPattern(),
                    {},
                    sizeOr(dims.sequence, sequence),
                    sizeOr(dims.head, heads),
                    op.getCausal()};
    std::optional<SmallVector<SegmentAttr>> segments =
        subject.pattern.getSegments();
    if (!segments) {
      op.emitRemark("is not analyzed: its pattern has terms that are no "
                    "segments: ")
          << subject.pattern;
      return;
    }
    subject.segments = std::move(*segments);
    printReport(op, subject, llvm::errs());
  }
};
} // namespace

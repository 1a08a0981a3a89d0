//===- PatternOracle.cpp - what a pattern selects, by its text --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PatternOracle.h"

#include <algorithm>
#include <sstream>

using namespace dilated::plan;

Pattern AttentionShape::getPattern() const {
  numbers.clear();
  PatternEncoder::writeHeader(numbers, static_cast<int64_t>(terms.size()),
                              options);
  for (const Term<> &term : terms)
    PatternEncoder::writeTerm(numbers, term);
  return Pattern(numbers.data());
}

std::string AttentionShape::toString() const {
  std::ostringstream text;
  text << "batches " << batches << " heads " << heads << " sequence "
       << sequence << " rule " << static_cast<int64_t>(options.rule) << ' '
       << options.constant << " causal " << options.isCausal << " null keys "
       << options.hasNullKeys << " set " << options.isSet;
  for (const Term<> &term : terms) {
    if (term.kind == TermKind::Segment)
      text << " segment<" << term.length << ", " << term.rate << '>';
    else if (term.kind == TermKind::Window)
      text << " window<" << term.left << ", " << term.right << ", " << term.rate
           << '>';
    else
      text << " columns<" << term.begin << ", " << term.end << '>';
    text << " x " << term.multiplicity;
  }
  return text.str();
}

//===----------------------------------------------------------------------===//
// The specification, line by line
//===----------------------------------------------------------------------===//

/// o(h) of section 3.
static int64_t offsetOf(const PatternOptions &options, int64_t h, int64_t heads,
                        int64_t r) {
  switch (options.rule) {
  case OffsetRule::Block:
    return h / (heads / r + (heads % r != 0));
  case OffsetRule::Modulo:
    return h % r;
  case OffsetRule::End:
    return r - 1 - h % r;
  case OffsetRule::Constant:
    break;
  }
  return options.constant;
}

/// Whether the row at p selects the key at k: S1 to S3, S10, S11.
static bool doesSelect(const AttentionShape &shape, const Term<> &term,
                       int64_t head, int64_t p, int64_t k) {
  if (term.kind == TermKind::Columns)
    return term.begin <= k && k < term.end;
  if (term.kind == TermKind::Window) {
    int64_t steps = (k - p) / term.rate;
    return (k - p) % term.rate == 0 && -term.left <= steps &&
           steps <= term.right;
  }
  int64_t w = std::min(term.length, shape.sequence); // S1
  int64_t o = offsetOf(shape.options, head, shape.heads, term.rate);
  return p / w == k / w && p % w % term.rate == o && k % w % term.rate == o;
}

HeadOracle::HeadOracle(const AttentionShape &shape, int64_t head)
    : pairs(shape.sequence * shape.sequence), nulls(shape.sequence) {
  int64_t n = shape.sequence;
  const PatternOptions &options = shape.options;
  for (const Term<> &term : shape.terms) {
    std::vector<bool> &selected = ofTerms.emplace_back(n * n);
    for (int64_t p = 0; p < n; ++p) {
      bool covered = false;
      int64_t real = 0;
      for (int64_t k = 0; k < n; ++k) {
        if (!doesSelect(shape, term, head, p, k))
          continue;
        covered |= k == p;
        ++real;
        if (k > p && options.isCausal) // S4
          continue;
        selected[p * n + k] = true;
        if (!options.isSet)
          pairs[p * n + k] += term.multiplicity; // S6
        else
          pairs[p * n + k] = 1; // S9
      }
      if (options.hasNullKeys && !options.isCausal && covered &&
          term.kind == TermKind::Segment) { // S5
        int64_t w = std::min(term.length, n);
        int64_t padded = w / term.rate + (w % term.rate != 0); // L
        nulls[p] += (padded - real) * term.multiplicity;
      }
    }
  }
}

//===----------------------------------------------------------------------===//
// Random patterns
//===----------------------------------------------------------------------===//

namespace {

class Picker {
public:
  explicit Picker(std::mt19937_64 &random) : random(random) {}

  int64_t pick(int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(random);
  }
  int64_t pickOf(std::initializer_list<int64_t> values) {
    return values.begin()[pick(0, static_cast<int64_t>(values.size()) - 1)];
  }
  int64_t pickRate();
  Term<> pickSegment(int64_t n);
  Term<> pickWindow(int64_t n);
  Term<> pickColumns(int64_t n);

private:
  std::mt19937_64 &random;
};

} // namespace

int64_t Picker::pickRate() {
  int64_t kind = pick(0, 99);
  return kind < 50   ? pick(1, 40)
         : kind < 80 ? pickOf({1, 2, 4, 8, 16})
         : kind < 95
             ? pickOf({7, 11, 13, 17, 19, 23, 29, 31, 37})
             : pickOf({int64_t(1) << 62, kMaxInt64, 401, int64_t(1) << 40});
}

Term<> Picker::pickSegment(int64_t n) {
  int64_t kind = pick(0, 99);
  int64_t length = kind < 45   ? pick(1, n)
                   : kind < 75 ? pickOf({8, 16, 32, 64, 48, 96, 100, 7})
                   : kind < 90 ? pick(n, 2 * n)
                               : pickOf({int64_t(1) << 40, kMaxInt64,
                                         int64_t(1) << 62, pick(1, 1 << 30)});
  int64_t rate = pickRate();
  return makeSegment(length, rate, pickOf({1, 1, 1, 2, 3}));
}

Term<> Picker::pickWindow(int64_t n) {
  auto side = [&] {
    return pick(0, 9) ? pick(0, pickOf({1, 8, 40, n}))
                      : pickOf({0, kMaxInt64, int64_t(1) << 62});
  };
  int64_t left = side(), right = side();
  return makeWindow(left, right,
                    pick(0, 2) ? pickOf({1, 1, 2, 3, 4, 8}) : pickRate(),
                    pickOf({1, 1, 1, 2, 3}));
}

Term<> Picker::pickColumns(int64_t n) {
  int64_t begin = pick(0, 3) ? pick(0, n) : pickOf({0, 0, kMaxInt64 - 1});
  int64_t most = kMaxInt64 - begin;
  int64_t keys = pick(0, 9) ? pick(1, pickOf({1, 4, 40, n})) : most;
  return makeColumns(begin, begin + std::min(keys, most),
                     pickOf({1, 1, 1, 2, 3}));
}

static AttentionShape pickCall(Picker &picker) {
  AttentionShape shape;
  int64_t n = picker.pick(1, picker.pickOf({1, 3, 40, 200, 400, 400}));
  shape.sequence = n;
  shape.batches = picker.pickOf({1, 1, 2});
  shape.heads = n < 100 || picker.pick(0, 19) == 0 ? picker.pick(1, 16)
                                                   : picker.pick(1, 5);
  shape.options.rule = static_cast<OffsetRule>(picker.pick(0, 3));
  if (shape.options.rule == OffsetRule::Constant)
    shape.options.constant = picker.pick(0, 5);
  shape.options.isCausal = picker.pick(0, 1);
  return shape;
}

static void addTerm(AttentionShape &shape, Picker &picker, Term<> term) {
  if (!shape.terms.empty() && picker.pick(0, 9) == 0)
    term = shape.terms.back(); // the same once more
  if (term.kind == TermKind::Segment &&
      shape.options.rule == OffsetRule::Constant)
    term.rate = std::max(term.rate, shape.options.constant + 1); // C3
  shape.terms.push_back(term);
}

AttentionShape dilated::plan::makeRandomShape(std::mt19937_64 &random) {
  Picker picker(random);
  AttentionShape shape = pickCall(picker);
  shape.options.hasNullKeys = picker.pick(0, 1);
  int64_t terms = picker.pick(1, 5);
  if (picker.pick(0, 99) == 0)
    terms = picker.pick(60, 70); // coverage masks of two words
  for (int64_t i = 0; i < terms; ++i)
    addTerm(shape, picker, picker.pickSegment(shape.sequence));
  return shape;
}

AttentionShape dilated::plan::makeRandomMix(std::mt19937_64 &random) {
  Picker picker(random);
  AttentionShape shape = pickCall(picker);
  shape.options.isSet = picker.pick(0, 1);
  for (int64_t i = picker.pick(1, 4); i > 0; --i) {
    int64_t kind = picker.pick(0, 4), n = shape.sequence;
    addTerm(shape, picker,
            kind < 2   ? picker.pickWindow(n)
            : kind < 4 ? picker.pickColumns(n)
                       : picker.pickSegment(n));
  }
  return shape;
}

//===- PatternOracle.cpp - what a pattern selects, by its text --*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PatternOracle.h"

#include <algorithm>
#include <sstream>

using namespace dilated::plan;

std::string AttentionShape::toString() const {
  std::ostringstream text;
  text << "batches " << batches << " heads " << heads << " sequence "
       << sequence << " pattern";
  for (int64_t word : words)
    text << ' ' << word;
  return text.str();
}

//===----------------------------------------------------------------------===//
// The specification, line by line
//===----------------------------------------------------------------------===//

HeadOracle::HeadOracle(const AttentionShape &shape, int64_t head)
    : pairs(shape.sequence * shape.sequence), nulls(shape.sequence),
      covered(shape.sequence) {
  Pattern pattern = shape.getPattern();
  int64_t n = shape.sequence;
  for (int64_t term = 0; term < pattern.getNumTerms(); ++term) {
    Branch branch = pattern.getBranch(term, head, shape.heads);
    int64_t w = std::min(branch.length, n);                    // S1
    int64_t padded = w / branch.rate + (w % branch.rate != 0); // L
    for (int64_t p = 0; p < n; ++p) {
      int64_t begin = p / w * w, end = std::min(n, begin + w);
      if (p % w % branch.rate != branch.offset) // S2
        continue;
      covered[p] = true;
      int64_t real = 0;
      for (int64_t k = begin; k < end; ++k) {
        if ((k - begin) % branch.rate != branch.offset) // S3
          continue;
        ++real;
        if (k <= p || !pattern.isCausal()) // S4
          pairs[p * n + k] += branch.multiplicity;
      }
      if (pattern.hasNullKeys()) // S5
        nulls[p] += (padded - real) * branch.multiplicity;
    }
  }
}

//===----------------------------------------------------------------------===//
// Random patterns
//===----------------------------------------------------------------------===//

AttentionShape dilated::plan::makeRandomShape(std::mt19937_64 &random) {
  auto pick = [&](int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(random);
  };
  auto pickOf = [&](std::initializer_list<int64_t> values) {
    return values.begin()[pick(0, static_cast<int64_t>(values.size()) - 1)];
  };
  int64_t n = pick(1, pickOf({1, 3, 40, 200, 400, 400}));
  AttentionShape shape;
  shape.sequence = n;
  shape.batches = pickOf({1, 1, 2});
  shape.heads = n < 100 || pick(0, 19) == 0 ? pick(1, 16) : pick(1, 5);
  int64_t terms = pick(1, 5);
  if (pick(0, 99) == 0)
    terms = pick(60, 70); // coverage masks of two words
  auto rule = static_cast<OffsetRule>(pick(0, 3));
  int64_t constant = rule == OffsetRule::Constant ? pick(0, 5) : 0;
  shape.words = {terms, static_cast<int64_t>(rule), constant, pick(0, 1),
                 pick(0, 1)};
  for (int64_t i = 0; i < terms; ++i) {
    if (i > 0 && pick(0, 9) == 0) { // the same once more
      size_t last = shape.words.size() - Pattern::kTermWords;
      for (int64_t word = 0; word < Pattern::kTermWords; ++word)
        shape.words.push_back(shape.words[last + word]);
      continue;
    }
    int64_t kind = pick(0, 99);
    int64_t length = kind < 45   ? pick(1, n)
                     : kind < 75 ? pickOf({8, 16, 32, 64, 48, 96, 100, 7})
                     : kind < 90 ? pick(n, 2 * n)
                                 : pickOf({int64_t(1) << 40, kMaxInt64,
                                           int64_t(1) << 62, pick(1, 1 << 30)});
    kind = pick(0, 99);
    int64_t rate =
        kind < 50   ? pick(1, 40)
        : kind < 80 ? pickOf({1, 2, 4, 8, 16})
        : kind < 95
            ? pickOf({7, 11, 13, 17, 19, 23, 29, 31, 37})
            : pickOf({int64_t(1) << 62, kMaxInt64, 401, int64_t(1) << 40});
    if (rule == OffsetRule::Constant)
      rate = std::max(rate, constant + 1); // C3
    for (int64_t word : {length, rate, pickOf({1, 1, 1, 2, 3})})
      shape.words.push_back(word);
  }
  return shape;
}

//===- GeometryTest.cpp - queries both ways against the text ----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Plan/Geometry.h"
#include "PatternOracle.h"

#include <gtest/gtest.h>

using namespace dilated::plan;

/// Of every row its keys, of every key its rows, and of every pair whether it
/// is selected.
static void checkHead(const AttentionShape &shape, int64_t head) {
  HeadOracle oracle(shape, head);
  int64_t n = shape.sequence;
  bool causal = shape.options.isCausal;
  for (size_t i = 0; i < shape.terms.size(); ++i) {
    Term<> term =
        shape.getPattern().getTerm(static_cast<int64_t>(i), head, shape.heads);
    const std::vector<bool> &selected = oracle.ofTerms[i];
    if (!clampTerm(term, n)) {
      ASSERT_EQ(std::count(selected.begin(), selected.end(), true), 0);
      continue;
    }
    for (int64_t a = 0; a < n; ++a) {
      StridedRange keys = getKeysOfRow(term, a, n, causal);
      StridedRange rows = getRowsOfKey(term, a, n, causal);
      for (const StridedRange &range : {keys, rows}) {
        ASSERT_TRUE(range.count >= 0 && range.stride >= 1);
        ASSERT_TRUE(range.count == 0 || range.first >= 0);
        ASSERT_TRUE(range.count == 0 ||
                    range.first + range.stride * (range.count - 1) < n);
      }
      for (int64_t b = 0; b < n; ++b) {
        ASSERT_EQ(keys.contains(b), selected[a * n + b]);
        ASSERT_EQ(rows.contains(b), selected[b * n + a]);
        ASSERT_EQ(selects(term, a, b) && (!causal || b <= a),
                  selected[a * n + b]);
      }
    }
  }
}

TEST(Geometry, KeysOfRowsAndRowsOfKeysAgreeWithTheText) {
  std::mt19937_64 random(31);
  for (int round = 0; round < 3000; ++round) {
    AttentionShape shape =
        round % 2 ? makeRandomMix(random) : makeRandomShape(random);
    shape.sequence = 1 + shape.sequence % 90;
    SCOPED_TRACE(shape.toString());
    ASSERT_NO_FATAL_FAILURE(
        checkHead(shape, static_cast<int64_t>(random() % shape.heads)));
  }
}

TEST(Geometry, SharedElementsAgreeWithLooking) {
  std::mt19937_64 random(32);
  auto pick = [&] {
    return StridedRange{static_cast<int64_t>(random() % 40),
                        1 + static_cast<int64_t>(random() % 6),
                        static_cast<int64_t>(random() % 12)};
  };
  int partial = 0;
  for (int round = 0; round < 20000; ++round) {
    StridedRange range = pick(), other = pick();
    SharedElements shared = getSharedElements(range, other);
    bool some = false, all = true;
    for (int64_t i = 0; i < range.count; ++i) {
      bool isIn = other.contains(range.first + range.stride * i);
      bool isBetween = shared.begin <= i && i < shared.end;
      ASSERT_TRUE(isBetween || !isIn);
      some |= isIn && isBetween;
      all &= isIn || !isBetween;
    }
    ASSERT_TRUE(shared.isPartial || all);
    ASSERT_TRUE(shared.isPartial || some || shared.begin >= shared.end);
    partial += shared.isPartial;
  }
  EXPECT_GE(partial, 1000);
}

TEST(Geometry, EncodedPatternsAreReadAsTheyWereWritten) {
  std::mt19937_64 random(33);
  for (int round = 0; round < 300; ++round) {
    AttentionShape shape = makeRandomMix(random);
    Pattern pattern = shape.getPattern();
    ASSERT_EQ(pattern.getNumTerms(), static_cast<int64_t>(shape.terms.size()));
    ASSERT_EQ(pattern.getRule(), shape.options.rule);
    ASSERT_EQ(pattern.getConstant(), shape.options.constant);
    ASSERT_EQ(pattern.isCausal(), shape.options.isCausal);
    ASSERT_EQ(pattern.isSet(), shape.options.isSet);
    for (size_t i = 0; i < shape.terms.size(); ++i) {
      const Term<> &written = shape.terms[i];
      Term<> read = pattern.getTerm(static_cast<int64_t>(i), 0, 1);
      ASSERT_EQ(read.kind, written.kind);
      ASSERT_EQ(read.multiplicity, written.multiplicity);
      ASSERT_EQ(read.rate, written.rate);
      ASSERT_EQ(read.length, written.length);
      ASSERT_EQ(read.left, written.left);
      ASSERT_EQ(read.right, written.right);
      ASSERT_EQ(read.begin, written.begin);
      ASSERT_EQ(read.end, written.end);
    }
  }
}

TEST(Pattern, NumbersOfAnyOriginAreChecked) {
  PatternOptions options;
  options.isSet = true;
  std::vector<int64_t> good;
  PatternEncoder::writeHeader(good, 3, options);
  for (const Term<> &term :
       {makeSegment(8, 2), makeWindow(3, 0, 2), makeColumns(0, 4)})
    PatternEncoder::writeTerm(good, term);
  auto size = static_cast<int64_t>(good.size());
  EXPECT_TRUE(isEncodedPattern(good.data(), size));
  EXPECT_FALSE(isEncodedPattern(good.data(), size - 1));
  EXPECT_FALSE(isEncodedPattern(good.data(), 3));
  // Every number out of its range: terms, rule, constant, flags, then kind,
  // multiplicity and the numbers of each term.
  for (int64_t i : {0, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11, 12, 13, 14, 15, 16}) {
    std::vector<int64_t> bad = good;
    bad[i] = -1;
    EXPECT_FALSE(isEncodedPattern(bad.data(), size)) << i;
  }
  for (auto [i, value] : {std::pair<int, int64_t>{0, INT64_MAX},
                          {1, 4},
                          {3, 8},
                          {4, 3},
                          {5, 0},
                          {6, 0},
                          {7, 0},
                          {13, 0},
                          {17, 0}}) {
    std::vector<int64_t> bad = good;
    bad[i] = value;
    EXPECT_FALSE(isEncodedPattern(bad.data(), size)) << i;
  }
}

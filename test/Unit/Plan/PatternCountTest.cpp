//===- PatternCountTest.cpp - closed forms against counting -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Plan/PatternCount.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <limits>
#include <random>
#include <utility>

using namespace dilated::plan;

static constexpr int64_t kLarge = std::numeric_limits<int64_t>::max();
static constexpr int64_t kSteps = 1 << 24;

static Term<> makeTerm(int64_t length, int64_t rate, int64_t offset = 0,
                       int64_t multiplicity = 1) {
  Term<> term = makeSegment(length, rate, multiplicity);
  term.offset = offset;
  return term;
}

/// S1 to S3, S10, S11: does the term let the row at `p` see the key at `k`?
static bool doesSelect(int64_t n, const Term<> &term, int64_t p, int64_t k,
                       bool causal) {
  if (causal && k > p)
    return false;
  if (term.kind == TermKind::Columns)
    return term.begin <= k && k < term.end;
  if (term.kind == TermKind::Window)
    return (k - p) % term.rate == 0 && (k - p) / term.rate >= -term.left &&
           (k - p) / term.rate <= term.right;
  int64_t w = std::min(term.length, n);
  return p / w == k / w && p % w % term.rate == term.offset &&
         k % w % term.rate == term.offset;
}

/// S5, line by line.
static int64_t nullKeysOf(int64_t n, const Term<> &term, int64_t p) {
  int64_t w = std::min(term.length, n), begin = p / w * w;
  int64_t rows = (w + term.rate - 1) / term.rate, real = 0;
  for (int64_t l = 0; l < std::min(w, n - begin); ++l)
    real += l % term.rate == term.offset;
  return rows - real;
}

TEST(PatternCount, OneSegmentAgreesWithCounting) {
  for (bool causal : {false, true})
    for (int64_t n : {1, 2, 7, 30, 41})
      for (int64_t w : {1, 5, 8, 41, 1000})
        for (int64_t r : {1, 2, 3, 9, 50})
          for (int64_t offset = 0; offset < std::min<int64_t>(r, 12);
               ++offset) {
            Term<> term = makeTerm(w, r, offset, /*multiplicity=*/2);
            int64_t rows = 0, pairs = 0, nullKeys = 0, nullPairs = 0;
            int64_t length = std::min(w, n), lastSegment = -1;
            for (int64_t p = 0; p < n; ++p) {
              for (int64_t k = 0; k < n; ++k)
                pairs += 2 * doesSelect(n, term, p, k, causal);
              if (!doesSelect(n, term, p, p, causal))
                continue;
              ++rows;
              if (causal)
                continue;
              nullPairs += 2 * nullKeysOf(n, term, p);
              if (std::exchange(lastSegment, p / length) != p / length)
                nullKeys += 2 * nullKeysOf(n, term, p);
            }
            TermCount count = countTerm(n, term, causal, true);
            SCOPED_TRACE(testing::Message()
                         << "n " << n << " w " << w << " r " << r << " offset "
                         << offset << " causal " << causal);
            ASSERT_EQ(count.rows, rows);
            ASSERT_EQ(count.pairs, pairs);
            ASSERT_EQ(count.nullKeys, nullKeys);
            ASSERT_EQ(count.nullPairs, nullPairs);
            ASSERT_EQ(countTerm(n, term, causal, false).nullPairs, 0);
          }
}

TEST(PatternCount, OneWindowOrColumnsAgreesWithCounting) {
  for (bool causal : {false, true})
    for (int64_t n : {1, 2, 7, 30, 41})
      for (int64_t a : {0, 1, 5, 40, 100})
        for (int64_t b : {0, 1, 3, 39, 1000})
          for (Term<> term :
               {makeWindow(a, b, 1, 2), makeWindow(a, b, 3, 2),
                makeWindow(a, b, 50, 2), makeColumns(a, a + b + 1, 2)}) {
            int64_t pairs = 0, rows = 0;
            for (int64_t p = 0; p < n; ++p) {
              int64_t before = pairs;
              for (int64_t k = 0; k < n; ++k)
                pairs += 2 * doesSelect(n, term, p, k, causal);
              rows += pairs > before;
            }
            SCOPED_TRACE(testing::Message()
                         << "n " << n << " a " << a << " b " << b << " rate "
                         << term.rate << " causal " << causal);
            TermCount count = countTerm(n, term, causal, false);
            ASSERT_EQ(count.pairs, pairs);
            ASSERT_EQ(count.rows, rows);
            ASSERT_EQ(count.nullPairs, 0);
          }
}

TEST(PatternCount, UnionAndKeysPerRowAgreeWithCounting) {
  std::mt19937 random(7);
  auto pick = [&](int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(random);
  };
  for (int round = 0; round < 1200; ++round) {
    int64_t n = pick(1, 90);
    bool causal = pick(0, 1);
    std::vector<Term<>> terms;
    for (int64_t i = pick(1, 5); i > 0; --i) {
      int64_t r = pick(0, 9) ? pick(1, 12) : kLarge;
      int64_t w = pick(0, 9) ? pick(1, 110) : kLarge;
      terms.push_back(
          makeTerm(w, r, pick(0, std::min<int64_t>(r, 14) - 1), pick(1, 2)));
      int64_t kind = round % 2 ? pick(0, 2) : 0, begin = pick(0, 90);
      if (kind == 1)
        terms.back() = makeWindow(pick(0, 40), pick(0, 40), pick(1, 5));
      else if (kind == 2)
        terms.back() = makeColumns(begin, begin + pick(1, 40), pick(1, 2));
    }
    int64_t rows = 0, pairs = 0, least = kLarge, most = 0;
    for (int64_t p = 0; p < n; ++p) {
      int64_t keys = 0, different = 0;
      for (int64_t k = 0; k < n; ++k) {
        int64_t before = keys;
        for (const Term<> &term : terms)
          if (doesSelect(n, term, p, k, causal))
            keys += term.multiplicity;
        different += keys != before;
      }
      rows += keys > 0;
      pairs += different;
      least = std::min(least, keys);
      most = std::max(most, keys);
    }
    SCOPED_TRACE(testing::Message() << "round " << round << " n " << n);
    std::optional<UnionCount> together = countUnion(n, terms, causal, kSteps);
    ASSERT_TRUE(together);
    ASSERT_EQ(together->rows, rows);
    ASSERT_EQ(together->pairs, pairs);
    std::optional<KeyCounts> keys = countKeysPerRow(n, terms, causal, kSteps);
    ASSERT_TRUE(keys);
    ASSERT_EQ(keys->least, least);
    ASSERT_EQ(keys->most, most);
  }
}

TEST(PatternCount, SlideOf1069Tokens) {
  // The specification's example (S5): 45 real keys, 979 null keys.
  TermCount count = countTerm(1069, makeTerm(1024, 1), false, true);
  EXPECT_EQ(count.nullKeys, 979);
  EXPECT_EQ(count.nullPairs, 979 * 45);
  EXPECT_EQ(count.pairs, 1024 * 1024 + 45 * 45);
}

TEST(PatternCount, ExtremesSaturateOrVanish) {
  EXPECT_EQ(countTerm(kLarge, makeTerm(kLarge, 1), false, true).pairs, kLarge);
  EXPECT_EQ(countTerm(kLarge, makeTerm(1, 1, 0, kLarge), true, true).pairs,
            kLarge);
  EXPECT_EQ(countTerm(10, makeTerm(kLarge, kLarge), false, true).pairs, 1);
  EXPECT_EQ(countTerm(10, makeTerm(kLarge, kLarge, 10), false, true).rows, 0);
  EXPECT_EQ(countTerm(0, makeTerm(4, 1), false, true).pairs, 0);
  EXPECT_EQ(countTerm(kLarge, makeWindow(kLarge, kLarge), false, false).pairs,
            kLarge);
  EXPECT_EQ(countTerm(kLarge, makeWindow(0, 0, kLarge), true, false).pairs,
            kLarge);
  EXPECT_EQ(countTerm(kLarge, makeColumns(0, kLarge), true, false).pairs,
            kLarge);
  EXPECT_EQ(countTerm(10, makeColumns(10, kLarge), false, false).rows, 0);
  EXPECT_EQ(
      countTerm(10, makeWindow(kLarge, kLarge, kLarge), false, false).pairs,
      10);
}

TEST(PatternCount, CountingStopsInTime) {
  constexpr int64_t n = int64_t(1) << 40;
  EXPECT_FALSE(countUnion(n, {makeTerm(1, 1)}, false, 1000));
  EXPECT_FALSE(countKeysPerRow(n, {makeTerm(1, 1)}, false, 1000));
  EXPECT_FALSE(countUnion(kLarge, {makeTerm(kLarge, 1)}, false, 1000));
  // Many terms have many subsets.
  EXPECT_FALSE(
      countUnion(64, std::vector<Term<>>(40, makeTerm(64, 1)), false, 1000));
  std::optional<UnionCount> dense =
      countUnion(n, {makeTerm(n, 1), makeTerm(n, 1)}, false, 10);
  ASSERT_TRUE(dense);
  EXPECT_EQ(dense->rows, n);
  EXPECT_EQ(dense->pairs, kLarge); // 2^80
}

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

/// S1 to S3: does the branch let the row at `p` see the key at `k`?
static bool selects(int64_t n, const Branch &branch, int64_t p, int64_t k,
                    bool causal) {
  int64_t w = std::min(branch.length, n);
  return p / w == k / w && p % w % branch.rate == branch.offset &&
         k % w % branch.rate == branch.offset && (!causal || k <= p);
}

/// S5, line by line.
static int64_t nullKeysOf(int64_t n, const Branch &branch, int64_t p) {
  int64_t w = std::min(branch.length, n), begin = p / w * w;
  int64_t rows = (w + branch.rate - 1) / branch.rate, real = 0;
  for (int64_t l = 0; l < std::min(w, n - begin); ++l)
    real += l % branch.rate == branch.offset;
  return rows - real;
}

TEST(PatternCount, OneBranchAgreesWithCounting) {
  for (bool causal : {false, true})
    for (int64_t n : {1, 2, 7, 30, 41})
      for (int64_t w : {1, 5, 8, 41, 1000})
        for (int64_t r : {1, 2, 3, 9, 50})
          for (int64_t offset = 0; offset < std::min<int64_t>(r, 12);
               ++offset) {
            Branch branch = {w, r, offset, /*multiplicity=*/2};
            int64_t rows = 0, pairs = 0, nullKeys = 0, nullPairs = 0;
            int64_t length = std::min(w, n), lastSegment = -1;
            for (int64_t p = 0; p < n; ++p) {
              for (int64_t k = 0; k < n; ++k)
                pairs += 2 * selects(n, branch, p, k, causal);
              if (!selects(n, branch, p, p, causal))
                continue;
              ++rows;
              if (causal)
                continue;
              nullPairs += 2 * nullKeysOf(n, branch, p);
              if (std::exchange(lastSegment, p / length) != p / length)
                nullKeys += 2 * nullKeysOf(n, branch, p);
            }
            BranchCount count = countBranch(n, branch, causal, true);
            SCOPED_TRACE(testing::Message()
                         << "n " << n << " w " << w << " r " << r << " offset "
                         << offset << " causal " << causal);
            ASSERT_EQ(count.rows, rows);
            ASSERT_EQ(count.pairs, pairs);
            ASSERT_EQ(count.nullKeys, nullKeys);
            ASSERT_EQ(count.nullPairs, nullPairs);
            ASSERT_EQ(countBranch(n, branch, causal, false).nullPairs, 0);
          }
}

TEST(PatternCount, UnionAndKeysPerRowAgreeWithCounting) {
  std::mt19937 random(7);
  auto pick = [&](int64_t least, int64_t most) {
    return std::uniform_int_distribution<int64_t>(least, most)(random);
  };
  for (int round = 0; round < 600; ++round) {
    int64_t n = pick(1, 90);
    bool causal = pick(0, 1);
    std::vector<Branch> branches;
    for (int64_t i = pick(1, 5); i > 0; --i) {
      int64_t r = pick(0, 9) ? pick(1, 12) : kLarge;
      int64_t w = pick(0, 9) ? pick(1, 110) : kLarge;
      branches.push_back(
          {w, r, pick(0, std::min<int64_t>(r, 14) - 1), pick(1, 2)});
    }
    int64_t rows = 0, pairs = 0, least = kLarge, most = 0;
    for (int64_t p = 0; p < n; ++p) {
      int64_t keys = 0, different = 0;
      for (int64_t k = 0; k < n; ++k) {
        int64_t before = keys;
        for (const Branch &branch : branches)
          if (selects(n, branch, p, k, causal))
            keys += branch.multiplicity;
        different += keys != before;
      }
      rows += keys > 0;
      pairs += different;
      least = std::min(least, keys);
      most = std::max(most, keys);
    }
    SCOPED_TRACE(testing::Message() << "round " << round << " n " << n);
    std::optional<UnionCount> together =
        countUnion(n, branches, causal, kSteps);
    ASSERT_TRUE(together);
    ASSERT_EQ(together->rows, rows);
    ASSERT_EQ(together->pairs, pairs);
    std::optional<KeyRange> range =
        countKeysPerRow(n, branches, causal, kSteps);
    ASSERT_TRUE(range);
    ASSERT_EQ(range->least, least);
    ASSERT_EQ(range->most, most);
  }
}

TEST(PatternCount, SlideOf1069Tokens) {
  // The specification's example (S5): 45 real keys, 979 null keys.
  BranchCount count = countBranch(1069, {1024, 1}, false, true);
  EXPECT_EQ(count.nullKeys, 979);
  EXPECT_EQ(count.nullPairs, 979 * 45);
  EXPECT_EQ(count.pairs, 1024 * 1024 + 45 * 45);
}

TEST(PatternCount, ExtremesSaturateOrVanish) {
  EXPECT_EQ(countBranch(kLarge, {kLarge, 1}, false, true).pairs, kLarge);
  EXPECT_EQ(countBranch(kLarge, {1, 1, 0, kLarge}, true, true).pairs, kLarge);
  EXPECT_EQ(countBranch(10, {kLarge, kLarge}, false, true).pairs, 1);
  EXPECT_EQ(countBranch(10, {kLarge, kLarge, 10}, false, true).rows, 0);
  EXPECT_EQ(countBranch(0, {4, 1}, false, true).pairs, 0);
}

TEST(PatternCount, CountingStopsInTime) {
  constexpr int64_t n = int64_t(1) << 40;
  EXPECT_FALSE(countUnion(n, {{1, 1}}, false, 1000));
  EXPECT_FALSE(countKeysPerRow(n, {{1, 1}}, false, 1000));
  EXPECT_FALSE(countUnion(kLarge, {{kLarge, 1}}, false, 1000));
  // Many branches have many subsets.
  EXPECT_FALSE(countUnion(64, std::vector<Branch>(40, {64, 1}), false, 1000));
  std::optional<UnionCount> dense = countUnion(n, {{n, 1}, {n, 1}}, false, 10);
  ASSERT_TRUE(dense);
  EXPECT_EQ(dense->rows, n);
  EXPECT_EQ(dense->pairs, kLarge); // 2^80
}

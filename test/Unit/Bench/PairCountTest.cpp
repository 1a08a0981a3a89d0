//===- PairCountTest.cpp - the closed form against counting -----*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "tools/dilated-bench/PairCount.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <limits>

using namespace mlir::dilated;

/// Every pair of S2 to S4, one by one.
static int64_t countByHand(int64_t n, int64_t heads, SegmentBranch branch,
                           OffsetRule rule, bool causal) {
  int64_t pairs = 0;
  int64_t w = std::min(branch.length, n), r = branch.rate;
  for (int64_t h = 0; h < heads; ++h) {
    int64_t offset = headOffset(rule, h, heads, r);
    for (int64_t p = 0; p < n; ++p)
      for (int64_t k = 0; k < n; ++k)
        pairs += p / w == k / w && p % w % r == offset && k % w % r == offset &&
                 (!causal || k <= p);
  }
  return pairs;
}

TEST(PairCount, AgreesWithCounting) {
  for (OffsetRule rule :
       {OffsetRule::Block, OffsetRule::Modulo, OffsetRule::End})
    for (bool causal : {false, true})
      for (int64_t n : {1, 2, 7, 30, 41})
        for (int64_t heads : {1, 3, 4})
          for (int64_t w : {1, 5, 8, 41, 1000})
            for (int64_t r : {1, 2, 3, 9, 50})
              ASSERT_EQ(countUsefulPairs(n, heads, {{w, r}}, rule, causal),
                        countByHand(n, heads, {w, r}, rule, causal))
                  << "n " << n << " heads " << heads << " w " << w << " r " << r
                  << " causal " << causal;
}

TEST(PairCount, BranchesAddUp) {
  // A multiset (S6): what two branches select counts twice.
  int64_t one = countUsefulPairs(100, 4, {{32, 2}}, OffsetRule::Block, false);
  EXPECT_EQ(
      countUsefulPairs(100, 4, {{32, 2}, {32, 2}}, OffsetRule::Block, false),
      2 * one);
}

TEST(PairCount, OffsetsStayBelowTheRate) {
  for (OffsetRule rule :
       {OffsetRule::Block, OffsetRule::Modulo, OffsetRule::End})
    for (int64_t heads : {1, 3, 12, 16})
      for (int64_t rate : {1, 2, 8, 100})
        for (int64_t head = 0; head < heads; ++head) {
          int64_t offset = headOffset(rule, head, heads, rate);
          EXPECT_GE(offset, 0);
          EXPECT_LT(offset, rate);
        }
  EXPECT_EQ(headOffset(OffsetRule::Block, 11, 12, 8), 5);
  EXPECT_EQ(headOffset(OffsetRule::Modulo, 11, 12, 8), 3);
  EXPECT_EQ(headOffset(OffsetRule::End, 11, 12, 8), 4);
}

TEST(PairCount, ExtremesSaturateOrVanish) {
  constexpr int64_t large = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(countUsefulPairs(large, 1, {{large, 1}}, OffsetRule::Block, false),
            large);
  EXPECT_EQ(countUsefulPairs(10, 2, {{large, large}}, OffsetRule::Block, false),
            2);
  EXPECT_EQ(countUsefulPairs(0, 2, {{4, 1}}, OffsetRule::Block, false), 0);
}

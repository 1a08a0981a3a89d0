//===- PlanSummaryTest.cpp - how well plans fit -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Plan/PlanSummary.h"
#include "PatternOracle.h"
#include "dilated-mlir/Plan/PatternCount.h"

#include <algorithm>
#include <gtest/gtest.h>

using namespace dilated::plan;

namespace {

struct NamedShape {
  const char *name;
  AttentionShape shape;
  /// At least that share of the pairs of register tiles of 8 rows and 32 keys
  /// is useful, and of a CPU's, 32 rows and 8 keys.
  double gpu, cpu;
  /// At most that share of the pairs is computed: those that terms select in
  /// common once.
  double computed;
};

} // namespace

static AttentionShape
makeShape(OffsetRule rule, bool isCausal, int64_t heads, int64_t sequence,
          std::initializer_list<std::pair<int64_t, int64_t>> segments) {
  AttentionShape shape;
  shape.options.rule = rule;
  shape.options.isCausal = isCausal;
  shape.options.hasNullKeys = true;
  shape.heads = heads;
  shape.sequence = sequence;
  for (auto [length, rate] : segments)
    shape.terms.push_back(makeSegment(length, rate));
  return shape;
}

static PlanTarget getGpu() {
  return {kGpuTiles, {{8, 32}, {64, 64}}, WorkOrder::Tiles, 132};
}

static PlanTarget getCpu(bool isCausal) {
  return {getCpuTiles(32, 1024, 16, isCausal), {{32, 8}}, WorkOrder::Tasks, 16};
}

/// Of all heads.
static double countDifferentPairs(const AttentionShape &shape) {
  Pattern pattern = shape.getPattern();
  double pairs = 0;
  for (int64_t head = 0; head < shape.heads; ++head) {
    std::vector<Term<>> terms;
    for (int64_t term = 0; term < pattern.getNumTerms(); ++term)
      terms.push_back(pattern.getTerm(term, head, shape.heads));
    pairs += static_cast<double>(
        countUnion(shape.sequence, terms, pattern.isCausal(), 1 << 20)->pairs);
  }
  return pairs;
}

TEST(PlanSummary, MostOfWhatIsComputedIsUseful) {
  constexpr OffsetRule block = OffsetRule::Block, modulo = OffsetRule::Modulo;
  const NamedShape shapes[] = {
      {"gigapath",
       makeShape(
           block, false, 16, 8193,
           {{1024, 1}, {5792, 2}, {32768, 4}, {185363, 8}, {1 << 20, 16}}),
       .99, .97, .90},
      {"paper-lm",
       makeShape(modulo, true, 12, 32768,
                 {{2048, 1}, {4096, 2}, {8192, 4}, {16384, 6}, {32768, 12}}),
       .95, .90, .90},
      {"bench-128",
       makeShape(block, false, 32, 32768,
                 {{2048, 1}, {4096, 2}, {8192, 4}, {16384, 8}, {32768, 16}}),
       1, 1, .90},
      {"longvit-1024",
       makeShape(block, false, 16, 1024,
                 {{64, 1}, {128, 2}, {256, 4}, {512, 8}, {1024, 16}}),
       .94, .52, 1},
      {"dense", makeShape(block, false, 4, 4096, {{kMaxInt64, 1}}), 1, 1, 1},
  };
  for (const NamedShape &named : shapes) {
    SCOPED_TRACE(named.name);
    const AttentionShape &shape = named.shape;
    int64_t pairs =
        countPattern(shape.getPattern(), shape.heads, shape.sequence).pairs;
    for (auto [target, expected] :
         {std::pair(getGpu(), named.gpu),
          std::pair(getCpu(shape.getPattern().isCausal()), named.cpu)}) {
      std::optional<PlanSummary> summary =
          summarizePlan(shape.getPattern(), shape.batches, shape.heads,
                        shape.sequence, target, 1 << 24);
      ASSERT_TRUE(summary);
      if (target.tiles.deduplicates) {
        EXPECT_LE(summary->usefulPairs,
                  named.computed * static_cast<double>(pairs));
        EXPECT_GE(summary->usefulPairs, countDifferentPairs(shape));
      } else {
        EXPECT_EQ(summary->usefulPairs, static_cast<double>(pairs));
      }
      EXPECT_GE(summary->getEfficiency(0), expected);
      EXPECT_LE(summary->getEfficiency(0), 1);
      RecordProperty(named.name, std::to_string(summary->getEfficiency(0)));
    }
  }
}

/// A sequence within all segments is dense attention, with keys that count more
/// than once.
TEST(PlanSummary, ShortSequencesAreDense) {
  AttentionShape shape =
      makeShape(OffsetRule::Block, false, 16, 300,
                {{1024, 1}, {5792, 2}, {32768, 4}, {185363, 8}, {1 << 20, 16}});
  PlanTarget target = getCpu(false);
  target.tiles.minTasks = 1;
  target.computeTiles = {{1, 1}};
  target.tiles.width = 1; // no tile of rows of different groups
  std::optional<PlanSummary> summary =
      summarizePlan(shape.getPattern(), 1, 16, 300, target, 1 << 20);
  ASSERT_TRUE(summary);
  EXPECT_EQ(summary->usefulPairs, 16.0 * 300 * 300);
}

/// Pairs that a compute tile of one row and one key computes are the useful
/// ones; larger ones compute more.
TEST(PlanSummary, ComputeTilesCountWhatTheyMeet) {
  std::mt19937_64 random(22);
  for (int round = 0; round < 200; ++round) {
    AttentionShape shape =
        round % 3 ? makeRandomShape(random) : makeRandomMix(random);
    SCOPED_TRACE(shape.toString());
    PlanTarget target = {{16, 128, 64},
                         {{1, 1}, {4, 8}, {16, 8}, {16, 64}},
                         round % 2 ? WorkOrder::Tasks : WorkOrder::Tiles,
                         3};
    std::optional<PlanSummary> summary =
        summarizePlan(shape.getPattern(), shape.batches, shape.heads,
                      shape.sequence, target, 1 << 20);
    ASSERT_TRUE(summary);
    // Hidden keys between the limits of a set are computed all the same.
    EXPECT_GE(summary->executedPairs[0], summary->usefulPairs);
    if (!shape.options.isSet) {
      EXPECT_EQ(summary->executedPairs[0], summary->usefulPairs);
    }
    EXPECT_TRUE(std::is_sorted(summary->executedPairs.begin(),
                               summary->executedPairs.end()));
    EXPECT_GT(summary->balance, 0);
    EXPECT_LE(summary->balance, 1 + 1e-9);
    if (shape.options.isSet) {
      std::optional<int64_t> useful = countUsefulPairs(
          shape.getPattern(), shape.heads, shape.sequence, int64_t(1) << 30);
      ASSERT_TRUE(useful);
      EXPECT_EQ(summary->usefulPairs,
                static_cast<double>(*useful * shape.batches));
    }
    // Equal terms are one that counts often.
    for (Term<> &term : shape.terms)
      term.multiplicity = 1;
    double pairs = static_cast<double>(
        countPattern(shape.getPattern(), shape.heads, shape.sequence).pairs *
        shape.batches);
    EXPECT_LE(summary->usefulPairs, pairs);
  }
}

TEST(PlanSummary, BalanceByHand) {
  // Two blocks of 64 positions on two workers: the same work each. Causal, in
  // one segment: 64 * 65 / 2 pairs and 64 * 64 more.
  AttentionShape dense = makeShape(OffsetRule::Block, true, 1, 128, {{128, 1}});
  PlanTarget target = {{64, 64, 1}, {{1, 1}}, WorkOrder::Tasks, 2};
  auto balance = [&] {
    return summarizePlan(dense.getPattern(), 1, 1, 128, target, 1000)->balance;
  };
  double first = 64 * 65 / 2, second = first + 64 * 64;
  EXPECT_DOUBLE_EQ(balance(), (first + second) / 2 / second);
  dense.options.isCausal = false;
  EXPECT_DOUBLE_EQ(balance(), 1);
  target.workers = 4; // two have nothing to do
  EXPECT_DOUBLE_EQ(balance(), .5);
}

TEST(PlanSummary, LongSequencesAreNotVisited) {
  AttentionShape shape =
      makeShape(OffsetRule::Block, true, 1, kMaxInt64, {{128, 1}});
  EXPECT_FALSE(
      summarizePlan(shape.getPattern(), 1, 1, kMaxInt64, getGpu(), 1 << 20));
}

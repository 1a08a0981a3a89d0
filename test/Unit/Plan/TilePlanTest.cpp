//===- TilePlanTest.cpp - the tile plan against the text --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Plan/TilePlan.h"
#include "PatternOracle.h"
#include "dilated-mlir/Plan/PatternCount.h"
#include "dilated-mlir/Runtime/Runtime.h"

#include <algorithm>
#include <gtest/gtest.h>
#include <map>

using namespace dilated::plan;

namespace {

/// What the tiles of a call select, added up per head of batch element 0.
struct HeadSum {
  std::vector<int64_t> pairs, nulls, seen;
  int64_t useful = 0, merges = 0;
};

/// Goes through all blocks of a grid and checks every tile by itself.
class PlanChecker {
public:
  PlanChecker(const AttentionShape &shape, const TileOptions &options)
      : shape(shape), options(options),
        grid(makeGrid(shape.getPattern(), shape.batches, shape.heads,
                      shape.sequence, options)),
        work(getWorkWords(shape.getPattern().getNumTerms(), options.maxRows)) {}

  void check();

  /// Pairs of a tile and a run that counts keys of other runs; after check().
  int64_t getMerges() const;

private:
  void checkBlock(int64_t index);
  void checkTile(const BlockTiles &block, int64_t tile, HeadSum &sum);
  void checkHead(int64_t batch, int64_t head, const HeadSum &sum);

  const AttentionShape &shape;
  TileOptions options;
  TileGrid grid;
  std::vector<int64_t> work;
  std::map<std::pair<int64_t, int64_t>, HeadSum> sums; // by batch and head
};

} // namespace

void PlanChecker::checkTile(const BlockTiles &block, int64_t tile,
                            HeadSum &sum) {
  int64_t n = shape.sequence;
  std::vector<int64_t> rows(grid.width), nulls(grid.width), limits(grid.width);
  getRows(grid, block, tile, rows.data(), nulls.data());
  int64_t used = std::count_if(rows.begin(), rows.end(),
                               [](int64_t row) { return row >= 0; });
  ASSERT_EQ(used, block.tiles[tile].rows);
  ASSERT_GE(used, 1);
  for (int64_t lane = 0; lane < used; ++lane) {
    ASSERT_GE(rows[lane], block.first);
    ASSERT_LT(rows[lane], block.first + block.length);
    ++sum.seen[rows[lane]];
    sum.nulls[rows[lane]] += nulls[lane];
  }
  for (int64_t lane = used; lane < grid.width; ++lane) {
    ASSERT_EQ(rows[lane], -1);
    ASSERT_EQ(nulls[lane], 0);
  }
  for (int64_t r = 0; r < block.numRuns; ++r) {
    KeyRun run = getRun(grid, block, r);
    TileLimits ends = getLimits(grid, block, run, tile, limits.data());
    ASSERT_EQ(ends.end, *std::max_element(limits.begin(), limits.end()));
    ASSERT_EQ(ends.full,
              *std::min_element(limits.begin(), limits.begin() + used));
    ASSERT_TRUE(std::all_of(limits.begin() + used, limits.end(),
                            [](int64_t limit) { return limit == 0; }));
    // Any part of the multiplicities is what it is in the whole.
    std::vector<int64_t> often(run.count + 3);
    int64_t some = std::max<int64_t>(1, run.count / 3);
    for (int64_t start = 0; start < run.count + 3; start += some)
      getMultiplicities(grid, block, run, tile, start,
                        std::min(some, run.count + 3 - start),
                        often.data() + start);
    bool isMerged = hasMergedKeys(grid, block, run, tile);
    ASSERT_TRUE(options.mergesKeys || !isMerged);
    for (int64_t j = 0; j < ends.end; ++j)
      ASSERT_TRUE(isMerged ? often[j] >= run.multiplicity
                           : often[j] == run.multiplicity);
    sum.merges += isMerged && ends.end > 0;
    for (int64_t lane = 0; lane < used; ++lane)
      for (int64_t j = 0; j < limits[lane]; ++j) {
        int64_t key = run.base + run.stride * j;
        ASSERT_LT(key, n);
        sum.pairs[rows[lane] * n + key] += often[j];
        sum.useful += often[j];
      }
  }
}

void PlanChecker::checkBlock(int64_t index) {
  BlockPlace place = getBlock(grid, index);
  ASSERT_GE(place.length, 1);
  ASSERT_LE(place.length, grid.block);
  HeadSum &sum = sums[{place.batch, place.head}];
  if (sum.seen.empty()) {
    sum.seen.resize(shape.sequence);
    sum.nulls.resize(shape.sequence);
    sum.pairs.resize(shape.sequence * shape.sequence);
  }
  BlockTiles &block = makeTiles(grid, place, work.data());
  ASSERT_LE(block.numTiles, grid.slots);
  ASSERT_EQ(std::any_of(block.branches, block.branches + block.numBranches,
                        [](const BlockBranch &of) {
                          return of.branch.multiplicity != 1;
                        }),
            block.isWeighted);
  for (int64_t tile = 0; tile < block.numTiles; ++tile)
    ASSERT_NO_FATAL_FAILURE(checkTile(block, tile, sum));
  if (block.numSets > options.maxSets)
    return;
  // Rows that no branch covers come last, in full tiles but for one.
  bool hasUncovered = false;
  for (int64_t tile = 0; tile < block.numTiles; ++tile) {
    const Tile &of = block.tiles[tile];
    bool isUncovered = block.sets[block.pieces[of.firstPiece].set].cost == 0;
    ASSERT_LE(hasUncovered, isUncovered);
    hasUncovered = isUncovered;
    if (isUncovered && tile + 1 < block.numTiles) {
      ASSERT_EQ(of.rows, grid.width);
    }
  }
}

void PlanChecker::checkHead(int64_t batch, int64_t head, const HeadSum &sum) {
  HeadOracle oracle(shape, head);
  ASSERT_EQ(sum.pairs, oracle.pairs);
  ASSERT_EQ(sum.nulls, oracle.nulls);
  ASSERT_TRUE(std::all_of(sum.seen.begin(), sum.seen.end(),
                          [](int64_t count) { return count == 1; }));
  // The closed form counts the same.
  Pattern pattern = shape.getPattern();
  int64_t pairs = 0, nullPairs = 0;
  for (int64_t term = 0; term < pattern.getNumTerms(); ++term) {
    BranchCount count =
        countBranch(shape.sequence, pattern.getBranch(term, head, shape.heads),
                    pattern.isCausal(), pattern.hasNullKeys());
    pairs += count.pairs;
    nullPairs += count.nullPairs;
  }
  ASSERT_EQ(sum.useful, pairs);
  int64_t nulls = 0;
  for (int64_t ofRow : sum.nulls)
    nulls += ofRow;
  ASSERT_EQ(nulls, nullPairs);
}

void PlanChecker::check() {
  SCOPED_TRACE(testing::Message()
               << shape.toString() << "; width " << options.width << " maxRows "
               << options.maxRows << " groupRows " << options.groupRows
               << " minBlocks " << options.minBlocks << " mergesKeys "
               << options.mergesKeys);
  ASSERT_LE(grid.block, options.maxRows);
  ASSERT_EQ(grid.numBlocks, shape.batches * shape.heads * grid.blocksPerHead);
  if (options.minBlocks > 0 && grid.block > 2 * grid.width) {
    ASSERT_GE(4 * grid.numBlocks, std::min(options.minBlocks, shape.sequence));
  }
  for (int64_t index = 0; index < grid.numBlocks; ++index)
    ASSERT_NO_FATAL_FAILURE(checkBlock(index));
  ASSERT_EQ(static_cast<int64_t>(sums.size()), shape.batches * shape.heads);
  for (auto &[head, sum] : sums)
    ASSERT_NO_FATAL_FAILURE(checkHead(head.first, head.second, sum));
}

int64_t PlanChecker::getMerges() const {
  int64_t merges = 0;
  for (auto &[head, sum] : sums)
    merges += sum.merges;
  return merges;
}

/// Replaces rates and long segments so that branches have keys in common.
static void makeRatesDivide(AttentionShape &shape, std::mt19937_64 &random) {
  constexpr int64_t rates[] = {1, 1, 2, 4, 3, 6, 12};
  for (int64_t i = 0; i < shape.words[0]; ++i) {
    int64_t *term =
        shape.words.data() + Pattern::kHeaderWords + Pattern::kTermWords * i;
    term[0] = std::max<int64_t>(term[0], random() % 200);
    term[1] = std::max(rates[random() % std::size(rates)],
                       shape.words[1] == 3 ? shape.words[2] + 1 : 1);
  }
}

TEST(TilePlan, RandomPatternsAgreeWithTheText) {
  std::mt19937_64 random(20);
  int merging = 0; // rounds
  auto pick = [&](std::initializer_list<int64_t> values) {
    return values.begin()[random() % values.size()];
  };
  for (int round = 0; round < 2400; ++round) {
    AttentionShape shape = makeRandomShape(random);
    if (round % 2)
      makeRatesDivide(shape, random);
    int64_t width = pick({1, 8, 16, 32, 64, 24});
    TileOptions options = {width,
                           pick({4096, 4096, 1024, 64, 17, 400}),
                           pick({4 * width, 1, 1024}),
                           pick({0, 0, 16, 100}),
                           pick({kMaxInt64, kMaxInt64, 256, 3}),
                           pick({0, 1, 1}) != 0};
    PlanChecker checker(shape, options);
    ASSERT_NO_FATAL_FAILURE(checker.check());
    merging += checker.getMerges() > 0;
  }
  EXPECT_GE(merging, 120);
}

//===----------------------------------------------------------------------===//
// Near the end of int64
//===----------------------------------------------------------------------===//

/// Keys are not merged where their multiplicities have no sum.
TEST(TilePlan, MultiplicitiesBeyondInt64AreNotMerged) {
  for (int64_t often : {kMaxInt64 / 2, kMaxInt64 / 2 + 1, kMaxInt64}) {
    AttentionShape shape = {
        {2, 0, 0, 0, 1, 128, 1, often, 128, 2, often}, 1, 1, 128};
    TileGrid grid = makeGrid(shape.getPattern(), 1, 1, 128,
                             getCpuTiles(32, 1024, 1, /*isCausal=*/false));
    std::vector<int64_t> work(getWorkWords(2, 1024));
    BlockTiles &block = makeTiles(grid, getBlock(grid, 0), work.data());
    KeyRun run = getRun(grid, block, 0);
    bool merges = false;
    for (int64_t tile = 0; tile < block.numTiles; ++tile) {
      merges |= hasMergedKeys(grid, block, run, tile);
      int64_t found[2];
      getMultiplicities(grid, block, run, tile, 0, 2, found);
      // Even rows see even keys twice.
      EXPECT_EQ(found[0],
                hasMergedKeys(grid, block, run, tile) ? 2 * often : often);
      EXPECT_EQ(found[1], often);
    }
    EXPECT_EQ(merges, often == kMaxInt64 / 2);
  }
}

// This file's library traps on overflow (CMakeLists.txt).
TEST(TilePlan, ExtremeValuesStayInRange) {
  constexpr int64_t k62 = int64_t(1) << 62, k61 = int64_t(1) << 61;
  using Terms = std::vector<std::pair<int64_t, int64_t>>;
  const Terms patterns[] = {
      {{kMaxInt64, k62}, {kMaxInt64, 1}},
      {{1024, 1}, {5792, 2}, {k62, 4}},
      {{k61 + 7, k62}, {k62 + 1, 3}},
      {{kMaxInt64, kMaxInt64}},
      {{k62 - 1, 3}, {k61 + 1, 16}, {kMaxInt64 - 1, 7}, {k62 / k61 << 40, 5}},
      {{1, 1}, {kMaxInt64, 1}},
      {{1, kMaxInt64}},
  };
  for (int64_t n : {k62, kMaxInt64, (int64_t(1) << 40) + 12345, int64_t(1)})
    for (const Terms &terms : patterns)
      for (int64_t rule = 0; rule < 4; ++rule)
        for (int64_t causal : {0, 1})
          for (TileOptions options :
               {kGpuTiles, getCpuTiles(32, 1024, 4, false),
                TileOptions{1, 1, 1, kMaxInt64}}) {
            AttentionShape shape = {
                {static_cast<int64_t>(terms.size()), rule, 0, causal, 1},
                3,
                7,
                n};
            for (auto [w, r] : terms)
              shape.words.insert(shape.words.end(), {w, r, kMaxInt64});
            SCOPED_TRACE(shape.toString());
            TileGrid grid = makeGrid(shape.getPattern(), 3, 7, n, options);
            ASSERT_GE(grid.slots, 1);
            std::vector<int64_t> work(
                getWorkWords(shape.words[0], options.maxRows));
            std::vector<int64_t> rows(grid.width), other(grid.width);
            int64_t last = grid.numBlocks - 1;
            for (int64_t index : {int64_t(0), last / 2, last}) {
              // A saturated number of blocks is no index of a real block.
              if (getBlock(grid, index).batch >= 3)
                continue;
              BlockTiles &block =
                  makeTiles(grid, getBlock(grid, index), work.data());
              ASSERT_LE(block.numTiles, grid.slots);
              for (int64_t tile = 0; tile < block.numTiles; ++tile) {
                getRows(grid, block, tile, rows.data(), other.data());
                for (int64_t row : rows)
                  ASSERT_TRUE(row >= -1 && row < n);
                for (int64_t number = 0; number < block.numRuns; ++number) {
                  KeyRun run = getRun(grid, block, number);
                  TileLimits limits =
                      getLimits(grid, block, run, tile, other.data());
                  if (limits.end > 0) {
                    ASSERT_LT(run.base + run.stride * (limits.end - 1), n);
                  }
                  int64_t often[3];
                  for (int64_t start : {int64_t(0), run.count})
                    getMultiplicities(grid, block, run, tile, start, 3, often);
                  ASSERT_EQ(often[2], run.multiplicity);
                }
              }
            }
          }
}

//===----------------------------------------------------------------------===//
// The functions of generated code
//===----------------------------------------------------------------------===//

TEST(TilePlan, RuntimeFunctionsAgreeWithTheText) {
  std::mt19937_64 random(21);
  for (int round = 0; round < 300; ++round) {
    AttentionShape shape = makeRandomShape(random);
    SCOPED_TRACE(shape.toString());
    int64_t n = shape.sequence, width = int64_t(8) << random() % 4;
    int64_t maxRows = width << random() % 5;
    int64_t plan[DILATED_RT_PLAN_WORDS];
    dilated_rt_set_num_threads(1 + static_cast<int32_t>(random() % 4));
    int64_t tasks = dilated_rt_plan(shape.words.data(), shape.batches,
                                    shape.heads, n, width, maxRows, plan);
    std::vector<HeadSum> sums(shape.batches * shape.heads,
                              HeadSum{std::vector<int64_t>(n * n),
                                      std::vector<int64_t>(n),
                                      std::vector<int64_t>(n)});
    std::vector<int64_t> work(getWorkWords(shape.words[0], maxRows));
    for (int64_t task = 0; task < tasks; ++task) {
      dilated_rt_plan_task(plan, task, work.data());
      int64_t batch = work[0], head = work[1], tiles = work[2];
      HeadSum &sum = sums[batch * shape.heads + head];
      int64_t positions = 0;
      // Some tiles at a time, as kernels do.
      for (int64_t first = 0, count; first < tiles; first += count) {
        count = std::min<int64_t>(3, tiles - first);
        std::vector<int64_t> rows(count * width), nulls(count * width),
            limits(count * width), ends(count), fulls(count), merged(count);
        dilated_rt_plan_rows(plan, work.data(), first, count, rows.data(),
                             nulls.data());
        for (int64_t i = 0; i < count * width; ++i) {
          if (rows[i] < 0) {
            ASSERT_EQ(nulls[i], 0);
            continue;
          }
          ASSERT_TRUE(rows[i] >= work[4] && rows[i] < work[4] + work[5]);
          ++positions;
          ++sum.seen[rows[i]];
          sum.nulls[rows[i]] += nulls[i];
        }
        for (int64_t run = 0; run < work[3]; ++run) {
          int64_t description[4];
          dilated_rt_plan_run(plan, work.data(), run, first, count, description,
                              limits.data(), ends.data(), fulls.data(),
                              merged.data());
          auto [base, stride, keys, multiplicity] = description;
          ASSERT_EQ(keys, *std::max_element(ends.begin(), ends.end()));
          ASSERT_EQ(keys, *std::max_element(limits.begin(), limits.end()));
          std::vector<int64_t> often(keys);
          for (int64_t i = 0; i < count * width; ++i) {
            ASSERT_TRUE(rows[i] < 0 ? limits[i] == 0
                                    : limits[i] >= fulls[i / width] &&
                                          limits[i] <= ends[i / width]);
            if (i % width == 0) {
              if (merged[i / width])
                dilated_rt_plan_multiplicities(plan, work.data(), run,
                                               first + i / width, 0, keys,
                                               often.data());
              else
                std::fill(often.begin(), often.end(), multiplicity);
            }
            for (int64_t j = 0; j < limits[i]; ++j)
              sum.pairs[rows[i] * n + base + stride * j] += often[j];
          }
        }
      }
      ASSERT_EQ(positions, work[5]);
    }
    for (int64_t i = 0; i < shape.batches * shape.heads; ++i) {
      HeadOracle oracle(shape, i % shape.heads);
      ASSERT_EQ(sums[i].pairs, oracle.pairs);
      ASSERT_EQ(sums[i].nulls, oracle.nulls);
      ASSERT_EQ(sums[i].seen, std::vector<int64_t>(n, 1));
    }
  }
  dilated_rt_set_num_threads(0);
}

TEST(TilePlan, NothingToDo) {
  const int64_t words[] = {1, 0, 0, 0, 1, 64, 1, 1};
  int64_t plan[DILATED_RT_PLAN_WORDS];
  EXPECT_EQ(dilated_rt_plan(words, 1, 4, 0, 32, 1024, plan), 0);
  EXPECT_EQ(dilated_rt_plan(words, 0, 4, 100, 32, 1024, plan), 0);
  EXPECT_EQ(dilated_rt_plan(words, 1, 0, 100, 32, 1024, plan), 0);
}

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
  int64_t useful = 0, taken = 0, masked = 0;
};

/// Goes through all tasks of a grid and checks every tile by itself.
class PlanChecker {
public:
  PlanChecker(const AttentionShape &shape, const TileOptions &options)
      : shape(shape), options(options),
        grid(makeGrid(shape.getPattern(), shape.batches, shape.heads,
                      shape.sequence, options)),
        work(getWorkWords(static_cast<int64_t>(shape.terms.size()),
                          options.maxRows)) {}

  void check();

  /// Pairs of a tile and a key range that counts keys of others, or whose keys
  /// are masked; after check().
  int64_t countTaken() const { return addUp(&HeadSum::taken); }
  int64_t countMasked() const { return addUp(&HeadSum::masked); }

private:
  int64_t addUp(int64_t HeadSum::*count) const {
    int64_t total = 0;
    for (auto &[head, sum] : sums)
      total += sum.*count;
    return total;
  }
  void checkTask(int64_t index);
  void checkTile(const BlockTiles &block, int64_t tile, HeadSum &sum);
  void checkKeys(const BlockTiles &block, int64_t tile, const KeyRange &keys,
                 const std::vector<int64_t> &rows, HeadSum &sum);
  void checkHead(int64_t batch, int64_t head, const HeadSum &sum);

  const AttentionShape &shape;
  TileOptions options;
  TileGrid grid;
  std::vector<int64_t> work;
  std::map<std::pair<int64_t, int64_t>, HeadSum> sums; // by batch and head
};

} // namespace

/// What TileLimits promises of the limits of the rows.
static void checkLimits(const TileLimits &tile, const KeyRange &keys,
                        const std::vector<int64_t> &lows,
                        const std::vector<int64_t> &highs, int64_t used) {
  int64_t begin = kMaxInt64, end = 0, fullBegin = 0, fullEnd = kMaxInt64;
  for (size_t lane = 0; lane < lows.size(); ++lane) {
    bool sees = lows[lane] < highs[lane];
    ASSERT_TRUE(sees || (lows[lane] == 0 && highs[lane] == 0));
    ASSERT_TRUE(!sees || static_cast<int64_t>(lane) < used);
    ASSERT_TRUE(lows[lane] >= 0 && highs[lane] <= keys.count);
    if (static_cast<int64_t>(lane) < used) {
      fullBegin = std::max(fullBegin, lows[lane]);
      fullEnd = std::min(fullEnd, highs[lane]);
    }
    if (sees) {
      begin = std::min(begin, lows[lane]);
      end = std::max(end, highs[lane]);
    }
  }
  ASSERT_EQ(tile.end, end);
  if (end == 0)
    return;
  ASSERT_EQ(tile.begin, begin);
  ASSERT_GE(tile.fullBegin, fullBegin);
  if (tile.isMasked) {
    ASSERT_LE(tile.fullEnd, tile.fullBegin);
    ASSERT_EQ(tile.fullBegin, end);
  } else {
    ASSERT_EQ(tile.fullBegin, fullBegin);
    ASSERT_EQ(tile.fullEnd, fullEnd);
  }
}

void PlanChecker::checkKeys(const BlockTiles &block, int64_t tile,
                            const KeyRange &keys,
                            const std::vector<int64_t> &rows, HeadSum &sum) {
  int64_t used = block.tiles[tile].rows, n = shape.sequence;
  std::vector<int64_t> lows(grid.width, -1), highs(grid.width, -1);
  TileLimits limits =
      getLimits(grid, block, keys, tile, lows.data(), highs.data());
  ASSERT_NO_FATAL_FAILURE(checkLimits(limits, keys, lows, highs, used));
  // Any part of the multiplicities and masks is what it is in the whole.
  std::vector<int64_t> often(keys.count + 3);
  std::vector<uint64_t> masks(keys.count + 3);
  int64_t some = std::max<int64_t>(1, keys.count / 3);
  for (int64_t start = 0; start < keys.count + 3; start += some) {
    int64_t count = std::min(some, keys.count + 3 - start);
    getMultiplicities(grid, block, keys, tile, start, count,
                      often.data() + start);
    if (grid.width <= kMaxMaskedRows)
      getMasks(grid, block, keys, tile, start, count, masks.data() + start);
  }
  bool takes = takesKeys(grid, block, keys, tile);
  ASSERT_TRUE(options.deduplicates || !takes);
  for (int64_t j = 0; j < limits.end; ++j)
    ASSERT_TRUE(takes ? often[j] >= keys.multiplicity
                      : often[j] == keys.multiplicity);
  sum.taken += takes && limits.end > 0;
  sum.masked += limits.isMasked;
  ASSERT_TRUE(shape.options.isSet || !limits.isMasked);
  for (int64_t lane = 0; lane < used; ++lane)
    for (int64_t j = 0; j < keys.count; ++j) {
      bool sees = lows[lane] <= j && j < highs[lane];
      if (grid.width <= kMaxMaskedRows) {
        bool isSet = masks[j] >> lane & 1;
        ASSERT_TRUE(limits.isMasked ? sees || !isSet : sees == isSet);
        sees = isSet;
      }
      if (!sees)
        continue;
      int64_t key = keys.base + keys.stride * j;
      ASSERT_TRUE(key >= 0 && key < n);
      sum.pairs[rows[lane] * n + key] += often[j];
      sum.useful += often[j];
    }
}

void PlanChecker::checkTile(const BlockTiles &block, int64_t tile,
                            HeadSum &sum) {
  std::vector<int64_t> rows(grid.width), nulls(grid.width);
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
  for (int64_t number = 0; number < block.numRanges; ++number)
    ASSERT_NO_FATAL_FAILURE(
        checkKeys(block, tile, getKeyRange(grid, block, number), rows, sum));
}

void PlanChecker::checkTask(int64_t index) {
  BlockPlace place = getBlock(grid, index / grid.numParts);
  ASSERT_GE(place.length, 1);
  ASSERT_LE(place.length, grid.block);
  HeadSum &sum = sums[{place.batch, place.head}];
  if (sum.seen.empty()) {
    sum.seen.resize(shape.sequence);
    sum.nulls.resize(shape.sequence);
    sum.pairs.resize(shape.sequence * shape.sequence);
  }
  BlockTiles &block = makeTask(grid, index, work.data());
  ASSERT_LE(block.endTile, block.numTiles);
  for (int64_t tile = block.firstTile; tile < block.endTile; ++tile)
    ASSERT_NO_FATAL_FAILURE(checkTile(block, tile, sum));
  if (block.numGroups > options.maxGroups)
    return;
  // Rows that no term covers come last, in full tiles but for one.
  bool hasUncovered = false;
  for (int64_t tile = 0; tile < block.numTiles; ++tile) {
    const Tile &of = block.tiles[tile];
    bool isUncovered =
        block.groups[block.pieces[of.firstPiece].group].cost == 0;
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
  for (int64_t i = 0; i < pattern.getNumTerms(); ++i) {
    TermCount count =
        countTerm(shape.sequence, pattern.getTerm(i, head, shape.heads),
                  pattern.isCausal(), pattern.hasNullKeys());
    pairs += count.pairs;
    nullPairs += count.nullPairs;
  }
  if (shape.options.isSet) {
    ASSERT_LE(sum.useful, pairs);
  } else {
    ASSERT_EQ(sum.useful, pairs);
  }
  int64_t nulls = 0;
  for (int64_t ofRow : sum.nulls)
    nulls += ofRow;
  ASSERT_EQ(nulls, nullPairs);
}

void PlanChecker::check() {
  SCOPED_TRACE(testing::Message()
               << shape.toString() << "; width " << options.width << " maxRows "
               << options.maxRows << " groupRows " << options.groupRows
               << " minTasks " << options.minTasks << " deduplicates "
               << options.deduplicates << " maxGroups " << options.maxGroups);
  ASSERT_LE(grid.block, options.maxRows);
  ASSERT_EQ(grid.numBlocks, shape.batches * shape.heads * grid.blocksPerHead);
  ASSERT_GE(
      4 * grid.getNumTasks() + 4,
      std::min(options.minTasks, grid.numBlocks * (grid.block / grid.width)));
  for (int64_t index = 0; index < grid.getNumTasks(); ++index)
    ASSERT_NO_FATAL_FAILURE(checkTask(index));
  ASSERT_EQ(static_cast<int64_t>(sums.size()), shape.batches * shape.heads);
  for (auto &[head, sum] : sums)
    ASSERT_NO_FATAL_FAILURE(checkHead(head.first, head.second, sum));
}

/// Replaces rates and long segments so that terms have keys in common.
static void makeRatesDivide(AttentionShape &shape, std::mt19937_64 &random) {
  constexpr int64_t rates[] = {1, 1, 2, 4, 3, 6, 12};
  for (Term<> &term : shape.terms) {
    if (term.kind == TermKind::Columns)
      continue;
    term.length = std::max<int64_t>(term.length, random() % 200);
    term.rate = std::max(rates[random() % std::size(rates)],
                         shape.options.constant + 1);
  }
}

static TileOptions pickOptions(std::mt19937_64 &random) {
  auto pick = [&](std::initializer_list<int64_t> values) {
    return values.begin()[random() % values.size()];
  };
  TileOptions options = {};
  options.width = pick({1, 8, 16, 32, 64, 24});
  options.maxRows = pick({4096, 4096, 1024, 64, 17, 400});
  options.groupRows = pick({4 * options.width, 1, 1024});
  options.maxGroups = pick({kMaxInt64, kMaxInt64, 256, 3});
  options.deduplicates = pick({0, 1, 1}) != 0;
  options.keyStep = pick({8, 8, 1, 64});
  options.minTasks = pick({1, 1, 16, 100});
  return options;
}

TEST(TilePlan, RandomSegmentsAgreeWithTheText) {
  std::mt19937_64 random(20);
  int taking = 0; // rounds
  for (int round = 0; round < 2400; ++round) {
    AttentionShape shape = makeRandomShape(random);
    if (round % 2)
      makeRatesDivide(shape, random);
    PlanChecker checker(shape, pickOptions(random));
    ASSERT_NO_FATAL_FAILURE(checker.check());
    taking += checker.countTaken() > 0;
  }
  EXPECT_GE(taking, 120);
}

TEST(TilePlan, RandomMixesAgreeWithTheText) {
  std::mt19937_64 random(23);
  int masked = 0, sets = 0; // rounds
  for (int round = 0; round < 2400; ++round) {
    AttentionShape shape = makeRandomMix(random);
    if (round % 3 == 0)
      makeRatesDivide(shape, random);
    PlanChecker checker(shape, pickOptions(random));
    ASSERT_NO_FATAL_FAILURE(checker.check());
    masked += checker.countMasked() > 0;
    sets += shape.options.isSet;
  }
  EXPECT_GE(masked, 120);
  EXPECT_GE(sets - masked, 240); // limits suffice
}

/// One head of a short sequence has a task for every thread.
TEST(TilePlan, TilesOfABlockAreSharedOut) {
  AttentionShape shape;
  shape.terms = {makeSegment(kMaxInt64, 1)};
  shape.sequence = 1000;
  for (int64_t threads : {1, 2, 4, 8}) {
    TileGrid grid = makeGrid(shape.getPattern(), 1, 1, shape.sequence,
                             getCpuTiles(32, 1024, threads, false));
    EXPECT_EQ(grid.numBlocks, 1);
    EXPECT_EQ(grid.getNumTasks(), threads == 1 ? 1 : 8) << threads;
  }
}

/// A sliding window with sinks needs no masks.
TEST(TilePlan, WindowsAndColumnsAreLimits) {
  AttentionShape shape;
  shape.options.isCausal = shape.options.isSet = true;
  shape.terms = {makeColumns(0, 4), makeWindow(99, 0)};
  shape.sequence = 400;
  PlanChecker checker(shape, getCpuTiles(32, 1024, 2, true));
  ASSERT_NO_FATAL_FAILURE(checker.check());
  EXPECT_EQ(checker.countMasked(), 0);
}

//===----------------------------------------------------------------------===//
// Near the end of int64
//===----------------------------------------------------------------------===//

/// Keys are not counted elsewhere where their multiplicities have no sum.
TEST(TilePlan, MultiplicitiesBeyondInt64AreNotAdded) {
  for (int64_t often : {kMaxInt64 / 2, kMaxInt64 / 2 + 1, kMaxInt64}) {
    AttentionShape shape;
    shape.options.hasNullKeys = true;
    shape.terms = {makeSegment(128, 1, often), makeSegment(128, 2, often)};
    shape.sequence = 128;
    TileGrid grid = makeGrid(shape.getPattern(), 1, 1, 128,
                             getCpuTiles(32, 1024, 1, /*isCausal=*/false));
    std::vector<int64_t> work(getWorkWords(2, 1024));
    BlockTiles &block = makeTiles(grid, getBlock(grid, 0), work.data());
    KeyRange keys = getKeyRange(grid, block, 0);
    bool takes = false;
    for (int64_t tile = 0; tile < block.numTiles; ++tile) {
      takes |= takesKeys(grid, block, keys, tile);
      int64_t found[2];
      getMultiplicities(grid, block, keys, tile, 0, 2, found);
      // Even rows see even keys twice.
      EXPECT_EQ(found[0],
                takesKeys(grid, block, keys, tile) ? 2 * often : often);
      EXPECT_EQ(found[1], often);
    }
    EXPECT_EQ(takes, often == kMaxInt64 / 2);
  }
}

/// Some blocks of a grid whose sequence is too long to visit.
static void checkExtremes(const AttentionShape &shape,
                          const TileOptions &options) {
  SCOPED_TRACE(shape.toString());
  int64_t n = shape.sequence;
  TileGrid grid =
      makeGrid(shape.getPattern(), shape.batches, shape.heads, n, options);
  std::vector<int64_t> work(
      getWorkWords(static_cast<int64_t>(shape.terms.size()), options.maxRows));
  std::vector<int64_t> rows(grid.width), lows(grid.width), highs(grid.width);
  int64_t last = grid.numBlocks - 1;
  for (int64_t index : {int64_t(0), last / 2, last}) {
    // A saturated number of blocks is no index of a real block.
    if (getBlock(grid, index).batch >= shape.batches)
      continue;
    BlockTiles &block = makeTiles(grid, getBlock(grid, index), work.data());
    for (int64_t tile = 0; tile < minOf(block.numTiles, 40); ++tile) {
      getRows(grid, block, tile, rows.data(), lows.data());
      for (int64_t row : rows)
        ASSERT_TRUE(row >= -1 && row < n);
      for (int64_t number = 0; number < minOf(block.numRanges, 40); ++number) {
        KeyRange keys = getKeyRange(grid, block, number);
        TileLimits limits =
            getLimits(grid, block, keys, tile, lows.data(), highs.data());
        if (limits.end > 0) {
          ASSERT_LT(keys.base + keys.stride * (limits.end - 1), n);
        }
        int64_t often[3];
        for (int64_t start : {int64_t(0), keys.count})
          getMultiplicities(grid, block, keys, tile, start, 3, often);
        ASSERT_EQ(often[2], keys.multiplicity);
      }
    }
  }
}

// This file's library traps on overflow (CMakeLists.txt).
TEST(TilePlan, ExtremeValuesStayInRange) {
  constexpr int64_t k62 = int64_t(1) << 62, k61 = int64_t(1) << 61;
  const std::vector<Term<>> patterns[] = {
      {makeSegment(kMaxInt64, k62), makeSegment(kMaxInt64, 1)},
      {makeSegment(1024, 1), makeSegment(5792, 2), makeSegment(k62, 4)},
      {makeSegment(k61 + 7, k62), makeSegment(k62 + 1, 3)},
      {makeSegment(kMaxInt64, kMaxInt64)},
      {makeSegment(k62 - 1, 3), makeSegment(k61 + 1, 16),
       makeSegment(kMaxInt64 - 1, 7), makeSegment(k62 / k61 << 40, 5)},
      {makeSegment(1, 1), makeSegment(kMaxInt64, 1)},
      {makeSegment(1, kMaxInt64)},
      {makeWindow(kMaxInt64, kMaxInt64), makeColumns(0, kMaxInt64)},
      {makeWindow(1023, 0), makeColumns(k62, kMaxInt64), makeColumns(k61, k62)},
      {makeWindow(kMaxInt64, 3, kMaxInt64), makeWindow(k62, 0, k61)},
      {makeWindow(5, k62, 3), makeSegment(k61, 2), makeColumns(7, 9)},
  };
  for (int64_t n : {k62, kMaxInt64, (int64_t(1) << 40) + 12345, int64_t(1)})
    for (const std::vector<Term<>> &terms : patterns)
      for (auto rule : {OffsetRule::Block, OffsetRule::Modulo, OffsetRule::End,
                        OffsetRule::Constant})
        for (bool causal : {false, true})
          for (bool isSet : {false, true})
            for (TileOptions options :
                 {kGpuTiles, getCpuTiles(32, 1024, 4, false),
                  TileOptions{1, 1, 1}}) {
              AttentionShape shape;
              shape.options = {rule, 0, causal, !isSet, isSet};
              shape.terms = terms;
              for (Term<> &term : shape.terms)
                term.multiplicity = kMaxInt64;
              shape.batches = 3;
              shape.heads = 7;
              shape.sequence = n;
              ASSERT_NO_FATAL_FAILURE(checkExtremes(shape, options));
            }
}

//===----------------------------------------------------------------------===//
// The functions of generated code
//===----------------------------------------------------------------------===//

namespace {

/// What kernels learn of some tiles of a task.
struct TaskTiles {
  TaskTiles(const int64_t *plan, const std::vector<int64_t> &work,
            int64_t width, int64_t first, int64_t count)
      : plan(plan), work(work), width(width), first(first), count(count),
        rows(count * width), nulls(count * width), lows(count * width),
        highs(count * width), words(count * DILATED_RT_TILE_WORDS) {
    dilated_rt_plan_rows(plan, work.data(), first, count, rows.data(),
                         nulls.data());
  }

  void addKeys(int64_t range, int64_t n, std::vector<int64_t> &pairs);

  const int64_t *plan;
  const std::vector<int64_t> &work;
  int64_t width, first, count;
  std::vector<int64_t> rows, nulls, lows, highs, words;
};

} // namespace

void TaskTiles::addKeys(int64_t range, int64_t n, std::vector<int64_t> &pairs) {
  int64_t description[5];
  dilated_rt_plan_keys(plan, work.data(), range, first, count, description,
                       lows.data(), highs.data(), words.data());
  auto [base, stride, begin, end, multiplicity] = description;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t *tile = words.data() + i * DILATED_RT_TILE_WORDS;
    if (tile[1] == 0)
      continue;
    ASSERT_LE(begin, tile[0]);
    ASSERT_LE(tile[1], end);
    std::vector<int64_t> often(end, multiplicity), masks(end);
    if (tile[4])
      dilated_rt_plan_multiplicities(plan, work.data(), range, first + i, 0,
                                     end, often.data());
    if (tile[5])
      dilated_rt_plan_masks(plan, work.data(), range, first + i, 0, end,
                            masks.data());
    for (int64_t lane = 0; lane < width; ++lane) {
      int64_t at = i * width + lane;
      for (int64_t j = lows[at]; j < highs[at]; ++j)
        if (!tile[5] || masks[j] >> lane & 1)
          pairs[rows[at] * n + base + stride * j] += often[j];
    }
  }
}

TEST(TilePlan, RuntimeFunctionsAgreeWithTheText) {
  std::mt19937_64 random(21);
  for (int round = 0; round < 400; ++round) {
    AttentionShape shape =
        round % 2 ? makeRandomMix(random) : makeRandomShape(random);
    SCOPED_TRACE(shape.toString());
    int64_t n = shape.sequence, width = int64_t(8) << random() % 4;
    int64_t maxRows = width << random() % 5;
    int64_t plan[DILATED_RT_PLAN_WORDS];
    dilated_rt_set_num_threads(1 + static_cast<int32_t>(random() % 4));
    Pattern pattern = shape.getPattern();
    int64_t tasks = dilated_rt_plan(pattern.getNumbers(), shape.batches,
                                    shape.heads, n, width, maxRows, plan);
    std::vector<HeadSum> sums(shape.batches * shape.heads,
                              HeadSum{std::vector<int64_t>(n * n),
                                      std::vector<int64_t>(n),
                                      std::vector<int64_t>(n)});
    std::vector<int64_t> work(getWorkWords(pattern.getNumTerms(), maxRows));
    for (int64_t task = 0; task < tasks; ++task) {
      dilated_rt_plan_task(plan, task, work.data());
      HeadSum &sum = sums[work[0] * shape.heads + work[1]];
      // Some tiles at a time, as kernels do.
      for (int64_t first = work[2], count; first < work[3]; first += count) {
        count = std::min<int64_t>(3, work[3] - first);
        TaskTiles tiles(plan, work, width, first, count);
        for (int64_t i = 0; i < count * width; ++i) {
          if (tiles.rows[i] < 0)
            continue;
          ASSERT_TRUE(tiles.rows[i] >= work[5] &&
                      tiles.rows[i] < work[5] + work[6]);
          ++sum.seen[tiles.rows[i]];
          sum.nulls[tiles.rows[i]] += tiles.nulls[i];
        }
        for (int64_t range = 0; range < work[4]; ++range)
          ASSERT_NO_FATAL_FAILURE(tiles.addKeys(range, n, sum.pairs));
      }
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
  AttentionShape shape;
  shape.terms = {makeSegment(64, 1)};
  Pattern pattern = shape.getPattern();
  int64_t plan[DILATED_RT_PLAN_WORDS];
  EXPECT_EQ(dilated_rt_plan(pattern.getNumbers(), 1, 4, 0, 32, 1024, plan), 0);
  EXPECT_EQ(dilated_rt_plan(pattern.getNumbers(), 0, 4, 100, 32, 1024, plan),
            0);
  EXPECT_EQ(dilated_rt_plan(pattern.getNumbers(), 1, 0, 100, 32, 1024, plan),
            0);
}

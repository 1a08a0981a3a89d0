//===- PlanSummary.cpp - how well a plan fits its pattern -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Plan/PlanSummary.h"

#include <algorithm>
#include <functional>
#include <numeric>

using namespace dilated::plan;

//===----------------------------------------------------------------------===//
// Pairs
//===----------------------------------------------------------------------===//

/// Pairs that compute tiles compute for rows with these limits.
static double countExecuted(ComputeTile size, const int64_t *lows,
                            const int64_t *highs, int64_t rows) {
  double keySteps = 0;
  for (int64_t i = 0; i < rows; i += size.rows) {
    int64_t begin = kMaxInt64, end = 0;
    for (int64_t lane = i; lane < minOf(i + size.rows, rows); ++lane) {
      if (lows[lane] >= highs[lane])
        continue;
      begin = minOf(begin, lows[lane] / size.keys);
      end = maxOf(end, ceilDiv(highs[lane], size.keys));
    }
    keySteps += static_cast<double>(maxOf(0, end - begin));
  }
  return keySteps * static_cast<double>(size.rows) *
         static_cast<double>(size.keys);
}

namespace {

/// Adds up the tiles of one batch element.
class Summarizer {
public:
  Summarizer(PlanSummary &summary, const PlanTarget &target)
      : summary(summary), target(target), lows(target.tiles.width),
        highs(target.tiles.width),
        work(getWorkWords(summary.grid.getPattern().getNumTerms(),
                          target.tiles.maxRows)) {}

  void addBlock(int64_t index);

  /// Work of the tiles of every block, first compute tile.
  std::vector<std::vector<double>> workOfTiles;

private:
  double addTile(const BlockTiles &block, int64_t tile);
  double countHidden(const BlockTiles &block, const KeyRange &keys,
                     int64_t tile, const TileLimits &limits);

  PlanSummary &summary;
  const PlanTarget &target;
  std::vector<int64_t> lows, highs, work;
  std::vector<uint64_t> masks;
};

} // namespace

/// Pairs between the limits that masks hide.
double Summarizer::countHidden(const BlockTiles &block, const KeyRange &keys,
                               int64_t tile, const TileLimits &limits) {
  masks.resize(limits.end - limits.begin);
  getMasks(summary.grid, block, keys, tile, limits.begin,
           limits.end - limits.begin, masks.data());
  double seen = 0, between = 0;
  for (uint64_t mask : masks)
    seen += __builtin_popcountll(mask);
  for (int32_t lane = 0; lane < block.tiles[tile].rows; ++lane)
    between += static_cast<double>(highs[lane] - lows[lane]);
  return between - seen;
}

/// Returns the tile's work.
double Summarizer::addTile(const BlockTiles &block, int64_t tile) {
  const TileGrid &grid = summary.grid;
  double workOfTile = 0;
  int64_t rows = block.tiles[tile].rows;
  for (int64_t number = 0; number < block.numRanges; ++number) {
    KeyRange keys = getKeyRange(grid, block, number);
    TileLimits limits =
        getLimits(grid, block, keys, tile, lows.data(), highs.data());
    if (limits.end == 0)
      continue;
    ++summary.keyRanges;
    for (int64_t lane = 0; lane < rows; ++lane)
      summary.usefulPairs += static_cast<double>(highs[lane] - lows[lane]);
    if (limits.isMasked)
      summary.usefulPairs -= countHidden(block, keys, tile, limits);
    for (size_t i = 0; i < target.computeTiles.size(); ++i) {
      double executed = countExecuted(target.computeTiles[i], lows.data(),
                                      highs.data(), rows);
      summary.executedPairs[i] += executed;
      if (i == 0)
        workOfTile += executed;
    }
  }
  return workOfTile;
}

void Summarizer::addBlock(int64_t index) {
  const TileGrid &grid = summary.grid;
  BlockTiles &block = makeTiles(grid, getBlock(grid, index), work.data());
  std::vector<double> &ofTiles = workOfTiles.emplace_back();
  for (int64_t tile = 0; tile < block.numTiles; ++tile)
    ofTiles.push_back(addTile(block, tile));
  summary.tiles += block.numTiles;
}

//===----------------------------------------------------------------------===//
// Balance
//===----------------------------------------------------------------------===//

namespace {

/// Workers, by the time at which they become free.
class Workers {
public:
  explicit Workers(int64_t count) : free(count) {}

  void run(double work) {
    std::pop_heap(free.begin(), free.end(), std::greater<double>());
    free.back() += work;
    std::push_heap(free.begin(), free.end(), std::greater<double>());
  }

  double getBalance() const {
    double sum = 0;
    for (double time : free)
      sum += time;
    double longest = *std::max_element(free.begin(), free.end());
    return longest > 0 ? sum / static_cast<double>(free.size()) / longest : 1;
  }

private:
  std::vector<double> free;
};

} // namespace

static double getBalance(const PlanTarget &target, const TileGrid &grid,
                         const std::vector<std::vector<double>> &workOfTiles) {
  Workers workers(target.workers);
  if (target.order == WorkOrder::Tasks) {
    for (int64_t batch = 0; batch < grid.batches; ++batch)
      for (const std::vector<double> &ofTiles : workOfTiles) {
        auto tiles = static_cast<int64_t>(ofTiles.size());
        for (int64_t part = 0; part < grid.numParts; ++part)
          workers.run(std::accumulate(
              ofTiles.begin() + tiles * part / grid.numParts,
              ofTiles.begin() + tiles * (part + 1) / grid.numParts, 0.0));
      }
    return workers.getBalance();
  }
  std::vector<double> tiles;
  for (const std::vector<double> &ofTiles : workOfTiles)
    tiles.insert(tiles.end(), ofTiles.begin(), ofTiles.end());
  std::sort(tiles.begin(), tiles.end(), std::greater<double>());
  for (double work : tiles)
    for (int64_t batch = 0; batch < grid.batches; ++batch)
      workers.run(work);
  return workers.getBalance();
}

std::optional<PlanSummary>
dilated::plan::summarizePlan(Pattern pattern, int64_t batches, int64_t heads,
                             int64_t sequence, const PlanTarget &target,
                             int64_t maxRows) {
  PlanSummary summary;
  summary.grid = makeGrid(pattern, batches, heads, sequence, target.tiles);
  summary.executedPairs.resize(target.computeTiles.size());
  if (multiplySaturating(multiplySaturating(batches, heads), sequence) >
      maxRows)
    return std::nullopt;
  if (batches == 0)
    return summary;
  Summarizer summarizer(summary, target);
  for (int64_t index = 0, e = heads * summary.grid.blocksPerHead; index < e;
       ++index)
    summarizer.addBlock(index);
  summary.balance = getBalance(target, summary.grid, summarizer.workOfTiles);
  summary.tiles *= batches;
  summary.keyRanges *= batches;
  summary.usefulPairs *= static_cast<double>(batches);
  for (double &pairs : summary.executedPairs)
    pairs *= static_cast<double>(batches);
  return summary;
}

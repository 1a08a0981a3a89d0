//===- PlanSummary.cpp - how well a plan fits its pattern -------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Plan/PlanSummary.h"

#include <algorithm>
#include <functional>
#include <queue>

using namespace dilated::plan;

//===----------------------------------------------------------------------===//
// Pairs
//===----------------------------------------------------------------------===//

/// Pairs that granules compute for rows with these limits.
static double countExecuted(Granule granule, const int64_t *limits,
                            int64_t rows) {
  double keyGroups = 0;
  for (int64_t i = 0; i < rows; i += granule.rows) {
    int64_t end = minOf(i + granule.rows, rows);
    keyGroups += static_cast<double>(
        ceilDiv(*std::max_element(limits + i, limits + end), granule.keys));
  }
  return keyGroups * static_cast<double>(granule.rows) *
         static_cast<double>(granule.keys);
}

namespace {

/// Adds up the tiles of one batch element.
class Summariser {
public:
  Summariser(PlanSummary &summary, const PlanTarget &target)
      : summary(summary), target(target), limits(target.tiles.width),
        work(getWorkWords(summary.grid.getPattern().getNumTerms(),
                          target.tiles.maxRows)) {}

  void addBlock(int64_t index);

  /// Work of every piece, first granule, in the order of their numbers:
  /// blocks, or blocks and slots.
  std::vector<std::vector<double>> workOfTiles;

private:
  double addTile(const BlockTiles &block, int64_t tile);

  PlanSummary &summary;
  const PlanTarget &target;
  std::vector<int64_t> limits, work;
};

} // namespace

/// Returns the tile's work.
double Summariser::addTile(const BlockTiles &block, int64_t tile) {
  const TileGrid &grid = summary.grid;
  double workOfTile = 0;
  int64_t rows = block.tiles[tile].rows;
  for (int64_t number = 0; number < block.numRuns; ++number) {
    KeyRun run = getRun(grid, block, number);
    if (getLimits(grid, block, run, tile, limits.data()).end == 0)
      continue;
    ++summary.runs;
    for (int64_t lane = 0; lane < rows; ++lane)
      summary.usefulPairs += static_cast<double>(limits[lane]);
    for (size_t i = 0; i < target.granules.size(); ++i) {
      double executed = countExecuted(target.granules[i], limits.data(), rows);
      summary.executedPairs[i] += executed;
      if (i == 0)
        workOfTile += executed;
    }
  }
  return workOfTile;
}

void Summariser::addBlock(int64_t index) {
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
  int64_t slots = grid.slots, heads = grid.heads,
          blocksPerHead = grid.blocksPerHead;
  bool isCausal = grid.getPattern().isCausal();
  Workers workers(target.workers);
  if (target.order == WorkOrder::Blocks) {
    for (int64_t batch = 0; batch < grid.batches; ++batch)
      for (const std::vector<double> &ofTiles : workOfTiles) {
        double work = 0;
        for (double ofTile : ofTiles)
          work += ofTile;
        workers.run(work);
      }
    return workers.getBalance();
  }
  // Causal blocks have the more work the later they are.
  for (int64_t slot = 0; slot < slots; ++slot)
    for (int64_t i = 0; i < blocksPerHead; ++i)
      for (int64_t head = 0; head < heads; ++head) {
        int64_t block = isCausal ? blocksPerHead - 1 - i : i;
        const auto &ofTiles = workOfTiles[head * blocksPerHead + block];
        if (slot < static_cast<int64_t>(ofTiles.size()))
          for (int64_t batch = 0; batch < grid.batches; ++batch)
            workers.run(ofTiles[slot]);
      }
  return workers.getBalance();
}

std::optional<PlanSummary>
dilated::plan::summarisePlan(Pattern pattern, int64_t batches, int64_t heads,
                             int64_t sequence, const PlanTarget &target,
                             int64_t maxRows) {
  PlanSummary summary;
  summary.grid = makeGrid(pattern, batches, heads, sequence, target.tiles);
  summary.executedPairs.resize(target.granules.size());
  if (multiplySaturating(multiplySaturating(batches, heads), sequence) >
      maxRows)
    return std::nullopt;
  if (batches == 0)
    return summary;
  Summariser summariser(summary, target);
  for (int64_t index = 0, e = heads * summary.grid.blocksPerHead; index < e;
       ++index)
    summariser.addBlock(index);
  summary.balance = getBalance(target, summary.grid, summariser.workOfTiles);
  summary.tiles *= batches;
  summary.runs *= batches;
  summary.usefulPairs *= static_cast<double>(batches);
  for (double &pairs : summary.executedPairs)
    pairs *= static_cast<double>(batches);
  return summary;
}

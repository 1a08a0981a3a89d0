//===- TilePlan.cpp - the tile plan for generated code ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Plan/TilePlan.h"

#include "Run.h"
#include "Team.h"
#include "dilated-mlir/Runtime/Runtime.h"

#include <new>

using namespace dilated;
using namespace dilated::plan;

static_assert(sizeof(TileGrid) <= DILATED_RT_PLAN_WORDS * sizeof(int64_t));

static const TileGrid &getGrid(const int64_t *plan) {
  return *reinterpret_cast<const TileGrid *>(plan);
}

static const BlockTiles &getTiles(const int64_t *work) {
  return *reinterpret_cast<const BlockTiles *>(work);
}

int64_t dilated_rt_plan(const int64_t *pattern, int64_t batches, int64_t heads,
                        int64_t length, int64_t width, int64_t maxRows,
                        int64_t *plan) {
  runtime::Run *run = runtime::Run::current();
  int64_t threads =
      run ? run->threads : runtime::limitThreads(dilated_rt_num_threads());
  TileOptions options =
      getCpuTiles(width, maxRows, threads, Pattern(pattern).isCausal());
  auto *grid = new (plan)
      TileGrid(makeGrid(Pattern(pattern), batches, heads, length, options));
  return grid->numBlocks;
}

void dilated_rt_plan_task(const int64_t *plan, int64_t task, int64_t *work) {
  const TileGrid &grid = getGrid(plan);
  makeTiles(grid, getBlock(grid, task), work);
}

void dilated_rt_plan_rows(const int64_t *plan, const int64_t *work,
                          int64_t first, int64_t count, int64_t *rows,
                          int64_t *nulls) {
  const TileGrid &grid = getGrid(plan);
  for (int64_t i = 0; i < count; ++i)
    getRows(grid, getTiles(work), first + i, rows + i * grid.width,
            nulls + i * grid.width);
}

void dilated_rt_plan_run(const int64_t *plan, const int64_t *work, int64_t run,
                         int64_t first, int64_t count, int64_t *description,
                         int64_t *limits, int64_t *ends, int64_t *fulls,
                         int64_t *merged) {
  const TileGrid &grid = getGrid(plan);
  const BlockTiles &block = getTiles(work);
  KeyRun keys = getRun(grid, block, run);
  int64_t most = 0;
  for (int64_t i = 0; i < count; ++i) {
    TileLimits ofTile =
        getLimits(grid, block, keys, first + i, limits + i * grid.width);
    ends[i] = ofTile.end;
    fulls[i] = ofTile.full;
    merged[i] = ofTile.end > 0 && hasMergedKeys(grid, block, keys, first + i);
    most = maxOf(most, ofTile.end);
  }
  description[0] = keys.base;
  description[1] = keys.stride;
  description[2] = most;
  description[3] = keys.multiplicity;
}

void dilated_rt_plan_multiplicities(const int64_t *plan, const int64_t *work,
                                    int64_t run, int64_t tile, int64_t start,
                                    int64_t count, int64_t *multiplicities) {
  const TileGrid &grid = getGrid(plan);
  const BlockTiles &block = getTiles(work);
  getMultiplicities(grid, block, getRun(grid, block, run), tile, start, count,
                    multiplicities);
}

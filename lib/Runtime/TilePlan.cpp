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
                        int64_t length, int64_t width, int64_t max_rows,
                        int64_t *plan) {
  runtime::Run *run = runtime::Run::current();
  int64_t threads =
      run ? run->threads : runtime::limitThreads(dilated_rt_num_threads());
  TileOptions options =
      getCpuTiles(width, max_rows, threads, Pattern(pattern).isCausal());
  auto *grid = new (plan)
      TileGrid(makeGrid(Pattern(pattern), batches, heads, length, options));
  return grid->getNumTasks();
}

void dilated_rt_plan_task(const int64_t *plan, int64_t task, int64_t *work) {
  makeTask(getGrid(plan), task, work);
}

void dilated_rt_plan_rows(const int64_t *plan, const int64_t *work,
                          int64_t first, int64_t count, int64_t *rows,
                          int64_t *nulls) {
  const TileGrid &grid = getGrid(plan);
  for (int64_t i = 0; i < count; ++i)
    getRows(grid, getTiles(work), first + i, rows + i * grid.width,
            nulls + i * grid.width);
}

void dilated_rt_plan_keys(const int64_t *plan, const int64_t *work,
                          int64_t range, int64_t first, int64_t count,
                          int64_t *description, int64_t *lows, int64_t *highs,
                          int64_t *tiles) {
  const TileGrid &grid = getGrid(plan);
  const BlockTiles &block = getTiles(work);
  KeyRange keys = getKeyRange(grid, block, range);
  int64_t begin = kMaxInt64, end = 0;
  for (int64_t i = 0; i < count; ++i) {
    TileLimits limits =
        getLimits(grid, block, keys, first + i, lows + i * grid.width,
                  highs + i * grid.width);
    int64_t *words = tiles + i * DILATED_RT_TILE_WORDS;
    words[0] = limits.begin;
    words[1] = limits.end;
    words[2] = limits.fullBegin;
    words[3] = limits.fullEnd;
    words[4] = limits.end > 0 && takesKeys(grid, block, keys, first + i);
    words[5] = limits.isMasked;
    if (limits.end == 0)
      continue;
    begin = minOf(begin, limits.begin);
    end = maxOf(end, limits.end);
  }
  description[0] = keys.base;
  description[1] = keys.stride;
  description[2] = minOf(begin, end);
  description[3] = end;
  description[4] = keys.multiplicity;
}

void dilated_rt_plan_multiplicities(const int64_t *plan, const int64_t *work,
                                    int64_t range, int64_t tile, int64_t start,
                                    int64_t count, int64_t *multiplicities) {
  const TileGrid &grid = getGrid(plan);
  const BlockTiles &block = getTiles(work);
  getMultiplicities(grid, block, getKeyRange(grid, block, range), tile, start,
                    count, multiplicities);
}

void dilated_rt_plan_masks(const int64_t *plan, const int64_t *work,
                           int64_t range, int64_t tile, int64_t start,
                           int64_t count, int64_t *masks) {
  const TileGrid &grid = getGrid(plan);
  const BlockTiles &block = getTiles(work);
  getMasks(grid, block, getKeyRange(grid, block, range), tile, start, count,
           reinterpret_cast<uint64_t *>(masks));
}

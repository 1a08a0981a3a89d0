//===- TileListTest.cpp - tile lists against the text -----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// Reads lists as a kernel does, and compares what rows meet with brute force.
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Plan/TileList.h"
#include "PatternOracle.h"

#include <cmath>
#include <gtest/gtest.h>

using namespace dilated::plan;

namespace {

/// What rows of all heads meet: [head][row][key], [head][row].
struct Sums {
  Sums(const AttentionShape &shape)
      : sequence(shape.sequence),
        pairs(shape.heads, std::vector<double>(sequence * sequence)),
        nulls(shape.heads, std::vector<double>(sequence)),
        seen(shape.heads, std::vector<int>(sequence)) {}

  void addTile(const TileRecord &tile, int64_t keys);
  void addRange(const TileRecord &tile, const TileRange &range, int64_t keys);

  int64_t sequence;
  std::vector<std::vector<double>> pairs, nulls;
  std::vector<std::vector<int>> seen;
  int64_t biased = 0, masked = 0, periodic = 0;
};

template <typename T, typename Record>
const T *follow(const Record &record, int64_t offset) {
  return reinterpret_cast<const T *>(reinterpret_cast<const char *>(&record) +
                                     offset);
}

} // namespace

/// The blocks that the warps compute, key by key.
void Sums::addRange(const TileRecord &tile, const TileRange &range,
                    int64_t keys) {
  const auto *rows = follow<int32_t>(tile, tile.rows);
  const auto *limits = follow<int32_t>(range, range.limits);
  const auto *masks = follow<uint64_t>(range, range.masks);
  ASSERT_TRUE(!(range.flags & kRangeLimits) == (range.limits == 0));
  ASSERT_TRUE(!(range.flags & kRangeBiases) == (range.biases == 0));
  ASSERT_TRUE(!(range.flags & kRangeMasks) == (range.masks == 0));
  biased += range.biases != 0;
  periodic += range.biases != 0 && range.biasStep == 0;
  masked += range.masks != 0;
  for (int64_t lane = 0; lane < kListRows; ++lane) {
    const WarpBlocks &warp = range.warps[lane / kWarpRows];
    if (rows[lane] < 0)
      continue;
    int32_t low = 0, high = range.count;
    if (range.limits)
      low = limits[2 * lane], high = limits[2 * lane + 1];
    for (int64_t block = warp.first; block < warp.first + warp.count; ++block) {
      bool isFull = block >= warp.firstFull &&
                    block < int64_t(warp.firstFull) + warp.countFull;
      for (int64_t i = 0; i < keys; ++i) {
        int64_t key = block * keys + i;
        bool sees = low < high;
        if (!isFull)
          sees =
              range.masks ? masks[key] >> lane & 1 : key >= low && key < high;
        if (!sees)
          continue;
        ASSERT_LT(key, range.count);
        double log = range.logMultiplicity;
        if (range.biases)
          log += follow<float>(range, range.biases + block * range.biasStep)[i];
        int64_t position = range.base + range.stride * key;
        ASSERT_LT(position, sequence);
        pairs[tile.head][(tile.base + rows[lane]) * sequence + position] +=
            std::exp2(log);
      }
    }
    // What a warp does not compute, no row sees.
    if (range.limits && low < high) {
      ASSERT_GE(low, warp.first * keys);
      ASSERT_LE(high, (warp.first + warp.count) * keys);
    }
  }
}

void Sums::addTile(const TileRecord &tile, int64_t keys) {
  const auto *rows = follow<int32_t>(tile, tile.rows);
  int64_t blocks = 0;
  for (int64_t lane = 0; lane < kListRows; ++lane) {
    if (rows[lane] < 0)
      continue;
    int64_t row = tile.base + rows[lane];
    ASSERT_LT(row, sequence);
    ++seen[tile.head][row];
    if (tile.nulls)
      nulls[tile.head][row] += follow<float>(tile, tile.nulls)[lane];
  }
  for (const auto *range = follow<TileRange>(tile, tile.ranges);
       range->count > 0; ++range) {
    addRange(tile, *range, keys);
    blocks += (range->count + keys - 1) / keys;
  }
  EXPECT_EQ(blocks, tile.blocks);
}

/// All pieces of buffers of `capacity` bytes, which grow where they must.
static Sums readLists(const AttentionShape &shape, int64_t keys,
                      int64_t capacity, int64_t &pieces) {
  Sums sums(shape);
  TileGrid grid = makeListGrid(shape.getPattern(), shape.heads, shape.sequence);
  std::vector<int64_t> work(
      getWorkWords(static_cast<int64_t>(shape.terms.size()), grid.block));
  for (int64_t block = 0; block < grid.numBlocks;) {
    std::vector<int64_t> buffer(capacity / 8 + 2);
    TileListPiece piece =
        makeTileList(grid, keys, block, buffer.data(), capacity, work.data());
    EXPECT_LE(piece.bytes, capacity);
    if (piece.nextBlock == block) {
      capacity *= 2;
      continue;
    }
    block = piece.nextBlock;
    ++pieces;
    const auto *tiles = reinterpret_cast<const TileRecord *>(
        reinterpret_cast<const char *>(buffer.data()) + piece.tilesOffset);
    for (int64_t i = 0; i < piece.numTiles; ++i) {
      EXPECT_TRUE(i == 0 || tiles[i - 1].blocks >= tiles[i].blocks);
      sums.addTile(tiles[i], keys);
      if (testing::Test::HasFatalFailure())
        return sums;
    }
  }
  return sums;
}

static void check(const AttentionShape &shape, const Sums &sums) {
  for (int64_t head = 0; head < shape.heads; ++head) {
    HeadOracle oracle(shape, head);
    for (int64_t row = 0; row < shape.sequence; ++row) {
      ASSERT_EQ(sums.seen[head][row], 1) << head << " " << row;
      double expected = static_cast<double>(oracle.nulls[row]);
      ASSERT_NEAR(sums.nulls[head][row], expected, 1e-6 * expected);
      for (int64_t key = 0; key < shape.sequence; ++key) {
        int64_t at = row * shape.sequence + key;
        auto count = static_cast<double>(oracle.pairs[at]);
        ASSERT_NEAR(sums.pairs[head][at], count, 1e-5 * count)
            << head << " " << row << " " << key;
      }
    }
  }
}

TEST(TileList, RandomMixesAgreeWithTheText) {
  std::mt19937_64 random(7);
  int64_t pieces = 0, biased = 0, masked = 0, numbers = 0;
  for (int64_t keys : {64, 32, 16, 8})
    for (int i = 0; i < 150; ++i) {
      AttentionShape shape =
          i % 3 == 0 ? makeRandomShape(random) : makeRandomMix(random);
      SCOPED_TRACE(shape.toString());
      Sums sums = readLists(shape, keys, i % 2 ? 1 << 12 : 1 << 20, pieces);
      check(shape, sums);
      if (HasFatalFailure())
        return;
      biased += sums.biased;
      masked += sums.masked;
      ++numbers;
    }
  EXPECT_GT(pieces, numbers);
  EXPECT_GT(biased, 0);
  EXPECT_GT(masked, 0);
}

TEST(TileList, PeriodicBiasesTakeOneBlock) {
  AttentionShape shape;
  shape.heads = 4;
  shape.sequence = 2048;
  shape.terms = {makeSegment(1024, 1), makeSegment(2048, 2)};
  int64_t pieces = 0;
  Sums sums = readLists(shape, 64, 1 << 22, pieces);
  check(shape, sums);
  EXPECT_EQ(pieces, 1);
  EXPECT_GT(sums.biased, 0);
  EXPECT_EQ(sums.periodic, sums.biased);
}

TEST(TileList, AlikeHeadsHaveTheirDataInCommon) {
  AttentionShape shape;
  shape.sequence = 300;
  shape.terms = {makeSegment(100, 1)};
  auto getBytes = [&](int64_t heads) {
    TileGrid grid = makeListGrid(shape.getPattern(), heads, shape.sequence);
    std::vector<int64_t> work(getWorkWords(1, grid.block)), buffer(1 << 18);
    TileListPiece piece = makeTileList(grid, 64, 0, buffer.data(),
                                       buffer.size() * 8, work.data());
    EXPECT_EQ(piece.nextBlock, grid.numBlocks);
    EXPECT_EQ(piece.numTiles, 6 * heads);
    return piece.bytes - piece.numTiles * sizeof(TileRecord);
  };
  EXPECT_EQ(getBytes(300) - getBytes(1), getBytes(1) - 16);
  EXPECT_EQ(getBytes(200), getBytes(1));
}

//===- ListRange.cpp - the key ranges of a tile list ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "ListRange.h"

#include <algorithm>
#include <string.h>

using namespace dilated::plan;

/// More keys than that are several ranges, so that counts are int32.
static constexpr int64_t kMaxRangeKeys = int64_t(1) << 30;

/// Multiplicities that are asked for together, a multiple of kMaxBlockKeys.
static constexpr int64_t kChunkKeys = 1024;

/// log2(x) for x >= 1, without a library.
static double getLog2(int64_t x) {
  int exponent = 63 - __builtin_clzll(static_cast<uint64_t>(x));
  double mantissa =
      static_cast<double>(x) / static_cast<double>(uint64_t(1) << exponent);
  // ln(m) = 2 artanh(t), t <= 1/3: the terms left out are below 1e-14.
  double t = (mantissa - 1) / (mantissa + 1), power = t, sum = 0;
  for (int i = 1; i < 27; i += 2) {
    sum += power / i;
    power *= t * t;
  }
  return exponent + sum * 2 / 0.6931471805599453;
}

//===----------------------------------------------------------------------===//
// Limits
//===----------------------------------------------------------------------===//

/// What the rows of a tile see of `count` keys of a range.
struct RangeWriter::Rows {
  int64_t count;
  int32_t lows[kListRows], highs[kListRows];
  bool isMasked;
  bool areAlike; // every row sees all keys

  Rows(const Tile &tile, const TileLimits &limits, const int64_t *tileLows,
       const int64_t *tileHighs, int64_t begin)
      : count(minOf(limits.end - begin, kMaxRangeKeys)),
        isMasked(limits.isMasked), areAlike(true) {
    auto clamp = [&](int64_t key) {
      return static_cast<int32_t>(maxOf(0, minOf(key - begin, count)));
    };
    for (int64_t i = 0; i < kListRows; ++i) {
      // Nobody reads what a lane without a row computes.
      bool isRow = i < tile.rows;
      lows[i] = isRow ? clamp(tileLows[i]) : 0;
      highs[i] = isRow ? clamp(tileHighs[i]) : static_cast<int32_t>(count);
      areAlike &= lows[i] == 0 && highs[i] == count;
    }
  }

  /// Of `numRows` rows from lane `first` on.
  WarpBlocks getBlocks(int64_t first, int64_t numRows, int64_t keys) const {
    int64_t low = count, lastLow = 0, high = 0, firstHigh = count;
    for (int64_t i = first; i < first + numRows; ++i) {
      if (lows[i] >= highs[i])
        continue;
      low = minOf(low, lows[i]);
      lastLow = maxOf(lastLow, lows[i]);
      high = maxOf(high, highs[i]);
      firstHigh = minOf(firstHigh, highs[i]);
    }
    if (high == 0)
      return {};
    int64_t begin = low / keys, end = ceilDiv(high, keys);
    int64_t fullBegin = ceilDiv(lastLow, keys), fullEnd = firstHigh / keys;
    if (isMasked || fullEnd < fullBegin)
      fullEnd = fullBegin;
    auto narrow = [](int64_t x) { return static_cast<int32_t>(x); };
    return {narrow(begin), narrow(end - begin), narrow(fullBegin),
            narrow(fullEnd - fullBegin)};
  }
};

bool RangeWriter::writeLimits(const Rows &rows, TileRange &range) {
  auto *limits = list.append<int32_t>(2 * kListRows, range.limits);
  if (!limits)
    return false;
  range.flags |= kRangeLimits;
  for (int64_t i = 0; i < kListRows; ++i) {
    limits[2 * i] = rows.lows[i];
    limits[2 * i + 1] = rows.highs[i];
  }
  return true;
}

bool RangeWriter::writeMasks(int64_t tile, const KeyRange &of, int64_t begin,
                             TileRange &range) {
  int64_t padded = ceilDiv(range.count, keys) * keys;
  auto *masks = list.append<uint64_t>(padded, range.masks);
  if (!masks)
    return false;
  range.flags |= kRangeMasks;
  getMasks(grid, block, of, tile, begin, range.count, masks);
  std::fill(masks + range.count, masks + padded, 0);
  return true;
}

//===----------------------------------------------------------------------===//
// Biases
//===----------------------------------------------------------------------===//

/// The range of the tile before with the same biases, or null: it is, where the
/// same terms cover all rows of both tiles in the same segments.
const TileRange *RangeWriter::findAlike(int64_t tile,
                                        const TileRange &range) const {
  if (lastTile < 0 ||
      block.groups[block.pieces[block.tiles[tile].firstPiece].group].interval !=
          block.groups[block.pieces[block.tiles[lastTile].firstPiece].group]
              .interval ||
      !std::equal(block.wholes + tile * block.maskWords,
                  block.wholes + (tile + 1) * block.maskWords,
                  block.wholes + lastTile * block.maskWords))
    return nullptr;
  const auto *ranges = reinterpret_cast<const TileRange *>(list.at(lastOffset));
  for (int64_t i = 0; i < lastCount; ++i)
    if (ranges[i].number == range.number && ranges[i].base == range.base &&
        ranges[i].count == range.count && ranges[i].biases != 0)
      return &ranges[i];
  return nullptr;
}

/// Biases of whole blocks; of one block alone where all blocks are alike, as
/// they are inside of segments whose rates divide it.
bool RangeWriter::writeBiases(int64_t tile, const KeyRange &of, int64_t begin,
                              TileRange &range) {
  range.flags |= kRangeBiases;
  if (const TileRange *alike = findAlike(tile, range)) {
    range.biasStep = alike->biasStep;
    range.biases = getOffset(alike) + alike->biases;
    return true;
  }
  auto *first = list.append<float>(keys, range.biases);
  if (!first)
    return false;
  int64_t last = 0;
  double log = 0, ofRange = getLog2(of.multiplicity);
  int64_t done = 0; // blocks that are written, 1 while all are alike
  for (int64_t start = 0; start < range.count; start += kChunkKeys) {
    int64_t multiplicities[kChunkKeys];
    float biases[kChunkKeys] = {};
    int64_t count = minOf(range.count - start, kChunkKeys);
    getMultiplicities(grid, block, of, tile, begin + start, count,
                      multiplicities);
    for (int64_t i = 0; i < count; ++i) {
      if (multiplicities[i] != last) {
        last = multiplicities[i];
        log = getLog2(last);
      }
      biases[i] = static_cast<float>(log - ofRange);
    }
    for (int64_t i = 0; i < count; i += keys) {
      int64_t number = (start + i) / keys, inBlock = minOf(keys, count - i);
      if (number == 0)
        memcpy(first, biases, keys * sizeof(float));
      bool isAlike = std::equal(biases + i, biases + i + inBlock, first);
      if (number == 0 || (done == 0 && isAlike))
        continue;
      // The first one that differs: those before it are like the first block.
      for (done = done ? done : 1; done <= number; ++done) {
        int64_t offset;
        auto *to = list.append<float>(keys, offset);
        if (!to)
          return false;
        memcpy(to, done < number ? first : biases + i, keys * sizeof(float));
      }
    }
  }
  range.biasStep = done == 0 ? 0 : static_cast<int32_t>(keys * sizeof(float));
  return true;
}

//===----------------------------------------------------------------------===//
// Ranges
//===----------------------------------------------------------------------===//

bool RangeWriter::writeRange(int64_t tile, const KeyRange &of, int64_t number,
                             int64_t begin, const Rows &rows,
                             TileRange &range) {
  range = {};
  range.base = of.base + of.stride * begin;
  range.stride = of.stride;
  range.count = static_cast<int32_t>(rows.count);
  range.logMultiplicity = static_cast<float>(getLog2(of.multiplicity));
  range.number = number;
  for (int64_t warp = 0; warp < kTileWarps; ++warp)
    range.warps[warp] = rows.getBlocks(warp * kWarpRows, kWarpRows, keys);
  if (rows.isMasked) {
    if (!writeMasks(tile, of, begin, range))
      return false;
  } else if (!rows.areAlike && !writeLimits(rows, range)) {
    return false;
  }
  return !grid.deduplicates || !takesKeys(grid, block, of, tile) ||
         writeBiases(tile, of, begin, range);
}

bool RangeWriter::writeRanges(int64_t tile, int64_t &offset, int64_t &blocks) {
  int64_t lows[kListRows], highs[kListRows], count = 0;
  blocks = 0;
  for (int64_t number = 0; number < block.numRanges; ++number) {
    KeyRange of = getKeyRange(grid, block, number);
    TileLimits limits = getLimits(grid, block, of, tile, lows, highs);
    for (int64_t begin = limits.begin; begin < limits.end;
         begin += kMaxRangeKeys, ++count) {
      Rows rows(block.tiles[tile], limits, lows, highs, begin);
      TileRange *range = list.pushRange();
      if (!range || !writeRange(tile, of, number, begin, rows, *range))
        return false;
      blocks += ceilDiv(range->count, keys);
    }
  }
  TileRange *ranges = list.popRanges(count, offset);
  if (!ranges)
    return false;
  for (int64_t i = 0; i < count; ++i) {
    int64_t place = getOffset(ranges + i);
    for (int64_t *field :
         {&ranges[i].limits, &ranges[i].biases, &ranges[i].masks})
      if (*field != 0)
        *field -= place;
  }
  lastTile = tile;
  lastOffset = offset;
  lastCount = count;
  return true;
}

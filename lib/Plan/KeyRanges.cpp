//===- KeyRanges.cpp - keys, and what rows see of them ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "KeyRanges.h"
#include "Coverage.h"
#include "Deduplicate.h"

#include <algorithm>

using namespace dilated::plan;

//===----------------------------------------------------------------------===//
// Key ranges
//===----------------------------------------------------------------------===//

/// Keys of a residue class in a segment, or part `part` of them.
static KeyRange getSegmentKeys(const TileGrid &grid, const BlockTerm &of,
                               int64_t segment, int64_t part) {
  int64_t rate = of.term.rate;
  int64_t begin = of.segment + segment * of.term.length;
  int64_t size = minOf(of.term.length, grid.sequence - begin);
  int64_t base = addSaturating(begin, of.term.offset);
  int64_t from = 0, to = getClassSize(size, rate, of.term.offset);
  if (part < of.numCuts)
    to = minOf(to, ceilDiv(of.cuts[part] - base, rate));
  if (part > 0)
    from = minOf(to, ceilDiv(of.cuts[part - 1] - base, rate));
  KeyRange keys = {};
  keys.segment = begin;
  keys.base = addSaturating(base, multiplySaturating(from, rate));
  keys.stride = rate;
  keys.count = to - from;
  return keys;
}

/// Keys that the block's rows of a window's class see: from the first key of
/// the first row to the last one of the last.
static KeyRange getWindowKeys(const TileGrid &grid, const BlockTiles &block,
                              const BlockTerm &of, int64_t number) {
  int64_t rate = of.term.rate, row = block.first + number;
  int64_t rows = 1 + (block.length - 1 - number) / rate;
  int64_t last = row + (rows - 1) * rate;
  int64_t before = minOf(of.term.left, row / rate);
  int64_t after = minOf(of.term.right, (grid.sequence - 1 - last) / rate);
  if (grid.getPattern().isCausal())
    after = 0;
  KeyRange keys = {};
  keys.base = row - before * rate;
  keys.stride = rate;
  keys.count = before + rows + after;
  keys.classNumber = number;
  return keys;
}

KeyRange dilated::plan::getPart(const TileGrid &grid, const BlockTiles &block,
                                int64_t term, int64_t inTerm, int64_t part) {
  const BlockTerm &of = block.terms[term];
  KeyRange keys = {};
  switch (of.term.kind) {
  case TermKind::Segment:
    keys = getSegmentKeys(grid, of, inTerm, part);
    break;
  case TermKind::Window:
    keys = getWindowKeys(grid, block, of, inTerm);
    break;
  case TermKind::Columns:
    keys.base = of.term.begin;
    keys.stride = 1;
    keys.count = of.term.end - of.term.begin;
    break;
  }
  keys.term = term;
  keys.multiplicity = of.term.multiplicity;
  return keys;
}

KeyRange dilated::plan::getKeyRange(const TileGrid &grid,
                                    const BlockTiles &block, int64_t number) {
  int64_t i = 0;
  while (i + 1 < block.numTerms && block.terms[i + 1].firstRange <= number)
    ++i;
  const BlockTerm &of = block.terms[i];
  int64_t inTerm = number - of.firstRange, parts = of.numCuts + 1;
  return getPart(grid, block, i, inTerm / parts, inTerm % parts);
}

//===----------------------------------------------------------------------===//
// Limits of rows
//===----------------------------------------------------------------------===//

namespace {

/// Rows of a piece, all of the key range's class or all of none, and their
/// limits.
struct PieceLimits {
  const int32_t *offsets; // ascending
  int32_t count;
  int64_t *lows, *highs;

  void setAll(int64_t low, int64_t high) {
    std::fill_n(lows, count, low);
    std::fill_n(highs, count, high);
  }
};

} // namespace

/// Calls `visit(i, element)` with the element of the key range at which row i
/// is or would be: that of the first row is a division, and exact, those after
/// it follow from their distance, which is exact in double.
template <typename Visit>
static void visitElements(const KeyRange &keys, int64_t first,
                          const PieceLimits &piece, Visit visit) {
  int64_t into = first + piece.offsets[0] - keys.base;
  // Rows of a segment may lie before the base of a part.
  int64_t ofFirst =
      into >= 0 ? into / keys.stride : -ceilDiv(-into, keys.stride);
  double perPosition = 1.0 / static_cast<double>(keys.stride);
  for (int32_t k = 0; k < piece.count; ++k) {
    double distance = static_cast<double>(piece.offsets[k] - piece.offsets[0]);
    visit(k, ofFirst + static_cast<int32_t>(distance * perPosition + 0.5));
  }
}

/// Limits of rows that the term covers in the key range's segment or class.
static void fillLimits(const TileGrid &grid, const BlockTiles &block,
                       const KeyRange &keys, PieceLimits piece) {
  const Term<> &term = block.terms[keys.term].term;
  bool isCausal = grid.getPattern().isCausal();
  auto clamp = [&](int64_t element) {
    return maxOf(0, minOf(element, keys.count));
  };
  if (term.kind == TermKind::Window) {
    int64_t right = isCausal ? 0 : term.right;
    visitElements(keys, block.first, piece, [&](int32_t k, int64_t element) {
      piece.lows[k] = clamp(element - term.left);
      piece.highs[k] = clamp(addSaturating(element + 1, right));
    });
    return;
  }
  piece.setAll(0, keys.count);
  if (isCausal)
    visitElements(keys, block.first, piece, [&](int32_t k, int64_t element) {
      piece.highs[k] = clamp(element + 1);
    });
}

/// Whether rows of the group, in the class that its first row is in, see the
/// key range at all.
static bool seesRange(const BlockTiles &block, const CoverageGroup &group,
                      const TilePiece &piece, const KeyRange &keys) {
  if (!isCovered(block, group, keys.term))
    return false;
  const BlockTerm &of = block.terms[keys.term];
  if (of.term.kind == TermKind::Segment) {
    int64_t into = block.first + group.interval - keys.segment;
    return into >= 0 && into < of.term.length;
  }
  return getClassNumber(of, block.order[piece.begin]) == keys.classNumber;
}

static TileLimits summarize(const Tile &tile, const int64_t *lows,
                            const int64_t *highs) {
  TileLimits limits = {kMaxInt64, 0, 0, kMaxInt64, false};
  for (int32_t lane = 0; lane < tile.rows; ++lane) {
    limits.fullBegin = maxOf(limits.fullBegin, lows[lane]);
    limits.fullEnd = minOf(limits.fullEnd, highs[lane]);
    if (lows[lane] < highs[lane]) {
      limits.begin = minOf(limits.begin, lows[lane]);
      limits.end = maxOf(limits.end, highs[lane]);
    }
  }
  return limits.end == 0 ? TileLimits() : limits;
}

TileLimits dilated::plan::getLimits(const TileGrid &grid,
                                    const BlockTiles &block,
                                    const KeyRange &keys, int64_t tile,
                                    int64_t *lows, int64_t *highs) {
  std::fill_n(lows, grid.width, 0);
  std::fill_n(highs, grid.width, 0);
  bool isSet = grid.getPattern().isSet();
  if (keys.count == 0 ||
      (grid.deduplicates && findTarget(block, keys, tile) >= 0))
    return TileLimits();
  bool isMasked = false;
  int64_t lane = 0;
  for (int32_t p = block.tiles[tile].firstPiece; p >= 0;
       p = block.pieces[p].next) {
    const TilePiece &piece = block.pieces[p];
    const CoverageGroup &group = block.groups[piece.group];
    int64_t first = lane;
    lane += piece.count;
    if (!seesRange(block, group, piece, keys))
      continue;
    const int32_t *offsets = block.order + piece.begin;
    fillLimits(grid, block, keys,
               {offsets, piece.count, lows + first, highs + first});
    if (isSet)
      for (int32_t k = 0; k < piece.count; ++k)
        isMasked |= leaveOutShared(grid, block, keys, block.first + offsets[k],
                                   lows[first + k], highs[first + k]);
  }
  TileLimits limits = summarize(block.tiles[tile], lows, highs);
  if (isMasked && limits.end > 0) {
    limits.fullBegin = limits.end;
    limits.fullEnd = limits.begin;
    limits.isMasked = true;
  }
  return limits;
}

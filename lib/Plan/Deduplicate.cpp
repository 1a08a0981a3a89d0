//===- Deduplicate.cpp - keys that ranges have in common --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A softmax over a multiset of keys (S6) needs the score of a key once, however
// many terms select it: m equal terms are one term times m. Let a tile's
// rows be covered by segments A and B whose rates divide, rA | rB. A row that
// both cover is in the classes of both, so the class of B is part of that of A,
// and every key of B that lies in A's segment is a key of A, up to the diagonal
// too. The tile leaves these keys of B out and counts them in the range of A.
//
// Finer segments come first, and of several such A the first one takes the key
// over. No segment takes over that key of A itself, or it would have been first
// for B as well: what may take over keys of A may take over keys of B, or is
// contained in what may.
//
//===----------------------------------------------------------------------===//

#include "Deduplicate.h"
#include "Coverage.h"
#include "KeyRanges.h"

#include <algorithm>

using namespace dilated::plan;

//===----------------------------------------------------------------------===//
// Where key ranges are cut
//===----------------------------------------------------------------------===//

/// Is the residue of the term's rows modulo `rate`, which divides its own,
/// the same in all segments that meet the block? Then `residue` is it.
static bool findResidue(const BlockTiles &block, const BlockTerm &of,
                        int64_t rate, int64_t &residue) {
  residue = (of.segment % rate + of.term.offset % rate) % rate;
  return getNumSegments(block, of) == 1 || of.term.length % rate == 0;
}

/// Can both segments, `a` the finer one, cover a row of the block? Perhaps,
/// when the first segments do not tell.
static bool mayShareRows(const BlockTiles &block, const BlockTerm &a,
                         const BlockTerm &b) {
  int64_t ofA, ofB;
  bool areKnown = findResidue(block, a, a.term.rate, ofA);
  areKnown &= findResidue(block, b, a.term.rate, ofB);
  return !areKnown || ofA == ofB;
}

/// Whether `a` covers, in one segment, every row of the block that `b` covers,
/// and has all keys of `b`.
static bool contains(const BlockTiles &block, const BlockTerm &a,
                     const BlockTerm &b) {
  int64_t ofA, ofB;
  return getNumSegments(block, a) == 1 && a.segment <= b.segment &&
         b.end <= a.end && b.term.rate % a.term.rate == 0 &&
         findResidue(block, b, a.term.rate, ofB) &&
         findResidue(block, a, a.term.rate, ofA) && ofA == ofB;
}

/// Whether a term that may take over keys of `b` contains `a`: then none are
/// left for `a`.
static bool isContained(const BlockTiles &block, const BlockTerm &a,
                        const BlockTerm &b) {
  return std::any_of(b.targets, b.targets + b.numTargets, [&](int64_t target) {
    return contains(block, block.terms[target], a);
  });
}

/// Whether more keys of `b` are taken over in a segment of `a` than cutting the
/// key range at the segments of `a` wastes in steps of keys.
static bool isWorthCutting(const TileGrid &grid, const BlockTiles &block,
                           const BlockTerm &a, const BlockTerm &b) {
  int64_t taken = minOf(a.term.length, b.term.length) / b.term.rate;
  return taken >= grid.keyStep * (getNumSegments(block, a) + 1);
}

/// Cuts the key ranges of `b` at the ends of the segments of `a`, where they
/// lie inside. Returns false, and changes nothing, when there is no room.
static bool cutRanges(const BlockTiles &block, const BlockTerm &a,
                      BlockTerm &b) {
  int64_t segments = getNumSegments(block, a), numCuts = b.numCuts;
  for (int64_t i = 0; i <= segments; ++i) {
    int64_t position = i == segments ? a.end : a.segment + i * a.term.length;
    if (position <= b.segment || position >= b.end ||
        std::find(b.cuts, b.cuts + numCuts, position) != b.cuts + numCuts)
      continue;
    if (numCuts == kMaxCuts)
      return false;
    b.cuts[numCuts++] = position;
  }
  b.numCuts = numCuts;
  return true;
}

/// Whether all terms that may take over keys of `a` are known to `b`, if a
/// row can be in all three.
static bool hasTargetsOf(const BlockTiles &block, const BlockTerm &a,
                         const BlockTerm &b) {
  const int64_t *end = b.targets + b.numTargets;
  return std::all_of(a.targets, a.targets + a.numTargets, [&](int64_t target) {
    const BlockTerm &of = block.terms[target];
    return std::find(b.targets, end, target) != end ||
           !mayShareRows(block, of, b) || isContained(block, of, b);
  });
}

void dilated::plan::findTargets(const TileGrid &grid, BlockTiles &block) {
  // A key counts as often as all terms together at most. Beyond int64 that
  // is only known range by range.
  int64_t most = 0;
  for (int64_t i = 0; i < block.numTerms; ++i)
    most = addSaturating(most, block.terms[i].term.multiplicity);
  if (most == kMaxInt64)
    return;
  for (int64_t i = 0; i < block.numTerms; ++i) {
    BlockTerm &b = block.terms[i];
    for (int64_t j = 0; j < i && b.numTargets < kMaxTargets; ++j) {
      const BlockTerm &a = block.terms[j];
      if (a.term.kind == TermKind::Segment &&
          b.term.kind == TermKind::Segment && b.term.rate % a.term.rate == 0 &&
          isWorthCutting(grid, block, a, b) && mayShareRows(block, a, b) &&
          !isContained(block, a, b) && hasTargetsOf(block, a, b) &&
          cutRanges(block, a, b))
        b.targets[b.numTargets++] = j;
    }
    std::sort(b.cuts, b.cuts + b.numCuts);
  }
}

//===----------------------------------------------------------------------===//
// What a tile takes over
//===----------------------------------------------------------------------===//

static int64_t getInterval(const BlockTiles &block, int64_t tile) {
  return block.groups[block.pieces[block.tiles[tile].firstPiece].group]
      .interval;
}

static bool hasBit(const BlockTiles &block, const uint64_t *masks, int64_t tile,
                   int64_t term) {
  return masks[tile * block.maskWords + term / 64] >> (term % 64) & 1;
}

/// The terms that cover all rows of the tile in one segment.
static void findWholes(BlockTiles &block, int64_t tile) {
  uint64_t *whole = block.wholes + tile * block.maskWords;
  std::fill_n(whole, block.maskWords, ~uint64_t(0));
  int64_t interval = getInterval(block, tile);
  for (int32_t p = block.tiles[tile].firstPiece; p >= 0;
       p = block.pieces[p].next) {
    const CoverageGroup &group = block.groups[block.pieces[p].group];
    for (int64_t word = 0; word < block.maskWords; ++word) {
      whole[word] &= block.masks[group.mask * block.maskWords + word];
      if (group.interval == interval)
        continue;
      for (uint64_t rest = whole[word]; rest != 0; rest &= rest - 1) {
        const BlockTerm &of = block.terms[word * 64 + __builtin_ctzll(rest)];
        if (getSegmentNumber(of, group.interval) !=
            getSegmentNumber(of, interval))
          whole[word] &= ~(rest & -rest);
      }
    }
  }
}

int64_t dilated::plan::findTarget(const BlockTiles &block, const KeyRange &keys,
                                  int64_t tile) {
  const BlockTerm &of = block.terms[keys.term];
  if (of.numTargets == 0 || keys.count == 0 ||
      !hasBit(block, block.wholes, tile, keys.term))
    return -1;
  int64_t interval = getInterval(block, tile),
          into = block.first + interval - keys.segment;
  if (into < 0 || into >= of.term.length)
    return -1;
  int64_t last = keys.base + keys.stride * (keys.count - 1);
  for (int64_t i = 0; i < of.numTargets; ++i) {
    if (!hasBit(block, block.wholes, tile, of.targets[i]))
      continue;
    const BlockTerm &target = block.terms[of.targets[i]];
    int64_t length = target.term.length;
    int64_t segment =
        target.segment + getSegmentNumber(target, interval) * length;
    if (keys.base >= segment && last - segment < length)
      return of.targets[i];
  }
  return -1;
}

/// Calls `visit(other, target)` with every part of a range that the tile
/// counts in the range of `target`.
template <typename Visit>
static void visitTaken(const TileGrid &grid, const BlockTiles &block,
                       int64_t tile, Visit visit) {
  for (int64_t term = 0; term < block.numTerms; ++term) {
    const BlockTerm &of = block.terms[term];
    if (of.numTargets == 0 || !hasBit(block, block.wholes, tile, term))
      continue;
    int64_t segment = getSegmentNumber(of, getInterval(block, tile));
    for (int64_t part = 0; part <= of.numCuts; ++part) {
      KeyRange other = getPart(grid, block, term, segment, part);
      int64_t target = findTarget(block, other, tile);
      if (target >= 0)
        visit(other, target);
    }
  }
}

void dilated::plan::findTakenRanges(const TileGrid &grid, BlockTiles &block) {
  std::fill_n(block.takes, block.numTiles * block.maskWords, 0);
  for (int64_t tile = 0; tile < block.numTiles; ++tile) {
    findWholes(block, tile);
    uint64_t *mask = block.takes + tile * block.maskWords;
    visitTaken(grid, block, tile, [&](const KeyRange &, int64_t target) {
      mask[target / 64] |= uint64_t(1) << (target % 64);
    });
  }
}

bool dilated::plan::takesKeys(const TileGrid &grid, const BlockTiles &block,
                              const KeyRange &keys, int64_t tile) {
  if (!grid.deduplicates || !hasBit(block, block.takes, tile, keys.term))
    return false;
  int64_t into = block.first + getInterval(block, tile) - keys.segment;
  return into >= 0 && into < block.terms[keys.term].term.length;
}

void dilated::plan::getMultiplicities(const TileGrid &grid,
                                      const BlockTiles &block,
                                      const KeyRange &keys, int64_t tile,
                                      int64_t start, int64_t count,
                                      int64_t *multiplicities) {
  std::fill_n(multiplicities, count, keys.multiplicity);
  if (!takesKeys(grid, block, keys, tile))
    return;
  visitTaken(grid, block, tile, [&](const KeyRange &other, int64_t target) {
    if (target != keys.term)
      return;
    // Key i of the other range is key first + step * i of this one, if it lies
    // in the same part.
    int64_t first = (other.base - keys.base) / keys.stride - start;
    int64_t step = other.stride / keys.stride;
    int64_t begin = first < 0 ? ceilDiv(-first, step) : 0;
    int64_t end = minOf(other.count, ceilDiv(count - first, step));
    for (int64_t i = begin; i < end; ++i) {
      multiplicities[first + step * i] += other.multiplicity;
    }
  });
}

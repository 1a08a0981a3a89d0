//===- Merge.cpp - keys that runs have in common ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// A softmax over a multiset of keys (S6) needs the score of a key once, however
// many branches select it: m equal terms are one term times m. Let a tile's
// rows be covered by branches A and B whose rates divide, rA | rB. A row that
// both cover is in the classes of both, so the class of B is part of that of A,
// and every key of B that lies in A's segment is a key of A, up to the diagonal
// too. The tile leaves these keys of B out and counts them in the run of A.
//
// Finer branches come first, and of several such A the first one takes the key
// over. No branch takes over that key of A itself, or it would have been first
// for B as well: what may take over keys of A may take over keys of B, or is
// contained in what may.
//
//===----------------------------------------------------------------------===//

#include "Merge.h"
#include "Coverage.h"

#include <algorithm>

using namespace dilated::plan;

/// Keys that a CPU's kernel computes or skips together, about: a run that is
/// cut leaves one such group partly filled.
static constexpr int64_t kGroupKeys = 8;

//===----------------------------------------------------------------------===//
// Where runs are cut
//===----------------------------------------------------------------------===//

/// Is the residue of the branch's rows modulo `rate`, which divides its own,
/// the same in all segments that meet the block? Then `residue` is it.
static bool findResidue(const BlockTiles &block, const BlockBranch &of,
                        int64_t rate, int64_t &residue) {
  residue = (of.segment % rate + of.branch.offset % rate) % rate;
  return getNumSegments(block, of) == 1 || of.branch.length % rate == 0;
}

/// Can both branches, `a` the finer one, cover a row of the block? Perhaps,
/// when the first segments do not tell.
static bool mayShareRows(const BlockTiles &block, const BlockBranch &a,
                         const BlockBranch &b) {
  int64_t ofA, ofB;
  bool areKnown = findResidue(block, a, a.branch.rate, ofA);
  areKnown &= findResidue(block, b, a.branch.rate, ofB);
  return !areKnown || ofA == ofB;
}

/// Whether `a` covers, in one segment, every row of the block that `b` covers,
/// and has all keys of `b`.
static bool contains(const BlockTiles &block, const BlockBranch &a,
                     const BlockBranch &b) {
  int64_t ofA, ofB;
  return getNumSegments(block, a) == 1 && a.segment <= b.segment &&
         b.end <= a.end && b.branch.rate % a.branch.rate == 0 &&
         findResidue(block, b, a.branch.rate, ofB) &&
         findResidue(block, a, a.branch.rate, ofA) && ofA == ofB;
}

/// Whether a branch that may take over keys of `b` contains `a`: then none are
/// left for `a`.
static bool isContained(const BlockTiles &block, const BlockBranch &a,
                        const BlockBranch &b) {
  return std::any_of(b.targets, b.targets + b.numTargets, [&](int64_t target) {
    return contains(block, block.branches[target], a);
  });
}

/// Whether more keys of `b` are merged in a segment of `a` than cutting the run
/// at the segments of `a` wastes in groups of keys.
static bool isWorthCutting(const BlockTiles &block, const BlockBranch &a,
                           const BlockBranch &b) {
  int64_t merged = minOf(a.branch.length, b.branch.length) / b.branch.rate;
  return merged >= kGroupKeys * (getNumSegments(block, a) + 1);
}

/// Cuts the runs of `b` at the ends of the segments of `a`, where they lie
/// inside. Returns false, and changes nothing, when there is no room.
static bool cutRuns(const BlockTiles &block, const BlockBranch &a,
                    BlockBranch &b) {
  int64_t segments = getNumSegments(block, a), numCuts = b.numCuts;
  for (int64_t i = 0; i <= segments; ++i) {
    int64_t position = i == segments ? a.end : a.segment + i * a.branch.length;
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

/// Whether all branches that may take over keys of `a` are known to `b`, if a
/// row can be in all three.
static bool hasTargetsOf(const BlockTiles &block, const BlockBranch &a,
                         const BlockBranch &b) {
  const int64_t *end = b.targets + b.numTargets;
  return std::all_of(a.targets, a.targets + a.numTargets, [&](int64_t target) {
    const BlockBranch &of = block.branches[target];
    return std::find(b.targets, end, target) != end ||
           !mayShareRows(block, of, b) || isContained(block, of, b);
  });
}

void dilated::plan::findTargets(BlockTiles &block) {
  // A key counts as often as all branches together at most. Beyond int64 that
  // is only known run by run.
  int64_t most = 0;
  for (int64_t i = 0; i < block.numBranches; ++i)
    most = addSaturating(most, block.branches[i].branch.multiplicity);
  if (most == kMaxInt64)
    return;
  for (int64_t i = 0; i < block.numBranches; ++i) {
    BlockBranch &b = block.branches[i];
    for (int64_t j = 0; j < i && b.numTargets < kMaxTargets; ++j) {
      const BlockBranch &a = block.branches[j];
      if (b.branch.rate % a.branch.rate == 0 && isWorthCutting(block, a, b) &&
          mayShareRows(block, a, b) && !isContained(block, a, b) &&
          hasTargetsOf(block, a, b) && cutRuns(block, a, b))
        b.targets[b.numTargets++] = j;
    }
    std::sort(b.cuts, b.cuts + b.numCuts);
  }
}

//===----------------------------------------------------------------------===//
// What a tile merges
//===----------------------------------------------------------------------===//

static int64_t getCell(const BlockTiles &block, int64_t tile) {
  return block.sets[block.pieces[block.tiles[tile].firstPiece].set].cell;
}

static bool hasBit(const BlockTiles &block, const uint64_t *masks, int64_t tile,
                   int64_t branch) {
  return masks[tile * block.maskWords + branch / 64] >> (branch % 64) & 1;
}

/// The branches that cover all rows of the tile in one segment.
static void findWholes(BlockTiles &block, int64_t tile) {
  uint64_t *whole = block.wholes + tile * block.maskWords;
  std::fill_n(whole, block.maskWords, ~uint64_t(0));
  int64_t cell = getCell(block, tile);
  for (int32_t p = block.tiles[tile].firstPiece; p >= 0;
       p = block.pieces[p].next) {
    const RowSet &set = block.sets[block.pieces[p].set];
    for (int64_t word = 0; word < block.maskWords; ++word) {
      whole[word] &= block.masks[set.mask * block.maskWords + word];
      if (set.cell == cell)
        continue;
      for (uint64_t rest = whole[word]; rest != 0; rest &= rest - 1) {
        const BlockBranch &of =
            block.branches[word * 64 + __builtin_ctzll(rest)];
        if (getSegmentNumber(of, set.cell) != getSegmentNumber(of, cell))
          whole[word] &= ~(rest & -rest);
      }
    }
  }
}

int64_t dilated::plan::findTarget(const BlockTiles &block, const KeyRun &run,
                                  int64_t tile) {
  const BlockBranch &of = block.branches[run.branch];
  if (of.numTargets == 0 || run.count == 0 ||
      !hasBit(block, block.wholes, tile, run.branch))
    return -1;
  int64_t cell = getCell(block, tile), into = block.first + cell - run.segment;
  if (into < 0 || into >= of.branch.length)
    return -1;
  int64_t last = run.base + run.stride * (run.count - 1);
  for (int64_t i = 0; i < of.numTargets; ++i) {
    if (!hasBit(block, block.wholes, tile, of.targets[i]))
      continue;
    const BlockBranch &target = block.branches[of.targets[i]];
    int64_t length = target.branch.length;
    int64_t segment = target.segment + getSegmentNumber(target, cell) * length;
    if (run.base >= segment && last - segment < length)
      return of.targets[i];
  }
  return -1;
}

/// Calls `visit(other, target)` with every part of a run that the tile counts
/// in the run of `target`.
template <typename Visit>
static void visitMerged(const TileGrid &grid, const BlockTiles &block,
                        int64_t tile, Visit visit) {
  for (int64_t branch = 0; branch < block.numBranches; ++branch) {
    const BlockBranch &of = block.branches[branch];
    if (of.numTargets == 0 || !hasBit(block, block.wholes, tile, branch))
      continue;
    int64_t segment = getSegmentNumber(of, getCell(block, tile));
    for (int64_t part = 0; part <= of.numCuts; ++part) {
      KeyRun other = getPart(grid, block, branch, segment, part);
      int64_t target = findTarget(block, other, tile);
      if (target >= 0)
        visit(other, target);
    }
  }
}

void dilated::plan::findMergedRuns(const TileGrid &grid, BlockTiles &block) {
  std::fill_n(block.merges, block.numTiles * block.maskWords, 0);
  for (int64_t tile = 0; tile < block.numTiles; ++tile) {
    findWholes(block, tile);
    uint64_t *mask = block.merges + tile * block.maskWords;
    visitMerged(grid, block, tile, [&](const KeyRun &, int64_t target) {
      mask[target / 64] |= uint64_t(1) << (target % 64);
    });
  }
}

bool dilated::plan::hasMergedKeys(const TileGrid &grid, const BlockTiles &block,
                                  const KeyRun &run, int64_t tile) {
  if (!grid.mergesKeys || !hasBit(block, block.merges, tile, run.branch))
    return false;
  int64_t into = block.first + getCell(block, tile) - run.segment;
  return into >= 0 && into < block.branches[run.branch].branch.length;
}

void dilated::plan::getMultiplicities(const TileGrid &grid,
                                      const BlockTiles &block,
                                      const KeyRun &run, int64_t tile,
                                      int64_t start, int64_t count,
                                      int64_t *multiplicities) {
  std::fill_n(multiplicities, count, run.multiplicity);
  if (!hasMergedKeys(grid, block, run, tile))
    return;
  visitMerged(grid, block, tile, [&](const KeyRun &other, int64_t target) {
    if (target != run.branch)
      return;
    // Key i of the other run is key first + step * i of this one, if it lies in
    // the same part.
    int64_t first = (other.base - run.base) / run.stride - start;
    int64_t step = other.stride / run.stride;
    int64_t begin = first < 0 ? ceilDiv(-first, step) : 0;
    int64_t end = minOf(other.count, ceilDiv(count - first, step));
    for (int64_t i = begin; i < end; ++i) {
      multiplicities[first + step * i] += other.multiplicity;
    }
  });
}

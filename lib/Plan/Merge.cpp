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
// Branches are in the order of their rates, and of several such A the first one
// takes the key over. No branch takes over that key of A itself, or it would
// have been first for B as well: what may take over keys of A may take over
// keys of B.
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

/// Can both branches cover a row of the block? When it takes more than the
/// first segments to tell, perhaps.
static bool mayShareRows(const BlockTiles &block, const BlockBranch &a,
                         const BlockBranch &b) {
  int64_t rate = a.branch.rate;
  for (const BlockBranch *of : {&a, &b})
    if (getNumSegments(block, *of) > 1 && of->branch.length % rate != 0)
      return true;
  auto residue = [&](const BlockBranch &of) {
    return (of.segment % rate + of.branch.offset % rate) % rate;
  };
  return residue(a) == residue(b);
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
    int64_t position =
        i == segments ? a.lastEnd : a.segment + i * a.branch.length;
    if (position <= b.segment || position >= b.lastEnd ||
        std::find(b.cuts, b.cuts + numCuts, position) != b.cuts + numCuts)
      continue;
    if (numCuts == kMaxCuts)
      return false;
    b.cuts[numCuts++] = position;
  }
  b.numCuts = numCuts;
  return true;
}

/// Whether all branches that may take over keys of `a` may take over keys of
/// `b`, if a row can be in all three.
static bool hasTargetsOf(const BlockTiles &block, const BlockBranch &a,
                         const BlockBranch &b) {
  const int64_t *end = b.targets + b.numTargets;
  return std::all_of(a.targets, a.targets + a.numTargets, [&](int64_t target) {
    return std::find(b.targets, end, target) != end ||
           !mayShareRows(block, block.branches[target], b);
  });
}

void dilated::plan::findMerges(BlockTiles &block) {
  for (int64_t i = 0; i < block.numBranches; ++i) {
    BlockBranch &b = block.branches[i];
    for (int64_t j = 0; j < i && b.numTargets < kMaxTargets; ++j) {
      const BlockBranch &a = block.branches[j];
      if (b.branch.rate % a.branch.rate == 0 && isWorthCutting(block, a, b) &&
          mayShareRows(block, a, b) && hasTargetsOf(block, a, b) &&
          cutRuns(block, a, b))
        b.targets[b.numTargets++] = j;
    }
    std::sort(b.cuts, b.cuts + b.numCuts);
  }
}

//===----------------------------------------------------------------------===//
// What a tile merges
//===----------------------------------------------------------------------===//

/// Where the segment of the branch begins that the tile's first row is in.
static int64_t getSegment(const BlockTiles &block, int64_t branch,
                          int64_t tile) {
  const BlockBranch &of = block.branches[branch];
  const TilePiece &piece = block.pieces[block.tiles[tile].firstPiece];
  return of.segment +
         getSegmentNumber(of, block.sets[piece.set].cell) * of.branch.length;
}

/// Does the branch cover all rows of the tile in its segment at `segment`?
static bool coversTile(const BlockTiles &block, int64_t branch, int64_t segment,
                       int64_t tile) {
  int64_t length = block.branches[branch].branch.length;
  for (int32_t p = block.tiles[tile].firstPiece; p >= 0;
       p = block.pieces[p].next) {
    const RowSet &set = block.sets[block.pieces[p].set];
    int64_t into = block.first + set.cell - segment;
    if (into < 0 || into >= length || !isCovered(block, set, branch))
      return false;
  }
  return true;
}

int64_t dilated::plan::findTarget(const BlockTiles &block, const KeyRun &run,
                                  int64_t tile) {
  const BlockBranch &of = block.branches[run.branch];
  if (of.numTargets == 0 || run.count == 0 ||
      !coversTile(block, run.branch, run.segment, tile))
    return -1;
  int64_t last = run.base + run.stride * (run.count - 1);
  for (int64_t i = 0; i < of.numTargets; ++i) {
    int64_t target = of.targets[i], segment = getSegment(block, target, tile);
    int64_t length = block.branches[target].branch.length;
    if (run.base >= segment && last - segment < length &&
        coversTile(block, target, segment, tile))
      return target;
  }
  return -1;
}

/// Calls `visit` with every part of another run whose keys the tile counts in
/// `run`, until it returns false.
template <typename Visit>
static void visitMerged(const TileGrid &grid, const BlockTiles &block,
                        const KeyRun &run, int64_t tile, Visit visit) {
  for (int64_t branch = 0; branch < block.numBranches; ++branch) {
    const BlockBranch &of = block.branches[branch];
    const int64_t *end = of.targets + of.numTargets;
    if (std::find(of.targets, end, run.branch) == end)
      continue;
    int64_t offset =
        block.sets[block.pieces[block.tiles[tile].firstPiece].set].cell;
    int64_t segment = getSegmentNumber(of, offset);
    for (int64_t part = 0; part <= of.numCuts; ++part) {
      KeyRun other = getPart(grid, block, branch, segment, part);
      if (findTarget(block, other, tile) == run.branch && !visit(other))
        return;
    }
  }
}

bool dilated::plan::hasMergedKeys(const TileGrid &grid, const BlockTiles &block,
                                  const KeyRun &run, int64_t tile) {
  bool found = false;
  visitMerged(grid, block, run, tile, [&](const KeyRun &) {
    found = true;
    return false;
  });
  return found;
}

void dilated::plan::getMultiplicities(const TileGrid &grid,
                                      const BlockTiles &block,
                                      const KeyRun &run, int64_t tile,
                                      int64_t start, int64_t count,
                                      int64_t *multiplicities) {
  std::fill_n(multiplicities, count, run.multiplicity);
  visitMerged(grid, block, run, tile, [&](const KeyRun &other) {
    // Key i of the other run is key first + step * i of this one, if it lies in
    // the same part.
    int64_t first = (other.base - run.base) / run.stride - start;
    int64_t step = other.stride / run.stride;
    int64_t begin = first < 0 ? ceilDiv(-first, step) : 0;
    int64_t end = minOf(other.count, ceilDiv(count - first, step));
    for (int64_t i = begin; i < end; ++i) {
      int64_t &sum = multiplicities[first + step * i];
      sum = addSaturating(sum, other.multiplicity);
    }
    return true;
  });
}

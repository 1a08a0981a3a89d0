//===- Coverage.cpp - which branches cover which rows of a cell -*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Coverage.h"

#include <algorithm>

using namespace dilated::plan;

//===----------------------------------------------------------------------===//
// Residues of a cell with the same branches
//===----------------------------------------------------------------------===//

/// Where the branch's rows lie in the cell that begins at `begin`: with
/// into = position - segment and x = into mod r, at o - x, or in the next
/// period when that lies before the cell.
static void enterCell(const BlockTiles &block, BlockBranch &of, int64_t begin) {
  if (begin == 0) {
    of.cellSegment = of.segment;
    of.cellEnd = of.boundary;
  } else if (begin == of.cellEnd) { // a segment begins here
    of.cellSegment = block.first + begin;
    of.cellEnd = addSaturating(of.cellEnd, of.branch.length);
  }
  int64_t rate = of.branch.rate, offset = of.branch.offset;
  int64_t x = (block.first + begin - of.cellSegment) % rate;
  of.phase = x <= offset ? offset - x : offset + (rate - x);
}

/// Gives classes consecutive numbers again; returns how many there are.
static int32_t renumber(BlockTiles &block, int64_t period, int32_t numbers) {
  int32_t used = 0;
  for (int32_t i = 0; i < numbers; ++i) {
    if (block.counts[i] == 0)
      continue;
    block.counts[used] = block.counts[i];
    block.split[i] = used++;
  }
  for (int64_t x = 0; x < period; ++x)
    block.classes[x] = block.split[block.classes[x]];
  return used;
}

/// Splits the residues x < period into classes of equal branches: classes[x],
/// counts[class]. Branch by branch, what a branch covers of a class becomes a
/// class of its own; the old one may be left empty. Returns how many class
/// numbers are in use.
static int32_t splitResidues(BlockTiles &block, int64_t period) {
  std::fill_n(block.classes, period, 0);
  block.counts[0] = static_cast<int32_t>(period);
  int32_t numbers = 1;
  for (int64_t i = 0; i < block.numBranches; ++i) {
    const BlockBranch &of = block.branches[i];
    int64_t rate = of.branch.rate;
    if (rate == 1 || of.phase >= period)
      continue; // covers all, or nothing
    std::fill_n(block.split, numbers, -1);
    int32_t before = numbers;
    for (int64_t x = of.phase;; x += rate) {
      int32_t &ofResidue = block.classes[x];
      int32_t &part = block.split[ofResidue];
      if (part < 0) {
        part = numbers++;
        block.counts[part] = 0;
      }
      --block.counts[ofResidue];
      ++block.counts[part];
      ofResidue = part;
      if (rate >= period - x)
        break;
    }
    // Of the numbers before, at most `period` have residues: twice as many
    // suffice.
    if (numbers > before && numbers > period)
      numbers = renumber(block, period, numbers);
  }
  return numbers;
}

//===----------------------------------------------------------------------===//
// Sets
//===----------------------------------------------------------------------===//

/// What the branches give a row at `residue` of the cell.
static void lookAtRow(const TileGrid &grid, const BlockTiles &block,
                      int64_t residue, RowSet &set) {
  uint64_t *mask = block.masks + set.mask * block.maskWords;
  std::fill_n(mask, block.maskWords, 0);
  bool hasNullKeys = grid.getPattern().hasNullKeys();
  for (int64_t i = 0; i < block.numBranches; ++i) {
    const BlockBranch &of = block.branches[i];
    if (residue < of.phase || (residue - of.phase) % of.branch.rate != 0)
      continue;
    mask[i / 64] |= uint64_t(1) << (i % 64);
    int64_t rest = grid.sequence - of.cellSegment;
    int64_t keys = getClassSize(of.branch, minOf(of.branch.length, rest));
    set.cost = addSaturating(set.cost, keys);
    if (hasNullKeys) // n0 = L - real (S5)
      set.nulls = addSaturating(
          set.nulls, multiplySaturating(getPaddedClassSize(of.branch) - keys,
                                        of.branch.multiplicity));
  }
}

/// Appends the sets of the cell, and its rows in their order.
static void addCell(const TileGrid &grid, BlockTiles &block, int64_t begin,
                    int64_t end) {
  int64_t length = end - begin;
  int64_t period = grid.period ? minOf(grid.period, length) : length;
  int32_t numbers = splitResidues(block, period);

  // A residue of each class, and how many rows there are of it.
  int32_t *residues = block.split, *rows = block.counts;
  for (int64_t x = period - 1; x >= 0; --x)
    residues[block.classes[x]] = static_cast<int32_t>(x);
  int64_t whole = length / period, rest = length % period;
  for (int32_t i = 0; i < numbers; ++i)
    rows[i] = static_cast<int32_t>(rows[i] * whole);
  for (int64_t x = 0; x < rest; ++x)
    ++rows[block.classes[x]];

  auto next = static_cast<int32_t>(begin);
  for (int32_t i = 0; i < numbers; ++i) {
    if (rows[i] == 0)
      continue;
    RowSet &set = block.sets[block.numSets];
    set = {0,
           0,
           next,
           rows[i],
           static_cast<int32_t>(begin),
           static_cast<int32_t>(block.numSets)};
    lookAtRow(grid, block, residues[i], set);
    ++block.numSets;
    rows[i] = next; // from now on where the next row goes
    next += set.count;
  }
  auto offset = static_cast<int32_t>(begin);
  for (int64_t base = 0; base < length; base += period)
    for (int64_t x = 0, e = minOf(period, length - base); x < e; ++x)
      block.order[rows[block.classes[x]]++] = offset++;
}

void dilated::plan::makeSets(const TileGrid &grid, BlockTiles &block) {
  block.numSets = 0;
  for (int64_t begin = 0, end; begin < block.length; begin = end) {
    end = block.length;
    for (int64_t i = 0; i < block.numBranches; ++i) {
      enterCell(block, block.branches[i], begin);
      end = minOf(end, block.branches[i].cellEnd);
    }
    addCell(grid, block, begin, end);
  }
  // Rows that no branch covers cost nothing and so come last.
  std::sort(block.sets, block.sets + block.numSets,
            [&](const RowSet &a, const RowSet &b) {
              if (a.cost != b.cost)
                return a.cost > b.cost;
              return block.order[a.begin] < block.order[b.begin];
            });
}

//===----------------------------------------------------------------------===//
// Runs in common
//===----------------------------------------------------------------------===//

int64_t dilated::plan::getSegmentNumber(const BlockBranch &of, int64_t offset) {
  if (offset < of.boundary)
    return 0;
  return 1 + (offset - of.boundary) / of.branch.length;
}

bool dilated::plan::haveCommonRun(const BlockTiles &block, const RowSet &a,
                                  const RowSet &b) {
  for (int64_t word = 0; word < block.maskWords; ++word) {
    uint64_t common = block.masks[a.mask * block.maskWords + word] &
                      block.masks[b.mask * block.maskWords + word];
    if (common != 0 && a.cell == b.cell)
      return true;
    for (; common != 0; common &= common - 1) {
      const BlockBranch &of =
          block.branches[word * 64 + __builtin_ctzll(common)];
      if (getSegmentNumber(of, a.cell) == getSegmentNumber(of, b.cell))
        return true;
    }
  }
  return false;
}

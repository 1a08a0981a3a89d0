//===- Coverage.cpp - which terms cover which rows -------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "Coverage.h"

#include <algorithm>

using namespace dilated::plan;

//===----------------------------------------------------------------------===//
// Residues of an interval with the same coverage
//===----------------------------------------------------------------------===//

/// Where the term's rows lie in the interval that begins at `begin`: with into
/// = position - segment and x = into mod r, at o - x, or in the next period
/// when that lies before the interval.
static void enterInterval(const BlockTiles &block, BlockTerm &of,
                          int64_t begin) {
  if (begin == 0) {
    of.intervalSegment = of.segment;
    of.intervalEnd = of.boundary;
  } else if (begin == of.intervalEnd) { // a segment begins here
    of.intervalSegment = block.first + begin;
    of.intervalEnd = addSaturating(of.intervalEnd, of.term.length);
  }
  of.phase = 0;
  if (of.term.kind != TermKind::Segment)
    return; // covers all rows
  int64_t rate = of.term.rate, offset = of.term.offset;
  int64_t x = (block.first + begin - of.intervalSegment) % rate;
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

/// What the residues phase, phase + rate, ... are of a class becomes a class of
/// its own; the old one may be left empty. Returns how many class numbers are
/// in use.
static int32_t splitOff(BlockTiles &block, int64_t period, int64_t phase,
                        int64_t rate, int32_t numbers) {
  std::fill_n(block.split, numbers, -1);
  int32_t before = numbers;
  for (int64_t x = phase;; x += rate) {
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
  return numbers;
}

/// Splits the residues x < period into classes of equal coverage: classes[x],
/// counts[class]. Windows of `rate` have a class of rows for every residue
/// modulo it. Returns how many class numbers are in use.
static int32_t splitResidues(BlockTiles &block, int64_t period) {
  std::fill_n(block.classes, period, 0);
  block.counts[0] = static_cast<int32_t>(period);
  int32_t numbers = 1;
  for (int64_t i = 0; i < block.numTerms; ++i) {
    const BlockTerm &of = block.terms[i];
    int64_t rate = of.term.rate;
    if (rate == 1)
      continue; // covers all, in one class
    if (of.term.kind == TermKind::Window)
      for (int64_t phase = 1; phase < minOf(rate, period); ++phase)
        numbers = splitOff(block, period, phase, rate, numbers);
    else if (of.phase < period)
      numbers = splitOff(block, period, of.phase, rate, numbers);
  }
  return numbers;
}

//===----------------------------------------------------------------------===//
// Groups
//===----------------------------------------------------------------------===//

/// Keys of a row that the term covers, without the causal cut.
static int64_t countKeys(const TileGrid &grid, const BlockTerm &of) {
  const Term<> &term = of.term;
  switch (term.kind) {
  case TermKind::Segment: {
    int64_t rest = grid.sequence - of.intervalSegment;
    return getClassSize(minOf(term.length, rest), term.rate, term.offset);
  }
  case TermKind::Window:
    return addSaturating(addSaturating(term.left, term.right), 1);
  case TermKind::Columns:
    break;
  }
  return term.end - term.begin;
}

/// What the terms give a row at `residue` of the interval.
static void lookAtRow(const TileGrid &grid, const BlockTiles &block,
                      int64_t residue, CoverageGroup &group) {
  uint64_t *mask = block.masks + group.mask * block.maskWords;
  std::fill_n(mask, block.maskWords, 0);
  bool hasNullKeys = grid.getPattern().hasNullKeys();
  for (int64_t i = 0; i < block.numTerms; ++i) {
    const BlockTerm &of = block.terms[i];
    bool isSegment = of.term.kind == TermKind::Segment;
    if (isSegment &&
        (residue < of.phase || (residue - of.phase) % of.term.rate != 0))
      continue;
    mask[i / 64] |= uint64_t(1) << (i % 64);
    int64_t keys = countKeys(grid, of);
    group.cost = addSaturating(group.cost, keys);
    if (hasNullKeys && isSegment) { // n0 = L - real (S5)
      int64_t padded = getPaddedClassSize(of.term.length, of.term.rate);
      group.nulls = addSaturating(
          group.nulls, multiplySaturating(padded - keys, of.term.multiplicity));
    }
  }
}

/// Appends the groups of the interval, and its rows in their order.
static void addInterval(const TileGrid &grid, BlockTiles &block, int64_t begin,
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
    CoverageGroup &group = block.groups[block.numGroups];
    group = {0,
             0,
             next,
             rows[i],
             static_cast<int32_t>(begin),
             static_cast<int32_t>(block.numGroups)};
    lookAtRow(grid, block, residues[i], group);
    ++block.numGroups;
    rows[i] = next; // from now on where the next row goes
    next += group.count;
  }
  auto offset = static_cast<int32_t>(begin);
  for (int64_t base = 0; base < length; base += period)
    for (int64_t x = 0, e = minOf(period, length - base); x < e; ++x)
      block.order[rows[block.classes[x]]++] = offset++;
}

void dilated::plan::makeGroups(const TileGrid &grid, BlockTiles &block) {
  block.numGroups = 0;
  for (int64_t begin = 0, end; begin < block.length; begin = end) {
    end = block.length;
    for (int64_t i = 0; i < block.numTerms; ++i) {
      enterInterval(block, block.terms[i], begin);
      end = minOf(end, block.terms[i].intervalEnd);
    }
    addInterval(grid, block, begin, end);
  }
  // Rows that no term covers cost nothing and so come last.
  std::sort(block.groups, block.groups + block.numGroups,
            [&](const CoverageGroup &a, const CoverageGroup &b) {
              if (a.cost != b.cost)
                return a.cost > b.cost;
              return block.order[a.begin] < block.order[b.begin];
            });
}

//===----------------------------------------------------------------------===//
// Key ranges in common
//===----------------------------------------------------------------------===//

int64_t dilated::plan::getSegmentNumber(const BlockTerm &of, int64_t offset) {
  if (offset < of.boundary)
    return 0;
  return 1 + (offset - of.boundary) / of.term.length;
}

bool dilated::plan::haveCommonRange(const BlockTiles &block,
                                    const CoverageGroup &a,
                                    const CoverageGroup &b) {
  for (int64_t word = 0; word < block.maskWords; ++word) {
    uint64_t common = block.masks[a.mask * block.maskWords + word] &
                      block.masks[b.mask * block.maskWords + word];
    for (; common != 0; common &= common - 1) {
      const BlockTerm &of = block.terms[word * 64 + __builtin_ctzll(common)];
      if (getSegmentNumber(of, a.interval) ==
              getSegmentNumber(of, b.interval) &&
          getClassNumber(of, block.order[a.begin]) ==
              getClassNumber(of, block.order[b.begin]))
        return true;
    }
  }
  return false;
}

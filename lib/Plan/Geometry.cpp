//===- Geometry.cpp - which rows and keys a term selects --------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Plan/Geometry.h"

#include <numeric>

using namespace dilated::plan;

static constexpr StridedRange kNothing = {0, 1, 0};

/// The class of a segment that a position is in; empty when it is in none.
static StridedRange getClass(const Term<> &term, int64_t position,
                             int64_t sequence) {
  int64_t place = getPlace(position, term.length);
  if (!isInClass(place, term.rate, term.offset))
    return kNothing;
  int64_t segment = getSegment(position, term.length);
  int64_t size = getSegmentSize(segment, term.length, sequence);
  return {position - place + term.offset, term.rate,
          getClassSize(size, term.rate, term.offset)};
}

/// Positions position - before * rate ... position + after * rate that exist.
static StridedRange getBand(int64_t position, int64_t before, int64_t after,
                            int64_t rate, int64_t sequence) {
  before = minOf(before, position / rate);
  after = minOf(after, (sequence - 1 - position) / rate);
  return {position - before * rate, rate, before + 1 + after};
}

/// The part of a range up to `last`, and from `first` on.
static StridedRange keepUpTo(StridedRange range, int64_t last) {
  if (last < range.first)
    return kNothing;
  range.count = minOf(range.count, (last - range.first) / range.stride + 1);
  return range;
}
static StridedRange keepFrom(StridedRange range, int64_t first) {
  int64_t skipped =
      minOf(range.count, ceilDiv(first - range.first, range.stride));
  if (skipped == range.count)
    return kNothing;
  return {range.first + skipped * range.stride, range.stride,
          range.count - skipped};
}

StridedRange dilated::plan::getKeysOfRow(const Term<> &term, int64_t row,
                                         int64_t sequence, bool isCausal) {
  switch (term.kind) {
  case TermKind::Segment: {
    StridedRange keys = getClass(term, row, sequence);
    return isCausal ? keepUpTo(keys, row) : keys;
  }
  case TermKind::Window:
    return getBand(row, term.left, isCausal ? 0 : term.right, term.rate,
                   sequence);
  case TermKind::Columns:
    break;
  }
  StridedRange keys = {term.begin, 1, term.end - term.begin};
  return isCausal ? keepUpTo(keys, row) : keys;
}

StridedRange dilated::plan::getRowsOfKey(const Term<> &term, int64_t key,
                                         int64_t sequence, bool isCausal) {
  switch (term.kind) {
  case TermKind::Segment: {
    StridedRange rows = getClass(term, key, sequence);
    return isCausal ? keepFrom(rows, key) : rows;
  }
  case TermKind::Window:
    // The row at p sees keys up to p + right * rate, so the key is seen from
    // key - right * rate on.
    return getBand(key, isCausal ? 0 : term.right, term.left, term.rate,
                   sequence);
  case TermKind::Columns:
    break;
  }
  if (key < term.begin || key >= term.end)
    return kNothing;
  StridedRange rows = {0, 1, sequence};
  return isCausal ? keepFrom(rows, key) : rows;
}

SharedElements dilated::plan::getSharedElements(const StridedRange &range,
                                                const StridedRange &other) {
  if (range.count == 0 || other.count == 0)
    return {0, 0, false};
  // Modulo the greatest common divisor both lattices are one residue.
  int64_t common = std::gcd(range.stride, other.stride);
  if (range.first % common != other.first % common)
    return {0, 0, false};
  int64_t last = other.first + (other.count - 1) * other.stride;
  int64_t begin =
      minOf(range.count, ceilDiv(other.first - range.first, range.stride));
  int64_t end =
      last < range.first
          ? 0
          : minOf(range.count, (last - range.first) / range.stride + 1);
  if (begin >= end)
    return {0, 0, false};
  return {begin, end, common != other.stride};
}

//===- PairCount.cpp - how much work an attention is ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "PairCount.h"

#include <algorithm>
#include <limits>

using namespace mlir::dilated;

int64_t mlir::dilated::headOffset(OffsetRule rule, int64_t head, int64_t heads,
                                  int64_t rate) {
  switch (rule) {
  case OffsetRule::Block: {
    // h div ceil(H/r); the ceiling without H + r - 1, which may overflow.
    int64_t perClass = heads / rate + (heads % rate != 0);
    return head / perClass;
  }
  case OffsetRule::Modulo:
    return head % rate;
  case OffsetRule::End:
    return rate - 1 - head % rate;
  }
  return 0;
}

namespace {

/// Counts above int64 need more room: N * N * H of a million tokens is near
/// 2^45, absurd inputs are not to wrap.
__extension__ typedef unsigned __int128 Wide;

} // namespace

/// Pairs within one residue class of one segment of `length` positions: all
/// real * real of them, or with the causal cut the lower triangle.
static Wide pairsOfClass(int64_t length, int64_t offset, int64_t rate,
                         bool causal) {
  if (length <= offset)
    return 0;
  // Positions offset, offset + rate, … below length.
  Wide real = static_cast<Wide>((length - offset - 1) / rate) + 1;
  return causal ? real * (real + 1) / 2 : real * real;
}

int64_t
mlir::dilated::countUsefulPairs(int64_t sequence, int64_t heads,
                                const std::vector<SegmentBranch> &branches,
                                OffsetRule rule, bool causal) {
  if (sequence <= 0 || heads <= 0)
    return 0;
  constexpr int64_t limit = std::numeric_limits<int64_t>::max();
  Wide pairs = 0;
  for (const SegmentBranch &branch : branches) {
    int64_t length = std::min(branch.length, sequence); // S1
    Wide fullSegments = static_cast<Wide>(sequence / length);
    int64_t tail = sequence % length;
    for (int64_t head = 0; head < heads; ++head) {
      int64_t offset = headOffset(rule, head, heads, branch.rate);
      pairs +=
          fullSegments * pairsOfClass(length, offset, branch.rate, causal) +
          pairsOfClass(tail, offset, branch.rate, causal);
      if (pairs > static_cast<Wide>(limit))
        return limit;
    }
  }
  return static_cast<int64_t>(pairs);
}

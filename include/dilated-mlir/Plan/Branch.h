//===- Branch.h - one segment branch, in numbers ----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The arithmetic that counting and planning share. No LLVM, no memory of its
// own: it is part of the run-time library too.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_PLAN_BRANCH_H
#define DILATED_MLIR_PLAN_BRANCH_H

#include <cstdint>

namespace dilated::plan {

constexpr int64_t kMaxInt64 = INT64_MAX;

/// a + b and a * b for a, b >= 0, at most the largest int64.
constexpr int64_t addSaturating(int64_t a, int64_t b) {
  return a > kMaxInt64 - b ? kMaxInt64 : a + b;
}
constexpr int64_t multiplySaturating(int64_t a, int64_t b) {
  return b != 0 && a > kMaxInt64 / b ? kMaxInt64 : a * b;
}

/// ceil(a / b) for b >= 1, without forming a + b; 0 for a <= 0.
constexpr int64_t ceilDiv(int64_t a, int64_t b) {
  return a <= 0 ? 0 : (a - 1) / b + 1;
}

constexpr int64_t minOf(int64_t a, int64_t b) { return a < b ? a : b; }
constexpr int64_t maxOf(int64_t a, int64_t b) { return a < b ? b : a; }

/// One segment branch as one head sees it. Preconditions: length >= 1 (longer
/// than the sequence is the sequence, S1), rate >= 1, 0 <= offset < rate,
/// multiplicity >= 1.
struct Branch {
  int64_t length, rate;
  int64_t offset = 0;       // o(h), the residue class of the head
  int64_t multiplicity = 1; // how often the branch counts (S6)
};

/// Positions offset, offset + rate, ... below `length`: the keys, and the rows,
/// of a segment that is `length` long.
constexpr int64_t getClassSize(const Branch &branch, int64_t length) {
  return ceilDiv(length - branch.offset, branch.rate);
}

/// L: the rows that a whole segment pads its class to (S5).
constexpr int64_t getPaddedClassSize(const Branch &branch) {
  return ceilDiv(branch.length, branch.rate);
}

/// Clamps length and rate to what makes a difference in a sequence that is not
/// empty (S1; a rate beyond the segment selects the rows of the segment's
/// length). After that no position, stride or count exceeds the sequence.
/// Returns false when the branch covers no row.
constexpr bool clampBranch(Branch &branch, int64_t sequence) {
  branch.length = minOf(branch.length, sequence);
  branch.rate = minOf(branch.rate, branch.length);
  return branch.offset < branch.length;
}

} // namespace dilated::plan

#endif // DILATED_MLIR_PLAN_BRANCH_H

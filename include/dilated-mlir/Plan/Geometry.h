//===- Geometry.h - which rows and keys a term selects ----------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The one definition of S1 to S5, of the head offset (section 3) and of the
// terms S10 and S11. Its functions are templates over the number: int64_t, or a
// value of IR with its builder, for which an overload of each function of
// "Numbers" is found by argument-dependent lookup. Counting, planning, the
// verifier, and IR that is emitted for the reference path share them.
//
// No LLVM, no memory of its own: it is part of the run-time library too.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_PLAN_GEOMETRY_H
#define DILATED_MLIR_PLAN_GEOMETRY_H

#include <cstdint>

namespace dilated::plan {

//===----------------------------------------------------------------------===//
// Numbers
//===----------------------------------------------------------------------===//

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
/// `value` as a number of the kind that `like` is.
constexpr int64_t constantLike(int64_t like, int64_t value) { return value; }
constexpr bool isEqual(int64_t a, int64_t b) { return a == b; }
constexpr bool isLess(int64_t a, int64_t b) { return a < b; }
constexpr bool both(bool a, bool b) { return a && b; }

//===----------------------------------------------------------------------===//
// Head offset
//===----------------------------------------------------------------------===//

/// Which residue class a head takes (specification, section 3). The numbers are
/// those of the dialect's HeadOffsetRule.
enum class OffsetRule : int64_t { Block, Modulo, End, Constant };

/// o(h) of a segment with this rate as written, before any clamping.
/// Preconditions: rate and heads >= 1, 0 <= head < heads.
template <typename N>
constexpr N getHeadOffset(OffsetRule rule, int64_t constant, N head, N heads,
                          N rate) {
  switch (rule) {
  case OffsetRule::Block:
    return head / ceilDiv(heads, rate);
  case OffsetRule::Modulo:
    return head % rate;
  case OffsetRule::End:
    return rate - constantLike(rate, 1) - head % rate;
  case OffsetRule::Constant:
    break;
  }
  return constantLike(rate, constant);
}

//===----------------------------------------------------------------------===//
// Segments
//===----------------------------------------------------------------------===//

/// w' = min(w, N) (S1). Preconditions: w, N >= 1.
template <typename N>
constexpr N clampLength(N length, N sequence) {
  return minOf(length, sequence);
}

/// g of the segment that a position lies in, and l, its place there.
template <typename N>
constexpr N getSegment(N position, N length) {
  return position / length;
}
template <typename N>
constexpr N getPlace(N position, N length) {
  return position % length;
}

/// Whether a place of a segment is in the residue class (S2).
template <typename N>
constexpr auto isInClass(N place, N rate, N offset) {
  return isEqual(place % rate, offset);
}

/// The place of element j of the residue class, o + r * j (S3), and the element
/// that is at a place of the class.
template <typename N>
constexpr N getClassPlace(N j, N rate, N offset) {
  return offset + rate * j;
}
template <typename N>
constexpr N getClassElement(N place, N rate) {
  return place / rate;
}

/// Positions of segment g that exist: min(w', N - g * w') (S5).
template <typename N>
constexpr N getSegmentSize(N segment, N length, N sequence) {
  return minOf(length, sequence - segment * length);
}

/// Elements of a residue class in a segment with `size` positions: its rows,
/// and its real keys, max(0, ceil((size - o) / r)) (S3, S5).
template <typename N>
constexpr N getClassSize(N size, N rate, N offset) {
  return ceilDiv(size - offset, rate);
}

/// L = ceil(w' / r), which a class is padded to with null keys (S5).
template <typename N>
constexpr N getPaddedClassSize(N length, N rate) {
  return ceilDiv(length, rate);
}

//===----------------------------------------------------------------------===//
// Terms
//===----------------------------------------------------------------------===//

/// The numbers are those of the encoded pattern (Pattern.h).
enum class TermKind : int64_t { Segment, Window, Columns };

/// One term as one head sees it. The members of other kinds are not read.
///
///            query lattice           key lattice             limits of a row
///   Segment  o + rate * i of each    o + rate * j of the     all j
///            segment                 row's segment
///   Window   all rows; class c is    c + rate * j            [i - left,
///            c + rate * i                                    i + right]
///   Columns  all rows                begin + j               j < end - begin
///
/// Causal attention keeps the keys at positions up to the row's (S4).
///
/// Preconditions: length, rate, multiplicity >= 1, left, right >= 0, 0 <=
/// offset < rate, 0 <= begin < end. Any of them may be as large as an int64 is.
template <typename N = int64_t>
struct Term {
  TermKind kind;
  N multiplicity; // how often the term counts (S6)
  N rate;         // distance of keys: Segment, Window
  N length;       // Segment
  N offset;       // Segment: o(h), the residue class of the head
  N left, right;  // Window: keys before and after the row's own
  N begin, end;   // Columns: positions
};

/// Whether the row selects the key (S2, S3, S10, S11), the causal cut aside.
/// Both are positions below the sequence; lengths are clamped (S1).
template <typename N>
constexpr auto selects(const Term<N> &term, N row, N key) {
  switch (term.kind) {
  case TermKind::Segment: {
    auto isSame =
        isEqual(getSegment(row, term.length), getSegment(key, term.length));
    auto isCovered =
        isInClass(getPlace(row, term.length), term.rate, term.offset);
    return both(both(isSame, isCovered),
                isInClass(getPlace(key, term.length), term.rate, term.offset));
  }
  case TermKind::Window: {
    // The quotient is exact where it counts.
    N distance = key - row, steps = distance / term.rate;
    auto isBehind = isLess(constantLike(row, -1) - term.left, steps);
    auto isBefore = isLess(steps, term.right + constantLike(row, 1));
    return both(isEqual(distance % term.rate, constantLike(row, 0)),
                both(isBehind, isBefore));
  }
  case TermKind::Columns:
    break;
  }
  return both(isLess(term.begin, key + constantLike(key, 1)),
              isLess(key, term.end));
}

/// Clamps the numbers of a term to what makes a difference in a sequence of at
/// least one position (S1; a rate beyond the segment selects the rows of the
/// segment's length). After that no position, stride or count exceeds the
/// sequence. Returns false when no row sees a key of the term.
constexpr bool clampTerm(Term<> &term, int64_t sequence) {
  switch (term.kind) {
  case TermKind::Segment:
    term.length = clampLength(term.length, sequence);
    term.rate = minOf(term.rate, term.length);
    return term.offset < term.length;
  case TermKind::Window: {
    term.rate = minOf(term.rate, sequence);
    int64_t most = (sequence - 1) / term.rate;
    term.left = minOf(term.left, most);
    term.right = minOf(term.right, most);
    return true;
  }
  case TermKind::Columns:
    break;
  }
  term.end = minOf(term.end, sequence);
  return term.begin < term.end;
}

//===----------------------------------------------------------------------===//
// Queries both ways
//===----------------------------------------------------------------------===//

/// Positions first, first + stride, ..., `count` of them. `stride` >= 1.
struct StridedRange {
  int64_t first, stride, count;

  constexpr bool contains(int64_t position) const {
    return position >= first && (position - first) % stride == 0 &&
           (position - first) / stride < count;
  }
};

/// Elements [begin, end) of a range that lie in another one: all of them, or,
/// where `isPartial`, some of them.
struct SharedElements {
  int64_t begin, end;
  bool isPartial;
};
SharedElements getSharedElements(const StridedRange &range,
                                 const StridedRange &other);

/// The keys that the row selects of a clamped term, and the rows that select
/// the key: what a query-stationary and a key-stationary kernel need. Each is
/// one strided range, for each of the terms; `isCausal` adds the cut of S4.
/// Preconditions: 0 <= row, key < sequence.
StridedRange getKeysOfRow(const Term<> &term, int64_t row, int64_t sequence,
                          bool isCausal);
StridedRange getRowsOfKey(const Term<> &term, int64_t key, int64_t sequence,
                          bool isCausal);

} // namespace dilated::plan

#endif // DILATED_MLIR_PLAN_GEOMETRY_H

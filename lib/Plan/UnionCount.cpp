//===- UnionCount.cpp - what terms select together --------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Plan/PatternCount.h"

#include <algorithm>
#include <numeric>
#include <utility>

using namespace dilated::plan;

/// Counts above int64 need more room: a million tokens of a million heads are
/// near 2^60 pairs, absurd inputs are not to wrap.
__extension__ typedef __int128 Wide;

static int64_t saturate(Wide value) {
  return value > kMaxInt64 ? kMaxInt64 : static_cast<int64_t>(value);
}

/// Pairs of `rows` positions with each other, or with the causal cut the lower
/// triangle (S4).
static Wide pairsOf(int64_t rows, bool causal) {
  Wide wide = rows;
  return causal ? wide * (wide + 1) / 2 : wide * wide;
}

//===----------------------------------------------------------------------===//
// Segments together
//===----------------------------------------------------------------------===//

/// The terms clamped, without those that no row sees a key of.
static std::vector<Term<>> normalize(int64_t sequence,
                                     const std::vector<Term<>> &terms) {
  std::vector<Term<>> normal;
  for (Term<> term : terms)
    if (clampTerm(term, sequence))
      normal.push_back(term);
  return normal;
}

static bool areSegments(const std::vector<Term<>> &terms) {
  return std::all_of(terms.begin(), terms.end(), [](const Term<> &term) {
    return term.kind == TermKind::Segment;
  });
}

/// The end of the interval at `begin`: up to there no segment ends.
static int64_t endOfInterval(int64_t begin, int64_t sequence,
                             const std::vector<Term<>> &segments) {
  int64_t rest = sequence - begin;
  for (const Term<> &term : segments)
    rest = std::min(rest, term.length - getPlace(begin, term.length));
  return begin + rest;
}

namespace {

/// The positions congruent to `residue` modulo `modulus`, 0 <= residue <
/// modulus.
struct Lattice {
  Wide residue, modulus;
};

} // namespace

/// The inverse of `a` modulo `m`, for coprime a and m, m >= 1.
static Wide invert(Wide a, Wide m) {
  Wide previous = a % m, current = m, x = 1, next = 0;
  while (current != 0) {
    Wide quotient = previous / current;
    std::swap(previous -= quotient * current, current);
    std::swap(x -= quotient * next, next);
  }
  return (x % m + m) % m;
}

static Wide gcd(Wide a, Wide b) {
  while (b != 0) {
    a %= b;
    std::swap(a, b);
  }
  return a;
}

/// What lies in both (the Chinese remainder theorem); moduli are at most
/// 2^48, and stay so: `limit` bounds the positions of interest, and a lattice
/// with at most one of them is as good as any other with the same one.
static std::optional<Lattice> intersect(Lattice a, Lattice b, Wide limit) {
  Wide common = gcd(a.modulus, b.modulus);
  Wide difference = b.residue - a.residue;
  if (difference % common != 0)
    return std::nullopt;
  Wide step = b.modulus / common;
  Wide k = (difference / common % step + step) % step *
           invert(a.modulus / common, step) % step;
  Wide residue = a.residue + a.modulus * k;
  if (residue >= limit)
    return std::nullopt;
  return Lattice{residue, std::min(a.modulus * step, limit)};
}

namespace {

/// Inclusion and exclusion over the subsets of the segments.
class UnionCounter {
public:
  UnionCounter(int64_t sequence, const std::vector<Term<>> &segments,
               bool causal, int64_t maxSteps)
      : sequence(sequence), segments(segments), causal(causal),
        steps(maxSteps) {}

  std::optional<UnionCount> count() {
    std::vector<Term<>> subset;
    if (!visit(subset, 0))
      return std::nullopt;
    return UnionCount{saturate(rows), saturate(pairs)};
  }

private:
  bool visit(std::vector<Term<>> &subset, size_t next);
  bool countSubset(const std::vector<Term<>> &subset, Wide &subsetRows);

  int64_t sequence;
  const std::vector<Term<>> &segments;
  bool causal;
  int64_t steps;
  Wide rows = 0, pairs = 0;
};

} // namespace

/// Adds the subsets that extend `subset` by segments from `next` on. What a
/// subset has no row of, no larger one has. False when out of steps.
bool UnionCounter::visit(std::vector<Term<>> &subset, size_t next) {
  for (size_t i = next; i < segments.size(); ++i) {
    subset.push_back(segments[i]);
    Wide subsetRows = 0;
    if (!countSubset(subset, subsetRows))
      return false;
    if (subsetRows > 0 && !visit(subset, i + 1))
      return false;
    subset.pop_back();
  }
  return true;
}

/// Rows, and pairs, that every term of `subset` selects: within an interval
/// these are the positions of one lattice, and each with each other.
bool UnionCounter::countSubset(const std::vector<Term<>> &subset,
                               Wide &subsetRows) {
  Wide sign = subset.size() % 2 ? 1 : -1;
  for (int64_t begin = 0, end; begin < sequence; begin = end) {
    steps -= static_cast<int64_t>(subset.size());
    if (steps < 0)
      return false;
    end = endOfInterval(begin, sequence, subset);
    std::optional<Lattice> lattice = Lattice{0, 1};
    for (const Term<> &term : subset) {
      Wide first = begin - getPlace(begin, term.length) + term.offset;
      lattice = intersect(*lattice, {first % term.rate, term.rate},
                          static_cast<Wide>(sequence));
      if (!lattice)
        break;
    }
    if (!lattice)
      continue;
    auto below = [&](int64_t position) -> Wide {
      return position <= lattice->residue
                 ? 0
                 : (position - lattice->residue - 1) / lattice->modulus + 1;
    };
    Wide intervalRows = below(end) - below(begin);
    subsetRows += intervalRows;
    rows += sign * intervalRows;
    pairs += sign * pairsOf(static_cast<int64_t>(intervalRows), causal);
  }
  return true;
}

//===----------------------------------------------------------------------===//
// Any terms together, row by row
//===----------------------------------------------------------------------===//

namespace {

/// What each row sees of the terms, and what of that is new.
class RowCounter {
public:
  RowCounter(int64_t sequence, const std::vector<Term<>> &terms, bool causal,
             int64_t maxSteps)
      : sequence(sequence), terms(terms), causal(causal), steps(maxSteps) {}

  /// Keys of the row, multiplicities counted, and different ones. False when
  /// out of steps.
  bool count(int64_t row, int64_t &keys, int64_t &different);

private:
  bool countNew(const StridedRange &range, int64_t &count);

  int64_t sequence;
  const std::vector<Term<>> &terms;
  bool causal;
  int64_t steps;
  std::vector<StridedRange> before; // of the row: the terms that were counted
};

} // namespace

/// Keys of `range` that no range before it has.
bool RowCounter::countNew(const StridedRange &range, int64_t &count) {
  std::vector<std::pair<int64_t, int64_t>> whole; // shared by intervals
  bool isPartial = false;
  for (const StridedRange &other : before) {
    SharedElements shared = getSharedElements(range, other);
    if (shared.begin >= shared.end)
      continue;
    isPartial |= shared.isPartial;
    whole.emplace_back(shared.begin, shared.end);
  }
  steps -= static_cast<int64_t>(before.size()) + 1;
  if (!isPartial) {
    std::sort(whole.begin(), whole.end());
    int64_t end = 0;
    count = range.count;
    for (auto [first, last] : whole) {
      count -= std::max<int64_t>(0, last - std::max(first, end));
      end = std::max(end, last);
    }
    return steps >= 0;
  }
  steps -= multiplySaturating(range.count, static_cast<int64_t>(before.size()));
  if (steps < 0)
    return false;
  count = 0;
  for (int64_t i = 0; i < range.count; ++i)
    count += std::none_of(
        before.begin(), before.end(), [&](const StridedRange &other) {
          return other.contains(range.first + range.stride * i);
        });
  return true;
}

bool RowCounter::count(int64_t row, int64_t &keys, int64_t &different) {
  keys = different = 0;
  before.clear();
  for (const Term<> &term : terms) {
    StridedRange range = getKeysOfRow(term, row, sequence, causal);
    int64_t fresh;
    if (!countNew(range, fresh))
      return false;
    keys =
        addSaturating(keys, multiplySaturating(range.count, term.multiplicity));
    different += fresh;
    before.push_back(range);
  }
  return true;
}

std::optional<UnionCount>
dilated::plan::countUnion(int64_t sequence, const std::vector<Term<>> &terms,
                          bool causal, int64_t maxSteps) {
  if (sequence >= int64_t(1) << 48)
    return std::nullopt;
  if (sequence <= 0)
    return UnionCount();
  std::vector<Term<>> normal = normalize(sequence, terms);
  if (areSegments(normal))
    return UnionCounter(sequence, normal, causal, maxSteps).count();
  if (sequence > maxSteps)
    return std::nullopt;
  RowCounter rows(sequence, normal, causal, maxSteps);
  UnionCount total;
  for (int64_t row = 0; row < sequence; ++row) {
    int64_t keys, different;
    if (!rows.count(row, keys, different))
      return std::nullopt;
    total.rows += different > 0;
    total.pairs = addSaturating(total.pairs, different);
  }
  return total;
}

//===----------------------------------------------------------------------===//
// Keys per row
//===----------------------------------------------------------------------===//

std::optional<KeyCounts>
dilated::plan::countKeysPerRow(int64_t sequence,
                               const std::vector<Term<>> &terms, bool causal,
                               int64_t maxSteps) {
  if (sequence <= 0)
    return KeyCounts();
  std::vector<Term<>> normal = normalize(sequence, terms);
  RowCounter rows(sequence, normal, causal, kMaxInt64);
  KeyCounts counts{kMaxInt64, 0};
  auto visit = [&](int64_t row) {
    int64_t keys, different;
    rows.count(row, keys, different);
    counts.least = std::min(counts.least, keys);
    counts.most = std::max(counts.most, keys);
  };
  if (!areSegments(normal)) {
    if (sequence > maxSteps)
      return std::nullopt;
    for (int64_t row = 0; row < sequence; ++row)
      visit(row);
    return counts;
  }
  int64_t period = 1; // of coverage within an interval
  for (const Term<> &term : normal)
    period =
        multiplySaturating(period, term.rate / std::gcd(period, term.rate));
  for (int64_t begin = 0, end; begin < sequence; begin = end) {
    end = endOfInterval(begin, sequence, normal);
    int64_t inPeriod = std::min(period, end - begin);
    maxSteps -= addSaturating(inPeriod, 1);
    if (maxSteps < 0)
      return std::nullopt;
    for (int64_t i = 0; i < inPeriod; ++i) {
      visit(begin + i);
      // Causal rows gain keys along an interval: its last period has the most.
      if (causal)
        visit(end - 1 - i);
    }
  }
  return counts;
}

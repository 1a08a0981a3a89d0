//===- PatternCount.cpp - how much work a pattern is ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Plan/PatternCount.h"

#include <algorithm>
#include <numeric>

using namespace dilated::plan;

/// Counts above int64 need more room: a million tokens of a million heads are
/// near 2^60 pairs, absurd inputs are not to wrap.
__extension__ typedef __int128 Wide;

static int64_t saturate(Wide value) {
  return value > kMaxInt64 ? kMaxInt64 : static_cast<int64_t>(value);
}

//===----------------------------------------------------------------------===//
// One branch
//===----------------------------------------------------------------------===//

/// Pairs of `rows` positions with each other, or with the causal cut the lower
/// triangle (S4).
static Wide pairsOf(int64_t rows, bool causal) {
  Wide wide = rows;
  return causal ? wide * (wide + 1) / 2 : wide * wide;
}

BranchCount dilated::plan::countBranch(int64_t sequence, const Branch &branch,
                                       bool causal, bool nullKeys) {
  BranchCount count;
  Branch clamped = branch;
  if (sequence <= 0 || !clampBranch(clamped, sequence))
    return count;
  int64_t length = clamped.length, padded = getPaddedClassSize(clamped);
  Wide whole = sequence / length; // segments
  struct {
    Wide segments;
    int64_t rows;
  } kinds[] = {{whole, getClassSize(clamped, length)},
               {1, getClassSize(clamped, sequence % length)}};
  bool hasNullKeys = nullKeys && !causal; // S5
  for (auto [segments, rows] : kinds) {
    if (rows == 0)
      continue;
    // A product of three int64 has no room: saturate after two.
    auto times = [segments = segments](Wide value) {
      return saturate(segments * saturate(value));
    };
    Wide n0 = hasNullKeys ? padded - rows : 0; // S5
    count.rows = addSaturating(count.rows, times(rows));
    count.pairs = addSaturating(count.pairs, times(pairsOf(rows, causal)));
    count.nullKeys = addSaturating(count.nullKeys, times(n0));
    count.nullPairs = addSaturating(count.nullPairs, times(n0 * rows));
  }
  for (int64_t *weighted : {&count.pairs, &count.nullKeys, &count.nullPairs})
    *weighted = multiplySaturating(*weighted, branch.multiplicity);
  return count;
}

BranchCount dilated::plan::countPattern(Pattern pattern, int64_t heads,
                                        int64_t sequence) {
  BranchCount total;
  for (int64_t head = 0; head < heads; ++head)
    for (int64_t term = 0, e = pattern.getNumTerms(); term < e; ++term) {
      BranchCount count =
          countBranch(sequence, pattern.getBranch(term, head, heads),
                      pattern.isCausal(), pattern.hasNullKeys());
      total.rows = addSaturating(total.rows, count.rows);
      total.pairs = addSaturating(total.pairs, count.pairs);
      total.nullKeys = addSaturating(total.nullKeys, count.nullKeys);
      total.nullPairs = addSaturating(total.nullPairs, count.nullPairs);
    }
  return total;
}

//===----------------------------------------------------------------------===//
// Branches together
//===----------------------------------------------------------------------===//

/// The branches clamped, without those that cover no row.
static std::vector<Branch> normalise(int64_t sequence,
                                     const std::vector<Branch> &branches) {
  std::vector<Branch> normal;
  for (Branch branch : branches)
    if (clampBranch(branch, sequence))
      normal.push_back(branch);
  return normal;
}

/// The end of the cell at `begin`: up to there no segment of `branches` ends.
static int64_t endOfCell(int64_t begin, int64_t sequence,
                         const std::vector<Branch> &branches) {
  int64_t rest = sequence - begin;
  for (const Branch &branch : branches)
    rest = std::min(rest, branch.length - begin % branch.length);
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

/// Inclusion and exclusion over the subsets of the branches.
class UnionCounter {
public:
  UnionCounter(int64_t sequence, const std::vector<Branch> &branches,
               bool causal, int64_t maxSteps)
      : sequence(sequence), branches(branches), causal(causal),
        steps(maxSteps) {}

  std::optional<UnionCount> count() {
    std::vector<Branch> subset;
    if (!visit(subset, 0))
      return std::nullopt;
    return UnionCount{saturate(rows), saturate(pairs)};
  }

private:
  bool visit(std::vector<Branch> &subset, size_t next);
  bool countSubset(const std::vector<Branch> &subset, Wide &subsetRows);

  int64_t sequence;
  const std::vector<Branch> &branches;
  bool causal;
  int64_t steps;
  Wide rows = 0, pairs = 0;
};

} // namespace

/// Adds the subsets that extend `subset` by branches from `next` on. What a
/// subset has no row of, no larger one has. False when out of steps.
bool UnionCounter::visit(std::vector<Branch> &subset, size_t next) {
  for (size_t i = next; i < branches.size(); ++i) {
    subset.push_back(branches[i]);
    Wide subsetRows = 0;
    if (!countSubset(subset, subsetRows))
      return false;
    if (subsetRows > 0 && !visit(subset, i + 1))
      return false;
    subset.pop_back();
  }
  return true;
}

/// Rows, and pairs, that every branch of `subset` selects: within a cell these
/// are the positions of one lattice, and each with each other.
bool UnionCounter::countSubset(const std::vector<Branch> &subset,
                               Wide &subsetRows) {
  Wide sign = subset.size() % 2 ? 1 : -1;
  for (int64_t begin = 0, end; begin < sequence; begin = end) {
    steps -= static_cast<int64_t>(subset.size());
    if (steps < 0)
      return false;
    end = endOfCell(begin, sequence, subset);
    std::optional<Lattice> lattice = Lattice{0, 1};
    for (const Branch &branch : subset) {
      Wide first = begin - begin % branch.length + branch.offset;
      lattice = intersect(*lattice, {first % branch.rate, branch.rate},
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
    Wide cellRows = below(end) - below(begin);
    subsetRows += cellRows;
    rows += sign * cellRows;
    pairs += sign * pairsOf(static_cast<int64_t>(cellRows), causal);
  }
  return true;
}

std::optional<UnionCount>
dilated::plan::countUnion(int64_t sequence, const std::vector<Branch> &branches,
                          bool causal, int64_t maxSteps) {
  if (sequence >= int64_t(1) << 48)
    return std::nullopt;
  std::vector<Branch> normal = normalise(sequence, branches);
  return UnionCounter(sequence, normal, causal, maxSteps).count();
}

//===----------------------------------------------------------------------===//
// Keys per row
//===----------------------------------------------------------------------===//

/// The real keys of the row at `position`.
static int64_t countKeys(int64_t position, int64_t sequence,
                         const std::vector<Branch> &branches, bool causal) {
  int64_t keys = 0;
  for (const Branch &branch : branches) {
    int64_t into = position % branch.length;
    if (into % branch.rate != branch.offset)
      continue;
    int64_t length =
        std::min(branch.length, sequence - (position - into)); // of the tail
    int64_t real =
        causal ? into / branch.rate + 1 : getClassSize(branch, length);
    keys = addSaturating(keys, multiplySaturating(real, branch.multiplicity));
  }
  return keys;
}

std::optional<KeyRange>
dilated::plan::countKeysPerRow(int64_t sequence,
                               const std::vector<Branch> &branches, bool causal,
                               int64_t maxSteps) {
  if (sequence <= 0)
    return KeyRange();
  std::vector<Branch> normal = normalise(sequence, branches);
  int64_t period = 1; // of coverage within a cell
  for (const Branch &branch : normal)
    period =
        multiplySaturating(period, branch.rate / std::gcd(period, branch.rate));
  KeyRange range{kMaxInt64, 0};
  for (int64_t begin = 0, end; begin < sequence; begin = end) {
    end = endOfCell(begin, sequence, normal);
    int64_t rows = std::min(period, end - begin);
    maxSteps -= addSaturating(rows, 1);
    if (maxSteps < 0)
      return std::nullopt;
    auto visit = [&](int64_t position) {
      int64_t keys = countKeys(position, sequence, normal, causal);
      range.least = std::min(range.least, keys);
      range.most = std::max(range.most, keys);
    };
    for (int64_t i = 0; i < rows; ++i) {
      visit(begin + i);
      // Causal rows gain keys along a cell: its last period has the most.
      if (causal)
        visit(end - 1 - i);
    }
  }
  return range;
}

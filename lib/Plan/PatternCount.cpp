//===- PatternCount.cpp - how much work a pattern is ------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#include "dilated-mlir/Plan/PatternCount.h"

#include <algorithm>
#include <map>

using namespace dilated::plan;

/// Counts above int64 need more room: a million tokens of a million heads are
/// near 2^60 pairs, absurd inputs are not to wrap.
__extension__ typedef __int128 Wide;

static int64_t saturate(Wide value) {
  return value > kMaxInt64 ? kMaxInt64 : static_cast<int64_t>(value);
}

//===----------------------------------------------------------------------===//
// One term
//===----------------------------------------------------------------------===//

/// Pairs of `rows` positions with each other, or with the causal cut the lower
/// triangle (S4).
static Wide pairsOf(int64_t rows, bool causal) {
  Wide wide = rows;
  return causal ? wide * (wide + 1) / 2 : wide * wide;
}

/// Sum of min(limit, i) for 0 <= i < count.
static Wide sumLimited(Wide count, Wide limit) {
  Wide below = std::min(count, limit);
  return below * (below - 1) / 2 + (count - below) * limit;
}

static TermCount countSegment(int64_t sequence, const Term<> &term, bool causal,
                              bool hasNullKeys) {
  TermCount count;
  int64_t padded = getPaddedClassSize(term.length, term.rate);
  Wide whole = sequence / term.length; // segments
  struct {
    Wide segments;
    int64_t rows;
  } kinds[] = {
      {whole, getClassSize(term.length, term.rate, term.offset)},
      {1, getClassSize(sequence % term.length, term.rate, term.offset)}};
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
  return count;
}

/// (S10) In a class of n rows the i-th has itself, min(left, i) keys before and
/// min(right, n - 1 - i) after.
static TermCount countWindow(int64_t sequence, const Term<> &term,
                             bool causal) {
  TermCount count;
  count.rows = sequence;
  int64_t right = causal ? 0 : term.right, most = ceilDiv(sequence, term.rate);
  struct {
    Wide classes;
    int64_t rows;
  } kinds[] = {{sequence - (most - 1) * term.rate, most},
               {most * static_cast<Wide>(term.rate) - sequence, most - 1}};
  for (auto [classes, rows] : kinds)
    count.pairs = addSaturating(
        count.pairs,
        saturate(classes * saturate(rows + sumLimited(rows, term.left) +
                                    sumLimited(rows, right))));
  return count;
}

/// (S11) Causal, the row at p sees the columns up to itself.
static TermCount countColumns(int64_t sequence, const Term<> &term,
                              bool causal) {
  TermCount count;
  Wide keys = term.end - term.begin;
  count.rows = causal ? sequence - term.begin : sequence;
  count.pairs = saturate(causal ? sumLimited(Wide(count.rows) + 1, keys)
                                : keys * sequence);
  return count;
}

TermCount dilated::plan::countTerm(int64_t sequence, const Term<> &term,
                                   bool causal, bool nullKeys) {
  Term<> clamped = term;
  if (sequence <= 0 || !clampTerm(clamped, sequence))
    return TermCount();
  TermCount count;
  switch (clamped.kind) {
  case TermKind::Segment: // S5: causal rows see no null key
    count = countSegment(sequence, clamped, causal, nullKeys && !causal);
    break;
  case TermKind::Window:
    count = countWindow(sequence, clamped, causal);
    break;
  case TermKind::Columns:
    count = countColumns(sequence, clamped, causal);
    break;
  }
  for (int64_t *weighted : {&count.pairs, &count.nullKeys, &count.nullPairs})
    *weighted = multiplySaturating(*weighted, term.multiplicity);
  return count;
}

TermCount dilated::plan::countPattern(Pattern pattern, int64_t heads,
                                      int64_t sequence) {
  TermCount total;
  for (int64_t head = 0; head < heads; ++head)
    for (int64_t i = 0, e = pattern.getNumTerms(); i < e; ++i) {
      TermCount count = countTerm(sequence, pattern.getTerm(i, head, heads),
                                  pattern.isCausal(), pattern.hasNullKeys());
      total.rows = addSaturating(total.rows, count.rows);
      total.pairs = addSaturating(total.pairs, count.pairs);
      total.nullKeys = addSaturating(total.nullKeys, count.nullKeys);
      total.nullPairs = addSaturating(total.nullPairs, count.nullPairs);
    }
  return total;
}

std::optional<int64_t> dilated::plan::countUsefulPairs(Pattern pattern,
                                                       int64_t heads,
                                                       int64_t sequence,
                                                       int64_t maxSteps) {
  if (!pattern.isSet())
    return countPattern(pattern, heads, sequence).pairs;
  int64_t pairs = 0;
  // Heads of equal offsets select alike.
  std::map<std::vector<int64_t>, std::optional<UnionCount>> counted;
  for (int64_t head = 0; head < heads; ++head) {
    std::vector<Term<>> terms;
    std::vector<int64_t> offsets;
    for (int64_t i = 0, e = pattern.getNumTerms(); i < e; ++i) {
      terms.push_back(pattern.getTerm(i, head, heads));
      offsets.push_back(terms.back().offset);
    }
    auto [it, isNew] = counted.try_emplace(std::move(offsets));
    if (isNew)
      it->second = countUnion(sequence, terms, pattern.isCausal(), maxSteps);
    if (!it->second)
      return std::nullopt;
    pairs = addSaturating(pairs, it->second->pairs);
  }
  return pairs;
}

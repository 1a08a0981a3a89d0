"""Dilated attention in numpy, written from docs/spec.md and nothing else.

One softmax over a multiset: for every (position, head) the number of times each
key is selected and the number of null keys are counted from S1 to S5 and S9 to S11,
then S6 to S8 are two lines of numpy in float64. No gather, no branch outputs, no
mixing: it shares no step with what it tests. Memory is N x N per head.

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np


class Window(NamedTuple):
    """S10"""

    left: int
    right: int
    dilation: int = 1


class Columns(NamedTuple):
    """S11"""

    begin: int
    end: int


@dataclass(frozen=True)
class Pattern:
    """Terms with what they share (docs/spec.md, sections 2, 3 and 5)."""

    terms: tuple  # of Window, Columns, and pairs (w, r) for segments
    offset: str = "block"  # block, modulo, end or constant
    constant: int = 0
    padding: str = "null_keys"  # or exclude
    overlap: str = "multiset"  # or set

    def head_offset(self, h, heads, r):
        """o(h), section 3."""
        if self.offset == "block":
            return h // -(-heads // r)
        if self.offset == "modulo":
            return h % r
        if self.offset == "end":
            return r - 1 - h % r
        assert self.offset == "constant" and 0 <= self.constant < r  # C3
        return self.constant


def selected_by(term, rows, n):
    """selected[p, key] of a window or columns."""
    key = np.arange(n)[None, :]
    if isinstance(term, Window):  # S10: key = p + j * dilation, -left <= j <= right
        distance = key - rows[:, None]
        j = distance // term.dilation
        exact = distance % term.dilation == 0
        return exact & (-term.left <= j) & (j <= term.right)
    return np.broadcast_to((term.begin <= key) & (key < term.end), (len(rows), n))  # S11


def selection(pattern, h, heads, n, causal, rows=None):
    """counts[p, key]: how often p selects the key; nulls[p]: its null keys. `rows`
    are the positions p, all of them by default."""
    position = np.arange(n)
    rows = position if rows is None else rows
    counts = np.zeros((len(rows), n))
    nulls = np.zeros(len(rows))
    before = position[None, :] <= rows[:, None]  # S4
    for term in pattern.terms:
        if isinstance(term, (Window, Columns)):
            selected = selected_by(term, rows, n)
            counts += selected & before if causal else selected
            continue
        w, r = term
        w = min(w, n)  # S1
        segment, within = position // w, position % w
        o = pattern.head_offset(h, heads, r)
        in_class = within % r == o  # S2: covered rows, and what a key must be too
        same = segment[rows, None] == segment[None, :]
        selected = in_class[rows, None] & in_class[None, :] & same  # S3
        if causal:
            selected &= before
        counts += selected
        if pattern.padding == "null_keys" and not causal:  # S5
            length = np.minimum(w, n - segment[rows] * w)
            real = np.maximum(0, -(-(length - o) // r))
            nulls += np.where(in_class[rows], -(-w // r) - real, 0)  # L - real
    if pattern.overlap == "set":
        assert pattern.padding == "exclude"  # C6
        counts = np.minimum(counts, 1)  # S9
    return counts, nulls


def weighted_sum(weights, counts, value):
    """weights @ value over the selected keys alone: 0 times the infinity or NaN of a
    key that a row doesn't select is not part of its sum."""
    total = weights @ np.where(np.isfinite(value), value, 0)
    for key in np.flatnonzero(~np.isfinite(value).all(1)):
        special = np.where(np.isfinite(value[key]), 0, value[key])
        product = weights[:, key, None] * special
        total += np.where((counts[:, key, None] > 0) & (special != 0), product, 0)
    return total


def attention(query, key, value, pattern, causal=False, scale=None, rows=None):
    """query [B, N, H, D], key [B, N, Hkv, D], value [B, N, Hkv, Dv], all taken
    as float64. Returns out [B, N, H, Dv] and lse [B, H, N]; with `rows`, an array of
    positions, for the queries there alone."""
    query, key, value = (np.asarray(x, np.float64) for x in (query, key, value))
    batch, n, heads, depth = query.shape
    group = heads // key.shape[2]
    scale = depth**-0.5 if scale is None else scale
    rows = np.arange(n) if rows is None else rows
    out = np.zeros((batch, len(rows), heads, value.shape[3]))
    lse = np.full((batch, heads, len(rows)), -np.inf)
    for h in range(heads):
        counts, nulls = selection(pattern, h, heads, n, causal, rows)
        covered = counts.sum(1) + nulls > 0
        for b in range(batch):
            scores = scale * query[b, rows, h] @ key[b, :, h // group].T
            scores = np.where(counts > 0, scores, -np.inf)
            # S8: the maximum over the selected keys and the null score 0.
            top = scores.max(1)
            top = np.where(nulls > 0, np.maximum(top, 0), top)
            top = np.where(covered, top, 0)
            weights = counts * np.exp(scores - top[:, None])
            # top >= 0 where there are null keys; elsewhere exp(-top) may overflow.
            total = weights.sum(1) + nulls * np.exp(-np.where(nulls > 0, top, 0))
            safe = np.where(covered, total, 1)
            sums = weighted_sum(weights, counts, value[b, :, h // group])
            out[b, :, h] = sums / safe[:, None]  # S6
            lse[b, h] = np.where(covered, np.log(safe) + top, -np.inf)
            out[b, ~covered, h] = 0  # S7
    return out, lse

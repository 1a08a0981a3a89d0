"""The oracle against the golden vectors, and against what must hold anyway.

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import numpy as np
import pytest

import golden_cases
from oracle import Columns, Pattern, Window, attention, selection

CASES = golden_cases.load()


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_golden(case):
    out, _ = attention(case.query, case.key, case.value, case.pattern, case.causal)
    # The file has 12 digits after the point.
    np.testing.assert_allclose(out, case.expected, rtol=0, atol=1e-11)


def test_all_golden_vectors_are_there():
    assert len(CASES) == 14


def random_operands(rng, batch=2, n=37, heads=4, kv_heads=4, depth=5):
    return (
        rng.standard_normal((batch, n, heads, depth)),
        rng.standard_normal((batch, n, kv_heads, depth)),
        rng.standard_normal((batch, n, kv_heads, depth)),
    )


@pytest.mark.parametrize("causal", [False, True])
def test_one_full_branch_is_dense_attention(causal):
    query, key, value = random_operands(np.random.default_rng(0))
    out, lse = attention(query, key, value, Pattern(((2**63 - 1, 1),)), causal)
    scores = np.einsum("bqhd,bkhd->bhqk", query, key) * query.shape[3] ** -0.5
    if causal:
        scores = np.where(np.tri(scores.shape[2]) > 0, scores, -np.inf)
    weights = np.exp(scores)
    total = weights.sum(-1, keepdims=True)
    np.testing.assert_allclose(
        out, np.einsum("bhqk,bkhd->bqhd", weights / total, value), atol=1e-12
    )
    np.testing.assert_allclose(lse, np.log(total[..., 0]), atol=1e-12)


def test_a_key_that_two_branches_select_counts_twice():
    counts, _ = selection(Pattern(((8, 1), (16, 2))), 0, 4, 16, causal=False)
    assert counts[0, 2] == 2 and counts[0, 1] == 1 and counts[0, 10] == 1


def test_null_keys_of_a_slide_of_1069_tokens():
    """The numbers of docs/spec.md, S5."""
    _, nulls = selection(Pattern(((1024, 1),)), 0, 1, 1069, causal=False)
    assert nulls[1023] == 0 and nulls[1024] == 979


def test_a_window_selects_every_second_key_that_exists():
    """docs/spec.md, S10."""
    pattern = Pattern((Window(1, 2, 2),), padding="exclude")
    counts, nulls = selection(pattern, 0, 1, 10, causal=False)
    keys = [list(np.flatnonzero(row)) for row in counts]
    assert keys[0] == [0, 2, 4] and keys[5] == [3, 5, 7, 9] and keys[8] == [6, 8]
    assert not nulls.any() and counts.max() == 1
    counts, _ = selection(pattern, 0, 1, 10, causal=True)
    assert list(np.flatnonzero(counts[5])) == [3, 5]


def test_columns_are_keys_of_every_row():
    """docs/spec.md, S11."""
    pattern = Pattern((Columns(2, 4),), padding="exclude")
    counts, _ = selection(pattern, 0, 1, 10, causal=False)
    assert all(list(np.flatnonzero(row)) == [2, 3] for row in counts)
    counts, _ = selection(pattern, 0, 1, 10, causal=True)
    assert [int(row.sum()) for row in counts] == [0, 0, 1] + 7 * [2]
    counts, _ = selection(pattern, 0, 1, 3, causal=False)
    assert all(list(np.flatnonzero(row)) == [2] for row in counts)
    assert not selection(pattern, 0, 1, 2, causal=False)[0].any()


def test_a_set_counts_a_key_once():
    """docs/spec.md, S9: with what terms of a multiset count more than once."""
    terms = ((8, 1), Window(2, 0), Columns(0, 4))
    counts, _ = selection(Pattern(terms, padding="exclude"), 0, 1, 16, causal=True)
    once, _ = selection(
        Pattern(terms, padding="exclude", overlap="set"), 0, 1, 16, causal=True
    )
    assert counts[3, 2] == 3 and counts[12, 2] == 1 and counts[12, 11] == 2
    np.testing.assert_array_equal(once, counts > 0)


@pytest.mark.parametrize("causal", [False, True])
def test_a_window_over_everything_is_dense_attention(causal):
    operands = random_operands(np.random.default_rng(6))
    window = Pattern((Window(2**63 - 1, 2**63 - 1),), padding="exclude")
    dense = Pattern(((2**63 - 1, 1),))
    for got, wanted in zip(attention(*operands, window, causal), attention(*operands, dense, causal)):
        np.testing.assert_array_equal(got, wanted)


def test_uncovered_rows_are_zero():
    operands = random_operands(np.random.default_rng(1))
    out, lse = attention(*operands, Pattern(((8, 2), (16, 4))))
    # Head 0 takes class 0 of both rates: odd positions have no key at all (S7).
    assert (out[:, 1::2, 0] == 0).all() and (lse[:, 0, 1::2] == -np.inf).all()
    assert np.isfinite(lse[:, 0, ::2]).all()


def test_grouped_heads_read_their_own_keys():
    query, key, value = random_operands(np.random.default_rng(2), kv_heads=2)
    pattern = Pattern(((16, 1), (37, 3)), offset="modulo")
    grouped, _ = attention(query, key, value, pattern)
    repeated, _ = attention(query, key.repeat(2, 2), value.repeat(2, 2), pattern)
    np.testing.assert_array_equal(grouped, repeated)


def test_logits_of_ten_thousand():
    """S8: no overflow, and null keys of score 0 beside logits of -1e4 win."""
    query, key, value = random_operands(np.random.default_rng(3), n=33)
    out, lse = attention(query, -1e4 * query, value, Pattern(((32, 1),)), scale=1.0)
    assert np.isfinite(out).all() and np.isfinite(lse).all()
    # The last segment: one real key, its logit some -1e4, and 31 null keys.
    assert (out[:, -1] == 0).all()
    np.testing.assert_allclose(lse[:, :, -1], np.log(31))

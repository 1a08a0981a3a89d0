"""The oracle against the golden vectors, and against what must hold anyway.

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import numpy as np
import pytest

import golden_cases
from oracle import Pattern, attention, selection

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

"""Inputs on which a softmax that takes its scores relative to a number other than
their maximum goes wrong, or nearly so.

Every function fills one element of a batch: query [N, H, D], key and value
[N, Hkv, D], standard normal when it begins. Scores are in base 2 here, as in the
kernels: log2(e) * scale * <query, key>, scale = 1/sqrt(D).

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import numpy as np


def set_scores(query, key, scores):
    """The scores of key j become scores[j] and a little noise, for every query."""
    depth = query.shape[-1]
    query *= 0.25
    query[..., 0] = 1
    key[..., 0] = scores[:, None] * np.log(2) * depth**0.5


def grow(by):
    def fill(query, key, value):
        set_scores(query, key, np.linspace(0, by, len(key)))

    return fill


def step(by):
    """The later half of the keys lie above the first: the largest weight is 2^by, close
    to where a fixed maximum is given up, and where f32 ends."""

    def fill(query, key, value):
        set_scores(query, key, np.where(np.arange(len(key)) < len(key) // 2, 0, by))

    return fill


def outliers(query, key, value):
    key[-3:] *= 40


def equal(query, key, value):
    query[:] = 1
    key[:] = 1


def low(by):
    def fill(query, key, value):
        set_scores(query, key, np.full(len(key), -by))

    return fill


def huge_scale(query, key, value):
    query *= 1000


def alternating(query, key, value):
    """Neighbouring segments of the shortest branch, and with them what the branches
    give a row, differ by 1000."""
    set_scores(query, key, 1000 * (np.arange(len(key)) // 64 % 2))


def large_values(query, key, value):
    """Weights in the range that a fixed maximum allows, times values in the range of f32."""
    set_scores(query, key, np.linspace(0, 60, len(key)))
    value *= 1e30


def nan_value(query, key, value):
    value[len(value) // 2, :, 0] = np.nan


def infinite_value(query, key, value):
    value[len(value) // 2, :, 1] = np.inf
    value[-1, :, 2] = -np.inf


def nan_key(query, key, value):
    key[len(key) // 2, :, 0] = np.nan


def infinite_key(query, key, value):
    """A score of minus infinity for half of the queries, of infinity for the others."""
    key[len(key) // 2, :, 0] = np.inf


def nan_query(query, key, value):
    query[len(query) // 3, 0, 0] = np.nan


CASES = {
    "normal": lambda query, key, value: None,
    "grow 50": grow(50),
    "grow 120": grow(120),
    "grow 200": grow(200),
    "grow 1000": grow(1000),
    "fall 1000": grow(-1000),
    "step 90": step(90),
    "step 98": step(98),
    "step 101": step(101),
    "step 126": step(126),
    "step 129": step(129),
    "outliers": outliers,
    "equal": equal,
    "low 100": low(100),
    "low 1000": low(1000),
    "huge scale": huge_scale,
    "alternating": alternating,
    "large values": large_values,
    "nan value": nan_value,
    "infinite value": infinite_value,
    "nan key": nan_key,
    "infinite key": infinite_key,
    "nan query": nan_query,
}
# 1e30 is no number in f16.
NOT_IN_F16 = {"large values"}


def names_for(dtype):
    return [name for name in CASES if dtype != "f16" or name not in NOT_IN_F16]


def operands(case, names, rng):
    """Query, key, value in f64, [len(names), N, H, D]."""
    arrays = [rng.standard_normal(shape) for shape in case.shapes()[:3]]
    assert case.batch == len(names)
    for b, name in enumerate(names):
        CASES[name](*(array[b] for array in arrays))
    return arrays

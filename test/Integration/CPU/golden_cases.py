"""The stored golden vectors (test/golden), with their closed-form inputs.

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from oracle import Pattern

PATH = Path(__file__).parents[2] / "golden" / "longnet.json"


@dataclass
class GoldenCase:
    name: str
    pattern: Pattern
    causal: bool
    query: np.ndarray
    key: np.ndarray
    value: np.ndarray
    expected: np.ndarray  # [B, N, H, D]


def _inputs(batch, n, heads, depth):
    b, n, h, e = np.ogrid[:batch, :n, :heads, :depth]
    index = (n * heads + h) * depth + e
    query = np.sin(0.37 * index + 0.1 + 0.7 * b)
    key = 1.5 * np.cos(0.23 * index + 0.5 + 0.7 * b)
    value = np.sin(0.11 * index + 1.0 + 0.7 * b)
    return query, key, value


def load():
    cases = []
    for case in json.loads(PATH.read_text())["cases"]:
        shape = tuple(case[axis] for axis in "BNHD")
        query, key, value = _inputs(*shape)
        # intended: where the specification leaves torchscale (section 7).
        expected = case["intended_BNHD"] or case["torchscale_BNHD"]
        segments = tuple(zip(case["segment_length"], case["dilated_ratio"]))
        cases.append(
            GoldenCase(
                case["name"],
                Pattern(segments),
                case["causal"],
                query,
                key,
                value,
                np.reshape(expected, shape),
            )
        )
    return cases

"""Reads a profile of the kernel 'scale' from stdin: 3 warps, 70 of 96 threads active.

SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import json
import sys

profile = json.load(sys.stdin)
expected = {
    "blocks": 3,
    "warps": 3,
    "threads": 96,
    "branches": 3,
    "divergent_branches": 1,
    # Two requests a warp; 32, 32 and 6 floats in sectors of 8.
    "global_requests": 6,
    "global_sectors": 2 * (4 + 4 + 1),
    "shared_requests": 0,
}
for name, value in expected.items():
    assert profile[name] == value, f"{name} is {profile[name]}, expected {value}"
assert profile["bytes"]["global"] == {"read": 280, "written": 280}, profile["bytes"]
assert profile["classes"]["float32"] == {"warps": 3, "lanes": 70}, profile["classes"]
assert profile["occupancy"]["chip"] == "sm_80", profile["occupancy"]
assert profile["seconds"] > 0
by_line = {line["line"]: line for line in profile["lines"]}
assert any(line["divergences"] == 1 for line in by_line.values()), by_line

"""Holds the lines of `dilated-bench --json` against what they must be: two
attentions and a model (see bench.test).

usage: check_json.py FILE
SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""

import json
import sys

with open(sys.argv[1]) as file:
    longvit, grouped, model = [json.loads(line) for line in file]

promised = {
    "case": str, "seconds_median": float, "seconds_min": float, "seconds_max": float, "useful_flops": (int, float),
    "useful_flops_per_second": float, "executed_pairs": int, "useful_pairs": int, "bytes": int, "peak_rss_bytes": int,
    "compile_seconds": float, "machine": str, "threads": int, "gemm_flops_per_second": float, "ratio_to_gemm": float,
}
# Null where a number does not apply.
optional = {"gemm_flops_per_second", "ratio_to_gemm"}
of_patterns = {"executed_pairs", "useful_flops", "useful_flops_per_second", "useful_pairs"}
for line in (longvit, grouped, model):
    assert set(promised) <= set(line), set(promised) - set(line)
    for key, kind in promised.items():
        none_is_fine = key in optional or (line is model and key in of_patterns)
        assert isinstance(line[key], kind) or (line[key] is None and none_is_fine), (key, line)
    assert 0 < line["seconds_min"] <= line["seconds_median"] <= line["seconds_max"], line
    assert line["peak_rss_bytes"] > line["bytes"] and line["compile_seconds"] > 0, line
    assert " CPUs" in line["machine"], line

for line in (longvit, grouped):
    rate = line["useful_flops"] / line["seconds_median"]
    assert line["executed_pairs"] >= line["useful_pairs"], line
    assert abs(line["useful_flops_per_second"] - rate) <= 1e-9 * rate, line
assert longvit["useful_flops"] == 4 * 24 * longvit["useful_pairs"] and longvit["threads"] == 2, longvit
assert longvit["bytes"] == 4 * 2 * 1024 * 16 * 24 * 4, longvit

# Query and output of four heads, key and value of two, bf16; one dense segment.
assert grouped["bytes"] == (4 + 4 + 2 + 2) * 100 * 8 * 2, grouped
assert grouped["useful_pairs"] == 4 * 100 * 100 and grouped["threads"] == 1, grouped
assert grouped["gemm_flops_per_second"] is None, grouped

assert model["bytes"] == 2 * (2 * 64 * 128 * 4), model

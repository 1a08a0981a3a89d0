# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""A picture of what attention_cpu.py measured."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

_COLOURS = {"ours": "#c0392b", "strided": "#34495e", "gathered": "#7f8c8d", "dense": "#bdc3c7"}


def write(runs: Sequence[dict[str, Any]], path: str) -> None:
    """Rates of useful work beside the matrix product's, all cores; a panel per type."""
    import matplotlib

    matplotlib.use("Agg")
    matplotlib.rcParams["svg.hashsalt"] = "attention_cpu"  # the same file every time
    from matplotlib import pyplot
    from matplotlib.lines import Line2D
    from matplotlib.patches import Patch

    latest = {
        (result["dtype"], result["case"], result["threads"]): result
        for run in runs
        for result in run["results"]
        if "strided" in result["contestants"] or "dense" in result["contestants"]
    }
    threads = max(key[2] for key in latest)
    dtypes = list(dict.fromkeys(key[0] for key in latest))
    figure, panels = pyplot.subplots(
        1, len(dtypes), figsize=(5.5 * len(dtypes), 6), squeeze=False, layout="constrained"
    )
    for panel, dtype in zip(panels[0], dtypes, strict=True):
        results = [r for (d, _, t), r in latest.items() if d == dtype and t == threads]
        for i, result in enumerate(reversed(results)):
            shown = [name for name in _COLOURS if name in result["contestants"]]
            # Dense attention does other work where the pattern is not dense.
            if "strided" in shown:
                shown = [name for name in shown if name != "dense"]
            height = 0.8 / len(shown)
            for j, name in enumerate(shown):
                rate = result["useful_flops"] / result["contestants"][name]["seconds_min"] * 1e-9
                panel.barh(i + 0.4 - (j + 0.5) * height, rate, height, color=_COLOURS[name])
            gemm = result["gemm_flops_per_second"] * 1e-9
            panel.plot([gemm, gemm], [i - 0.42, i + 0.42], color="black", lw=1)
        panel.set_yticks(range(len(results)), [r["case"] for r in reversed(results)], fontsize=8)
        panel.set_xlabel("useful GFLOP/s")
        panel.set_title(f"{dtype}, {threads} threads", fontsize=10)
    handles = [Patch(color=colour, label=name) for name, colour in _COLOURS.items()]
    handles.append(Line2D([], [], color="black", lw=1, label="matrix product, same rounds"))
    figure.legend(handles=handles, ncols=len(handles), fontsize=8, loc="outside lower center")
    figure.suptitle(f"{runs[-1]['machine']}, {runs[-1]['date']}", fontsize=8)
    figure.savefig(path, metadata={"Date": None} if path.endswith(".svg") else None)

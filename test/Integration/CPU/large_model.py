"""Weights don't pass through memory: a model with external data of a given size
is compiled into a library, with the weights inside or beside it, and run; the
anonymous memory of every process is watched.

usage: large_model.py --megabytes 2500 [--limit MB] [--seconds S] WORK
"""

import argparse
import pathlib
import shutil
import subprocess
import sys
import time

import numpy as np
import onnx
from onnx import TensorProto, helper


def make_model(folder, megabytes):
    """y = x + w0 + w1 + … with one-column slices, so that running is quick but
    every weight is needed. Weights of 64 MB, all of one value each."""
    rows, columns = 4096, 4096
    count = max(1, megabytes * 1_000_000 // (rows * columns * 4))
    with open(folder / "weights.bin", "wb") as data:
        for i in range(count):
            block = np.full((64, columns), i + 1, np.float32).tobytes()
            for _ in range(rows // 64):
                data.write(block)
    nodes, tensors = [], []
    size = rows * columns * 4
    for i in range(count):
        tensor = TensorProto(name=f"w{i}", data_type=TensorProto.FLOAT, dims=[rows, columns])
        tensor.data_location = TensorProto.EXTERNAL
        for key, value in (("location", "weights.bin"), ("offset", i * size), ("length", size)):
            tensor.external_data.add(key=key, value=str(value))
        tensors.append(tensor)
        nodes.append(helper.make_node("Gather", [f"w{i}", "rows"], [f"g{i}"], axis=0))
        nodes.append(helper.make_node("Add", [f"s{i}" if i else "x", f"g{i}"], [f"s{i + 1}"]))
    nodes[-1].output[0] = "y"
    tensors.append(helper.make_tensor("rows", TensorProto.INT64, [2], [0, rows - 1]))
    info = [helper.make_tensor_value_info(n, TensorProto.FLOAT, [2, columns]) for n in "xy"]
    graph = helper.make_graph(nodes, "large", info[:1], info[1:], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=9)
    onnx.save(model, folder / "model.onnx")
    return count, count * size


def watch(command, cwd):
    """Runs a command; its seconds, and the peak of its RssAnon in bytes."""
    start = time.monotonic()
    process = subprocess.Popen(command, cwd=cwd)
    peak = 0
    while process.poll() is None:
        try:
            for line in open(f"/proc/{process.pid}/status"):
                if line.startswith("RssAnon:"):
                    peak = max(peak, int(line.split()[1]) * 1024)
        except OSError:
            pass
        time.sleep(0.002)
    assert process.returncode == 0, f"{' '.join(command)}: exit code {process.returncode}"
    return time.monotonic() - start, peak


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--megabytes", type=int, required=True)
    parser.add_argument("--limit", type=int, default=1000, help="of anonymous memory, MB")
    parser.add_argument("--seconds", type=float, default=60, help="for compiling")
    parser.add_argument("work", type=pathlib.Path)
    options = parser.parse_args()
    shutil.rmtree(options.work, ignore_errors=True)
    options.work.mkdir(parents=True)
    count, size = make_model(options.work, options.megabytes)
    failed = False
    for weights in ("embed", "file"):
        library = f"{weights}.so"
        compiling = ["dilated-compile", "model.onnx", "-o", library, f"--weights={weights}"]
        running = ["dilated-run", library, "--input", "x=2x4096xf32=0.5", "--output", "y=@y.npy"]
        for command, limit in ((compiling, options.seconds), (running, options.seconds)):
            seconds, anonymous = watch(command, options.work)
            print(f"{command[0]} {library}: {size / 1e6:.0f} MB of weights, {seconds:.1f} s, "
                  f"peak RssAnon {anonymous / 1e6:.0f} MB")
            failed |= seconds > limit or anonymous > options.limit * 1e6
        y = np.load(options.work / "y.npy")
        assert np.all(y == 0.5 + count * (count + 1) / 2), y
        total = sum((options.work / name).stat().st_size for name in (library, "file.weights")
                    if (options.work / name).exists() and not (weights == "embed" and name == "file.weights"))
        assert size <= total <= size + 1_000_000, (total, size)
    shutil.rmtree(options.work)
    if failed:
        sys.exit(f"limits: {options.limit} MB, {options.seconds} s")


if __name__ == "__main__":
    main()

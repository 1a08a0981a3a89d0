"""Kills dilated-compile while it works and writes: whatever is there afterwards
is complete, and nothing else is there.

usage: killed.py MODEL WORK [ROUNDS]
"""

import pathlib
import random
import shutil
import signal
import subprocess
import sys
import time

model, work = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
rounds = int(sys.argv[3]) if len(sys.argv) > 3 else 50
random.seed(7)
kinds = [["x.so"], ["x.so", "--weights=file"], ["x.o"], ["x.ll"]]


def outputs(folder):
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def start(kind, folder):
    return subprocess.Popen(["dilated-compile", model, "-o", *kind], cwd=folder, stderr=subprocess.DEVNULL)


# What is written when nobody disturbs, and how long that takes.
shutil.rmtree(work, ignore_errors=True)
expected, seconds = [], []
for i, kind in enumerate(kinds):
    folder = work / f"complete{i}"
    folder.mkdir(parents=True)
    begin = time.monotonic()
    assert start(kind, folder).wait() == 0
    seconds.append(time.monotonic() - begin)
    expected.append(outputs(folder))

killed = found = done = 0
# On a machine whose load changes some end before they are killed: then there are more rounds.
while done < rounds or killed < rounds // 2:
    assert done < 10 * rounds, f"of {done} only {killed} were killed before they ended"
    kind = done % len(kinds)
    done += 1
    folder = work / "killed"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    process = start(kinds[kind], folder)
    # Most of the time is compiling: aim at the end, when files are written.
    time.sleep(seconds[kind] * random.uniform(0.8, 1.15))
    process.send_signal(signal.SIGKILL)
    hit = process.wait() == -signal.SIGKILL
    killed += hit
    left = outputs(folder)
    # Other load comes and goes: keep near the end.
    seconds[kind] *= 1 if left and hit else 1.05 if hit else 0.8
    found += bool(left)
    for name, content in left.items():
        assert name in expected[kind], f"round {done}: {name} is left behind"
        assert content == expected[kind][name], f"round {done}: {name} is not what is written otherwise"
print(f"{done} rounds, {killed} killed, {found} left complete files")

# Kills dilated-run 50 times while it writes its cache, at chosen bytes.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""kill_writers.py DILATED_RUN DIE_SO MODEL FOLDER"""

import os
import subprocess
import sys

program, die, model, folder = sys.argv[1:]
command = [program, model, "--input", "arg0=4xf32=2", "--cache-dir", folder, "--profile"]
answer = "result0: 4xf32 = 4 4 4 4\n"


def run(**variables):
    environment = {**os.environ, **variables}
    return subprocess.run(command, capture_output=True, text=True, env=environment)


def entries(prefix):
    return [n for n in os.listdir(folder) if n.startswith(prefix) and not n.endswith(".timestamp")]


# How long an entry is, from one that nobody disturbs.
first = run()
assert first.stdout == answer and "code: compiled" in first.stderr, first
(name,) = entries("llvmcache-")
path = os.path.join(folder, name)
size = os.path.getsize(path)

killed = wrong = 0
header = [0, 1, 8, 39, 40, 47, 48, 79, 80, 81, size - 1, size]
spread = [size * i // 36 for i in range(1, 37)]
places = [{"DIE_AT_BYTE": str(byte)} for byte in header + spread]
places += [{"DIE_AT_RENAME": "before"}, {"DIE_AT_RENAME": "after"}]
for number, place in enumerate(places):
    # Every other time beside an entry that is damaged, and is to be replaced.
    if number % 2:
        with open(path, "wb") as damaged:
            damaged.write(os.urandom(size))
    elif os.path.exists(path):
        os.remove(path)
    result = run(LD_PRELOAD=die, **place)
    killed += result.returncode == -9
    # Whatever it left, the next one compiles or reads a whole entry, and cleans up.
    after = run()
    whole = "after" in place.values()
    expected = "code: from the cache" if whole else "code: compiled"
    wrong += after.stdout != answer or expected not in after.stderr
    if not whole:
        wrong += len(entries("dilated-tmp-")) != 0
    again = run()
    wrong += again.stdout != answer or "code: from the cache" not in again.stderr
print(f"{killed} killed, {wrong} wrong, {len(entries('dilated-tmp-'))} temporaries left")

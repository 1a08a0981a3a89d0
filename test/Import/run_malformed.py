# Runs the tools on models that are broken in one way each.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""run_malformed.py TOOL_DIR [FAMILY...]

Every case must end with its exit code and say what its row of the table wants,
within a minute, without a crash and without leaving an output file. Prints
the cases that do not, then `N passed, N failed`.
"""

import json
import os
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))


def run_case(case, tool_dir, folder):
    """What is wrong with how the tool took the case; empty when nothing is."""
    arguments = list(case["arguments"])
    if case["tool"] == "dilated-translate":
        arguments += ["-o", "out.mlir"]
    try:
        result = subprocess.run(
            [os.path.join(tool_dir, case["tool"])] + arguments,
            cwd=folder,
            capture_output=True,
            timeout=60,
        )
    except subprocess.TimeoutExpired:
        return ["did not end within 60 s"]
    stderr = result.stderr.decode(errors="replace")
    problems = []
    if result.returncode != case["exit"]:
        problems.append(f"exit code {result.returncode}, expected {case['exit']}")
    problems += [f"does not say {text!r}" for text in case["expect"] if text not in stderr]
    crash_texts = ["PLEASE submit a bug report", "Assertion", "Sanitizer", "runtime error:"]
    if any(text in stderr for text in crash_texts):
        problems.append("crashed")
    if os.path.exists(os.path.join(folder, "out.mlir")):
        problems.append("left an output file")
    if problems:
        problems.append("it says: " + stderr.strip()[:2000])
    return problems


def main():
    tool_dir, families = sys.argv[1], sys.argv[2:]
    passed = failed = 0
    with tempfile.TemporaryDirectory() as root:
        generator = os.path.join(HERE, "Inputs", "make_malformed.py")
        subprocess.run([sys.executable, generator, root] + families, check=True)
        with open(os.path.join(root, "cases.json")) as file:
            cases = json.load(file)
        for case in cases:
            problems = run_case(case, tool_dir, os.path.join(root, case["name"]))
            if problems:
                failed += 1
                print(f"{case['family']}/{case['name']}:")
                for problem in problems:
                    print(f"  {problem}")
            else:
                passed += 1
    print(f"{passed} passed, {failed} failed")
    return 0 if failed == 0 and passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())

#!/usr/bin/env python3
"""Adds up the results of one run of tools/check.sh.

Reads what lit, GoogleTest and pytest wrote, names each failure and each test
that did not run with its reason, and ends with the line `N passed, N failed`.
Exit code 1 when anything failed. SPDX: Apache-2.0 WITH LLVM-exception.
"""

import argparse
import json
import re
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path


class Tally:
    def __init__(self):
        self.passed = 0
        self.failures = []
        self.skipped = {}  # reason -> names

    def skip(self, name, reason):
        self.skipped.setdefault(reason, []).append(name)

    def add_lit(self, path):
        """`lit --output`: PASS and XFAIL are what the test expects."""
        for test in json.loads(path.read_text())["tests"]:
            if test["code"] in ("PASS", "FLAKYPASS", "XFAIL"):
                self.passed += 1
            elif test["code"] in ("UNSUPPORTED", "SKIPPED", "EXCLUDED"):
                self.skip(test["name"], lit_reason(test))
            else:
                self.failures.append(f"{test['name']} ({test['code']})")

    def add_gtest(self, path):
        """`--gtest_output=json:`: one entry per case."""
        for suite in json.loads(path.read_text())["testsuites"]:
            for case in suite["testsuite"]:
                name = f"{case['classname']}.{case['name']}"
                if case.get("status") == "NOTRUN":
                    self.skip(name, "disabled in the source")
                elif case.get("result") == "SKIPPED":
                    self.skip(name, "skipped itself")
                elif case.get("failures"):
                    self.failures.append(name)
                else:
                    self.passed += 1

    def add_pytest(self, path):
        """`--junitxml`: one entry per case."""
        for case in ElementTree.parse(path).getroot().iter("testcase"):
            name = f"{case.get('classname')}::{case.get('name')}"
            if case.find("failure") is not None or case.find("error") is not None:
                self.failures.append(name)
            elif (skipped := case.find("skipped")) is not None:
                self.skip(name, skipped.get("message", "skipped itself"))
            else:
                self.passed += 1

    def add_step(self, text):
        """NAME=pass, NAME=fail or NAME=skip:REASON, from the shell."""
        name, _, result = text.partition("=")
        if result == "pass":
            self.passed += 1
        elif result.startswith("skip:"):
            self.skip(name, result.removeprefix("skip:"))
        else:
            self.failures.append(name)


def lit_reason(test):
    found = re.search(r"unavailable features: (.+)", test.get("output", ""))
    if found:
        return f"this machine lacks {found.group(1)}"
    return test.get("output", "").strip() or "unsupported here"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--lit", type=Path, action="append", default=[])
    parser.add_argument("--gtest", type=Path, action="append", default=[])
    parser.add_argument("--pytest", type=Path, action="append", default=[])
    parser.add_argument("--step", action="append", default=[])
    arguments = parser.parse_args()

    tally = Tally()
    for kind in ("lit", "gtest", "pytest"):
        for path in getattr(arguments, kind):
            if not path.is_file():  # the runner died before it wrote a result
                tally.failures.append(f"{kind}: no result in {path.name}")
                continue
            getattr(tally, f"add_{kind}")(path)
    for step in arguments.step:
        tally.add_step(step)

    for reason, names in sorted(tally.skipped.items()):
        print(f"not run, {reason}: {', '.join(sorted(names))}")
    for name in sorted(tally.failures):
        print(f"failed: {name}")
    print(f"{tally.passed} passed, {len(tally.failures)} failed")
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())

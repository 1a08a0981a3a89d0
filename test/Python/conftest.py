# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
"""The package of the build tree, and what the tests share."""

import os
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
BUILD = ROOT / os.environ.get("DILATED_BUILD_DIR", "build")

# An installed package is tested by DILATED_TEST_INSTALLED=1.
if os.environ.get("DILATED_TEST_INSTALLED") != "1":
    sys.path.insert(0, str(BUILD / "python"))
sys.path.insert(0, str(ROOT / "test" / "Integration" / "CPU"))
# Tests are about the compiler of this build, and leave a user's cache alone.
os.environ["DILATED_CACHE"] = "off"


@pytest.fixture(scope="session")
def root():
    return ROOT


@pytest.fixture(scope="session")
def models():
    return ROOT / "test" / "models"


@pytest.fixture(scope="session")
def build():
    return BUILD

# What a lit test of this project may use: tools, substitutions, features.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception

import os
import platform
import shutil

import lit.formats
from lit.llvm import llvm_config
from lit.llvm.subst import ToolSubst

config.name = "dilated-mlir"
config.test_format = lit.formats.ShTest(execute_external=False)
config.suffixes = [".mlir", ".test", ".onnxtxt"]
# Not tests: inputs of tests, stored models, GoogleTest (it runs on its own).
config.excludes = ["Inputs", "models", "golden", "Unit"]
config.test_source_root = os.path.dirname(__file__)
config.test_exec_root = os.path.join(config.dilated_build_dir, "test")

# -enable-var-scope: a FileCheck variable without $ ends at the next label, so a
# test can't match against a name that an earlier function left behind.
# --dump-input=fail: a failing test shows where its input stopped matching.
config.environment["FILECHECK_OPTS"] = "-enable-var-scope --dump-input=fail"

# ===-----------------------------------------------------------------------===#
# Tools and substitutions
# ===-----------------------------------------------------------------------===#

llvm_config.with_environment("PATH", config.llvm_tools_dir, append_path=True)
llvm_config.with_environment("PATH", config.dilated_tools_dir, append_path=True)

# With this switch every dilated-opt of the suite also prints and parses again
# what it read: a round trip of the whole suite's IR, at twice the time.
opt_arguments = []
if os.environ.get("DILATED_OPT_CHECK_ROUNDTRIP") == "1":
    opt_arguments.append("--verify-roundtrip")

tools = [
    ToolSubst("dilated-opt", extra_args=opt_arguments),
    "dilated-translate",
    "dilated-compile",
    "dilated-run",
    "dilated-bench",
    "dilated-ptx-run",
    "dilated-lsp-server",
    "FileCheck",
    "not",
    "split-file",
    "count",
    "llvm-nm",
    "llvm-objdump",
    "llvm-readelf",
]
llvm_config.add_tool_substitutions(
    tools, [config.dilated_tools_dir, config.llvm_tools_dir]
)

test_root = config.test_source_root
config.substitutions += [
    ("%python", config.python_executable),
    ("%include", os.path.join(test_root, "..", "include")),
    ("%models", os.path.join(test_root, "models")),
    ("%golden", os.path.join(test_root, "golden")),
    ("%tools", config.dilated_tools_dir),
    ("%fake_cuda_driver", os.path.join(config.dilated_build_dir, "lib", "libDilatedFakeCudaDriver.so")),
]
# Tests written in Python find the helpers of test/Integration/CPU and the tools.
config.environment["PYTHONPATH"] = os.path.join(test_root, "Integration", "CPU")
config.environment["PYTHONDONTWRITEBYTECODE"] = "1"
# Tests are about the compiler of this build, and leave a user's cache alone.
config.environment["DILATED_CACHE"] = "off"
config.environment["DILATED_TOOLS_DIR"] = config.dilated_tools_dir

# ===-----------------------------------------------------------------------===#
# Features, for REQUIRES lines
# ===-----------------------------------------------------------------------===#


def cpu_flags():
    """The flags line of /proc/cpuinfo; empty where there is none."""
    try:
        with open("/proc/cpuinfo") as info:
            for line in info:
                if line.startswith("flags"):
                    return set(line.split(":", 1)[1].split())
    except OSError:
        pass
    return set()


config.available_features.add(platform.machine().replace("_", "-"))
for flag in cpu_flags() & {"avx2", "avx512f", "avx512_bf16", "amx_bf16"}:
    config.available_features.add(flag.replace("_", "-"))

for feature, programs in {
    "clang": ["clang-22", "clang"],
    "nvcc": ["nvcc"],
    "ptxas": ["ptxas"],
    "valgrind": ["valgrind"],
}.items():
    path = next(filter(None, map(shutil.which, programs)), None)
    if path:
        config.available_features.add(feature)
        config.substitutions.append(("%" + feature, path))

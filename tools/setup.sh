#!/usr/bin/env bash
# Brings a Debian 12 to the point where every tool of the project is built:
# packages, a Python environment in .venv, configure, build. Says what is
# missing before installing it; a second run with nothing to do takes seconds.
set -euo pipefail
cd "$(dirname "$0")/.."

usage() {
  cat <<EOF
usage: tools/setup.sh [--no-build] [--list-packages]
  --no-build       install and configure, build nothing
  --list-packages  print the Debian packages that the project needs, and stop
environment:
  DILATED_BUILD_DIR  build folder (default: build)
  DILATED_JOBS       compile jobs at a time (default: one per core)
EOF
}

# Why each is here: the compiler and its linker; the build; the ONNX reader and
# the text of the tools; tests; what formats and checks the sources; the BLAS
# that dilated-bench measures against.
packages=(
  llvm-22-dev libmlir-22-dev mlir-22-tools llvm-22-tools liblld-22-dev
  zlib1g-dev libzstd-dev
  g++ cmake ninja-build ccache git
  libprotobuf-dev protobuf-compiler libfmt-dev
  python3 python3-venv python3-dev libgtest-dev
  clang-format-22
  libopenblas0-pthread
)

build=1
for arg in "$@"; do
  case $arg in
    --no-build) build=0 ;;
    --list-packages) printf '%s\n' "${packages[@]}"; exit 0 ;;
    -h | --help) usage; exit 0 ;;
    *) usage >&2; exit 2 ;;
  esac
done

say() { printf 'setup: %s\n' "$*" >&2; }
fail() { say "$*"; exit 1; }

build_dir=${DILATED_BUILD_DIR:-build}
jobs=${DILATED_JOBS:-$(nproc)}

#===-----------------------------------------------------------------------===#
# Debian packages
#===-----------------------------------------------------------------------===#

if ! command -v dpkg-query >/dev/null || ! command -v apt-get >/dev/null; then
  say "this system has no apt. The project is built on Debian 12; elsewhere, install"
  say "LLVM and MLIR 22 with lld and FileCheck, a C++20 compiler, CMake 3.20, ninja,"
  say "protobuf, fmt, GoogleTest, zlib, zstd and Python 3.11, then run"
  fail "cmake --preset release -DMLIR_DIR=<folder of MLIRConfig.cmake> && ninja -C build"
fi

installed() {
  dpkg-query -W -f='${db:Status-Status}\n' "$1" 2>/dev/null | grep -qx installed
}
missing=()
for package in "${packages[@]}"; do
  installed "$package" || missing+=("$package")
done

if ((${#missing[@]})); then
  say "Debian packages missing: ${missing[*]}"
  as_root=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null ||
      fail "installing them needs root: run this script as root, or install sudo"
    as_root=(sudo)
  fi
  # apt's own words, some hundred lines, only when it fails.
  log=$(mktemp)
  trap 'rm -f "$log"' EXIT
  apt() {
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y "$@" >"$log" 2>&1 ||
      { tail -n 40 "$log" >&2; fail "apt-get $1 failed"; }
  }
  apt update
  if ! apt-cache show llvm-22-dev >/dev/null 2>&1; then
    fail "no package llvm-22-dev: LLVM 22 is in the suite bookworm-security of Debian 12; add it to the apt sources"
  fi
  say "installing them (2 GB on a bare Debian, most of it LLVM)"
  apt install --no-install-recommends "${missing[@]}"
else
  say "Debian packages: nothing missing"
fi

#===-----------------------------------------------------------------------===#
# Python environment of the tests
#===-----------------------------------------------------------------------===#

# A copy of the list inside the environment says what it was made from, so that
# an unchanged list costs one comparison and no look at the network.
if ! cmp -s tools/requirements.txt .venv/requirements.txt || [[ ! -x .venv/bin/python ]]; then
  say "Python packages: installing tools/requirements.txt into .venv"
  [[ -x .venv/bin/python ]] || python3 -m venv .venv
  .venv/bin/python -m pip install --quiet --disable-pip-version-check -r tools/requirements.txt >&2
  cp tools/requirements.txt .venv/requirements.txt
else
  say "Python packages: nothing missing"
fi

#===-----------------------------------------------------------------------===#
# Configure, build
#===-----------------------------------------------------------------------===#

if [[ ! -f $build_dir/build.ninja ]]; then
  say "configuring in $build_dir"
  mkdir -p "$build_dir"
  if ! cmake --preset release -B "$build_dir" \
      -DLLVM_EXTERNAL_LIT=/usr/lib/llvm-22/bin/lit \
      -DDILATED_PYTHON="$PWD/.venv/bin/python" >"$build_dir/configure.log" 2>&1; then
    cat "$build_dir/configure.log" >&2
    fail "configuration failed"
  fi
fi

if ((build)); then
  say "building with $jobs jobs in $build_dir"
  # A terminal gets ninja's one moving line, a log file only what goes wrong.
  quiet=()
  [[ -t 2 ]] || quiet=(--quiet)
  ninja -C "$build_dir" -j "$jobs" "${quiet[@]}" >&2
  say "built: the tools are in $build_dir/bin"
fi

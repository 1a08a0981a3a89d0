#!/usr/bin/env bash
# Writes docs/generated from the tablegen files (the reference pages of dialects
# and passes) and the IR in docs/architecture.md from the tests that show it. With
# --check, only says whether the checked-in pages are up to date.
set -euo pipefail
cd "$(dirname "$0")/.."
build_dir=${DILATED_BUILD_DIR:-build}
python=python3

case ${1:-} in
  "")
    ninja -C "$build_dir" --quiet dilated-docs dilated-opt
    $python tools/fill-ir.py "$build_dir/bin" docs/architecture.md
    ;;
  --check)
    ninja -C "$build_dir" --quiet dilated-docs-pages dilated-opt
    if ! diff --recursive --unified "$build_dir/docs/generated" docs/generated; then
      echo "docs/generated is out of date: run tools/update-docs.sh and commit" >&2
      exit 1
    fi
    $python tools/fill-ir.py --check "$build_dir/bin" docs/architecture.md
    ;;
  *) echo "usage: tools/update-docs.sh [--check]" >&2; exit 2 ;;
esac

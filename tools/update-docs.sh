#!/usr/bin/env bash
# Writes docs/generated from the tablegen files: the reference pages of dialects
# and passes. With --check, only says whether the checked-in pages are up to date.
set -euo pipefail
cd "$(dirname "$0")/.."
build_dir=${DILATED_BUILD_DIR:-build}

case ${1:-} in
  "") ninja -C "$build_dir" --quiet dilated-docs ;;
  --check)
    ninja -C "$build_dir" --quiet dilated-docs-pages
    if ! diff --recursive --unified "$build_dir/docs/generated" docs/generated; then
      echo "docs/generated is out of date: run tools/update-docs.sh and commit" >&2
      exit 1
    fi
    ;;
  *) echo "usage: tools/update-docs.sh [--check]" >&2; exit 2 ;;
esac

#!/usr/bin/env bash
# clang-tidy on what changed, or on the whole tree. Apart from tools/check.sh,
# since a file takes half a minute.
set -euo pipefail
cd "$(dirname "$0")/.."
build_dir=${DILATED_BUILD_DIR:-build}

usage() {
  cat <<EOF
usage: tools/tidy.sh [--all | BASE] [--fix]
  BASE   C++ files that differ from this commit (default: where this branch left
         main; on main itself, the commit before)
  --all  the whole tree
EOF
}

base= all=0 fix=()
for argument in "$@"; do
  case $argument in
    --all) all=1 ;;
    --fix) fix=(--fix) ;;
    -h | --help) usage; exit 0 ;;
    -*) usage >&2; exit 2 ;;
    *) base=$argument ;;
  esac
done

command -v clang-tidy-22 >/dev/null ||
  { echo "tidy: clang-tidy-22 is missing: apt-get install clang-tidy-22" >&2; exit 1; }
[[ -f $build_dir/compile_commands.json ]] ||
  { echo "tidy: no $build_dir/compile_commands.json: run tools/setup.sh first" >&2; exit 1; }

if ((all)); then
  files=$(git ls-files -- '*.cpp')
else
  if [[ -z $base ]]; then
    base=$(git merge-base HEAD main)
    [[ $base != $(git rev-parse HEAD) ]] || base=HEAD~
  fi
  files=$(git diff --name-only --diff-filter=d "$base" -- '*.cpp')
fi
[[ -n $files ]] || { echo "tidy: no C++ file differs from $base" >&2; exit 0; }

# The build's commands name gcc's precompiled header, which clang can't read;
# the same header is included in text instead, so every file still compiles.
commands=$build_dir/tidy
mkdir -p "$commands"
sed -E -e 's# -include [^ ]*/cmake_pch\.hxx# -include '"$PWD"'/cmake/DilatedPCH.h#g' \
  -e 's# -Winvalid-pch##g' \
  "$build_dir/compile_commands.json" >"$commands/compile_commands.json"

echo "tidy: $(wc -l <<<"$files") files" >&2
# omp.h is the compiler's own, and the compiler is gcc.
xargs -d '\n' -P "$(nproc)" -n 1 clang-tidy-22 --quiet -p "$commands" \
  --extra-arg=-Wno-unknown-warning-option \
  --extra-arg=-idirafter"$(g++ -print-file-name=include)" "${fix[@]}" <<<"$files"

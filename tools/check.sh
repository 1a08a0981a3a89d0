#!/usr/bin/env bash
# Every test of the project, after the set-up of tools/setup.sh. A step that
# fails does not stop the ones after it; the last line is `N passed, N failed`.
set -uo pipefail
cd "$(dirname "$0")/.."

build_dir=${DILATED_BUILD_DIR:-build}
python=.venv/bin/python
results=$build_dir/check-results
say() { printf 'check: %s\n' "$*" >&2; }

tools/setup.sh || { say "the set-up failed"; exit 1; }

rm -rf "$results"
mkdir -p "$results"
tally=()

# step NAME COMMAND...: one test of the tally that passes when COMMAND does.
step() {
  local name=$1
  shift
  say "$name"
  if "$@" >"$results/$name.log" 2>&1; then
    tally+=(--step "$name=pass")
  else
    cat "$results/$name.log" >&2
    tally+=(--step "$name=fail")
  fi
}

clang_format() {
  git ls-files -z -- '*.cpp' '*.h' |
    xargs -0 --no-run-if-empty clang-format-22 --dry-run -Werror
}

step clang-format clang_format
step house-rules tools/lint.sh
step generated-docs tools/update-docs.sh --check
step python-lint "$python" -m ruff check
step python-format "$python" -m ruff format --check
step python-types "$python" -m mypy

say "GoogleTest"
shopt -s nullglob
for program in "$build_dir"/bin/*UnitTests; do
  result=$results/gtest-$(basename "$program").json
  "$program" --gtest_brief=1 --gtest_output="json:$result" >&2
  tally+=(--gtest "$result")
done

say "pytest"
mapfile -t python_tests < <(git ls-files -- '**/test_*.py')
"$python" -m pytest -q -p no:cacheprovider --junitxml="$results/pytest.xml" \
  "${python_tests[@]}" >"$results/pytest.log" 2>&1 || cat "$results/pytest.log" >&2
tally+=(--pytest "$results/pytest.xml")

say "lit (with the numerical tests: some minutes)"
/usr/lib/llvm-22/bin/lit --quiet -j2 --output "$results/lit.json" "$build_dir/test" >&2
tally+=(--lit "$results/lit.json")

"$python" tools/tally.py "${tally[@]}"

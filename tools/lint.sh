#!/usr/bin/env bash
# The house rules that a script can check, on tracked files; each breach is one
# line `file:line: what`. Exit code 1 when there is any.
set -uo pipefail
cd "$(dirname "$0")/.."

status=0
# breach RULE: passes on the lines of stdin, each with the rule it breaks.
breach() {
  local line
  while IFS= read -r line; do
    printf '%s [%s]\n' "$line" "$1"
    status=1
  done
}

#===-----------------------------------------------------------------------===#
# One file does one thing
#===-----------------------------------------------------------------------===#

breach "sizes" < <(tools/sizes.py)
breach "a source file has at most 700 lines" < <(
  git ls-files -z -- '*.cpp' '*.h' '*.td' '*.py' '*.sh' | xargs -0 --no-run-if-empty wc -l |
    awk '$2 != "total" && $1 > 700 { printf "%s:1: %d lines\n", $2, $1 }')

#===-----------------------------------------------------------------------===#
# Nothing includes upwards
#===-----------------------------------------------------------------------===#

breach "dialects/ holds nouns: no pass there, and of include/ only Plan, which is beneath all" < <(
  git grep -nE '#include "(mlir/Pass|dilated-mlir)/' -- dialects |
    grep -v '#include "dilated-mlir/Plan/')
breach "a pass definition is in include/*/Passes.td, not in dialects/" < <(
  git grep -nE '^def .*: *(Pass|InterfacePass)<' -- dialects)
breach "lib/Runtime ships to users: no LLVM in it" < <(
  git grep -nE '#include [<"](llvm|mlir|lld|dialects)/' -- lib/Runtime include/dilated-mlir/Runtime)
breach "lib/Plan counts at run time too: no LLVM in it" < <(
  git grep -nE '#include [<"](llvm|mlir|lld|dialects)/' -- lib/Plan include/dilated-mlir/Plan)

breach "lib/Emulator runs PTX without a compiler: no LLVM in it" < <(
  git grep -nE '#include [<"](llvm|mlir|lld|dialects)/' -- lib/Emulator include/dilated-mlir/Emulator)

# The stages in the order of the data flow; a stage includes itself and the ones
# before it. Support and Runtime are beneath all, and Plan beneath them.
breach "lib/Plan is beneath everything and includes itself alone" < <(
  git grep -nE '#include "dilated-mlir/' -- lib/Plan include/dilated-mlir/Plan |
    grep -v '#include "dilated-mlir/Plan/')
stages=(Import Conversion Transforms CodeGen Target Pipelines)
for ((i = 0; i < ${#stages[@]}; ++i)); do
  for ((j = i + 1; j < ${#stages[@]}; ++j)); do
    breach "${stages[i]} comes before ${stages[j]} and does not include it" < <(
      git grep -nE "#include \"dilated-mlir/${stages[j]}/" -- \
        "lib/${stages[i]}" "include/dilated-mlir/${stages[i]}")
  done
  breach "what is beneath all stages includes none (${stages[i]})" < <(
    git grep -nE "#include \"dilated-mlir/${stages[i]}/" -- \
      lib/Support include/dilated-mlir/Support lib/Runtime include/dilated-mlir/Runtime)
done

#===-----------------------------------------------------------------------===#
# The arguments of a kernel are listed once; docs/gpu.md follows
#===-----------------------------------------------------------------------===#

breach "docs/gpu.md lists the arguments of AttentionArguments.h in their order" < <(
  diff <(sed -nE 's/^ *ARGUMENT\([A-Za-z]+, "([a-z_]+)", ([A-Za-z0-9]+), "(.*)"\).*/\1 \2 \3/p' \
           include/dilated-mlir/Plan/AttentionArguments.h |
         sed -E 's/ Address / address /; s/ Int([0-9]+) / i\1 /; s/ Float([0-9]+) / f\1 /') \
       <(sed -nE "s/^\\| \`([a-z_]+)\` \\| (address|i[0-9]+|f[0-9]+) \\| (.*) \\|\$/\\1 \\2 \\3/p" docs/gpu.md) |
    sed -n 's/^[<>]/docs\/gpu.md:1:/p')

#===-----------------------------------------------------------------------===#
# Every source file says what it is, under which licence
#===-----------------------------------------------------------------------===#

breach "no SPDX line in the first ten" < <(
  git ls-files -- '*.cpp' '*.h' '*.td' | while IFS= read -r file; do
    head -n 10 "$file" | grep -q 'SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception' ||
      printf '%s:1: licence\n' "$file"
  done)

breach "a header guard ends with its folder and file: STAGE_NAME_H" < <(
  git ls-files -- '*.h' ':!cmake' | while IFS= read -r file; do
    ending=$(tr '[:lower:]-/.' '[:upper:]___' <<<"$(basename "$(dirname "$file")")/$(basename "$file")")
    grep -qE "^#ifndef [A-Z_]*$ending\$" "$file" || printf '%s:1: header guard\n' "$file"
  done)

#===-----------------------------------------------------------------------===#
# Text that means something only on one machine
#===-----------------------------------------------------------------------===#

# The classes around one letter keep this file from matching itself.
breach "a path of one machine or a package registry's host" < <(
  git grep -nIE '/(work|[h]ome|[f]arm)/[a-z]|/tmp/[a-z]|[p]ypi\.org|[d]eb\.debian\.org|files\.[p]ythonhosted' -- \
    . ':!*.onnx' ':!*.pb' ':!*.json')

exit "$status"

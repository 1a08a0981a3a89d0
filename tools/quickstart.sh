#!/usr/bin/env bash
# The first command after a clone: sets up, builds, compiles a LongNet encoder
# from ONNX for this CPU, runs it and checks it against what PyTorch gave.
set -euo pipefail
cd "$(dirname "$0")/.."
bin=${DILATED_BUILD_DIR:-build}/bin
model=test/models/longnet-encoder-small
attention=test/Pipelines/attention.mlir

tools/setup.sh

heading() { printf '\n== %s\n\n' "$*"; }

heading "one attention with two branches, at the phases graph, branches and fused"
for phase in graph branches fused; do
  echo "// dilated-compile $attention --compile-to=$phase -o -"
  "$bin/dilated-compile" "$attention" --compile-to="$phase" -o -
done

heading "a LongNet encoder from ONNX, against the outputs of PyTorch"
nodes=$("$bin/dilated-compile" "$model/model.onnx" --compile-to=import -o - | grep -c 'onnx\.node')
object=$(mktemp --suffix=.o)
trap 'rm -f "$object"' EXIT
start=$(date +%s%N)
"$bin/dilated-compile" "$model/model.onnx" -o "$object"
seconds=$(awk -v ns=$(($(date +%s%N) - start)) 'BEGIN { printf "%.1f", ns / 1e9 }')
status=0
report=$("$bin/dilated-run" --onnx-test-dir "$model") || status=$?
printf '%s\n\n' "$report"

# The line of the data set ends with its largest error.
error=$(grep -oE 'error[^0-9]*[0-9][0-9.e+-]*' <<<"$report" | head -n 1 | grep -oE '[0-9][0-9.e+-]*$' || true)
row='%-24s %6s %14s %15s  %s\n'
printf "$row" model nodes 'compile time' 'largest error' check
verdict=passed
((status == 0)) || verdict=FAILED
printf "$row" "$(basename "$model")" "$nodes" "$seconds s" "${error:-?}" "$verdict"

cat <<EOF

Where to look next:
  README.md             the tools, and how to look inside
  docs/architecture.md  the phases, with the IR before and after each
  docs/spec.md          what dilated attention is
  tools/check.sh        every test
  $bin/dilated-compile $model/model.onnx --dump-phases-to=phases -o model.o
EOF
exit "$status"

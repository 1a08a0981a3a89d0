#!/bin/sh
# Stands in for ptxas: says what is in FAKE_PTXAS_LOG, fails if that has errors. Its
# version is FAKE_PTXAS_VERSION. Every run adds a line to FAKE_PTXAS_RUNS, if given.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
if [ "$1" = --version ]; then
  echo "release $FAKE_PTXAS_VERSION"
  exit 0
fi
[ -z "$FAKE_PTXAS_RUNS" ] || echo run >>"$FAKE_PTXAS_RUNS"
cat "$FAKE_PTXAS_LOG" >&2
grep -q fatal "$FAKE_PTXAS_LOG" && exit 255
while [ "$1" != -o ]; do shift; done
echo cubin >"$2"

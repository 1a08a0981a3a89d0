#!/bin/sh
# Stands in for ptxas: says what is in FAKE_PTXAS_LOG, fails if that has errors.
# SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
cat "$FAKE_PTXAS_LOG" >&2
grep -q fatal "$FAKE_PTXAS_LOG" && exit 255
while [ "$1" != -o ]; do shift; done
echo cubin >"$2"

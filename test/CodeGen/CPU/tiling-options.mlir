// Sizes that don't fit together are named, not rounded.
//
// RUN: not dilated-opt %s --dilated-lower-fused-attention=tile-rows=3 2>&1 | FileCheck %s --check-prefix=ROWS
// RUN: not dilated-opt %s --dilated-lower-fused-attention=vector-bytes=48 2>&1 | FileCheck %s --check-prefix=BYTES
// RUN: not dilated-opt %s --dilated-lower-matmul=block-rows=100 2>&1 | FileCheck %s --check-prefix=BLOCK
// RUN: not dilated-opt %s --dilated-vectorize-linalg=vector-bytes=8 2>&1 | FileCheck %s --check-prefix=VECTOR
// RUN: not dilated-opt %s --dilated-tile-linalg=task-size=0 2>&1 | FileCheck %s --check-prefix=TASK

// RUN: not dilated-opt %s --dilated-lower-fused-attention="products=bf16-dot tile-rows=5 block-keys=125" 2>&1 | FileCheck %s --check-prefix=PAIRS
// RUN: not dilated-opt %s --dilated-lower-fused-attention=block-bytes=0 2>&1 | FileCheck %s --check-prefix=BLOCKBYTES
// RUN: not dilated-opt %s --dilated-lower-fused-attention="products=amx-bf16 stage-keys=48" 2>&1 | FileCheck %s --check-prefix=STAGE

// RUN: not dilated-opt %s --dilated-lower-fused-attention="products=amx-bf16 stage-keys=1048576" 2>&1 | FileCheck %s --check-prefix=LONGSTAGE
// RUN: not dilated-opt %s --dilated-lower-fused-attention="products=amx-bf16 block-keys=4611686018427387904" 2>&1 | FileCheck %s --check-prefix=LONGBLOCK
// RUN: not dilated-opt %s --dilated-lower-fused-attention="products=amx-bf16 tile-rows=6 block-keys=96" 2>&1 | FileCheck %s --check-prefix=AMXROWS

// STAGE: expects, for AMX, tile-rows to divide 32, and block-keys and stage-keys to be multiples of 32 up to 1024 and 256, got tile-rows 8, block-keys 128, stage-keys 48
// LONGSTAGE: up to 1024 and 256, {{.*}}stage-keys 1048576
// LONGBLOCK: up to 1024 and 256, {{.*}}block-keys 4611686018427387904
// AMXROWS: tile-rows to divide 32, {{.*}}tile-rows 6
// ROWS: tile-rows to divide block-keys and, for pairs of bf16, to be even, got vector-bytes 64, block-bytes 524288, block-keys 128, packed-keys 1024, tile-rows 3
// PAIRS: to be even{{.*}}block-keys 125, {{.*}}tile-rows 5
// BLOCKBYTES: positive sizes{{.*}}block-bytes 0
// BYTES: expects vector-bytes of 16, 32 or 64{{.*}}got vector-bytes 48
// BLOCK: block-rows a multiple of tile-rows{{.*}}block-rows 100
// VECTOR: expects vector-bytes of 16, 32 or 64, got 8
// TASK: expects task-size (0) to be at least 1
func.func @f() {
  return
}

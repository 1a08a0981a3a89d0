// The portable path has vectors of 128 bits and nothing of x86: LLVM makes code
// of other processors of it.

// RUN: dilated-opt %s --dilated-cpu-kernel=vector-bytes=16 --dilated-cpu-llvm | mlir-translate --mlir-to-llvmir | llc -O2 -mtriple=aarch64-linux-gnu | FileCheck %s

// Products, and 2^x without a library call.
// CHECK-NOT: {{bl[[:space:]]exp}}
// CHECK: fmla v{{[0-9]+}}.4s
// CHECK-NOT: {{bl[[:space:]]exp}}

func.func @main(%q: memref<?x?x4x24xf32>, %k: memref<?x?x2x24xf32>, %v: memref<?x?x2x40xf32>, %out: memref<?x?x4x40xf32>) {
  dilated.fused_attention ins(%q, %k, %v) outs(%out) pattern(<[segment<64, 1>, segment<256, 4>]>) causal
      : memref<?x?x4x24xf32>, memref<?x?x2x24xf32>, memref<?x?x2x40xf32> into memref<?x?x4x40xf32>
  return
}

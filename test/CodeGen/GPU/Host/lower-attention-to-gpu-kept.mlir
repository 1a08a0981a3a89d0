// What no GPU kernel is for stays for the CPU and is said.
// RUN: dilated-opt %s --dilated-lower-attention-to-gpu -verify-diagnostics | FileCheck %s

// CHECK-NOT: gpu
// CHECK: dilated.fused_attention
// CHECK-NOT: gpu
func.func @main(%q: memref<1x300x4x16xf64>, %out: memref<1x300x4x16xf64>) {
  // expected-warning @below {{attention on 'f64' stays on the CPU: GPUs have kernels for f32, f16, bf16}}
  dilated.fused_attention ins(%q, %q, %q) outs(%out) pattern(<[segment<64, 1>], offset = block, padding = null_keys>)
    : memref<1x300x4x16xf64>, memref<1x300x4x16xf64>, memref<1x300x4x16xf64> into memref<1x300x4x16xf64>
  return
}

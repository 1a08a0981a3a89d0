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

// CHECK-LABEL: @terms
// CHECK: dilated.fused_attention
// CHECK-NOT: gpu
func.func @terms(%q: memref<1x300x4x16xf32>, %out: memref<1x300x4x16xf32>) {
  // expected-warning @below {{attention with 33 terms stays on the CPU: GPUs have kernels for patterns of up to 32}}
  dilated.fused_attention ins(%q, %q, %q) outs(%out) pattern(<[segment<64, 1>, segment<65, 1>, segment<66, 1>, segment<67, 1>, segment<68, 1>, segment<69, 1>, segment<70, 1>, segment<71, 1>, segment<72, 1>, segment<73, 1>, segment<74, 1>, segment<75, 1>, segment<76, 1>, segment<77, 1>, segment<78, 1>, segment<79, 1>, segment<80, 1>, segment<81, 1>, segment<82, 1>, segment<83, 1>, segment<84, 1>, segment<85, 1>, segment<86, 1>, segment<87, 1>, segment<88, 1>, segment<89, 1>, segment<90, 1>, segment<91, 1>, segment<92, 1>, segment<93, 1>, segment<94, 1>, segment<95, 1>, segment<96, 1>], offset = block, padding = null_keys>)
    : memref<1x300x4x16xf32>, memref<1x300x4x16xf32>, memref<1x300x4x16xf32> into memref<1x300x4x16xf32>
  return
}

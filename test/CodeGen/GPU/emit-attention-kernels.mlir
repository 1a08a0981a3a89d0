// RUN: dilated-opt %s --dilated-emit-attention-kernels --split-input-file --verify-diagnostics | FileCheck %s

// Ops that differ in sizes, patterns and scale share a kernel.
// CHECK-LABEL: func.func @shared
// CHECK: gpu.module @kernels
// CHECK: gpu.func @dilated_attention_bf16_d64_v48(
// Addresses, the first batch element, query heads of a key head, strides, scale.
// CHECK-SAME: %arg0: !llvm.ptr, %arg1: !llvm.ptr, %arg2: !llvm.ptr, %arg3: !llvm.ptr, %arg4: !llvm.ptr, %arg5: !llvm.ptr,
// CHECK-SAME: %arg6: i64, %arg7: i32, %arg8: i64
// CHECK-SAME: %arg26: i64, %arg27: f32) kernel
// CHECK-SAME: known_block_size = array<i32: 128, 1, 1>
// CHECK-SAME: tile.launch = #tile.launch<type = bf16, head_dim = 64, value_dim = 48, lse = false, block_keys = 64, threads = 128, shared_bytes = {{[0-9]+}}>
// CHECK-NOT: gpu.func
func.func @shared(%q: memref<1x?x4x64xbf16>, %k: memref<1x?x4x64xbf16>, %v: memref<1x?x4x48xbf16>, %o: memref<1x?x4x48xbf16>,
                  %q2: memref<2x99x2x64xbf16>, %k2: memref<2x99x2x64xbf16>, %v2: memref<2x99x2x48xbf16>, %o2: memref<2x99x2x48xbf16>) {
  dilated.fused_attention ins(%q, %k, %v) outs(%o) pattern(<[segment<1024, 1>, segment<5792, 2>]>)
      : memref<1x?x4x64xbf16>, memref<1x?x4x64xbf16>, memref<1x?x4x48xbf16> into memref<1x?x4x48xbf16>
  dilated.fused_attention ins(%q2, %k2, %v2) outs(%o2) pattern(<[segment<7, 1>, segment<99, 3>]>) scale(2.0)
      : memref<2x99x2x64xbf16>, memref<2x99x2x64xbf16>, memref<2x99x2x48xbf16> into memref<2x99x2x48xbf16>
  return
}

// -----

// What a kernel is compiled for is in its name. Steps of 16 features are read by
// one load for queries and two for 64 keys each; the products of a block of keys:
// CHECK-LABEL: gpu.func @dilated_attention_f16_d16_v16_lse
// CHECK: scf.while
// CHECK: scf.for
// CHECK: tile.wait %{{.*}} {younger = 0 : i64}
// CHECK-NEXT: gpu.barrier
// CHECK: tile.copy_async
// CHECK: tile.mma %{{.*}} : <16x16xf16, a>, <16x64xf16, b>, <16x64xf32, accumulator>
// CHECK: tile.bias
// CHECK: tile.mask_bits
// CHECK: tile.mask %
// CHECK: tile.reduce_columns max
// CHECK: tile.convert
// CHECK-COUNT-4: tile.mma %{{.*}} : <16x16xf16, a>, <16x16xf16, b>, <16x16xf32, accumulator>
// CHECK-NOT: tile.mma
// CHECK: tile.store %{{.*}} vectors {width = 16 : i64}
func.func @named(%q: memref<1x?x4x16xf16>, %o: memref<1x?x4x16xf16>, %l: memref<1x4x?xf32>) {
  dilated.fused_attention ins(%q, %q, %q) outs(%o, %l) pattern(<[segment<1024, 2>], offset = end, padding = exclude>) causal
      : memref<1x?x4x16xf16>, memref<1x?x4x16xf16>, memref<1x?x4x16xf16> into memref<1x?x4x16xf16>, memref<1x4x?xf32>
  return
}

// -----

func.func @wide(%q: memref<1x9x4x16xf64>) {
  // expected-error @below {{expects elements of f16, bf16 or f32 on GPUs, got 'f64'}}
  dilated.fused_attention ins(%q, %q, %q) outs(%q) pattern(<[segment<1024, 2>]>)
      : memref<1x9x4x16xf64>, memref<1x9x4x16xf64>, memref<1x9x4x16xf64> into memref<1x9x4x16xf64>
  return
}

// -----

func.func @tensors(%q: tensor<1x9x4x16xf32>) -> tensor<1x9x4x16xf32> {
  // expected-error @below {{expects memrefs, got tensors: bufferize before}}
  %0 = dilated.fused_attention ins(%q, %q, %q) outs(%q) pattern(<[segment<1024, 2>]>)
      : tensor<1x9x4x16xf32>, tensor<1x9x4x16xf32>, tensor<1x9x4x16xf32> into tensor<1x9x4x16xf32> -> tensor<1x9x4x16xf32>
  return %0 : tensor<1x9x4x16xf32>
}

// -----

// Windows, columns and sets are data of the tile list, as segments are.
// CHECK-LABEL: func.func @set
// CHECK: gpu.func @dilated_attention_f32_d16_v16(
func.func @set(%q: memref<1x9x4x16xf32>) {
  dilated.fused_attention ins(%q, %q, %q) outs(%q)
      pattern(<[segment<1024, 2>, window<3, 0>, columns<0, 4>], padding = exclude, overlap = set>)
      : memref<1x9x4x16xf32>, memref<1x9x4x16xf32>, memref<1x9x4x16xf32> into memref<1x9x4x16xf32>
  return
}

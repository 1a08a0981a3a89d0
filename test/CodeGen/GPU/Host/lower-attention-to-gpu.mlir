// Attention becomes a launch with its copies in the gpu dialect; kernels are shared.
// RUN: dilated-opt %s -split-input-file --dilated-lower-attention-to-gpu=chip=sm_90 --canonicalize | FileCheck %s

// Memory of the program: copied there and back.
// CHECK-LABEL: func.func @inside
func.func @inside(%q: memref<1x300x4x16xf16>, %k: memref<1x300x2x16xf16>, %v: memref<1x300x2x24xf16>, %out: memref<1x300x4x24xf16>) {
  // CHECK-DAG: %[[Q:.*]] = gpu.alloc () : memref<1x300x4x16xf16>
  // CHECK-DAG: gpu.memcpy %[[Q]], %arg0
  // CHECK-DAG: %[[V:.*]] = gpu.alloc () : memref<1x300x2x24xf16>
  // CHECK-DAG: gpu.memcpy %[[V]], %arg2
  // CHECK-DAG: %[[OUT:.*]] = gpu.alloc () : memref<1x300x4x24xf16>
  // CHECK-NOT: gpu.memcpy %[[OUT]]
  // A launch for each piece of the tile list.
  // CHECK: scf.while
  // CHECK: %[[TILES:.*]] = func.call @dilated_rt_device_tiles(%{{.*}}, %c1_i64, %c4_i64, %c300_i64, %c64_i64, %{{.*}})
  // CHECK: scf.condition(%{{.*}}) %[[TILES]]
  // CHECK: gpu.launch_func @kernels::@dilated_attention_f16_d16_v24 blocks in
  // CHECK-SAME: threads in (%c128
  // CHECK: gpu.memcpy %arg3, %[[OUT]]
  // CHECK: gpu.dealloc %[[OUT]]
  dilated.fused_attention ins(%q, %k, %v) outs(%out) pattern(<[segment<64, 1>, segment<128, 2>], offset = modulo, padding = exclude>)
    : memref<1x300x4x16xf16>, memref<1x300x2x16xf16>, memref<1x300x2x24xf16> into memref<1x300x4x24xf16>
  return
}

// CHECK: gpu.module @kernels [#nvvm.target<O = 3, chip = "sm_90", features = "+ptx80">]
// CHECK: gpu.func @dilated_attention_f16_d16_v24({{.*}}) kernel
// CHECK-SAME: tile.launch = #tile.launch<type = f16, head_dim = 16, value_dim = 24,

// -----

// Two layers of one signature have one kernel; self-attention copies one operand once.
// CHECK-LABEL: func.func @layers
func.func @layers(%x: memref<2x50x4x16xf32>, %out: memref<2x50x4x16xf32>) {
  // CHECK: %[[X:.*]] = gpu.alloc
  // CHECK-NEXT: gpu.memcpy %[[X]], %arg0
  // CHECK-NOT: gpu.memcpy %{{.*}}, %arg0
  // CHECK: gpu.launch_func @kernels::@dilated_attention_f32
  // CHECK: gpu.launch_func @kernels::@dilated_attention_f32
  dilated.fused_attention ins(%x, %x, %x) outs(%out) pattern(<[segment<64, 1>], offset = block, padding = null_keys>)
    : memref<2x50x4x16xf32>, memref<2x50x4x16xf32>, memref<2x50x4x16xf32> into memref<2x50x4x16xf32>
  dilated.fused_attention ins(%out, %out, %out) outs(%x) pattern(<[segment<32, 1>], offset = block, padding = null_keys>) scale(0.5)
    : memref<2x50x4x16xf32>, memref<2x50x4x16xf32>, memref<2x50x4x16xf32> into memref<2x50x4x16xf32>
  return
}
// CHECK: gpu.func
// CHECK-NOT: gpu.func

// -----

// An input that only attention reads may be on the device already.
// CHECK: llvm.mlir.global external hidden constant @dilated_device_inputs(dense<[1, 0]> : tensor<2xi8>)
// CHECK-LABEL: func.func @main
func.func @main(%x: memref<1x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, %out: memref<1x?x4x16xf32>) {
  // CHECK: %[[OWNED:.*]] = call @dilated_rt_device_owns
  // CHECK: %[[THERE:.*]] = arith.cmpi ne, %[[OWNED]]
  // CHECK: %[[X:.*]] = scf.if %[[THERE]]
  // CHECK-NEXT: scf.yield %arg0
  // CHECK: gpu.memcpy %{{.*}}, %arg0
  // CHECK: gpu.launch_func
  // CHECK: scf.if
  // CHECK-NEXT: gpu.dealloc %[[X]]
  dilated.fused_attention ins(%x, %x, %x) outs(%out) pattern(<[segment<64, 1>], offset = block, padding = null_keys>) causal
    : memref<1x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, memref<1x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>>, memref<1x?x4x16xf32, strided<[?, ?, ?, ?], offset: ?>> into memref<1x?x4x16xf32>
  return
}

// -----

// A transposed layout is strides.
// CHECK-LABEL: func.func @layouts
func.func @layouts(%q: memref<2x4x50x16xf32>, %k: memref<2x50x4x16xf32>, %out: memref<2x50x4x16xf32>, %lse: memref<2x4x50xf32>) {
  // Query heads of a key head; strides of query b, n, h, d; key; value; out; lse b, h, n.
  // CHECK: gpu.launch_func {{.*}} args(
  // CHECK-SAME: %c1_i32 : i32,
  // CHECK-SAME: %c3200_i64 : i64, %c16_i64 : i64, %c800_i64 : i64, %c1_i64 : i64,
  // CHECK-SAME: %c3200_i64 : i64, %c64_i64 : i64, %c16_i64 : i64, %c1_i64 : i64,
  // CHECK-SAME: %c200_i64 : i64, %c50_i64 : i64, %c1_i64 : i64, %cst : f32)
  // CHECK: gpu.memcpy %arg2
  // CHECK: gpu.memcpy %arg3
  dilated.fused_attention ins(%q, %k, %k) outs(%out, %lse) pattern(<[segment<64, 1>], offset = block, padding = null_keys>) {query_layout = #dilated<layout bhnd>}
    : memref<2x4x50x16xf32>, memref<2x50x4x16xf32>, memref<2x50x4x16xf32> into memref<2x50x4x16xf32>, memref<2x4x50xf32>
  return
}

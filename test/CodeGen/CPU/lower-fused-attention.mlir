// Ops that agree in types, pattern and scale share one kernel; layouts and static
// sizes don't count.
//
// RUN: dilated-opt %s --dilated-lower-fused-attention --canonicalize --cse | FileCheck %s

#longnet = #dilated.pattern<[segment<1024, 1>, segment<5792, 2>], offset = block, padding = null_keys>

// The pattern is data: two terms, block offsets, null keys. Kernels share it.
// CHECK: memref.global "private" constant @dilated_pattern : memref<14xi64> = dense<[2, 0, 0, 2, 0, 1, 1024, 1, 0, 0, 1, 5792, 2, 0]>
// CHECK-NOT: memref.global

// CHECK-LABEL: func.func @layers
func.func @layers(%q: memref<1x700x16x48xf32>, %k: memref<1x700x16x48xf32>,
                  %v: memref<1x700x16x48xf32>, %o: memref<1x700x16x48xf32>) {
  // CHECK-NOT: cf.assert
  // CHECK-COUNT-4: memref.cast {{.*}} to memref<?x?x?x48xf32, strided<[?, ?, ?, ?], offset: ?>>
  // CHECK: call @[[$KERNEL:dilated_attention_f32_d48]](
  // CHECK: call @[[$KERNEL]](
  // CHECK: return
  dilated.fused_attention ins(%q, %k, %v) outs(%o) pattern(#longnet)
    : memref<1x700x16x48xf32>, memref<1x700x16x48xf32>, memref<1x700x16x48xf32>
    into memref<1x700x16x48xf32>
  dilated.fused_attention ins(%o, %k, %v) outs(%q) pattern(#longnet)
    : memref<1x700x16x48xf32>, memref<1x700x16x48xf32>, memref<1x700x16x48xf32>
    into memref<1x700x16x48xf32>
  return
}

// CHECK-LABEL: func.func @layout
func.func @layout(%q: memref<1x16x700x48xf32>, %k: memref<1x700x16x48xf32>,
                  %v: memref<1x700x16x48xf32>, %o: memref<1x700x16x48xf32>) {
  // CHECK: memref.transpose %{{.*}} (d0, d1, d2, d3) -> (d0, d2, d1, d3)
  // CHECK: call @[[$KERNEL]](
  dilated.fused_attention ins(%q, %k, %v) outs(%o) pattern(#longnet)
    {query_layout = #dilated<layout bhnd>}
    : memref<1x16x700x48xf32>, memref<1x700x16x48xf32>, memref<1x700x16x48xf32>
    into memref<1x700x16x48xf32>
  return
}

// Another scale is another kernel.
// CHECK-LABEL: func.func @scale
func.func @scale(%q: memref<1x700x16x48xf32>, %k: memref<1x700x16x48xf32>,
                 %v: memref<1x700x16x48xf32>, %o: memref<1x700x16x48xf32>) {
  // CHECK: call @dilated_attention_f32_d48_0(
  dilated.fused_attention ins(%q, %k, %v) outs(%o) pattern(#longnet) scale(1.0)
    : memref<1x700x16x48xf32>, memref<1x700x16x48xf32>, memref<1x700x16x48xf32>
    into memref<1x700x16x48xf32>
  return
}

// CHECK: func.func private @[[$KERNEL]](
// CHECK: memref.get_global @dilated_pattern : memref<14xi64>
// CHECK: %[[TASKS:.*]] = call @dilated_rt_plan(
// Tasks: batch, head, block of positions, share of its tiles.
// CHECK: scf.forall (%{{.*}}) in (
// CHECK: call @dilated_rt_plan_task(
// CHECK: call @dilated_rt_plan_rows(
// The whole is computed again, in the online form, where a row leaves the range.
// CHECK: scf.while (%{{.*}} = %false)
// CHECK: call @dilated_rt_plan_keys(
// Accumulators of 8 keys times 2 vectors of rows are values of the loop.
// CHECK: scf.for %{{.*}} = %c0 to %c48 step %c1 iter_args(%{{(.*, ){15}.*}}) ->
// CHECK-COUNT-16: vector.fma
// CHECK: scf.condition
// CHECK-NOT: math.exp
// CHECK: func.func private @dilated_attention_f32_d48_0(
// The same pattern is the same constant.
// CHECK: memref.get_global @dilated_pattern : memref<14xi64>

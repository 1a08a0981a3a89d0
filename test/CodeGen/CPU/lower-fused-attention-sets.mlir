// Windows, columns and sets: the kernel of a set with several terms reads masks of rows
// and keys where the plan says so, and needs no multiplicities; others do not.
//
// RUN: dilated-opt %s --split-input-file --dilated-lower-fused-attention --canonicalize --cse | FileCheck %s

!m = memref<1x700x4x64xf32>

// Terms, offset rule, its constant, flags (causal 1, null keys 2, set 4); then kind, multiplicity
// and three numbers of each term.
// CHECK: memref.global "private" constant @dilated_pattern : memref<14xi64> = dense<[2, 0, 0, 5, 1, 1, 1023, 0, 1, 2, 1, 0, 4, 0]>
// CHECK-LABEL: func.func @sinks
// CHECK: func.func private @dilated_attention_f32_d64(
// CHECK-NOT: call @dilated_rt_plan_multiplicities
// CHECK: call @dilated_rt_plan_masks
// CHECK: arith.trunci %{{.*}} : i64 to i[[WIDTH:[0-9]+]]
// CHECK: vector.bitcast %{{.*}} : vector<1xi[[WIDTH]]> to vector<[[WIDTH]]xi1>
// CHECK-NOT: call @dilated_rt_plan_multiplicities
func.func @sinks(%q: !m, %o: !m) {
  dilated.fused_attention ins(%q, %q, %q) outs(%o)
    pattern(<[window<1023, 0>, columns<0, 4>], overlap = set>) causal : !m, !m, !m into !m
  return
}

// -----

!m = memref<1x700x4x64xf32>

// CHECK: memref.global "private" constant @dilated_pattern : memref<14xi64> = dense<[2, 0, 0, 0, 1, 1, 20, 3, 2, 2, 1, 0, 4, 0]>
// CHECK-LABEL: func.func @multiset
// CHECK-NOT: dilated_rt_plan_masks
// CHECK: call @dilated_rt_plan_multiplicities
// CHECK-NOT: dilated_rt_plan_masks
func.func @multiset(%q: !m, %o: !m) {
  dilated.fused_attention ins(%q, %q, %q) outs(%o)
    pattern(<[window<20, 3, 2>, columns<0, 4>]>) : !m, !m, !m into !m
  return
}

// -----

!m = memref<1x700x4x64xf32>

// CHECK-LABEL: func.func @one
// CHECK-NOT: dilated_rt_plan_masks
// CHECK-NOT: dilated_rt_plan_multiplicities
func.func @one(%q: !m, %o: !m) {
  dilated.fused_attention ins(%q, %q, %q) outs(%o)
    pattern(<[window<20, 3>], overlap = set>) : !m, !m, !m into !m
  return
}

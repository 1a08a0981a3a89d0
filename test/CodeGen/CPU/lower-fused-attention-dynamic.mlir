// What C4 and C5 ask of dynamic sizes is asserted before the call, once each, and
// not where it is known.
//
// RUN: dilated-opt %s --dilated-lower-fused-attention | FileCheck %s

#dense = #dilated.pattern<[segment<9223372036854775807, 1>]>
!q = memref<?x?x?x64xf16>

// CHECK-LABEL: func.func @all_dynamic
func.func @all_dynamic(%q: !q, %k: !q, %v: !q, %o: !q, %l: memref<?x?x?xf32>) {
  // CHECK-DAG: cf.assert %{{.*}}, "dilated attention: key and query differ in batch size [C5]"
  // CHECK-DAG: cf.assert %{{.*}}, "dilated attention: key and query differ in sequence length [C5]"
  // CHECK-DAG: cf.assert %{{.*}}, "dilated attention: value and key differ in heads [C5]"
  // CHECK-DAG: cf.assert %{{.*}}, "dilated attention: output and query differ in heads [C5]"
  // CHECK-DAG: cf.assert %{{.*}}, "dilated attention: lse and query differ in sequence length [C5]"
  // CHECK-DAG: cf.assert %{{.*}}, "dilated attention: the sequence is empty (length 0), expected at least 1 position [C10]"
  // CHECK: cf.assert %{{.*}}, "dilated attention: query heads are not a multiple of key heads [C4]"
  // CHECK: call @dilated_attention_f16_d64
  dilated.fused_attention ins(%q, %k, %v) outs(%o, %l) pattern(#dense) causal
    : !q, !q, !q into !q, memref<?x?x?xf32>
  return
}

// CHECK-LABEL: func.func @same_sizes
func.func @same_sizes(%b: index, %n: index) {
  // CHECK-NOT: cf.assert
  // CHECK: cf.assert %{{.*}}, "dilated attention: the sequence is empty (length 0), expected at least 1 position [C10]"
  // CHECK-NOT: cf.assert
  // CHECK: call @dilated_attention_f32_d64
  %q = memref.alloc(%b, %n) : memref<?x?x8x64xf32>
  %k = memref.alloc(%b, %n) : memref<?x?x2x64xf32>
  %o = memref.alloc(%b, %n) : memref<?x?x8x64xf32>
  dilated.fused_attention ins(%q, %k, %k) outs(%o) pattern(#dense)
    : memref<?x?x8x64xf32>, memref<?x?x2x64xf32>, memref<?x?x2x64xf32> into memref<?x?x8x64xf32>
  return
}

// Scores and sums of f16 are f32; only rows that are loaded or stored are f16.
// CHECK: func.func private @dilated_attention_f16_d64(
// CHECK: arith.extf %{{.*}} : vector<16xf16> to vector<16xf32>
// CHECK: vector.fma {{.*}} : vector<16xf32>
// CHECK: math.log2
// CHECK: arith.truncf %{{.*}} : vector<16xf32> to vector<16xf16>

// Decomposing and fusing gives the attention back, whatever its attributes.
// RUN: dilated-opt %s --dilated-decompose-attention --cse --dilated-fuse-branches --dilated-absorb-transposes --canonicalize | FileCheck %s

// CHECK-LABEL: @dynamic
// CHECK-NOT: dilated.gather
// CHECK: dilated.fused_attention ins(%{{.*}}, %{{.*}}, %{{.*}}) outs(%{{.*}}) pattern(<[segment<1024, 1>, segment<5792, 2>], offset = end, padding = exclude>) scale(1.440000e-01)
func.func @dynamic(%q: tensor<?x?x?x48xf32>, %k: tensor<?x?x?x48xf32>, %v: tensor<?x?x?x32xf32>) -> tensor<?x?x?x32xf32> {
  %out = dilated.attention %q, %k, %v
      pattern(<[segment<1024, 1>, segment<5792, 2>], offset = end, padding = exclude>) scale(0.144)
      : tensor<?x?x?x48xf32>, tensor<?x?x?x48xf32>, tensor<?x?x?x32xf32> -> tensor<?x?x?x32xf32>
  return %out : tensor<?x?x?x32xf32>
}

// The transposes that layouts decompose to are absorbed again.
// CHECK-LABEL: @layouts
// CHECK-NOT: linalg.transpose
// CHECK: dilated.fused_attention {{.*}} causal
// CHECK-SAME: key_layout = #dilated<layout bhnd>, out_layout = #dilated<layout bhnd>, query_layout = #dilated<layout bhnd>, value_layout = #dilated<layout bhnd>
func.func @layouts(%q: tensor<2x4x?x16xbf16>) -> (tensor<2x4x?x16xbf16>, tensor<2x4x?xf32>) {
  %out, %lse = dilated.attention %q, %q, %q pattern(<[segment<64, 1>, segment<128, 2, multiplicity = 2>]>) causal
      {query_layout = #dilated<layout bhnd>, key_layout = #dilated<layout bhnd>,
       value_layout = #dilated<layout bhnd>, out_layout = #dilated<layout bhnd>}
      : tensor<2x4x?x16xbf16>, tensor<2x4x?x16xbf16>, tensor<2x4x?x16xbf16> -> tensor<2x4x?x16xbf16>, tensor<2x4x?xf32>
  return %out, %lse : tensor<2x4x?x16xbf16>, tensor<2x4x?xf32>
}

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

// Windows and columns beside segments, in any order.
// CHECK-LABEL: @mixed
// CHECK-NOT: dilated.masked_attention
// CHECK: dilated.fused_attention {{.*}} pattern(<[window<3, 0, 2>, segment<7, 3>, columns<0, 4, multiplicity = 2>], offset = modulo, padding = exclude>)
// CHECK-SAME: tensor<1x?x4x16xf16>
func.func @mixed(%q: tensor<1x?x4x8xf16>, %k: tensor<1x?x2x8xf16>, %v: tensor<1x?x2x16xf16>) -> (tensor<1x?x4x16xf16>, tensor<1x4x?xf32>) {
  %out, %lse = dilated.attention %q, %k, %v
      pattern(<[window<3, 0, 2>, segment<7, 3>, columns<0, 4, multiplicity = 2>], offset = modulo>)
      : tensor<1x?x4x8xf16>, tensor<1x?x2x8xf16>, tensor<1x?x2x16xf16> -> tensor<1x?x4x16xf16>, tensor<1x4x?xf32>
  return %out, %lse : tensor<1x?x4x16xf16>, tensor<1x4x?xf32>
}

// A causal mixture: segments have no null keys then, whatever their padding.
// CHECK-LABEL: @causal
// CHECK: dilated.fused_attention {{.*}} pattern(<[segment<7, 3>, window<3, 0>], offset = block, padding = exclude>) causal
func.func @causal(%q: tensor<1x?x4x8xf32>) -> tensor<1x?x4x8xf32> {
  %out = dilated.attention %q, %q, %q pattern(<[segment<7, 3>, window<3, 0>]>) causal
      : tensor<1x?x4x8xf32>, tensor<1x?x4x8xf32>, tensor<1x?x4x8xf32> -> tensor<1x?x4x8xf32>
  return %out : tensor<1x?x4x8xf32>
}

// CHECK-LABEL: @set
// CHECK: dilated.fused_attention {{.*}} pattern(<[window<1023, 0>, columns<0, 4>, segment<64, 2>], offset = block, padding = exclude, overlap = set>) causal
func.func @set(%q: tensor<?x?x?x48xf32>) -> tensor<?x?x?x48xf32> {
  %out = dilated.attention %q, %q, %q
      pattern(<[window<1023, 0>, columns<0, 4, multiplicity = 2>, segment<64, 2>], overlap = set>) causal
      : tensor<?x?x?x48xf32>, tensor<?x?x?x48xf32>, tensor<?x?x?x48xf32> -> tensor<?x?x?x48xf32>
  return %out : tensor<?x?x?x48xf32>
}

// Golden case ragged_noncausal written by hand as its branches, static shapes:
// 29 tokens, so that the last segments of 8 and 16 are ragged, and 32 clamps to
// 29. Destinations are constants. It must fuse, and agree fused and unfused.
// RUN: dilated-opt %s --dilated-fuse-branches | FileCheck %s
// RUN: %python %S/../golden.py --dtype f32 --only ragged_noncausal --module %s
// RUN: %python %S/../golden.py --dtype f32 --only ragged_noncausal --module %s --no-fuse

// CHECK-LABEL: func.func @main
// CHECK-NOT: dilated.gather
// CHECK: dilated.fused_attention
// CHECK-SAME: <[segment<8, 1>, segment<16, 2>, segment<32, 4>], offset = block, padding = null_keys>
// CHECK-NOT: dilated.combine
func.func @main(%q: tensor<1x29x4x4xf32> {dilated.name = "query"},
                %k: tensor<1x29x4x4xf32> {dilated.name = "key"},
                %v: tensor<1x29x4x4xf32> {dilated.name = "value"})
    -> (tensor<1x29x4x4xf32> {dilated.name = "output"}) {
  %zero = arith.constant dense<0.0> : tensor<1x29x4x4xf32>
  %minus_inf = arith.constant dense<0xFF800000> : tensor<1x4x29xf32>

  // segment<8, 1>: 4 segments of 8 rows.
  %q0 = dilated.gather %q segment(<8, 1>) offset(<block>) : tensor<1x29x4x4xf32> -> tensor<1x4x4x8x4xf32>
  %k0 = dilated.gather %k segment(<8, 1>) offset(<block>) : tensor<1x29x4x4xf32> -> tensor<1x4x4x8x4xf32>
  %v0 = dilated.gather %v segment(<8, 1>) offset(<block>) : tensor<1x29x4x4xf32> -> tensor<1x4x4x8x4xf32>
  %o0, %l0 = dilated.dense_attention %q0, %k0, %v0
      : tensor<1x4x4x8x4xf32>, tensor<1x4x4x8x4xf32>, tensor<1x4x4x8x4xf32>
      -> tensor<1x4x4x8x4xf32>, tensor<1x4x4x8xf32>
  %d0, %e0 = dilated.scatter %o0, %l0 into %zero, %minus_inf segment(<8, 1>) offset(<block>)
      : tensor<1x4x4x8x4xf32>, tensor<1x4x4x8xf32> into tensor<1x29x4x4xf32>, tensor<1x4x29xf32>

  // segment<16, 2>: 2 segments of 8 rows, the second of 13 positions.
  %q1 = dilated.gather %q segment(<16, 2>) offset(<block>) : tensor<1x29x4x4xf32> -> tensor<1x2x4x8x4xf32>
  %k1 = dilated.gather %k segment(<16, 2>) offset(<block>) : tensor<1x29x4x4xf32> -> tensor<1x2x4x8x4xf32>
  %v1 = dilated.gather %v segment(<16, 2>) offset(<block>) : tensor<1x29x4x4xf32> -> tensor<1x2x4x8x4xf32>
  %o1, %l1 = dilated.dense_attention %q1, %k1, %v1
      : tensor<1x2x4x8x4xf32>, tensor<1x2x4x8x4xf32>, tensor<1x2x4x8x4xf32>
      -> tensor<1x2x4x8x4xf32>, tensor<1x2x4x8xf32>
  %d1, %e1 = dilated.scatter %o1, %l1 into %zero, %minus_inf segment(<16, 2>) offset(<block>)
      : tensor<1x2x4x8x4xf32>, tensor<1x2x4x8xf32> into tensor<1x29x4x4xf32>, tensor<1x4x29xf32>

  // segment<32, 4>: one segment of the whole sequence, ceil(29 / 4) = 8 rows.
  %q2 = dilated.gather %q segment(<32, 4>) offset(<block>) : tensor<1x29x4x4xf32> -> tensor<1x1x4x8x4xf32>
  %k2 = dilated.gather %k segment(<32, 4>) offset(<block>) : tensor<1x29x4x4xf32> -> tensor<1x1x4x8x4xf32>
  %v2 = dilated.gather %v segment(<32, 4>) offset(<block>) : tensor<1x29x4x4xf32> -> tensor<1x1x4x8x4xf32>
  %o2, %l2 = dilated.dense_attention %q2, %k2, %v2
      : tensor<1x1x4x8x4xf32>, tensor<1x1x4x8x4xf32>, tensor<1x1x4x8x4xf32>
      -> tensor<1x1x4x8x4xf32>, tensor<1x1x4x8xf32>
  %d2, %e2 = dilated.scatter %o2, %l2 into %zero, %minus_inf segment(<32, 4>) offset(<block>)
      : tensor<1x1x4x8x4xf32>, tensor<1x1x4x8xf32> into tensor<1x29x4x4xf32>, tensor<1x4x29xf32>

  %out = dilated.combine (%d0, %d1, %d2) lse(%e0, %e1, %e2)
      : tensor<1x29x4x4xf32>, tensor<1x29x4x4xf32>, tensor<1x29x4x4xf32>
      lse tensor<1x4x29xf32>, tensor<1x4x29xf32>, tensor<1x4x29xf32> -> tensor<1x29x4x4xf32>
  return %out : tensor<1x29x4x4xf32>
}

// Golden case no_r1_branch_uncovered written by hand as its branches: rates 2 and
// 4 alone, so that many rows have no key and are exactly 0 (S7).
// RUN: dilated-opt %s --dilated-fuse-branches | FileCheck %s
// RUN: %python %S/../golden.py --dtype f64 --only no_r1_branch_uncovered --module %s
// RUN: %python %S/../golden.py --dtype f64 --only no_r1_branch_uncovered --module %s --no-fuse

// CHECK-LABEL: func.func @main
// CHECK-NOT: dilated.gather
// CHECK: dilated.fused_attention
// CHECK-SAME: <[segment<8, 2>, segment<16, 4>], offset = block, padding = null_keys>
// CHECK-NOT: dilated.combine
func.func @main(%q: tensor<1x16x4x4xf64> {dilated.name = "query"},
                %k: tensor<1x16x4x4xf64> {dilated.name = "key"},
                %v: tensor<1x16x4x4xf64> {dilated.name = "value"})
    -> (tensor<1x16x4x4xf64> {dilated.name = "output"}) {
  %zero = arith.constant dense<0.0> : tensor<1x16x4x4xf64>
  %minus_inf = arith.constant dense<0xFFF0000000000000> : tensor<1x4x16xf64>

  %q0 = dilated.gather %q segment(<8, 2>) offset(<block>) : tensor<1x16x4x4xf64> -> tensor<1x2x4x4x4xf64>
  %k0 = dilated.gather %k segment(<8, 2>) offset(<block>) : tensor<1x16x4x4xf64> -> tensor<1x2x4x4x4xf64>
  %v0 = dilated.gather %v segment(<8, 2>) offset(<block>) : tensor<1x16x4x4xf64> -> tensor<1x2x4x4x4xf64>
  %o0, %l0 = dilated.dense_attention %q0, %k0, %v0
      : tensor<1x2x4x4x4xf64>, tensor<1x2x4x4x4xf64>, tensor<1x2x4x4x4xf64>
      -> tensor<1x2x4x4x4xf64>, tensor<1x2x4x4xf64>
  %d0, %e0 = dilated.scatter %o0, %l0 into %zero, %minus_inf segment(<8, 2>) offset(<block>)
      : tensor<1x2x4x4x4xf64>, tensor<1x2x4x4xf64> into tensor<1x16x4x4xf64>, tensor<1x4x16xf64>

  %q1 = dilated.gather %q segment(<16, 4>) offset(<block>) : tensor<1x16x4x4xf64> -> tensor<1x1x4x4x4xf64>
  %k1 = dilated.gather %k segment(<16, 4>) offset(<block>) : tensor<1x16x4x4xf64> -> tensor<1x1x4x4x4xf64>
  %v1 = dilated.gather %v segment(<16, 4>) offset(<block>) : tensor<1x16x4x4xf64> -> tensor<1x1x4x4x4xf64>
  %o1, %l1 = dilated.dense_attention %q1, %k1, %v1
      : tensor<1x1x4x4x4xf64>, tensor<1x1x4x4x4xf64>, tensor<1x1x4x4x4xf64>
      -> tensor<1x1x4x4x4xf64>, tensor<1x1x4x4xf64>
  %d1, %e1 = dilated.scatter %o1, %l1 into %zero, %minus_inf segment(<16, 4>) offset(<block>)
      : tensor<1x1x4x4x4xf64>, tensor<1x1x4x4xf64> into tensor<1x16x4x4xf64>, tensor<1x4x16xf64>

  %out = dilated.combine (%d0, %d1) lse(%e0, %e1)
      : tensor<1x16x4x4xf64>, tensor<1x16x4x4xf64>
      lse tensor<1x4x16xf64>, tensor<1x4x16xf64> -> tensor<1x16x4x4xf64>
  return %out : tensor<1x16x4x4xf64>
}

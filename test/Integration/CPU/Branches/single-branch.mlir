// Golden case single_dense written by hand: one branch and no mixture. A scatter
// that no combine reads is an attention of one segment and fuses as well.
// RUN: dilated-opt %s --dilated-fuse-branches | FileCheck %s
// RUN: %python %S/../golden.py --dtype f32 --only single_dense --module %s
// RUN: %python %S/../golden.py --dtype f32 --only single_dense --module %s --no-fuse

// CHECK-LABEL: func.func @main
// CHECK-NOT: dilated.gather
// CHECK: dilated.fused_attention
// CHECK-SAME: <[segment<64, 1>], offset = block, padding = null_keys>
// CHECK-NOT: dilated.scatter
func.func @main(%q: tensor<1x16x2x4xf32> {dilated.name = "query"},
                %k: tensor<1x16x2x4xf32> {dilated.name = "key"},
                %v: tensor<1x16x2x4xf32> {dilated.name = "value"})
    -> (tensor<1x16x2x4xf32> {dilated.name = "output"}) {
  %zero = arith.constant dense<0.0> : tensor<1x16x2x4xf32>
  %minus_inf = arith.constant dense<0xFF800000> : tensor<1x2x16xf32>
  %q0 = dilated.gather %q segment(<64, 1>) offset(<block>) : tensor<1x16x2x4xf32> -> tensor<1x1x2x16x4xf32>
  %k0 = dilated.gather %k segment(<64, 1>) offset(<block>) : tensor<1x16x2x4xf32> -> tensor<1x1x2x16x4xf32>
  %v0 = dilated.gather %v segment(<64, 1>) offset(<block>) : tensor<1x16x2x4xf32> -> tensor<1x1x2x16x4xf32>
  %o0, %l0 = dilated.dense_attention %q0, %k0, %v0
      : tensor<1x1x2x16x4xf32>, tensor<1x1x2x16x4xf32>, tensor<1x1x2x16x4xf32>
      -> tensor<1x1x2x16x4xf32>, tensor<1x1x2x16xf32>
  %out, %lse = dilated.scatter %o0, %l0 into %zero, %minus_inf segment(<64, 1>) offset(<block>)
      : tensor<1x1x2x16x4xf32>, tensor<1x1x2x16xf32> into tensor<1x16x2x4xf32>, tensor<1x2x16xf32>
  return %out : tensor<1x16x2x4xf32>
}

// A decomposition of our own, all of it at the place of one dilated.attention, that
// does not fuse is a warning: it is much slower, and nobody wrote it so.
// RUN: dilated-opt %s --dilated-fuse-branches 2>&1 | FileCheck %s
// CHECK: attention:1:1: warning: not fused into one attention kernel
// CHECK: note: because of this dilated.scatter: it attends to other operands than the first branch
// CHECK: dilated.combine

func.func @own_decomposition(%q: tensor<1x32x4x16xf32>, %k: tensor<1x32x4x16xf32>, %v: tensor<1x32x4x16xf32>) -> tensor<1x32x4x16xf32> {
  %f0 = arith.constant 0.0 : f32 loc("attention":1:1)
  %finf = arith.constant 0xFF800000 : f32 loc("attention":1:1)
  %i0 = tensor.empty() : tensor<1x32x4x16xf32> loc("attention":1:1)
  %i1 = tensor.empty() : tensor<1x4x32xf32> loc("attention":1:1)
  %zero = linalg.fill ins(%f0 : f32) outs(%i0 : tensor<1x32x4x16xf32>) -> tensor<1x32x4x16xf32> loc("attention":1:1)
  %none = linalg.fill ins(%finf : f32) outs(%i1 : tensor<1x4x32xf32>) -> tensor<1x4x32xf32> loc("attention":1:1)
  %q0 = dilated.gather %q segment(<8, 1>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x4x4x8x16xf32> loc("attention":1:1)
  %k0 = dilated.gather %k segment(<8, 1>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x4x4x8x16xf32> loc("attention":1:1)
  %v0 = dilated.gather %v segment(<8, 1>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x4x4x8x16xf32> loc("attention":1:1)
  %o0, %l0 = dilated.dense_attention %q0, %k0, %v0 
      : tensor<1x4x4x8x16xf32>, tensor<1x4x4x8x16xf32>, tensor<1x4x4x8x16xf32> -> tensor<1x4x4x8x16xf32>, tensor<1x4x4x8xf32> loc("attention":1:1)
  %d0, %e0 = dilated.scatter %o0, %l0 into %zero, %none segment(<8, 1>) offset(<block>)
      : tensor<1x4x4x8x16xf32>, tensor<1x4x4x8xf32> into tensor<1x32x4x16xf32>, tensor<1x4x32xf32> loc("attention":1:1)
  %q1 = dilated.gather %q segment(<16, 2>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x2x4x8x16xf32> loc("attention":1:1)
  %k1 = dilated.gather %v segment(<16, 2>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x2x4x8x16xf32> loc("attention":1:1)
  %v1 = dilated.gather %v segment(<16, 2>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x2x4x8x16xf32> loc("attention":1:1)
  %o1, %l1 = dilated.dense_attention %q1, %k1, %v1 
      : tensor<1x2x4x8x16xf32>, tensor<1x2x4x8x16xf32>, tensor<1x2x4x8x16xf32> -> tensor<1x2x4x8x16xf32>, tensor<1x2x4x8xf32> loc("attention":1:1)
  %d1, %e1 = dilated.scatter %o1, %l1 into %zero, %none segment(<16, 2>) offset(<block>)
      : tensor<1x2x4x8x16xf32>, tensor<1x2x4x8xf32> into tensor<1x32x4x16xf32>, tensor<1x4x32xf32> loc("attention":1:1)
  %out = dilated.combine (%d0, %d1) lse(%e0, %e1)
      : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32> lse tensor<1x4x32xf32>, tensor<1x4x32xf32>
      -> tensor<1x32x4x16xf32> loc("attention":1:1)
  return %out : tensor<1x32x4x16xf32>
}

// RUN: dilated-opt %s --dilated-fuse-branches | FileCheck %s

// Written by hand: two branches become one kernel, the mixture counts kept.
// CHECK-LABEL: @by_hand
// CHECK-SAME: %[[Q:.*]]: tensor<1x32x4x16xf32>, %[[K:.*]]: tensor<1x32x4x16xf32>, %[[V:.*]]: tensor<1x32x4x16xf32>
// CHECK-NOT: dilated.gather
// CHECK: %[[OUT:.*]] = dilated.fused_attention ins(%[[Q]], %[[K]], %[[V]]) outs(%{{.*}}) pattern(<[segment<8, 1>, segment<16, 2>], offset = block, padding = null_keys>) scale(2.500000e-01)
// CHECK-NOT: dilated.combine
// CHECK: return %[[OUT]]
func.func @by_hand(%q: tensor<1x32x4x16xf32>, %k: tensor<1x32x4x16xf32>, %v: tensor<1x32x4x16xf32>) -> tensor<1x32x4x16xf32> {
  %f0 = arith.constant 0.0 : f32
  %finf = arith.constant 0xFF800000 : f32
  %i0 = tensor.empty() : tensor<1x32x4x16xf32>
  %i1 = tensor.empty() : tensor<1x4x32xf32>
  %zero = linalg.fill ins(%f0 : f32) outs(%i0 : tensor<1x32x4x16xf32>) -> tensor<1x32x4x16xf32>
  %none = linalg.fill ins(%finf : f32) outs(%i1 : tensor<1x4x32xf32>) -> tensor<1x4x32xf32>
  %q0 = dilated.gather %q segment(<8, 1>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x4x4x8x16xf32>
  %k0 = dilated.gather %k segment(<8, 1>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x4x4x8x16xf32>
  %v0 = dilated.gather %v segment(<8, 1>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x4x4x8x16xf32>
  %o0, %l0 = dilated.dense_attention %q0, %k0, %v0 
      : tensor<1x4x4x8x16xf32>, tensor<1x4x4x8x16xf32>, tensor<1x4x4x8x16xf32> -> tensor<1x4x4x8x16xf32>, tensor<1x4x4x8xf32>
  %d0, %e0 = dilated.scatter %o0, %l0 into %zero, %none segment(<8, 1>) offset(<block>)
      : tensor<1x4x4x8x16xf32>, tensor<1x4x4x8xf32> into tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
  %q1 = dilated.gather %q segment(<16, 2>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x2x4x8x16xf32>
  %k1 = dilated.gather %k segment(<16, 2>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x2x4x8x16xf32>
  %v1 = dilated.gather %v segment(<16, 2>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x2x4x8x16xf32>
  %o1, %l1 = dilated.dense_attention %q1, %k1, %v1 
      : tensor<1x2x4x8x16xf32>, tensor<1x2x4x8x16xf32>, tensor<1x2x4x8x16xf32> -> tensor<1x2x4x8x16xf32>, tensor<1x2x4x8xf32>
  %d1, %e1 = dilated.scatter %o1, %l1 into %zero, %none segment(<16, 2>) offset(<block>)
      : tensor<1x2x4x8x16xf32>, tensor<1x2x4x8xf32> into tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
  %out = dilated.combine (%d0, %d1) lse(%e0, %e1)
      : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32> lse tensor<1x4x32xf32>, tensor<1x4x32xf32>
      -> tensor<1x32x4x16xf32>
  return %out : tensor<1x32x4x16xf32>
}

// A scatter that no combine reads is an attention of one segment.
// CHECK-LABEL: @one_branch
// CHECK: dilated.fused_attention {{.*}} pattern(<[segment<16, 2>], offset = block, padding = null_keys>)
// CHECK-NOT: dilated.scatter
func.func @one_branch(%q: tensor<1x32x4x16xf32>, %k: tensor<1x32x4x16xf32>, %v: tensor<1x32x4x16xf32>) -> tensor<1x32x4x16xf32> {
  %f0 = arith.constant 0.0 : f32
  %finf = arith.constant 0xFF800000 : f32
  %i0 = tensor.empty() : tensor<1x32x4x16xf32>
  %i1 = tensor.empty() : tensor<1x4x32xf32>
  %zero = linalg.fill ins(%f0 : f32) outs(%i0 : tensor<1x32x4x16xf32>) -> tensor<1x32x4x16xf32>
  %none = linalg.fill ins(%finf : f32) outs(%i1 : tensor<1x4x32xf32>) -> tensor<1x4x32xf32>
  %q0 = dilated.gather %q segment(<16, 2>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x2x4x8x16xf32>
  %k0 = dilated.gather %k segment(<16, 2>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x2x4x8x16xf32>
  %v0 = dilated.gather %v segment(<16, 2>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x2x4x8x16xf32>
  %o0, %l0 = dilated.dense_attention %q0, %k0, %v0 
      : tensor<1x2x4x8x16xf32>, tensor<1x2x4x8x16xf32>, tensor<1x2x4x8x16xf32> -> tensor<1x2x4x8x16xf32>, tensor<1x2x4x8xf32>
  %d0, %e0 = dilated.scatter %o0, %l0 into %zero, %none segment(<16, 2>) offset(<block>)
      : tensor<1x2x4x8x16xf32>, tensor<1x2x4x8xf32> into tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
  return %d0 : tensor<1x32x4x16xf32>
}

// Counted keys are padding = exclude.
// CHECK-LABEL: @counted
// CHECK: dilated.fused_attention {{.*}} padding = exclude
func.func @counted(%q: tensor<1x32x4x16xf32>, %k: tensor<1x32x4x16xf32>, %v: tensor<1x32x4x16xf32>) -> tensor<1x32x4x16xf32> {
  %f0 = arith.constant 0.0 : f32
  %finf = arith.constant 0xFF800000 : f32
  %i0 = tensor.empty() : tensor<1x32x4x16xf32>
  %i1 = tensor.empty() : tensor<1x4x32xf32>
  %zero = linalg.fill ins(%f0 : f32) outs(%i0 : tensor<1x32x4x16xf32>) -> tensor<1x32x4x16xf32>
  %none = linalg.fill ins(%finf : f32) outs(%i1 : tensor<1x4x32xf32>) -> tensor<1x4x32xf32>
  %q0 = dilated.gather %q segment(<16, 2>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x2x4x8x16xf32>
  %k0, %n0 = dilated.gather %k segment(<16, 2>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x2x4x8x16xf32>, tensor<2x4xindex>
  %v0 = dilated.gather %v segment(<16, 2>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x2x4x8x16xf32>
  %o0, %l0 = dilated.dense_attention %q0, %k0, %v0 counts(%n0 : tensor<2x4xindex>)
      : tensor<1x2x4x8x16xf32>, tensor<1x2x4x8x16xf32>, tensor<1x2x4x8x16xf32> -> tensor<1x2x4x8x16xf32>, tensor<1x2x4x8xf32>
  %d0, %e0 = dilated.scatter %o0, %l0 into %zero, %none segment(<16, 2>) offset(<block>)
      : tensor<1x2x4x8x16xf32>, tensor<1x2x4x8xf32> into tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
  return %d0 : tensor<1x32x4x16xf32>
}

// The log-sum-exp and multiplicities of the mixture carry over.
// CHECK-LABEL: @with_lse
// CHECK: %{{.*}}:2 = dilated.fused_attention {{.*}} pattern(<[segment<8, 1, multiplicity = 3>], offset = block
func.func @with_lse(%q: tensor<1x32x4x16xf32>, %k: tensor<1x32x4x16xf32>, %v: tensor<1x32x4x16xf32>) -> (tensor<1x32x4x16xf32>, tensor<1x4x32xf32>) {
  %f0 = arith.constant 0.0 : f32
  %finf = arith.constant 0xFF800000 : f32
  %i0 = tensor.empty() : tensor<1x32x4x16xf32>
  %i1 = tensor.empty() : tensor<1x4x32xf32>
  %zero = linalg.fill ins(%f0 : f32) outs(%i0 : tensor<1x32x4x16xf32>) -> tensor<1x32x4x16xf32>
  %none = linalg.fill ins(%finf : f32) outs(%i1 : tensor<1x4x32xf32>) -> tensor<1x4x32xf32>
  %q0 = dilated.gather %q segment(<8, 1>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x4x4x8x16xf32>
  %k0 = dilated.gather %k segment(<8, 1>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x4x4x8x16xf32>
  %v0 = dilated.gather %v segment(<8, 1>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x4x4x8x16xf32>
  %o0, %l0 = dilated.dense_attention %q0, %k0, %v0 
      : tensor<1x4x4x8x16xf32>, tensor<1x4x4x8x16xf32>, tensor<1x4x4x8x16xf32> -> tensor<1x4x4x8x16xf32>, tensor<1x4x4x8xf32>
  %d0, %e0 = dilated.scatter %o0, %l0 into %zero, %none segment(<8, 1>) offset(<block>)
      : tensor<1x4x4x8x16xf32>, tensor<1x4x4x8xf32> into tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
  %out, %lse = dilated.combine (%d0) lse(%e0) multiplicities [3]
      : tensor<1x32x4x16xf32> lse tensor<1x4x32xf32> -> tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
  return %out, %lse : tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
}

// Written by hand: a lone window, and a set of columns and a window.
// CHECK-LABEL: @masked
// CHECK: dilated.fused_attention {{.*}} pattern(<[window<3, 0>], offset = block, padding = exclude>)
// CHECK: dilated.fused_attention {{.*}} pattern(<[columns<0, 4>, window<2, 2>], offset = block, padding = exclude, overlap = set>) scale(5.000000e-01)
// CHECK-NOT: dilated.masked_attention
func.func @masked(%q: tensor<1x32x4x16xf32>, %k: tensor<1x32x2x16xf32>) -> (tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32>) {
  %a, %al = dilated.masked_attention %q, %k, %k term(#dilated.window<3, 0, multiplicity = 7>) offset(<block>)
      : tensor<1x32x4x16xf32>, tensor<1x32x2x16xf32>, tensor<1x32x2x16xf32> -> tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
  %b, %bl = dilated.masked_attention %q, %k, %k term(#dilated.columns<0, 4>) offset(<block>) scale(0.5)
      : tensor<1x32x4x16xf32>, tensor<1x32x2x16xf32>, tensor<1x32x2x16xf32> -> tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
  %c, %cl = dilated.masked_attention %q, %k, %k term(#dilated.window<2, 2>) except([#dilated.columns<0, 4>]) offset(<block>) scale(0.5)
      : tensor<1x32x4x16xf32>, tensor<1x32x2x16xf32>, tensor<1x32x2x16xf32> -> tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
  %out = dilated.combine (%b, %c) lse(%bl, %cl) : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32>
      lse tensor<1x4x32xf32>, tensor<1x4x32xf32> -> tensor<1x32x4x16xf32>
  return %a, %out : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32>
}

// What does not fuse stays as it is, and a remark says why and where.
// RUN: dilated-opt %s --split-input-file --dilated-fuse-branches --verify-diagnostics | FileCheck %s

// CHECK-COUNT-8: dilated.combine
// CHECK: @alone_in_a_set
// CHECK: dilated.masked_attention
// CHECK: dilated.combine

// Branches that attend to different keys are not one softmax.
func.func @other_keys(%q: tensor<1x32x4x16xf32>, %k: tensor<1x32x4x16xf32>, %v: tensor<1x32x4x16xf32>) -> tensor<1x32x4x16xf32> {
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
  %k1 = dilated.gather %v segment(<16, 2>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x2x4x8x16xf32>
  %v1 = dilated.gather %v segment(<16, 2>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x2x4x8x16xf32>
  %o1, %l1 = dilated.dense_attention %q1, %k1, %v1 
      : tensor<1x2x4x8x16xf32>, tensor<1x2x4x8x16xf32>, tensor<1x2x4x8x16xf32> -> tensor<1x2x4x8x16xf32>, tensor<1x2x4x8xf32>
  // expected-note @below {{it attends to other operands than the first partial result}}
  %d1, %e1 = dilated.scatter %o1, %l1 into %zero, %none segment(<16, 2>) offset(<block>)
      : tensor<1x2x4x8x16xf32>, tensor<1x2x4x8xf32> into tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
  // expected-remark @below {{not fused into one attention kernel}}
  %out = dilated.combine (%d0, %d1) lse(%e0, %e1)
      : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32> lse tensor<1x4x32xf32>, tensor<1x4x32xf32>
      -> tensor<1x32x4x16xf32>
  return %out : tensor<1x32x4x16xf32>
}

// -----

// Keys gathered at another head offset than the query.
func.func @other_segment(%q: tensor<1x32x4x16xf32>, %k: tensor<1x32x4x16xf32>, %v: tensor<1x32x4x16xf32>) -> tensor<1x32x4x16xf32> {
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
  // expected-note @below {{it gathers #dilated.segment<16, 2> at offset #dilated.head_offset<modulo> but the branch scatters #dilated.segment<16, 2> at offset #dilated.head_offset<block>}}
  %k1 = dilated.gather %k segment(<16, 2>) offset(<modulo>) : tensor<1x32x4x16xf32> -> tensor<1x2x4x8x16xf32>
  %v1 = dilated.gather %v segment(<16, 2>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x2x4x8x16xf32>
  %o1, %l1 = dilated.dense_attention %q1, %k1, %v1 
      : tensor<1x2x4x8x16xf32>, tensor<1x2x4x8x16xf32>, tensor<1x2x4x8x16xf32> -> tensor<1x2x4x8x16xf32>, tensor<1x2x4x8xf32>
  %d1, %e1 = dilated.scatter %o1, %l1 into %zero, %none segment(<16, 2>) offset(<block>)
      : tensor<1x2x4x8x16xf32>, tensor<1x2x4x8xf32> into tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
  // expected-remark @below {{not fused into one attention kernel}}
  %out = dilated.combine (%d0, %d1) lse(%e0, %e1)
      : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32> lse tensor<1x4x32xf32>, tensor<1x4x32xf32>
      -> tensor<1x32x4x16xf32>
  return %out : tensor<1x32x4x16xf32>
}

// -----

// Different scales.
func.func @other_scale(%q: tensor<1x32x4x16xf32>, %k: tensor<1x32x4x16xf32>, %v: tensor<1x32x4x16xf32>) -> tensor<1x32x4x16xf32> {
  %f0 = arith.constant 0.0 : f32
  %finf = arith.constant 0xFF800000 : f32
  %i0 = tensor.empty() : tensor<1x32x4x16xf32>
  %i1 = tensor.empty() : tensor<1x4x32xf32>
  %zero = linalg.fill ins(%f0 : f32) outs(%i0 : tensor<1x32x4x16xf32>) -> tensor<1x32x4x16xf32>
  %none = linalg.fill ins(%finf : f32) outs(%i1 : tensor<1x4x32xf32>) -> tensor<1x4x32xf32>
  %q0 = dilated.gather %q segment(<8, 1>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x4x4x8x16xf32>
  %k0 = dilated.gather %k segment(<8, 1>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x4x4x8x16xf32>
  %v0 = dilated.gather %v segment(<8, 1>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x4x4x8x16xf32>
  %o0, %l0 = dilated.dense_attention %q0, %k0, %v0 scale(0.5)
      : tensor<1x4x4x8x16xf32>, tensor<1x4x4x8x16xf32>, tensor<1x4x4x8x16xf32> -> tensor<1x4x4x8x16xf32>, tensor<1x4x4x8xf32>
  %d0, %e0 = dilated.scatter %o0, %l0 into %zero, %none segment(<8, 1>) offset(<block>)
      : tensor<1x4x4x8x16xf32>, tensor<1x4x4x8xf32> into tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
  %q1 = dilated.gather %q segment(<16, 2>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x2x4x8x16xf32>
  %k1 = dilated.gather %k segment(<16, 2>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x2x4x8x16xf32>
  %v1 = dilated.gather %v segment(<16, 2>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x2x4x8x16xf32>
  %o1, %l1 = dilated.dense_attention %q1, %k1, %v1 
      : tensor<1x2x4x8x16xf32>, tensor<1x2x4x8x16xf32>, tensor<1x2x4x8x16xf32> -> tensor<1x2x4x8x16xf32>, tensor<1x2x4x8xf32>
  // expected-note @below {{its scale (0.250000) is not that of the first partial result (0.500000)}}
  %d1, %e1 = dilated.scatter %o1, %l1 into %zero, %none segment(<16, 2>) offset(<block>)
      : tensor<1x2x4x8x16xf32>, tensor<1x2x4x8xf32> into tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
  // expected-remark @below {{not fused into one attention kernel}}
  %out = dilated.combine (%d0, %d1) lse(%e0, %e1)
      : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32> lse tensor<1x4x32xf32>, tensor<1x4x32xf32>
      -> tensor<1x32x4x16xf32>
  return %out : tensor<1x32x4x16xf32>
}

// -----

// One branch causal.
func.func @other_mask(%q: tensor<1x32x4x16xf32>, %k: tensor<1x32x4x16xf32>, %v: tensor<1x32x4x16xf32>) -> tensor<1x32x4x16xf32> {
  %f0 = arith.constant 0.0 : f32
  %finf = arith.constant 0xFF800000 : f32
  %i0 = tensor.empty() : tensor<1x32x4x16xf32>
  %i1 = tensor.empty() : tensor<1x4x32xf32>
  %zero = linalg.fill ins(%f0 : f32) outs(%i0 : tensor<1x32x4x16xf32>) -> tensor<1x32x4x16xf32>
  %none = linalg.fill ins(%finf : f32) outs(%i1 : tensor<1x4x32xf32>) -> tensor<1x4x32xf32>
  %q0 = dilated.gather %q segment(<8, 1>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x4x4x8x16xf32>
  %k0 = dilated.gather %k segment(<8, 1>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x4x4x8x16xf32>
  %v0 = dilated.gather %v segment(<8, 1>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x4x4x8x16xf32>
  %o0, %l0 = dilated.dense_attention %q0, %k0, %v0 causal
      : tensor<1x4x4x8x16xf32>, tensor<1x4x4x8x16xf32>, tensor<1x4x4x8x16xf32> -> tensor<1x4x4x8x16xf32>, tensor<1x4x4x8xf32>
  %d0, %e0 = dilated.scatter %o0, %l0 into %zero, %none segment(<8, 1>) offset(<block>)
      : tensor<1x4x4x8x16xf32>, tensor<1x4x4x8xf32> into tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
  %q1 = dilated.gather %q segment(<16, 2>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x2x4x8x16xf32>
  %k1 = dilated.gather %k segment(<16, 2>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x2x4x8x16xf32>
  %v1 = dilated.gather %v segment(<16, 2>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x2x4x8x16xf32>
  %o1, %l1 = dilated.dense_attention %q1, %k1, %v1 
      : tensor<1x2x4x8x16xf32>, tensor<1x2x4x8x16xf32>, tensor<1x2x4x8x16xf32> -> tensor<1x2x4x8x16xf32>, tensor<1x2x4x8xf32>
  // expected-note @below {{it is causal and the first partial result is not}}
  %d1, %e1 = dilated.scatter %o1, %l1 into %zero, %none segment(<16, 2>) offset(<block>)
      : tensor<1x2x4x8x16xf32>, tensor<1x2x4x8xf32> into tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
  // expected-remark @below {{not fused into one attention kernel}}
  %out = dilated.combine (%d0, %d1) lse(%e0, %e1)
      : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32> lse tensor<1x4x32xf32>, tensor<1x4x32xf32>
      -> tensor<1x32x4x16xf32>
  return %out : tensor<1x32x4x16xf32>
}

// -----

// Uncovered rows would keep the values of %q.
func.func @other_destination(%q: tensor<1x32x4x16xf32>, %k: tensor<1x32x4x16xf32>, %v: tensor<1x32x4x16xf32>) -> tensor<1x32x4x16xf32> {
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
  // expected-note @below {{its destinations are not filled with 0 and -inf}}
  %d1, %e1 = dilated.scatter %o1, %l1 into %q, %none segment(<16, 2>) offset(<block>)
      : tensor<1x2x4x8x16xf32>, tensor<1x2x4x8xf32> into tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
  // expected-remark @below {{not fused into one attention kernel}}
  %out = dilated.combine (%d0, %d1) lse(%e0, %e1)
      : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32> lse tensor<1x4x32xf32>, tensor<1x4x32xf32>
      -> tensor<1x32x4x16xf32>
  return %out : tensor<1x32x4x16xf32>
}

// -----

// Four segments of 8 either way, but not one attention.
func.func @other_key_length(%q: tensor<1x31x4x4xf32>, %k: tensor<1x29x4x4xf32>) -> tensor<1x31x4x4xf32> {
  %zero = arith.constant dense<0.0> : tensor<1x31x4x4xf32>
  %minus_inf = arith.constant dense<0xFF800000> : tensor<1x4x31xf32>
  %q0 = dilated.gather %q segment(<8, 1>) offset(<block>) : tensor<1x31x4x4xf32> -> tensor<1x4x4x8x4xf32>
  // expected-note @below {{its batch size or sequence length is not that of the query}}
  %k0 = dilated.gather %k segment(<8, 1>) offset(<block>) : tensor<1x29x4x4xf32> -> tensor<1x4x4x8x4xf32>
  %o0, %l0 = dilated.dense_attention %q0, %k0, %k0
      : tensor<1x4x4x8x4xf32>, tensor<1x4x4x8x4xf32>, tensor<1x4x4x8x4xf32>
      -> tensor<1x4x4x8x4xf32>, tensor<1x4x4x8xf32>
  // expected-remark @below {{not fused into one attention kernel}}
  %out, %lse = dilated.scatter %o0, %l0 into %zero, %minus_inf segment(<8, 1>) offset(<block>)
      : tensor<1x4x4x8x4xf32>, tensor<1x4x4x8xf32> into tensor<1x31x4x4xf32>, tensor<1x4x31xf32>
  return %out : tensor<1x31x4x4xf32>
}

// -----

// Rows 29 and 30 of the destination keep their zeros.
func.func @longer_destination(%q: tensor<1x29x4x4xf32>) -> tensor<1x31x4x4xf32> {
  %zero = arith.constant dense<0.0> : tensor<1x31x4x4xf32>
  %minus_inf = arith.constant dense<0xFF800000> : tensor<1x4x31xf32>
  %q0 = dilated.gather %q segment(<8, 1>) offset(<block>) : tensor<1x29x4x4xf32> -> tensor<1x4x4x8x4xf32>
  %o0, %l0 = dilated.dense_attention %q0, %q0, %q0
      : tensor<1x4x4x8x4xf32>, tensor<1x4x4x8x4xf32>, tensor<1x4x4x8x4xf32>
      -> tensor<1x4x4x8x4xf32>, tensor<1x4x4x8xf32>
  // expected-note @below {{its destination is not known to have the batch size, sequence length and heads of the query}}
  // expected-remark @below {{not fused into one attention kernel}}
  %out, %lse = dilated.scatter %o0, %l0 into %zero, %minus_inf segment(<8, 1>) offset(<block>)
      : tensor<1x4x4x8x4xf32>, tensor<1x4x4x8xf32> into tensor<1x31x4x4xf32>, tensor<1x4x31xf32>
  return %out : tensor<1x31x4x4xf32>
}

// -----

// Of three terms the last is without the keys of the first alone: no set, and no
// multiset either.
func.func @half_a_set(%q: tensor<1x32x4x16xf32>, %k: tensor<1x32x4x16xf32>, %v: tensor<1x32x4x16xf32>) -> tensor<1x32x4x16xf32> {
  %d0, %e0 = dilated.masked_attention %q, %k, %v term(#dilated.window<3, 0>) offset(<block>)
      : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32> -> tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
  %d1, %e1 = dilated.masked_attention %q, %k, %v term(#dilated.columns<0, 2>) except([#dilated.window<3, 0>]) offset(<block>)
      : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32> -> tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
  // expected-note @below {{the terms whose keys it leaves out are not those of the partial results before it}}
  %d2, %e2 = dilated.masked_attention %q, %k, %v term(#dilated.segment<8, 1>) except([#dilated.window<3, 0>]) offset(<block>)
      : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32> -> tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
  // expected-remark @below {{not fused into one attention kernel}}
  %out = dilated.combine (%d0, %d1, %d2) lse(%e0, %e1, %e2)
      : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32> lse tensor<1x4x32xf32>, tensor<1x4x32xf32>, tensor<1x4x32xf32> -> tensor<1x32x4x16xf32>
  return %out : tensor<1x32x4x16xf32>
}

// -----

// A set has no multiplicities.
func.func @counted_set(%q: tensor<1x32x4x16xf32>, %k: tensor<1x32x4x16xf32>, %v: tensor<1x32x4x16xf32>) -> tensor<1x32x4x16xf32> {
  %d0, %e0 = dilated.masked_attention %q, %k, %v term(#dilated.window<3, 0>) offset(<block>)
      : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32> -> tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
  %d1, %e1 = dilated.masked_attention %q, %k, %v term(#dilated.columns<0, 2>) except([#dilated.window<3, 0>]) offset(<block>)
      : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32> -> tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
  // expected-note @below {{it counts partial results of a set more than once}}
  // expected-remark @below {{not fused into one attention kernel}}
  %out = dilated.combine (%d0, %d1) lse(%e0, %e1) multiplicities [1, 2]
      : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32> lse tensor<1x4x32xf32>, tensor<1x4x32xf32> -> tensor<1x32x4x16xf32>
  return %out : tensor<1x32x4x16xf32>
}

// -----

// The segments of a mixture with windows have no null keys.
func.func @null_keys(%q: tensor<1x32x4x16xf32>, %k: tensor<1x32x4x16xf32>, %v: tensor<1x32x4x16xf32>) -> tensor<1x32x4x16xf32> {
  %f0 = arith.constant 0.0 : f32
  %finf = arith.constant 0xFF800000 : f32
  %i0 = tensor.empty() : tensor<1x32x4x16xf32>
  %i1 = tensor.empty() : tensor<1x4x32xf32>
  %zero = linalg.fill ins(%f0 : f32) outs(%i0 : tensor<1x32x4x16xf32>) -> tensor<1x32x4x16xf32>
  %none = linalg.fill ins(%finf : f32) outs(%i1 : tensor<1x4x32xf32>) -> tensor<1x4x32xf32>
  %q0 = dilated.gather %q segment(<9, 2>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x4x4x5x16xf32>
  %k0 = dilated.gather %k segment(<9, 2>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x4x4x5x16xf32>
  %v0 = dilated.gather %v segment(<9, 2>) offset(<block>) : tensor<1x32x4x16xf32> -> tensor<1x4x4x5x16xf32>
  %o0, %l0 = dilated.dense_attention %q0, %k0, %v0
      : tensor<1x4x4x5x16xf32>, tensor<1x4x4x5x16xf32>, tensor<1x4x4x5x16xf32> -> tensor<1x4x4x5x16xf32>, tensor<1x4x4x5xf32>
  %d0, %e0 = dilated.scatter %o0, %l0 into %zero, %none segment(<9, 2>) offset(<block>)
      : tensor<1x4x4x5x16xf32>, tensor<1x4x4x5xf32> into tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
  // expected-note @below {{it counts its real keys and the first partial result does not}}
  %d1, %e1 = dilated.masked_attention %q, %k, %v term(#dilated.window<3, 0>) offset(<block>)
      : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32> -> tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
  // expected-remark @below {{not fused into one attention kernel}}
  %out = dilated.combine (%d0, %d1) lse(%e0, %e1)
      : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32> lse tensor<1x4x32xf32>, tensor<1x4x32xf32> -> tensor<1x32x4x16xf32>
  return %out : tensor<1x32x4x16xf32>
}

// -----

// Half of a set by itself.
func.func @alone_in_a_set(%q: tensor<1x32x4x16xf32>, %k: tensor<1x32x4x16xf32>, %v: tensor<1x32x4x16xf32>) -> tensor<1x32x4x16xf32> {
  // expected-note @below {{the terms whose keys it leaves out are not those of the partial results before it}}
  // expected-remark @below {{not fused into one attention kernel}}
  %d0, %e0 = dilated.masked_attention %q, %k, %v term(#dilated.window<3, 0>) except([#dilated.columns<0, 4>]) offset(<block>)
      : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32> -> tensor<1x32x4x16xf32>, tensor<1x4x32xf32>
  return %d0 : tensor<1x32x4x16xf32>
}

// -----

// What was an attention once is slow by no will of its writer.
func.func @decomposed(%q: tensor<1x32x4x16xf32>, %o: tensor<1x32x4x16xf32>, %l: tensor<1x4x32xf32>) -> tensor<1x32x4x16xf32> {
  // expected-note @below {{a partial result is not the output and the log-sum-exp of one scatter or masked_attention}}
  // expected-warning @below {{not fused into one attention kernel}}
  %out = dilated.combine (%o) lse(%l) {dilated.decomposed} : tensor<1x32x4x16xf32> lse tensor<1x4x32xf32> -> tensor<1x32x4x16xf32>
  return %out : tensor<1x32x4x16xf32>
}

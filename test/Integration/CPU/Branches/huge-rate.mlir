// Branches that do not fuse, one of them with the largest rate there is, which the plan
// of memory meets as a size. The values of the branches are those of other rows.
// RUN: dilated-compile %s -o %t.o --no-cache 2>&1 | FileCheck %s
// CHECK: not fused into one attention kernel
// CHECK: segment<16, 9223372036854775807>
func.func @main(%q: tensor<1x?x4x4xf64> {dilated.name = "query"},
                %k: tensor<1x?x4x4xf64> {dilated.name = "key"},
                %v: tensor<1x?x4x4xf64> {dilated.name = "value"})
    -> (tensor<1x?x4x4xf64> {dilated.name = "output"}) {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %q, %c1 : tensor<1x?x4x4xf64>
  %cst = arith.constant 0.0 : f64
  %inf = arith.constant 0xFFF0000000000000 : f64
  %empty_out = tensor.empty(%n) : tensor<1x?x4x4xf64>
  %empty_lse = tensor.empty(%n) : tensor<1x4x?xf64>
  %zero = linalg.fill ins(%cst : f64) outs(%empty_out : tensor<1x?x4x4xf64>) -> tensor<1x?x4x4xf64>
  %minus_inf = linalg.fill ins(%inf : f64) outs(%empty_lse : tensor<1x4x?xf64>) -> tensor<1x4x?xf64>

  // The gathers of all branches first, then the attentions.
  %q2 = dilated.gather %q segment(<32, 4>) offset(<block>) : tensor<1x?x4x4xf64> -> tensor<1x?x4x?x4xf64>
  %q1 = dilated.gather %q segment(<16, 2>) offset(<block>) : tensor<1x?x4x4xf64> -> tensor<1x?x4x?x4xf64>
  %q0 = dilated.gather %q segment(<8, 1>) offset(<block>) : tensor<1x?x4x4xf64> -> tensor<1x?x4x?x4xf64>
  %k0 = dilated.gather %k segment(<8, 1>) offset(<block>) : tensor<1x?x4x4xf64> -> tensor<1x?x4x?x4xf64>
  %k1 = dilated.gather %k segment(<16, 2>) offset(<block>) : tensor<1x?x4x4xf64> -> tensor<1x?x4x?x4xf64>
  %k2 = dilated.gather %k segment(<32, 4>) offset(<block>) : tensor<1x?x4x4xf64> -> tensor<1x?x4x?x4xf64>
  %v0 = dilated.gather %v segment(<8, 1>) offset(<block>) : tensor<1x?x4x4xf64> -> tensor<1x?x4x?x4xf64>
  %v1 = dilated.gather %v segment(<16, 9223372036854775807>) offset(<block>) : tensor<1x?x4x4xf64> -> tensor<1x?x4x?x4xf64>
  %v2 = dilated.gather %v segment(<32, 4>) offset(<block>) : tensor<1x?x4x4xf64> -> tensor<1x?x4x?x4xf64>

  %o1, %l1 = dilated.dense_attention %q1, %k1, %v1 causal
      : tensor<1x?x4x?x4xf64>, tensor<1x?x4x?x4xf64>, tensor<1x?x4x?x4xf64>
      -> tensor<1x?x4x?x4xf64>, tensor<1x?x4x?xf64>
  %o0, %l0 = dilated.dense_attention %q0, %k0, %v0 causal
      : tensor<1x?x4x?x4xf64>, tensor<1x?x4x?x4xf64>, tensor<1x?x4x?x4xf64>
      -> tensor<1x?x4x?x4xf64>, tensor<1x?x4x?xf64>
  // The scale that the other two leave to its default, 1/sqrt(4).
  %o2, %l2 = dilated.dense_attention %q2, %k2, %v2 causal scale(0.5)
      : tensor<1x?x4x?x4xf64>, tensor<1x?x4x?x4xf64>, tensor<1x?x4x?x4xf64>
      -> tensor<1x?x4x?x4xf64>, tensor<1x?x4x?xf64>

  %d0, %e0 = dilated.scatter %o0, %l0 into %zero, %minus_inf segment(<8, 1>) offset(<block>)
      : tensor<1x?x4x?x4xf64>, tensor<1x?x4x?xf64> into tensor<1x?x4x4xf64>, tensor<1x4x?xf64>
  %d1, %e1 = dilated.scatter %o1, %l1 into %zero, %minus_inf segment(<16, 2>) offset(<block>)
      : tensor<1x?x4x?x4xf64>, tensor<1x?x4x?xf64> into tensor<1x?x4x4xf64>, tensor<1x4x?xf64>
  %d2, %e2 = dilated.scatter %o2, %l2 into %zero, %minus_inf segment(<32, 4>) offset(<block>)
      : tensor<1x?x4x?x4xf64>, tensor<1x?x4x?xf64> into tensor<1x?x4x4xf64>, tensor<1x4x?xf64>
  %out = dilated.combine (%d0, %d1, %d2) lse(%e0, %e1, %e2)
      : tensor<1x?x4x4xf64>, tensor<1x?x4x4xf64>, tensor<1x?x4x4xf64>
      lse tensor<1x4x?xf64>, tensor<1x4x?xf64>, tensor<1x4x?xf64> -> tensor<1x?x4x4xf64>
  return %out : tensor<1x?x4x4xf64>
}

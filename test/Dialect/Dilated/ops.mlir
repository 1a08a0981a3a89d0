// Every op round-trips as text, in generic form and as bytecode.
// RUN: dilated-opt %s | FileCheck %s
// RUN: dilated-opt %s | dilated-opt | FileCheck %s
// RUN: dilated-opt %s --mlir-print-op-generic | dilated-opt | FileCheck %s
// RUN: dilated-opt %s --emit-bytecode | dilated-opt | FileCheck %s

// CHECK-LABEL: @attention
func.func @attention(%q: tensor<1x?x16x48xf32>, %k: tensor<1x?x16x48xf32>,
                     %v: tensor<1x?x16x48xf32>) -> tensor<1x?x16x48xf32> {
  // CHECK: dilated.attention %{{.*}}, %{{.*}}, %{{.*}} pattern(<[segment<1024, 1>, segment<5792, 2>], offset = block, padding = null_keys>) scale(1.440000e-01) : tensor<1x?x16x48xf32>
  %out = dilated.attention %q, %k, %v
      pattern(<[segment<1024, 1>, segment<5792, 2>], offset = block, padding = null_keys>)
      scale(0.144)
      : tensor<1x?x16x48xf32>, tensor<1x?x16x48xf32>, tensor<1x?x16x48xf32> -> tensor<1x?x16x48xf32>
  return %out : tensor<1x?x16x48xf32>
}

// Grouped heads, another value head size, log-sum-exp, [B, H, N, D] operands.
// CHECK-LABEL: @attention_all_attributes
func.func @attention_all_attributes(
    %q: tensor<?x8x?x24xbf16>, %k: tensor<?x2x?x24xbf16>, %v: tensor<?x?x2x32xbf16>)
    -> (tensor<?x8x?x32xbf16>, tensor<?x8x?xf32>) {
  // CHECK: dilated.attention
  // CHECK-SAME: offset = constant<1>, padding = exclude>) causal
  // CHECK-SAME: key_layout = #dilated<layout bhnd>
  // CHECK-SAME: out_layout = #dilated<layout bhnd>
  // CHECK-SAME: query_layout = #dilated<layout bhnd>
  // CHECK-SAME: -> tensor<?x8x?x32xbf16>, tensor<?x8x?xf32>
  %out, %lse = dilated.attention %q, %k, %v
      pattern(<[segment<16, 2>, segment<32, 4, multiplicity = 3>], offset = constant<1>, padding = exclude>)
      causal {query_layout = #dilated<layout bhnd>, key_layout = #dilated<layout bhnd>,
              out_layout = #dilated<layout bhnd>}
      : tensor<?x8x?x24xbf16>, tensor<?x2x?x24xbf16>, tensor<?x?x2x32xbf16>
      -> tensor<?x8x?x32xbf16>, tensor<?x8x?xf32>
  return %out, %lse : tensor<?x8x?x32xbf16>, tensor<?x8x?xf32>
}

// CHECK-LABEL: @branch
func.func @branch(%q: tensor<1x30x4x8xf32>, %k: tensor<1x30x2x8xf32>, %v: tensor<1x30x2x8xf32>,
                  %zero: tensor<1x30x4x8xf32>, %minus_inf: tensor<1x4x30xf32>) -> tensor<1x30x4x8xf32> {
  %h = arith.constant 4 : index
  // CHECK: dilated.gather %{{.*}} segment(<16, 2>) offset(<modulo>) : tensor<1x30x4x8xf32> -> tensor<1x2x4x8x8xf32>
  %q1 = dilated.gather %q segment(<16, 2>) offset(<modulo>) : tensor<1x30x4x8xf32> -> tensor<1x2x4x8x8xf32>
  // CHECK: dilated.gather %{{.*}} heads(%{{.*}}) segment(<16, 2>) offset(<modulo>) : tensor<1x30x2x8xf32> -> tensor<1x2x4x8x8xf32>, tensor<2x4xindex>
  %k1, %n1 = dilated.gather %k heads(%h) segment(<16, 2>) offset(<modulo>) : tensor<1x30x2x8xf32> -> tensor<1x2x4x8x8xf32>, tensor<2x4xindex>
  %v1 = dilated.gather %v heads(%h) segment(<16, 2>) offset(<modulo>) : tensor<1x30x2x8xf32> -> tensor<1x2x4x8x8xf32>
  // CHECK: dilated.dense_attention %{{.*}}, %{{.*}}, %{{.*}} counts(%{{.*}} : tensor<2x4xindex>) scale(5.000000e-01)
  %o1, %l1 = dilated.dense_attention %q1, %k1, %v1 counts(%n1 : tensor<2x4xindex>) scale(0.5)
      : tensor<1x2x4x8x8xf32>, tensor<1x2x4x8x8xf32>, tensor<1x2x4x8x8xf32>
      -> tensor<1x2x4x8x8xf32>, tensor<1x2x4x8xf32>
  // CHECK: dilated.scatter %{{.*}}, %{{.*}} into %{{.*}}, %{{.*}} segment(<16, 2>) offset(<modulo>)
  %d1, %e1 = dilated.scatter %o1, %l1 into %zero, %minus_inf segment(<16, 2>) offset(<modulo>)
      : tensor<1x2x4x8x8xf32>, tensor<1x2x4x8xf32> into tensor<1x30x4x8xf32>, tensor<1x4x30xf32>
  // CHECK: dilated.combine(%{{.*}}, %{{.*}}) lse(%{{.*}}, %{{.*}}) multiplicities [1, 2]
  %out = dilated.combine (%d1, %zero) lse(%e1, %minus_inf) multiplicities [1, 2]
      : tensor<1x30x4x8xf32>, tensor<1x30x4x8xf32> lse tensor<1x4x30xf32>, tensor<1x4x30xf32>
      -> tensor<1x30x4x8xf32>
  return %out : tensor<1x30x4x8xf32>
}

// CHECK-LABEL: @fused_tensors
func.func @fused_tensors(%q: tensor<1x?x4x8xf32>, %init: tensor<1x?x4x8xf32>, %lse_init: tensor<1x4x?xf32>)
    -> (tensor<1x?x4x8xf32>, tensor<1x4x?xf32>) {
  // CHECK: dilated.fused_attention ins(%{{.*}}, %{{.*}}, %{{.*}}) outs(%{{.*}}, %{{.*}}) pattern(<[segment<8, 1>], offset = end, padding = null_keys>)
  %r:2 = dilated.fused_attention ins(%q, %q, %q) outs(%init, %lse_init)
      pattern(<[segment<8, 1>], offset = end, padding = null_keys>)
      : tensor<1x?x4x8xf32>, tensor<1x?x4x8xf32>, tensor<1x?x4x8xf32>
      into tensor<1x?x4x8xf32>, tensor<1x4x?xf32> -> tensor<1x?x4x8xf32>, tensor<1x4x?xf32>
  return %r#0, %r#1 : tensor<1x?x4x8xf32>, tensor<1x4x?xf32>
}

// CHECK-LABEL: @fused_memrefs
func.func @fused_memrefs(%q: memref<1x?x4x8xf64, strided<[?, ?, ?, 1], offset: ?>>, %out: memref<1x?x4x8xf64>) {
  // CHECK: dilated.fused_attention ins({{.*}}) outs(%{{.*}}) pattern({{.*}}) causal {softmax = #dilated<softmax fixed_maximum>} : memref
  dilated.fused_attention ins(%q, %q, %q) outs(%out)
      pattern(<[segment<8, 1>], offset = block, padding = null_keys>) causal {softmax = #dilated<softmax fixed_maximum>}
      : memref<1x?x4x8xf64, strided<[?, ?, ?, 1], offset: ?>>,
        memref<1x?x4x8xf64, strided<[?, ?, ?, 1], offset: ?>>,
        memref<1x?x4x8xf64, strided<[?, ?, ?, 1], offset: ?>> into memref<1x?x4x8xf64>
  return
}

// CHECK-LABEL: @masked
func.func @masked(%q: tensor<1x?x4x8xf16>, %k: tensor<1x?x2x8xf16>) -> tensor<1x?x4x8xf32> {
  // CHECK: dilated.masked_attention %{{.*}}, %{{.*}}, %{{.*}} term(#dilated.segment<8, 2>) except([#dilated.window<3, 0, 2>, #dilated.columns<1, 4>]) offset(<modulo>) causal scale(5.000000e-01) : tensor<1x?x4x8xf16>
  %out, %lse = dilated.masked_attention %q, %k, %k term(#dilated.segment<8, 2>)
      except([#dilated.window<3, 0, 2>, #dilated.columns<1, 4>]) offset(<modulo>) causal scale(0.5)
      : tensor<1x?x4x8xf16>, tensor<1x?x2x8xf16>, tensor<1x?x2x8xf16> -> tensor<1x?x4x8xf32>, tensor<1x4x?xf32>
  // CHECK: dilated.masked_attention %{{.*}}, %{{.*}}, %{{.*}} term(#dilated.columns<0, 1>) offset(<block>) : tensor<1x?x4x8xf16>
  %o, %l = dilated.masked_attention %q, %k, %k term(#dilated.columns<0, 1>) offset(<block>)
      : tensor<1x?x4x8xf16>, tensor<1x?x2x8xf16>, tensor<1x?x2x8xf16> -> tensor<1x?x4x8xf32>, tensor<1x4x?xf32>
  return %out : tensor<1x?x4x8xf32>
}

// The defaults of a multiset of segments are torchscale's; other patterns have no
// null keys (C6). Numbers are any int64.
// CHECK-LABEL: @patterns
// CHECK-SAME: #dilated.pattern<[segment<9223372036854775807, 4611686018427387904>], offset = block, padding = null_keys>
// CHECK-SAME: #dilated.pattern<[segment<4, 1>], offset = modulo, padding = exclude, overlap = set>
// CHECK-SAME: #dilated.pattern<[window<1023, 0>, columns<0, 4>], offset = block, padding = exclude, overlap = set>
// CHECK-SAME: #dilated.pattern<[segment<4, 1>, window<9223372036854775807, 9223372036854775807, 9223372036854775807>], offset = block, padding = exclude>
// CHECK-SAME: #dilated.pattern<[window<1, 2, multiplicity = 2>, window<1, 2, 3, multiplicity = 4>, columns<0, 9223372036854775807, multiplicity = 5>], offset = block, padding = exclude>
// CHECK-SAME: #dilated.pattern<[segment<4, 1>], offset = block, padding = exclude, overlap = set>
func.func private @patterns() attributes {
  a = #dilated.pattern<[segment<9223372036854775807, 4611686018427387904>]>,
  b = #dilated.pattern<[segment<4, 1>], overlap = set, padding = exclude, offset = modulo>,
  c = #dilated.pattern<[window<1023, 0>, columns<0, 4>], overlap = set>,
  d = #dilated.pattern<[segment<4, 1>, #dilated.window<9223372036854775807, 9223372036854775807, 9223372036854775807>]>,
  e = #dilated.pattern<[window<1, 2, 1, multiplicity = 2>, window<1, 2, 3, multiplicity = 4>, columns<0, 9223372036854775807, multiplicity = 5>]>,
  f = #dilated.pattern<[segment<4, 1>], overlap = set>
}

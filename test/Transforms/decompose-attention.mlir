// RUN: dilated-opt %s --split-input-file --dilated-decompose-attention --cse --verify-diagnostics | FileCheck %s

// A gather per operand, attention, a scatter, for each segment; one combine.
// CHECK-LABEL: @two_branches
// CHECK-SAME: %[[Q:.*]]: tensor<1x?x16x48xf32>, %[[K:.*]]: tensor<1x?x16x48xf32>, %[[V:.*]]: tensor<1x?x16x48xf32>
func.func @two_branches(%q: tensor<1x?x16x48xf32>, %k: tensor<1x?x16x48xf32>, %v: tensor<1x?x16x48xf32>) -> tensor<1x?x16x48xf32> {
  // CHECK: %[[Q0:.*]] = dilated.gather %[[Q]] segment(<1024, 1>) offset(<block>) : tensor<1x?x16x48xf32> -> tensor<1x?x16x?x48xf32>
  // CHECK: %[[K0:.*]] = dilated.gather %[[K]] segment(<1024, 1>)
  // CHECK: %[[V0:.*]] = dilated.gather %[[V]] segment(<1024, 1>)
  // CHECK: %[[O0:.*]], %[[L0:.*]] = dilated.dense_attention %[[Q0]], %[[K0]], %[[V0]] scale(1.440000e-01)
  // CHECK: %[[ZERO:.*]] = linalg.fill ins(%{{.*}}) outs(%{{.*}} : tensor<1x?x16x48xf32>)
  // CHECK: %[[NONE:.*]] = linalg.fill ins(%{{.*}}) outs(%{{.*}} : tensor<1x16x?xf32>)
  // CHECK: %[[D0:.*]], %[[E0:.*]] = dilated.scatter %[[O0]], %[[L0]] into %[[ZERO]], %[[NONE]] segment(<1024, 1>)
  // CHECK: dilated.gather %[[Q]] segment(<5792, 2>)
  // CHECK: %[[D1:.*]], %[[E1:.*]] = dilated.scatter {{.*}} segment(<5792, 2>)
  // CHECK: %[[OUT:.*]] = dilated.combine(%[[D0]], %[[D1]]) lse(%[[E0]], %[[E1]])
  // CHECK: return %[[OUT]]
  %out = dilated.attention %q, %k, %v
      pattern(<[segment<1024, 1>, segment<5792, 2>], offset = block, padding = null_keys>) scale(0.144)
      : tensor<1x?x16x48xf32>, tensor<1x?x16x48xf32>, tensor<1x?x16x48xf32> -> tensor<1x?x16x48xf32>
  return %out : tensor<1x?x16x48xf32>
}

// -----

// Narrow operands: partial results are f32 and the mixture rounds once. Grouped
// heads are repeated by the gathers; padding = exclude counts the real keys.
// CHECK-LABEL: @narrow_grouped_excluded
func.func @narrow_grouped_excluded(%q: tensor<2x30x4x8xf16>, %k: tensor<2x30x2x8xf16>)
    -> (tensor<2x30x4x8xf16>, tensor<2x4x30xf32>) {
  // CHECK: %[[H:.*]] = arith.constant 4 : index
  // CHECK: dilated.gather %{{.*}} segment(<7, 3>) offset(<modulo>) : tensor<2x30x4x8xf16> -> tensor<2x5x4x3x8xf16>
  // CHECK: %{{.*}}, %[[COUNTS:.*]] = dilated.gather %{{.*}} heads(%[[H]]) segment(<7, 3>) offset(<modulo>) : tensor<2x30x2x8xf16> -> tensor<2x5x4x3x8xf16>, tensor<5x4xindex>
  // CHECK: dilated.dense_attention {{.*}} counts(%[[COUNTS]] : tensor<5x4xindex>)
  // CHECK-SAME: -> tensor<2x5x4x3x8xf32>, tensor<2x5x4x3xf32>
  // CHECK: dilated.combine(%{{.*}}) lse(%{{.*}}) multiplicities [2] : tensor<2x30x4x8xf32> lse tensor<2x4x30xf32> -> tensor<2x30x4x8xf16>, tensor<2x4x30xf32>
  %out, %lse = dilated.attention %q, %k, %k
      pattern(<[segment<7, 3, multiplicity = 2>], offset = modulo, padding = exclude>)
      : tensor<2x30x4x8xf16>, tensor<2x30x2x8xf16>, tensor<2x30x2x8xf16> -> tensor<2x30x4x8xf16>, tensor<2x4x30xf32>
  return %out, %lse : tensor<2x30x4x8xf16>, tensor<2x4x30xf32>
}

// -----

// A causal row sees no null key, so there is nothing to count.
// CHECK-LABEL: @causal
func.func @causal(%q: tensor<1x30x4x8xf32>) -> tensor<1x30x4x8xf32> {
  // CHECK-NOT: xindex
  // CHECK: dilated.dense_attention %{{.*}}, %{{.*}}, %{{.*}} causal
  %out = dilated.attention %q, %q, %q pattern(<[segment<7, 1>], padding = exclude>) causal
      : tensor<1x30x4x8xf32>, tensor<1x30x4x8xf32>, tensor<1x30x4x8xf32> -> tensor<1x30x4x8xf32>
  return %out : tensor<1x30x4x8xf32>
}

// -----

// CHECK-LABEL: @layouts
func.func @layouts(%q: tensor<1x4x30x8xf32>, %k: tensor<1x30x4x8xf32>) -> tensor<1x4x30x8xf32> {
  // CHECK: %[[QT:.*]] = linalg.transpose ins(%{{.*}} : tensor<1x4x30x8xf32>) outs(%{{.*}} : tensor<1x30x4x8xf32>) permutation = [0, 2, 1, 3]
  // CHECK: dilated.gather %[[QT]]
  // CHECK: %[[OUT:.*]] = dilated.combine
  // CHECK: %[[T:.*]] = linalg.transpose ins(%[[OUT]] : tensor<1x30x4x8xf32>)
  // CHECK: return %[[T]]
  %out = dilated.attention %q, %k, %k pattern(<[segment<7, 1>]>)
      {query_layout = #dilated<layout bhnd>, out_layout = #dilated<layout bhnd>}
      : tensor<1x4x30x8xf32>, tensor<1x30x4x8xf32>, tensor<1x30x4x8xf32> -> tensor<1x4x30x8xf32>
  return %out : tensor<1x4x30x8xf32>
}

// -----

func.func @set(%q: tensor<1x30x4x8xf32>) -> tensor<1x30x4x8xf32> {
  // expected-error @below {{is not a multiset of segments; only those are lowered}}
  %out = dilated.attention %q, %q, %q pattern(<[segment<7, 1>], padding = exclude, overlap = set>)
      : tensor<1x30x4x8xf32>, tensor<1x30x4x8xf32>, tensor<1x30x4x8xf32> -> tensor<1x30x4x8xf32>
  return %out : tensor<1x30x4x8xf32>
}

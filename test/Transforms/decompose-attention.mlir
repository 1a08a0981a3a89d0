// RUN: dilated-opt %s --split-input-file --dilated-decompose-attention --cse | FileCheck %s

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
  // CHECK: dilated.combine(%{{.*}}) lse(%{{.*}}) multiplicities [2] {dilated.decomposed} : tensor<2x30x4x8xf32> lse tensor<2x4x30xf32> -> tensor<2x30x4x8xf16>, tensor<2x4x30xf32>
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

// Windows and columns are masks over the whole sequence, beside the segments of
// a multiset; how often they count is the mixture's.
// CHECK-LABEL: @mixed
// CHECK-SAME: %[[Q:.*]]: tensor<1x30x4x8xf16>, %[[K:.*]]: tensor<1x30x2x8xf16>, %[[V:.*]]: tensor<1x30x2x16xf16>
func.func @mixed(%q: tensor<1x30x4x8xf16>, %k: tensor<1x30x2x8xf16>, %v: tensor<1x30x2x16xf16>) -> tensor<1x30x4x16xf16> {
  // CHECK: %[[D0:.*]], %[[E0:.*]] = dilated.masked_attention %[[Q]], %[[K]], %[[V]] term(#dilated.window<3, 0, 2>) offset(<modulo>) scale(5.000000e-01)
  // CHECK-SAME: -> tensor<1x30x4x16xf32>, tensor<1x4x30xf32>
  // CHECK: dilated.gather {{.*}} segment(<7, 3>)
  // CHECK: dilated.dense_attention {{.*}} counts(
  // CHECK: %[[D1:.*]], %[[E1:.*]] = dilated.scatter
  // CHECK: %[[D2:.*]], %[[E2:.*]] = dilated.masked_attention %[[Q]], %[[K]], %[[V]] term(#dilated.columns<0, 4>) offset(<modulo>)
  // CHECK: dilated.combine(%[[D0]], %[[D1]], %[[D2]]) lse(%[[E0]], %[[E1]], %[[E2]]) multiplicities [1, 1, 2]
  %out = dilated.attention %q, %k, %v
      pattern(<[window<3, 0, 2>, segment<7, 3>, columns<0, 4, multiplicity = 2>], offset = modulo>) scale(0.5)
      : tensor<1x30x4x8xf16>, tensor<1x30x2x8xf16>, tensor<1x30x2x16xf16> -> tensor<1x30x4x16xf16>
  return %out : tensor<1x30x4x16xf16>
}

// -----

// (S9) Each term of a set is without the keys of those before it.
// CHECK-LABEL: @set
func.func @set(%q: tensor<1x30x4x8xf32>) -> tensor<1x30x4x8xf32> {
  // CHECK-NOT: dilated.gather
  // CHECK: %[[D0:.*]], %[[E0:.*]] = dilated.masked_attention %{{.*}} term(#dilated.segment<7, 3>) offset(<block>) causal
  // CHECK: %[[D1:.*]], %[[E1:.*]] = dilated.masked_attention %{{.*}} term(#dilated.window<3, 1>) except([#dilated.segment<7, 3>]) offset(<block>) causal
  // CHECK: %[[D2:.*]], %[[E2:.*]] = dilated.masked_attention %{{.*}} term(#dilated.columns<0, 4>) except([#dilated.segment<7, 3>, #dilated.window<3, 1>]) offset(<block>) causal
  // CHECK: dilated.combine(%[[D0]], %[[D1]], %[[D2]]) lse(%[[E0]], %[[E1]], %[[E2]]) {dilated.decomposed} :
  %out = dilated.attention %q, %q, %q
      pattern(<[segment<7, 3, multiplicity = 5>, window<3, 1>, columns<0, 4, multiplicity = 2>], overlap = set>) causal
      : tensor<1x30x4x8xf32>, tensor<1x30x4x8xf32>, tensor<1x30x4x8xf32> -> tensor<1x30x4x8xf32>
  return %out : tensor<1x30x4x8xf32>
}

// -----

// A set of one segment is that segment, counted once.
// CHECK-LABEL: @set_of_one
func.func @set_of_one(%q: tensor<1x30x4x8xf32>) -> tensor<1x30x4x8xf32> {
  // CHECK: dilated.dense_attention {{.*}} counts(
  // CHECK: dilated.combine(%{{.*}}) lse(%{{.*}}) {dilated.decomposed} :
  %out = dilated.attention %q, %q, %q pattern(<[segment<7, 1, multiplicity = 3>], overlap = set>)
      : tensor<1x30x4x8xf32>, tensor<1x30x4x8xf32>, tensor<1x30x4x8xf32> -> tensor<1x30x4x8xf32>
  return %out : tensor<1x30x4x8xf32>
}

// Dynamic result sizes follow from operand sizes (S1).
// RUN: dilated-opt %s --resolve-shaped-type-result-dims --cse --canonicalize | FileCheck %s

// CHECK-LABEL: @gather
// CHECK-SAME: %[[X:.*]]: tensor<2x?x4x8xf32>
func.func @gather(%x: tensor<2x?x4x8xf32>) -> (index, index) {
  // CHECK-DAG: %[[N:.*]] = tensor.dim %[[X]]
  // CHECK: %[[POSITIVE:.*]] = arith.maxsi %[[N]], %{{.*}}
  // CHECK: %[[LENGTH:.*]] = arith.minsi %[[POSITIVE]], %c64
  // CHECK: %[[N0:.*]] = arith.maxsi %[[N]], %c0
  // CHECK: %[[SEGMENTS:.*]] = arith.ceildivui %[[N0]], %[[LENGTH]]
  // CHECK: %[[LENGTH0:.*]] = arith.maxsi %[[LENGTH]], %c0
  // CHECK: %[[ROWS:.*]] = arith.ceildivui %[[LENGTH0]], %c4
  // CHECK: return %[[SEGMENTS]], %[[ROWS]]
  %c1 = arith.constant 1 : index
  %c3 = arith.constant 3 : index
  %g = dilated.gather %x segment(<64, 4>) offset(<block>) : tensor<2x?x4x8xf32> -> tensor<2x?x4x?x8xf32>
  %segments = tensor.dim %g, %c1 : tensor<2x?x4x?x8xf32>
  %rows = tensor.dim %g, %c3 : tensor<2x?x4x?x8xf32>
  return %segments, %rows : index, index
}

// CHECK-LABEL: @attention
// CHECK-SAME: %[[Q:.*]]: tensor<1x4x?x8xf32>
func.func @attention(%q: tensor<1x4x?x8xf32>, %k: tensor<1x?x4x8xf32>) -> index {
  // CHECK: %[[N:.*]] = tensor.dim %[[Q]], %c2
  // CHECK: return %[[N]]
  %c1 = arith.constant 1 : index
  %out = dilated.attention %q, %k, %k pattern(<[segment<64, 1>]>) {query_layout = #dilated<layout bhnd>}
      : tensor<1x4x?x8xf32>, tensor<1x?x4x8xf32>, tensor<1x?x4x8xf32> -> tensor<1x?x4x8xf32>
  %n = tensor.dim %out, %c1 : tensor<1x?x4x8xf32>
  return %n : index
}

// CHECK-LABEL: @masked
// CHECK-SAME: %[[Q:.*]]: tensor<?x?x4x8xf32>
func.func @masked(%q: tensor<?x?x4x8xf32>) -> (index, index, index) {
  // CHECK-DAG: %[[B:.*]] = tensor.dim %[[Q]], %c0
  // CHECK-DAG: %[[N:.*]] = tensor.dim %[[Q]], %c1
  // CHECK: return %[[B]], %[[N]], %[[N]]
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %c2 = arith.constant 2 : index
  %out, %lse = dilated.masked_attention %q, %q, %q term(#dilated.window<1, 0>) offset(<block>)
      : tensor<?x?x4x8xf32>, tensor<?x?x4x8xf32>, tensor<?x?x4x8xf32> -> tensor<?x?x4x8xf32>, tensor<?x4x?xf32>
  %b = tensor.dim %out, %c0 : tensor<?x?x4x8xf32>
  %n = tensor.dim %out, %c1 : tensor<?x?x4x8xf32>
  %m = tensor.dim %lse, %c2 : tensor<?x4x?xf32>
  return %b, %n, %m : index, index, index
}

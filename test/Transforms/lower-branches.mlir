// RUN: dilated-opt %s --dilated-lower-branches --canonicalize --cse | FileCheck %s

// CHECK-LABEL: @gather
// CHECK-SAME: %[[X:.*]]: tensor<1x30x2x8xf32>
func.func @gather(%x: tensor<1x30x2x8xf32>) -> (tensor<1x5x4x3x8xf32>, tensor<5x4xindex>) {
  // CHECK: linalg.generic
  // CHECK-DAG: %[[G:.*]] = linalg.index 1
  // CHECK-DAG: %[[H:.*]] = linalg.index 2
  // CHECK-DAG: %[[J:.*]] = linalg.index 3
  // l = o(h) + r*j, p = g*w' + l, a row of zeros outside
  // CHECK: %[[O:.*]] = arith.remui %[[H]], %c3
  // CHECK: %[[STEP:.*]] = arith.muli %[[J]], %c3
  // CHECK: %[[L:.*]] = arith.addi %[[O]], %[[STEP]]
  // CHECK: %[[BASE:.*]] = arith.muli %[[G]], %c7
  // CHECK: %[[P:.*]] = arith.addi %[[BASE]], %[[L]]
  // CHECK: %[[ROW:.*]] = arith.select %{{.*}}, %[[P]], %c0
  // CHECK: %[[HEAD:.*]] = arith.divui %[[H]], %c2
  // CHECK: %[[V:.*]] = tensor.extract %[[X]][%c0, %[[ROW]], %[[HEAD]], %{{.*}}]
  // CHECK: arith.select %{{.*}}, %[[V]], %cst
  // The counts of padding = exclude.
  // CHECK: linalg.generic
  // CHECK: arith.ceildivui
  %h = arith.constant 4 : index
  %g, %n = dilated.gather %x heads(%h) segment(<7, 3>) offset(<modulo>) : tensor<1x30x2x8xf32> -> tensor<1x5x4x3x8xf32>, tensor<5x4xindex>
  return %g, %n : tensor<1x5x4x3x8xf32>, tensor<5x4xindex>
}

// Matrix products are batched over (batch, segment, head).
// CHECK-LABEL: @attend
func.func @attend(%q: tensor<1x5x4x3x8xf32>) -> (tensor<1x5x4x3x8xf32>, tensor<1x5x4x3xf32>) {
  // CHECK: linalg.batch_matmul
  // CHECK-SAME: tensor<20x3x8xf32>, tensor<20x3x8xf32>
  // CHECK: math.exp
  // CHECK: linalg.batch_matmul
  // CHECK: math.log
  // CHECK-NOT: dilated.
  %o, %l = dilated.dense_attention %q, %q, %q causal
      : tensor<1x5x4x3x8xf32>, tensor<1x5x4x3x8xf32>, tensor<1x5x4x3x8xf32> -> tensor<1x5x4x3x8xf32>, tensor<1x5x4x3xf32>
  return %o, %l : tensor<1x5x4x3x8xf32>, tensor<1x5x4x3xf32>
}

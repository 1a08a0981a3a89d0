// RUN: dilated-opt %s --dilated-lower-branches --canonicalize --cse | FileCheck %s

// CHECK-LABEL: @gather
// CHECK-SAME: %[[X:.*]]: tensor<1x30x2x8xf32>
func.func @gather(%x: tensor<1x30x2x8xf32>) -> (tensor<1x5x4x3x8xf32>, tensor<5x4xindex>) {
  // CHECK: linalg.generic
  // CHECK-DAG: %[[G:.*]] = linalg.index 1
  // CHECK-DAG: %[[H:.*]] = linalg.index 2
  // CHECK-DAG: %[[J:.*]] = linalg.index 3
  // o = h mod r; row j is inside when j < max(0, ceil((len - o)/r)), at
  // p = g*w' + (o + r*j); a row of zeros elsewhere
  // CHECK: %[[O:.*]] = arith.remsi %[[H]], %c3
  // CHECK: %[[BASE:.*]] = arith.muli %[[G]], %c7
  // CHECK: %[[REST:.*]] = arith.subi %c30, %[[BASE]]
  // CHECK: %[[LEN:.*]] = arith.minsi %[[REST]], %c7
  // CHECK: %[[BEYOND:.*]] = arith.subi %[[LEN]], %[[O]]
  // CHECK: %[[COUNT:.*]] = arith.ceildivui %{{.*}}, %c3
  // CHECK: %[[INSIDE:.*]] = arith.cmpi slt, %[[J]], %[[COUNT]]
  // CHECK: %[[STEP:.*]] = arith.muli %[[J]], %c3
  // CHECK: %[[L:.*]] = arith.addi %[[O]], %[[STEP]]
  // CHECK: %[[P:.*]] = arith.addi %[[BASE]], %[[L]]
  // CHECK: %[[ROW:.*]] = arith.select %[[INSIDE]], %[[P]], %c0
  // CHECK: %[[HEAD:.*]] = arith.divui %[[H]], %c2
  // CHECK: %[[V:.*]] = tensor.extract %[[X]][%c0, %[[ROW]], %[[HEAD]], %{{.*}}]
  // CHECK: arith.select %[[INSIDE]], %[[V]], %cst
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

// Scores of the whole sequence under the mask of the columns, without what the
// window selects.
// CHECK-LABEL: @masked
func.func @masked(%q: tensor<1x30x4x8xf32>) -> (tensor<1x30x4x8xf32>, tensor<1x4x30xf32>) {
  // CHECK: linalg.batch_matmul
  // CHECK-SAME: tensor<4x30x8xf32>, tensor<4x30x8xf32>
  // CHECK: %[[ROW:.*]] = linalg.index 3
  // CHECK: %[[KEY:.*]] = linalg.index 4
  // CHECK: arith.cmpi {{sgt|sge|slt|sle}}, %{{.*}}
  // CHECK: %[[DISTANCE:.*]] = arith.subi %[[KEY]], %[[ROW]]
  // CHECK: arith.remsi %[[DISTANCE]], %c2
  // CHECK: arith.xori %{{.*}}, %true
  // CHECK: arith.select %{{.*}}, %{{.*}}, %{{.*}} : f32
  // CHECK: math.exp
  // CHECK: linalg.batch_matmul
  // CHECK-NOT: dilated.
  %o, %l = dilated.masked_attention %q, %q, %q term(#dilated.columns<1, 4>) except([#dilated.window<3, 0, 2>]) offset(<block>)
      : tensor<1x30x4x8xf32>, tensor<1x30x4x8xf32>, tensor<1x30x4x8xf32> -> tensor<1x30x4x8xf32>, tensor<1x4x30xf32>
  return %o, %l : tensor<1x30x4x8xf32>, tensor<1x4x30xf32>
}

// RUN: dilated-opt %s --dilated-guard-division | FileCheck %s

// CHECK-LABEL: func.func @unsigned
// CHECK: %[[NONE:.*]] = arith.cmpi eq, %arg1, %[[ZERO:.*]] : i32
// CHECK: %[[SAFE:.*]] = arith.select %[[NONE]], %{{.*}}, %arg1 : i32
// CHECK: %[[Q:.*]] = arith.divui %arg0, %[[SAFE]] : i32
// CHECK: arith.select %[[NONE]], %[[ZERO]], %[[Q]] : i32
func.func @unsigned(%x: i32, %y: i32) -> i32 {
  %0 = arith.divui %x, %y : i32
  return %0 : i32
}

// A signed quotient by -1 is the negative.
// CHECK-LABEL: func.func @signed
// CHECK-COUNT-2: arith.cmpi eq
// CHECK: arith.divsi
// CHECK: arith.subi
// CHECK-COUNT-2: arith.select
func.func @signed(%x: vector<4xi64>, %y: vector<4xi64>) -> vector<4xi64> {
  %0 = arith.divsi %x, %y : vector<4xi64>
  return %0 : vector<4xi64>
}

// Nothing can go wrong with a constant, nor here with tensors.
// CHECK-LABEL: func.func @kept
// CHECK-NOT: arith.select
func.func @kept(%x: index, %t: tensor<4xi32>) -> (index, tensor<4xi32>) {
  %c7 = arith.constant 7 : index
  %0 = arith.floordivsi %x, %c7 : index
  %1 = arith.divsi %t, %t : tensor<4xi32>
  return %0, %1 : index, tensor<4xi32>
}

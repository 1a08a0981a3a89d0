// Equal messages share one constant.
//
// RUN: dilated-opt %s --dilated-lower-asserts | FileCheck %s

// CHECK-LABEL: func.func @f
// CHECK-SAME: (%[[C:.*]]: i1)
func.func @f(%c: i1) {
  // CHECK: %[[BROKEN:.*]] = arith.xori %[[C]], %true
  // CHECK: scf.if %[[BROKEN]] {
  // CHECK-NEXT: %[[TEXT:.*]] = llvm.mlir.addressof @[[LENGTH:.*]] :
  // CHECK-NEXT: call @dilated_rt_fail(%[[TEXT]])
  cf.assert %c, "lengths differ"
  // CHECK: llvm.mlir.addressof @[[HEADS:.*]] :
  cf.assert %c, "heads differ"
  // CHECK: llvm.mlir.addressof @[[LENGTH]] :
  cf.assert %c, "lengths differ"
  return
}

// CHECK-DAG: llvm.mlir.global internal constant @[[LENGTH]]("lengths differ\00")
// CHECK-DAG: llvm.mlir.global internal constant @[[HEADS]]("heads differ\00")
// CHECK-DAG: func.func private @dilated_rt_fail(!llvm.ptr)

// RUN: dilated-opt %s --dilated-outline-parallel-loops | FileCheck %s

// CHECK-LABEL: func.func @forall
// CHECK-SAME: (%[[N:.*]]: index, %[[X:.*]]: f32, %[[M:.*]]: memref<?x8xf32>)
func.func @forall(%n: index, %x: f32, %m: memref<?x8xf32>) {
  // CHECK: %[[CONTEXT:.*]] = llvm.alloca {{.*}} x !llvm.struct<(f32, struct<(ptr, ptr, i64, array<2 x i64>, array<2 x i64>)>, i64)>
  // CHECK: llvm.intr.lifetime.start %[[CONTEXT]]
  // CHECK-NEXT: llvm.mlir.poison
  // CHECK: llvm.store %{{.*}}, %[[CONTEXT]]
  // CHECK: %[[F:.*]] = constant @forall_task : (!llvm.ptr, i64) -> ()
  // CHECK: %[[TASK:.*]] = builtin.unrealized_conversion_cast %[[F]]
  // CHECK: call @dilated_rt_parallel_for(%[[TASK]], %[[CONTEXT]], %{{.*}}) : (!llvm.ptr, !llvm.ptr, i64) -> ()
  // CHECK-NEXT: llvm.intr.lifetime.end %[[CONTEXT]]
  // CHECK-NEXT: return
  scf.forall (%i, %j) in (%n, 8) {
    memref.store %x, %m[%i, %j] : memref<?x8xf32>
  }
  return
}

// A loop that needs nothing has no context; its bounds and steps may be anything.
// CHECK-LABEL: func.func @parallel
func.func @parallel() {
  // CHECK: llvm.mlir.zero
  // CHECK: call @dilated_rt_parallel_for
  %c2 = arith.constant 2 : index
  %c3 = arith.constant 3 : index
  %c20 = arith.constant 20 : index
  scf.parallel (%i) = (%c2) to (%c20) step (%c3) {
    func.call @use(%i) : (index) -> ()
  }
  return
}
func.func private @use(index)

// What is nested runs in order.
// CHECK-LABEL: func.func @nested
func.func @nested(%n: index) {
  // CHECK: call @dilated_rt_parallel_for
  // CHECK-NOT: dilated_rt_parallel_for
  scf.forall (%i) in (%n) {
    scf.forall (%j) in (%i) {
      func.call @use(%j) : (index) -> ()
    }
  }
  return
}

// A reduction is no set of tasks.
// CHECK-LABEL: func.func @reduction
func.func @reduction(%n: index, %x: f32) -> f32 {
  // CHECK: scf.parallel
  %c0 = arith.constant 0 : index
  %c1 = arith.constant 1 : index
  %0 = scf.parallel (%i) = (%c0) to (%n) step (%c1) init (%x) -> f32 {
    scf.reduce(%x : f32) {
    ^bb0(%a: f32, %b: f32):
      %1 = arith.addf %a, %b : f32
      scf.reduce.return %1 : f32
    }
  }
  return %0 : f32
}

// The last dimension runs fastest.
// CHECK-LABEL: func.func private @forall_task
// CHECK-SAME: (%[[POINTER:.*]]: !llvm.ptr, %[[INDEX:.*]]: i64)
// CHECK: llvm.load %[[POINTER]]
// CHECK: %[[I:.*]] = arith.index_cast %[[INDEX]] : i64 to index
// CHECK: arith.remui %[[I]],
// CHECK: arith.divui %[[I]],
// CHECK: memref.store

// CHECK-LABEL: func.func private @parallel_task
// CHECK: call @use

// CHECK-LABEL: func.func private @nested_task
// CHECK: scf.for
// CHECK: call @use

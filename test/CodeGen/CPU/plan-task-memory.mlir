// RUN: dilated-opt %s --dilated-plan-task-memory --cse | FileCheck %s

// The most of all tasks: that of @nested.
// CHECK: llvm.mlir.global external hidden constant @dilated_task_scratch_bytes(832 : i64)

// Side by side while both are in use; the third in the place of the first.
// CHECK-LABEL: func.func @kernel
func.func @kernel(%n: index, %m: memref<?x64xf32>) {
  // CHECK: scf.forall
  // CHECK: %[[POINTER:.*]] = func.call @dilated_rt_task_scratch(%c512_i64)
  // CHECK: llvm.insertvalue %[[POINTER]]
  // CHECK: %[[BLOCK:.*]] = builtin.unrealized_conversion_cast
  // CHECK: %[[A:.*]] = memref.view %[[BLOCK]][%c0][] : memref<?xi8> to memref<64xf32>
  // CHECK: %[[B:.*]] = memref.view %[[BLOCK]][%c256][] : memref<?xi8> to memref<64xf32>
  // CHECK: memref.copy %[[A]], %[[B]]
  // CHECK: memref.copy %[[B]], %[[A]]
  // CHECK-NOT: memref.dealloc
  // CHECK: return
  scf.forall (%i) in (%n) {
    %a = memref.alloc() {alignment = 64 : i64} : memref<64xf32>
    %b = memref.alloc() : memref<64xf32>
    func.call @use(%a) : (memref<64xf32>) -> ()
    memref.copy %a, %b : memref<64xf32> to memref<64xf32>
    %c = memref.alloc() : memref<64xf32>
    memref.copy %b, %c : memref<64xf32> to memref<64xf32>
    func.call @use(%c) : (memref<64xf32>) -> ()
    memref.dealloc %a : memref<64xf32>
    memref.dealloc %b : memref<64xf32>
    memref.dealloc %c : memref<64xf32>
  }
  return
}
func.func private @use(memref<64xf32>)

// A task that calls a kernel needs memory for both. Loops inside a task run in
// order, so their iterations share.
// CHECK-LABEL: func.func @nested
func.func @nested(%n: index, %m: memref<?x64xf32>) {
  // CHECK: scf.forall
  // CHECK: func.call @dilated_rt_task_scratch(%c320_i64)
  // CHECK: scf.forall
  // CHECK-NOT: dilated_rt_task_scratch
  // CHECK: memref.view %{{.*}}[%c0][] : memref<?xi8> to memref<64xf32>
  // CHECK: memref.view %{{.*}}[%c256][] : memref<?xi8> to memref<4xi1>
  scf.forall (%i) in (%n) {
    scf.forall (%j) in (%n) {
      %a = memref.alloc() : memref<64xf32>
      %b = memref.alloc() : memref<4xi1>
      func.call @use(%a) : (memref<64xf32>) -> ()
      func.call @use_mask(%b, %a) : (memref<4xi1>, memref<64xf32>) -> ()
    }
    func.call @kernel(%n, %m) : (index, memref<?x64xf32>) -> ()
  }
  return
}
func.func private @use_mask(memref<4xi1>, memref<64xf32>)

// On the heap: a dynamic size, memory of the next iteration.
// CHECK-LABEL: func.func @heap
func.func @heap(%n: index) {
  // CHECK-NOT: dilated_rt_task_scratch
  // CHECK: memref.alloc(%{{.*}}) : memref<?xf32>
  // CHECK: memref.dealloc
  // CHECK: memref.alloc() {alignment = 128 : i64} : memref<64xf32>
  // CHECK: scf.for
  // CHECK: memref.alloc() : memref<64xf32>
  // CHECK: return
  scf.forall (%i) in (%n) {
    %c0 = arith.constant 0 : index
    %c1 = arith.constant 1 : index
    %a = memref.alloc(%i) : memref<?xf32>
    func.call @use_dynamic(%a) : (memref<?xf32>) -> ()
    memref.dealloc %a : memref<?xf32>
    %b = memref.alloc() {alignment = 128 : i64} : memref<64xf32>
    func.call @use(%b) : (memref<64xf32>) -> ()
    %last = scf.for %j = %c0 to %n step %c1 iter_args(%state = %b) -> memref<64xf32> {
      %next = memref.alloc() : memref<64xf32>
      memref.copy %state, %next : memref<64xf32> to memref<64xf32>
      scf.yield %next : memref<64xf32>
    }
    func.call @use(%last) : (memref<64xf32>) -> ()
  }
  return
}
func.func private @use_dynamic(memref<?xf32>)

// Outside of tasks nothing changes.
// CHECK-LABEL: func.func @outside
func.func @outside() {
  // CHECK: memref.alloc
  %a = memref.alloc() : memref<64xf32>
  func.call @use(%a) : (memref<64xf32>) -> ()
  return
}

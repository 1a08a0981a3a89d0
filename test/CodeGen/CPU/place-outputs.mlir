// RUN: dilated-opt %s --dilated-place-outputs --canonicalize --cse --split-input-file --verify-diagnostics | FileCheck %s

// The buffer of a result is the caller's from the start.
// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:.*]]: memref<?x8xf32>) {
// CHECK-DAG: %[[N:.*]] = memref.dim %[[X]], %c0
// CHECK-DAG: %[[SIZES:.*]] = llvm.alloca %c2_i64 x i64
// CHECK-DAG: %[[N64:.*]] = arith.index_cast %[[N]]
// CHECK: llvm.store %[[N64]], %[[SIZES]]
// CHECK: %[[SLOT:.*]] = llvm.getelementptr %[[SIZES]][1]
// CHECK: llvm.store %c8_i64, %[[SLOT]]
// CHECK: %[[POINTER:.*]] = call @dilated_rt_output(%c0_i64, %c2_i64, %[[SIZES]])
// CHECK: llvm.insertvalue %[[POINTER]]
// CHECK: %[[BYTES:.*]] = builtin.unrealized_conversion_cast
// CHECK: %[[OUT:.*]] = memref.view %[[BYTES]][%c0][%[[N]]] : memref<?xi8> to memref<?x8xf32>
// CHECK: call @compute(%[[X]], %[[OUT]])
// CHECK-NOT: memref.copy
// CHECK: return
// CHECK-NEXT: }
// CHECK: func.func private @dilated_rt_output(i64, i64, !llvm.ptr) -> !llvm.ptr
func.func @main(%x: memref<?x8xf32>) -> (memref<?x8xf32> {dilated.name = "y"}) {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?x8xf32>
  %y = memref.alloc(%n) : memref<?x8xf32>
  func.call @compute(%x, %y) : (memref<?x8xf32>, memref<?x8xf32>) -> ()
  return %y : memref<?x8xf32>
}
func.func private @compute(memref<?x8xf32>, memref<?x8xf32>)

// -----

// Views of the whole buffer: the sizes are those of the result.
// CHECK-LABEL: func.func @main
// CHECK: call @dilated_rt_output(%c0_i64, %c3_i64,
// CHECK: %[[Y:.*]] = memref.view %{{.*}} to memref<?x8xf32>
// CHECK: call @dilated_rt_output(%c1_i64, %c1_i64,
// CHECK: %[[Z:.*]] = memref.view %{{.*}} to memref<?x4xf32>
// CHECK: call @compute(%[[Y]], %[[Z]])
// CHECK-NOT: memref.copy
// CHECK: return
func.func @main(%x: memref<?x4xf32>) -> (memref<?x2x4xf32>, memref<?xf32>) {
  %c0 = arith.constant 0 : index
  %n = memref.dim %x, %c0 : memref<?x4xf32>
  %y = memref.alloc(%n) : memref<?x8xf32>
  %z = memref.alloc(%n) : memref<?x4xf32>
  func.call @compute(%y, %z) : (memref<?x8xf32>, memref<?x4xf32>) -> ()
  %expanded = memref.expand_shape %y [[0], [1, 2]] output_shape [%n, 2, 4] : memref<?x8xf32> into memref<?x2x4xf32>
  %collapsed = memref.collapse_shape %z [[0, 1]] : memref<?x4xf32> into memref<?xf32>
  return %expanded, %collapsed : memref<?x2x4xf32>, memref<?xf32>
}
func.func private @compute(memref<?x8xf32>, memref<?x4xf32>)

// -----

// A size from data is known where the buffer is allocated.
// CHECK-LABEL: func.func @main
// CHECK: %[[SIZE:.*]] = memref.load
// CHECK: call @dilated_rt_output
// CHECK: memref.view %{{.*}}[%c0][%[[SIZE]]]
// CHECK-NOT: memref.copy
// CHECK: return
func.func @main(%x: memref<1xindex>) -> memref<?xf32> {
  %c0 = arith.constant 0 : index
  %size = memref.load %x[%c0] : memref<1xindex>
  %y = memref.alloc(%size) : memref<?xf32>
  func.call @use(%y) : (memref<?xf32>) -> ()
  return %y : memref<?xf32>
}
func.func private @use(memref<?xf32>)

// -----

// Copied: an input, a part of a buffer, a buffer for the second time, one of two,
// a scalar without a buffer of its own.
// CHECK-LABEL: func.func @main
// CHECK-SAME: (%[[X:.*]]: memref<8xf32, strided<[?], offset: ?>>, %[[S:.*]]: memref<f32>,
// CHECK: %[[NULL:.*]] = llvm.mlir.zero
// CHECK: call @dilated_rt_output(%c2_i64, %c1_i64,
// CHECK: %[[Y:.*]] = memref.view
// CHECK: %[[CHOSEN:.*]] = arith.select
// CHECK: call @dilated_rt_output(%c0_i64,
// CHECK: memref.copy %[[X]], %{{.*}} : memref<8xf32, strided<[?], offset: ?>> to memref<8xf32>
// CHECK: call @dilated_rt_output(%c1_i64,
// CHECK: memref.copy %{{.*}} : memref<4xf32, strided<[1], offset: 2>> to memref<4xf32>
// CHECK: call @dilated_rt_output(%c3_i64,
// CHECK: memref.copy %[[Y]],
// CHECK: call @dilated_rt_output(%c4_i64,
// CHECK: memref.copy %[[CHOSEN]],
// CHECK: call @dilated_rt_output(%c5_i64, %c0_i64, %[[NULL]])
// CHECK: memref.copy %[[S]],
// CHECK-NEXT: return
func.func @main(%x: memref<8xf32, strided<[?], offset: ?>>, %s: memref<f32>, %condition: i1)
    -> (memref<8xf32, strided<[?], offset: ?>>, memref<4xf32, strided<[1], offset: 2>>, memref<8xf32>, memref<8xf32>, memref<8xf32>, memref<f32>) {
  %y = memref.alloc() : memref<8xf32>
  func.call @use(%y) : (memref<8xf32>) -> ()
  %part = memref.subview %y[2] [4] [1] : memref<8xf32> to memref<4xf32, strided<[1], offset: 2>>
  %z = memref.alloc() : memref<8xf32>
  func.call @use(%z) : (memref<8xf32>) -> ()
  %chosen = arith.select %condition, %y, %z : memref<8xf32>
  return %x, %part, %y, %y, %chosen, %s
    : memref<8xf32, strided<[?], offset: ?>>, memref<4xf32, strided<[1], offset: 2>>, memref<8xf32>, memref<8xf32>, memref<8xf32>, memref<f32>
}
func.func private @use(memref<8xf32>)

// -----

// expected-error @+1 {{expects results that are strided memrefs of numbers, result #1 is 'index'}}
func.func @main(%x: memref<8xf32>) -> (memref<8xf32>, index) {
  %c0 = arith.constant 0 : index
  return %x, %c0 : memref<8xf32>, index
}

// -----

// expected-error @+1 {{is the entry of the module and may not be called inside it}}
func.func @main(%x: memref<8xf32>) -> memref<8xf32> {
  return %x : memref<8xf32>
}
func.func @other(%x: memref<8xf32>) -> memref<8xf32> {
  %0 = call @main(%x) : (memref<8xf32>) -> memref<8xf32>
  return %0 : memref<8xf32>
}

// -----

// expected-error @+1 {{expects a body of one block, got 2}}
func.func @main(%x: memref<8xf32>) -> memref<8xf32> {
  cf.br ^end
^end:
  return %x : memref<8xf32>
}

// RUN: dilated-opt %s --dilated-emit-entry --split-input-file --verify-diagnostics | FileCheck %s
// RUN: dilated-opt %s --dilated-emit-entry=function=absent --split-input-file | FileCheck %s --check-prefix=ABSENT

// ABSENT-NOT: dilated_main

// CHECK-DAG: llvm.mlir.global external hidden constant @dilated_row_major_inputs(dense<[1, 0]> : tensor<2xi8>)
// CHECK-DAG: llvm.mlir.global external hidden constant @dilated_task_scratch_bytes(0 : i64)

// The function's name is free for the program that loads it.
// CHECK: func.func private @main({{.*}}llvm.linkage = #llvm.linkage<internal>
func.func @main(%a: memref<?xf32>, %b: memref<2xi64, strided<[?], offset: ?>>)
    attributes {dilated.scratch = @main_scratch} {
  call @helper(%a) : (memref<?xf32>) -> ()
  return
}
// CHECK: func.func private @helper({{.*}}llvm.linkage = #llvm.linkage<internal>
func.func private @helper(%a: memref<?xf32>) {
  return
}

// What dilated-plan-memory leaves.
func.func private @main_scratch(%a: memref<?xf32>, %b: memref<2xi64, strided<[?], offset: ?>>) -> index {
  %c64 = arith.constant 64 : index
  return %c64 : index
}

// CHECK-LABEL: llvm.func hidden @dilated_main
// CHECK-SAME: (%[[ARGS:.*]]: !llvm.ptr)
// CHECK: %[[SLOT0:.*]] = llvm.getelementptr %[[ARGS]][0]
// CHECK: %[[POINTER0:.*]] = llvm.load %[[SLOT0]]
// CHECK: %[[IN:.*]] = llvm.load %[[POINTER0]] : !llvm.ptr -> !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
// CHECK: %[[A:.*]] = builtin.unrealized_conversion_cast %[[IN]] {{.*}} to memref<?xf32>
// CHECK: %[[SLOT1:.*]] = llvm.getelementptr %[[ARGS]][1]
// CHECK: func.call @main(%[[A]],
// CHECK: llvm.return

// CHECK-LABEL: llvm.func hidden @dilated_scratch
// CHECK-SAME: -> i64
// CHECK: %[[BYTES:.*]] = func.call @main_scratch(
// CHECK: %[[I64:.*]] = arith.index_cast %[[BYTES]]
// CHECK: llvm.return %[[I64]]

// -----

// Nothing to ask for.
// CHECK: llvm.mlir.global external hidden constant @dilated_row_major_inputs(#llvm.zero) {{.*}} : !llvm.array<0 x i8>
// CHECK: llvm.mlir.global external hidden constant @dilated_task_scratch_bytes(128 : i64)
llvm.mlir.global external hidden constant @dilated_task_scratch_bytes(128 : i64) : i64
func.func @main() {
  return
}
// CHECK-LABEL: llvm.func hidden @dilated_scratch
// CHECK: %[[ZERO:.*]] = llvm.mlir.constant(0 : i64)
// CHECK: llvm.return %[[ZERO]]

// -----

// expected-error @+1 {{has no C form of argument type 'memref<*xf32>'}}
func.func @main(%a: memref<*xf32>) {
  return
}

// -----

// expected-error @+1 {{expects outputs in the caller's memory, got 1 results}}
func.func @main(%a: memref<f32>) -> memref<f32> {
  return %a : memref<f32>
}

// RUN: dilated-opt %s --dilated-emit-entry | FileCheck %s
// RUN: dilated-opt %s --dilated-emit-entry=function=absent | FileCheck %s --check-prefix=ABSENT

// ABSENT-NOT: dilated_main

// The function's name is free for the program that loads it.
// CHECK: func.func private @main({{.*}}llvm.linkage = #llvm.linkage<internal>
func.func @main(%a: memref<?xf32>, %b: memref<2xi64>) -> (memref<?xf32>, memref<f16>) {
  %0, %1 = call @helper(%a) : (memref<?xf32>) -> (memref<?xf32>, memref<f16>)
  return %0, %1 : memref<?xf32>, memref<f16>
}
// CHECK: func.func private @helper({{.*}}llvm.linkage = #llvm.linkage<internal>
func.func private @helper(%a: memref<?xf32>) -> (memref<?xf32>, memref<f16>) {
  %0 = memref.alloc() : memref<f16>
  return %a, %0 : memref<?xf32>, memref<f16>
}

// CHECK-LABEL: func.func @dilated_main
// CHECK-SAME: (%[[ARGS:.*]]: !llvm.ptr)
// CHECK: %[[SLOT0:.*]] = llvm.getelementptr %[[ARGS]][0]
// CHECK: %[[POINTER0:.*]] = llvm.load %[[SLOT0]]
// CHECK: %[[IN:.*]] = llvm.load %[[POINTER0]] : !llvm.ptr -> !llvm.struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>
// CHECK: %[[A:.*]] = builtin.unrealized_conversion_cast %[[IN]] {{.*}} to memref<?xf32>
// CHECK: %[[SLOT1:.*]] = llvm.getelementptr %[[ARGS]][1]
// CHECK: %[[OUT:.*]]:2 = call @main(%[[A]],
// CHECK: %[[SIZE:.*]] = memref.dim %[[OUT]]#0
// CHECK: %[[FIRST:.*]] = call @dilated_rt_output(
// CHECK: memref.copy %[[OUT]]#0,
// CHECK: call @dilated_rt_output(
// CHECK: memref.copy %[[OUT]]#1,

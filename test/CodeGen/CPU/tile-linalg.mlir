// RUN: dilated-opt %s --dilated-tile-linalg --canonicalize | FileCheck %s

// 128 rows of 128 elements are a task.
// CHECK-LABEL: func.func @rows
func.func @rows(%a: tensor<1x?x128xf32>, %e: tensor<1x?x128xf32>) -> tensor<1x?x128xf32> {
  // CHECK: scf.forall (%{{.*}}) = (0) to (%{{.*}}) step (128)
  // CHECK: linalg.exp
  %0 = linalg.exp ins(%a : tensor<1x?x128xf32>) outs(%e : tensor<1x?x128xf32>) -> tensor<1x?x128xf32>
  return %0 : tensor<1x?x128xf32>
}

// Batches are tasks when their rows are work enough.
// CHECK-LABEL: func.func @batches
func.func @batches(%a: tensor<4x300x128xf32>, %e: tensor<4x300x128xf32>) -> tensor<4x300x128xf32> {
  // CHECK: scf.forall (%{{.*}}, %{{.*}}) = (0, 0) to (4, 300) step (1, 128)
  %0 = linalg.exp ins(%a : tensor<4x300x128xf32>) outs(%e : tensor<4x300x128xf32>) -> tensor<4x300x128xf32>
  return %0 : tensor<4x300x128xf32>
}

// CHECK-LABEL: func.func @small
func.func @small(%a: tensor<16x128xf32>, %e: tensor<16x128xf32>) -> tensor<16x128xf32> {
  // CHECK-NOT: scf.forall
  %0 = linalg.exp ins(%a : tensor<16x128xf32>) outs(%e : tensor<16x128xf32>) -> tensor<16x128xf32>
  return %0 : tensor<16x128xf32>
}

// CHECK-LABEL: func.func @matmul
func.func @matmul(%a: tensor<512x512xf32>, %e: tensor<512x512xf32>) -> tensor<512x512xf32> {
  // CHECK-NOT: scf.forall
  %0 = linalg.matmul ins(%a, %a : tensor<512x512xf32>, tensor<512x512xf32>) outs(%e : tensor<512x512xf32>) -> tensor<512x512xf32>
  return %0 : tensor<512x512xf32>
}

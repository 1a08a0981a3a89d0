// Products of matrices in all their forms: one kernel per element types, whose
// operands are views.
//
// RUN: dilated-opt %s --dilated-lower-matmul --cse | FileCheck %s

// CHECK-LABEL: func.func @matmul
func.func @matmul(%a: memref<300x128xf32>, %b: memref<128x256xf32>, %c: memref<300x256xf32>) {
  // CHECK: memref.reinterpret_cast
  // CHECK: call @dilated_matmul_f32_f32_f32(
  linalg.matmul ins(%a, %b : memref<300x128xf32>, memref<128x256xf32>) outs(%c : memref<300x256xf32>)
  return
}

// Weights as torch stores them: the strides of B change places.
// CHECK-LABEL: func.func @transposed
func.func @transposed(%a: memref<?x128xf32>, %b: memref<256x128xf32>, %c: memref<?x256xf32>) {
  // CHECK: %[[BASE:.*]], %{{.*}}, %{{.*}}:2, %[[STRIDES:.*]]:2 = memref.extract_strided_metadata %arg1
  // CHECK: memref.reinterpret_cast %[[BASE]] to {{.*}} strides: [%c0, %c0, %[[STRIDES]]#1, %[[STRIDES]]#0]
  // CHECK: call @dilated_matmul_f32_f32_f32(
  linalg.matmul indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (n, k)>,
                                 affine_map<(m, n, k) -> (m, n)>]
    ins(%a, %b : memref<?x128xf32>, memref<256x128xf32>) outs(%c : memref<?x256xf32>)
  return
}

// CHECK-LABEL: func.func @batch
func.func @batch(%a: memref<?x?x64xbf16>, %b: memref<?x64x?xbf16>, %c: memref<?x?x?xf32>) {
  // CHECK: call @dilated_matmul_bf16_bf16_f32(
  linalg.batch_matmul ins(%a, %b : memref<?x?x64xbf16>, memref<?x64x?xbf16>) outs(%c : memref<?x?x?xf32>)
  return
}

// A batch of rows and one matrix: it has stride 0 along the batch.
// CHECK-LABEL: func.func @shared_matrix
func.func @shared_matrix(%a: memref<2x300x128xf32>, %b: memref<128x256xf32>, %c: memref<2x300x256xf32>) {
  // CHECK: memref.reinterpret_cast %{{.*}} to offset: [%{{.*}}], sizes: [%c1, %c2, %c128, %c256], strides: [%c0, %c0,
  // CHECK: call @dilated_matmul_f32_f32_f32(
  linalg.generic {indexing_maps = [affine_map<(b, m, n, k) -> (b, m, k)>, affine_map<(b, m, n, k) -> (k, n)>,
                                   affine_map<(b, m, n, k) -> (b, m, n)>],
                  iterator_types = ["parallel", "parallel", "parallel", "reduction"]}
    ins(%a, %b : memref<2x300x128xf32>, memref<128x256xf32>) outs(%c : memref<2x300x256xf32>) {
  ^bb0(%x: f32, %y: f32, %z: f32):
    %0 = arith.mulf %x, %y : f32
    %1 = arith.addf %z, %0 : f32
    linalg.yield %1 : f32
  }
  return
}

// CHECK: func.func private @dilated_matmul_f32_f32_f32(
// CHECK: scf.forall
// CHECK: iter_args({{(.*, ){23}.*}})
// CHECK-COUNT-24: vector.fma

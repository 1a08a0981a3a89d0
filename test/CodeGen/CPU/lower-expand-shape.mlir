// RUN: dilated-opt %s --dilated-lower-expand-shape --canonicalize | FileCheck %s

// Two unknown sizes of one.
// CHECK-LABEL: func.func @two_dynamic
// CHECK-SAME: (%[[M:.*]]: memref<?x128xf32>, %[[B:.*]]: index, %[[N:.*]]: index)
func.func @two_dynamic(%m: memref<?x128xf32>, %b: index, %n: index) -> memref<?x?x128xf32> {
  // CHECK: %[[STRIDE:.*]] = arith.muli %[[N]], %c128
  // CHECK: memref.reinterpret_cast %{{.*}} to offset: [0], sizes: [%[[B]], %[[N]], 128], strides: [%[[STRIDE]], 128, 1]
  %0 = memref.expand_shape %m [[0, 1], [2]] output_shape [%b, %n, 128]
    : memref<?x128xf32> into memref<?x?x128xf32>
  return %0 : memref<?x?x128xf32>
}

// CHECK-LABEL: func.func @strided
func.func @strided(%m: memref<4x8xf32, strided<[?, 2], offset: ?>>)
    -> memref<4x2x4xf32, strided<[?, 8, 2], offset: ?>> {
  // CHECK: %{{.*}}, %[[OFFSET:.*]], %{{.*}}:2, %[[STRIDES:.*]]:2 = memref.extract_strided_metadata
  // CHECK: memref.reinterpret_cast %{{.*}} to offset: [%[[OFFSET]]], sizes: [4, 2, 4], strides: [%[[STRIDES]]#0, 8, 2]
  %0 = memref.expand_shape %m [[0], [1, 2]] output_shape [4, 2, 4]
    : memref<4x8xf32, strided<[?, 2], offset: ?>> into memref<4x2x4xf32, strided<[?, 8, 2], offset: ?>>
  return %0 : memref<4x2x4xf32, strided<[?, 8, 2], offset: ?>>
}

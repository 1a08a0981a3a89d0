// RUN: dilated-opt %s --dilated-stride-inputs --split-input-file | FileCheck %s
// RUN: dilated-opt %s --pipeline-kernel --pipeline-llvm --split-input-file | FileCheck %s --check-prefix=FLAGS

#p = #dilated.pattern<[segment<64, 1>, segment<128, 2>]>

// A packed query, a slice of a projection as key, a value that is also read by a
// loop, and an input that nothing reads.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %[[Q:[a-z0-9]*]]: memref<1x?x128xf32, strided<[?, ?, ?], offset: ?>> {dilated.name = "query"}
// CHECK-SAME: %[[K:[a-z0-9]*]]: memref<1x?x3x4x32xf32, strided<[?, ?, ?, ?, ?], offset: ?>>
// CHECK-SAME: %[[V:[a-z0-9]*]]: tensor<1x?x4x32xf32> {bufferization.writable = false}
// CHECK-SAME: %{{.*}}: memref<3xf32, strided<[?], offset: ?>>
// CHECK-DAG: %[[QT:.*]] = bufferization.to_tensor %[[Q]] restrict
// CHECK-DAG: %[[KT:.*]] = bufferization.to_tensor %[[K]] restrict
// CHECK: tensor.expand_shape %[[QT]]
// CHECK: %[[SLICE:.*]] = tensor.extract_slice %[[KT]]{{.*}} to tensor<1x?x1x4x32xf32>
// CHECK: tensor.collapse_shape %[[SLICE]]
// CHECK: dilated.fused_attention ins(%{{.*}}, %{{.*}}, %[[V]])
// FLAGS: @dilated_row_major_inputs(dense<[0, 0, 1, 0]> : tensor<4xi8>)
func.func @main(%q: tensor<1x?x128xf32> {dilated.name = "query"}, %k: tensor<1x?x3x4x32xf32>,
                %v: tensor<1x?x4x32xf32>, %unused: tensor<3xf32>)
    -> (tensor<1x?x4x32xf32>, tensor<1x?x4x32xf32>) {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %q, %c1 : tensor<1x?x128xf32>
  %query = tensor.expand_shape %q [[0], [1], [2, 3]] output_shape [1, %n, 4, 32]
    : tensor<1x?x128xf32> into tensor<1x?x4x32xf32>
  %key = tensor.extract_slice %k[0, 0, 1, 0, 0] [1, %n, 1, 4, 32] [1, 1, 1, 1, 1]
    : tensor<1x?x3x4x32xf32> to tensor<1x?x4x32xf32>
  %empty = tensor.empty(%n) : tensor<1x?x4x32xf32>
  %0 = dilated.fused_attention ins(%query, %key, %v) outs(%empty) pattern(#p)
    : tensor<1x?x4x32xf32>, tensor<1x?x4x32xf32>, tensor<1x?x4x32xf32> into tensor<1x?x4x32xf32> -> tensor<1x?x4x32xf32>
  %other = tensor.empty(%n) : tensor<1x?x4x32xf32>
  %1 = linalg.exp ins(%v : tensor<1x?x4x32xf32>) outs(%other : tensor<1x?x4x32xf32>) -> tensor<1x?x4x32xf32>
  return %0, %1 : tensor<1x?x4x32xf32>, tensor<1x?x4x32xf32>
}

// -----

// Branches that are not fused read rows by strides as well.
// CHECK-LABEL: func.func @main
// CHECK-SAME: %{{.*}}: memref<1x?x4x32xf32, strided<[?, ?, ?, ?], offset: ?>>)
// FLAGS: @dilated_row_major_inputs
func.func @main(%q: tensor<1x?x4x32xf32>) -> tensor<1x?x4x?x32xf32> {
  %0 = dilated.gather %q segment(<64, 2>) offset(<block>) : tensor<1x?x4x32xf32> -> tensor<1x?x4x?x32xf32>
  return %0 : tensor<1x?x4x?x32xf32>
}

// -----

// What is returned, written to or merged stays row-major.
// CHECK-LABEL: func.func @main
// CHECK-SAME: tensor<1x?x4x32xf32> {bufferization.writable = false}
// CHECK-SAME: tensor<1x?x4x32xf32> {bufferization.writable = false}
// CHECK-SAME: tensor<2x1x?x4x32xf32> {bufferization.writable = false}
// FLAGS: @dilated_row_major_inputs(dense<1> : tensor<3xi8>)
func.func @main(%q: tensor<1x?x4x32xf32>, %out: tensor<1x?x4x32xf32>, %k: tensor<2x1x?x4x32xf32>)
    -> (tensor<1x?x4x32xf32>, tensor<1x?x4x32xf32>) {
  %key = tensor.collapse_shape %k [[0, 1], [2], [3], [4]] : tensor<2x1x?x4x32xf32> into tensor<2x?x4x32xf32>
  %c1 = arith.constant 1 : index
  %n = tensor.dim %q, %c1 : tensor<1x?x4x32xf32>
  %first = tensor.extract_slice %key[0, 0, 0, 0] [1, %n, 4, 32] [1, 1, 1, 1] : tensor<2x?x4x32xf32> to tensor<1x?x4x32xf32>
  %0 = dilated.fused_attention ins(%q, %first, %first) outs(%out) pattern(<[segment<64, 1>]>)
    : tensor<1x?x4x32xf32>, tensor<1x?x4x32xf32>, tensor<1x?x4x32xf32> into tensor<1x?x4x32xf32> -> tensor<1x?x4x32xf32>
  return %0, %q : tensor<1x?x4x32xf32>, tensor<1x?x4x32xf32>
}

// -----

// Who is called inside the module takes what the caller has.
// CHECK-LABEL: func.func @main
// CHECK-SAME: tensor<4xf32>
func.func @main(%unused: tensor<4xf32>) {
  return
}
func.func @caller(%x: tensor<4xf32>) {
  call @main(%x) : (tensor<4xf32>) -> ()
  return
}

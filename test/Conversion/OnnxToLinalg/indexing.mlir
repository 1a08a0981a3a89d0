// RUN: dilated-opt --convert-onnx-to-linalg %s | FileCheck %s

// Gather and GatherND.

// Indices that come as data are checked before anything is read.
// CHECK-LABEL: func.func @embedding
// CHECK: linalg.generic {{.*}} iterator_types = ["reduction", "reduction"]
// CHECK: %[[OK:.+]] = tensor.extract
// CHECK: cf.assert %[[OK]], "{{.*}}an index is outside of its dimension"
// CHECK: linalg.generic
// CHECK: arith.cmpi slt
// CHECK: arith.select
// CHECK: tensor.extract
func.func @embedding(%w: tensor<500x96xf32>, %i: tensor<1x333xi64>) -> tensor<1x333x96xf32> {
  %0 = onnx.node "Gather"(%w, %i) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<500x96xf32>, tensor<1x333xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<1x333x96xf32>
  return %r0 : tensor<1x333x96xf32>
}

// CHECK-LABEL: func.func @constant_index
// CHECK-NOT: cf.assert
// CHECK: tensor.extract_slice %{{.+}}[0, 9, 0] [2, 1, 8] [1, 1, 1]
// CHECK: tensor.collapse_shape
func.func @constant_index(%x: tensor<2x10x8xf32>) -> tensor<2x8xf32> {
  %i = arith.constant dense<-1> : tensor<i64>
  %0 = onnx.node "Gather"(%x, %i) {attributes = {axis = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x10x8xf32>, tensor<i64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<2x8xf32>
  return %r0 : tensor<2x8xf32>
}

// CHECK-LABEL: func.func @constant_into_dynamic
// CHECK: %[[OK:.+]] = arith.cmpi sgt, %{{.+}}, %c2
// CHECK: cf.assert %[[OK]]
func.func @constant_into_dynamic(%x: tensor<?x8xf32>) -> tensor<2x8xf32> {
  %i = arith.constant dense<[-3, 1]> : tensor<2xi64>
  %0 = onnx.node "Gather"(%x, %i) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x8xf32>, tensor<2xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<2x8xf32>
  return %r0 : tensor<2x8xf32>
}

// CHECK-LABEL: func.func @of_a_shape
// CHECK: arith.constant dense<8> : tensor<i64>
func.func @of_a_shape(%x: tensor<?x8xf32>) -> tensor<i64> {
  %0 = onnx.node "Shape"(%x) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x8xf32>) -> !onnx.value
  %i = arith.constant dense<1> : tensor<i64>
  %1 = onnx.node "Gather"(%0, %i) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, tensor<i64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %1 : !onnx.value to tensor<i64>
  return %r0 : tensor<i64>
}

// CHECK-LABEL: func.func @gather_nd
// CHECK-NOT: cf.assert
// CHECK: linalg.generic
// CHECK-COUNT-3: tensor.extract
func.func @gather_nd(%x: tensor<4x2x7xf32>) -> tensor<4x7xf32> {
  %i = arith.constant dense<[[0, 0], [1, 0], [2, 1], [-1, -1]]> : tensor<4x2xi64>
  %0 = onnx.node "GatherND"(%x, %i) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<4x2x7xf32>, tensor<4x2xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<4x7xf32>
  return %r0 : tensor<4x7xf32>
}

// CHECK-LABEL: func.func @gather_nd_batch
// CHECK: cf.assert %{{.+}}, "{{.*}}batch dimension 0 differs"
// CHECK: cf.assert %{{.+}}, "{{.*}}an index is outside of its dimension"
func.func @gather_nd_batch(%x: tensor<?x2x7xf32>, %i: tensor<?x5x1xi32>) -> tensor<?x5x7xf32> {
  %0 = onnx.node "GatherND"(%x, %i) {attributes = {batch_dims = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x2x7xf32>, tensor<?x5x1xi32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?x5x7xf32>
  return %r0 : tensor<?x5x7xf32>
}

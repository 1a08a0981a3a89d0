// RUN: dilated-opt --convert-onnx-to-linalg %s | FileCheck %s

// ScatterND.

// CHECK-LABEL: func.func @constant_indices
// CHECK: tensor.insert_slice %{{.+}} into %{{.+}}[0, 1, 0] [1, 1, 7]
// CHECK: tensor.insert_slice %{{.+}} into %{{.+}}[3, 0, 0] [1, 1, 7]
func.func @constant_indices(%x: tensor<4x2x7xf32>, %u: tensor<2x7xf32>) -> tensor<4x2x7xf32> {
  %i = arith.constant dense<[[0, 1], [-1, 0]]> : tensor<2x2xi64>
  %0 = onnx.node "ScatterND"(%x, %i, %u) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<4x2x7xf32>, tensor<2x2xi64>, tensor<2x7xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<4x2x7xf32>
  return %r0 : tensor<4x2x7xf32>
}

// One after the other: an index may occur twice.
// CHECK-LABEL: func.func @indices_as_input
// CHECK: cf.assert %{{.+}}, "{{.*}}dimension 0 of the updates does not fit"
// CHECK: cf.assert %{{.+}}, "{{.*}}an index is outside of its dimension"
// CHECK: scf.for
// CHECK: tensor.extract_slice
// CHECK: arith.addf
// CHECK: tensor.insert_slice
func.func @indices_as_input(%x: tensor<?x7xf32>, %i: tensor<?x1xi64>, %u: tensor<?x7xf32>) -> tensor<?x7xf32> {
  %0 = onnx.node "ScatterND"(%x, %i, %u) {attributes = {reduction = "add"}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x7xf32>, tensor<?x1xi64>, tensor<?x7xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?x7xf32>
  return %r0 : tensor<?x7xf32>
}

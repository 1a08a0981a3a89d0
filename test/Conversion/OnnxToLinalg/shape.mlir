// RUN: dilated-opt --convert-onnx-to-linalg %s | FileCheck %s

// Shape, Size, Squeeze, Unsqueeze, Expand, Concat.

// CHECK-LABEL: func.func @shape_of_static
// CHECK: arith.constant dense<3> : tensor<1xi64>
func.func @shape_of_static(%x: tensor<2x3x4xf32>) -> tensor<1xi64> {
  %0 = onnx.node "Shape"(%x) {attributes = {start = 1 : i64, end = -1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3x4xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<1xi64>
  return %r0 : tensor<1xi64>
}

// CHECK-LABEL: func.func @size
// CHECK: %[[N:.+]] = tensor.dim
// CHECK: arith.muli %[[N]], %c12
// CHECK: tensor.from_elements
func.func @size(%x: tensor<?x3x4xf32>) -> tensor<i64> {
  %0 = onnx.node "Size"(%x) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x3x4xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<i64>
  return %r0 : tensor<i64>
}

// Each looks through the one before.
// CHECK-LABEL: func.func @squeeze_unsqueeze
// CHECK-NEXT: %[[R:.+]] = tensor.collapse_shape %{{.+}} {{\[}}[0, 1, 2]] : tensor<1x5x1xf32> into tensor<5xf32>
// CHECK-NEXT: return %[[R]]
func.func @squeeze_unsqueeze(%x: tensor<1x5x1xf32>) -> tensor<5xf32> {
  %a = arith.constant dense<[-1, 0]> : tensor<2xi64>
  %0 = onnx.node "Squeeze"(%x, %a) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<1x5x1xf32>, tensor<2xi64>) -> !onnx.value
  %1 = onnx.node "Unsqueeze"(%0, %a) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, tensor<2xi64>) -> !onnx.value
  %2 = onnx.node "Squeeze"(%1) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %2 : !onnx.value to tensor<5xf32>
  return %r0 : tensor<5xf32>
}

// CHECK-LABEL: func.func @expand
// CHECK: tensor.collapse_shape %{{.+}} : tensor<3x1xf32> into tensor<3xf32>
// CHECK: tensor.empty(%{{.+}}) : tensor<?x7x3x4xf32>
// CHECK: linalg.generic
func.func @expand(%x: tensor<3x1xf32>, %y: tensor<?x7x3x4xf32>) -> tensor<?x7x3x4xf32> {
  %0 = onnx.node "Shape"(%y) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x7x3x4xf32>) -> !onnx.value
  %1 = onnx.node "Expand"(%x, %0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<3x1xf32>, !onnx.value) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %1 : !onnx.value to tensor<?x7x3x4xf32>
  return %r0 : tensor<?x7x3x4xf32>
}

// CHECK-LABEL: func.func @concat
// CHECK-SAME: (%[[X:.+]]: tensor<?x3xf32>, %[[Y:.+]]: tensor<?x3xf32>)
// CHECK: %[[N:.+]] = tensor.dim %[[X]]
// CHECK: %[[M:.+]] = tensor.dim %[[Y]]
// CHECK: %[[SUM:.+]] = arith.addi %[[N]], %[[M]]
// CHECK: %[[E:.+]] = tensor.empty(%[[SUM]])
// CHECK: %[[A:.+]] = tensor.insert_slice %[[X]] into %[[E]][0, 0] [%[[N]], 3] [1, 1]
// CHECK: tensor.insert_slice %[[Y]] into %[[A]][%[[N]], 0] [%[[M]], 3] [1, 1]
func.func @concat(%x: tensor<?x3xf32>, %y: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %0 = onnx.node "Concat"(%x, %y) {attributes = {axis = -2 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x3xf32>, tensor<?x3xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?x3xf32>
  return %r0 : tensor<?x3xf32>
}

// CHECK-LABEL: func.func @concat_scalars
// CHECK{LITERAL}: dense<[[1, 3, 4], [2, 5, 6]]> : tensor<2x3xi64>
func.func @concat_scalars() -> tensor<2x3xi64> {
  %a = arith.constant dense<[[1], [2]]> : tensor<2x1xi64>
  %b = arith.constant dense<[[3, 4], [5, 6]]> : tensor<2x2xi64>
  %0 = onnx.node "Concat"(%a, %b) {attributes = {axis = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x1xi64>, tensor<2x2xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<2x3xi64>
  return %r0 : tensor<2x3xi64>
}

// RUN: dilated-opt --convert-onnx-to-linalg %s | FileCheck %s

// Reshape: 0 and -1, and sizes that only a run can tell.

// CHECK-LABEL: func.func @copy_and_infer
// CHECK: tensor.collapse_shape %{{.+}} {{\[}}[0], [1, 2]] : tensor<2x6x4xf32> into tensor<2x24xf32>
func.func @copy_and_infer(%x: tensor<2x6x4xf32>) -> tensor<2x24xf32> {
  %s = arith.constant dense<[0, -1]> : tensor<2xi64>
  %0 = onnx.node "Reshape"(%x, %s) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x6x4xf32>, tensor<2xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<2x24xf32>
  return %r0 : tensor<2x24xf32>
}

// CHECK-LABEL: func.func @allow_zero
// CHECK: tensor.empty() : tensor<3x0xf32>
func.func @allow_zero(%x: tensor<0x6xf32>) -> tensor<3x0xf32> {
  %s = arith.constant dense<[3, 0]> : tensor<2xi64>
  %0 = onnx.node "Reshape"(%x, %s) {attributes = {allowzero = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<0x6xf32>, tensor<2xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<3x0xf32>
  return %r0 : tensor<3x0xf32>
}

// CHECK-LABEL: func.func @rows_of_dynamic
// CHECK-NOT: cf.assert
// CHECK: tensor.collapse_shape %{{.+}} {{\[}}[0, 1], [2]] : tensor<?x?x128xf32> into tensor<?x128xf32>
func.func @rows_of_dynamic(%x: tensor<?x?x128xf32>) -> tensor<?x128xf32> {
  %s = arith.constant dense<[-1, 128]> : tensor<2xi64>
  %0 = onnx.node "Reshape"(%x, %s) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x?x128xf32>, tensor<2xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?x128xf32>
  return %r0 : tensor<?x128xf32>
}

// CHECK-LABEL: func.func @split_dynamic
// CHECK: %[[B:.+]] = tensor.dim %{{.+}}, %c0
// CHECK: %[[N:.+]] = tensor.dim %{{.+}}, %c1
// CHECK-NOT: cf.assert
// CHECK: tensor.expand_shape %{{.+}} {{\[}}[0], [1], [2, 3]] output_shape {{\[}}%[[B]], %[[N]], 4, 32]
func.func @split_dynamic(%x: tensor<?x?x128xf32>) -> tensor<?x?x4x32xf32> {
  %0 = onnx.node "Shape"(%x) {attributes = {start = 0 : i64, end = 2 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x?x128xf32>) -> !onnx.value
  %h = arith.constant dense<[4, -1]> : tensor<2xi64>
  %1 = onnx.node "Concat"(%0, %h) {attributes = {axis = 0 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, tensor<2xi64>) -> !onnx.value
  %2 = onnx.node "Reshape"(%x, %1) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x?x128xf32>, !onnx.value) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %2 : !onnx.value to tensor<?x?x4x32xf32>
  return %r0 : tensor<?x?x4x32xf32>
}

// Only what changes is collapsed and expanded.
// CHECK-LABEL: func.func @regroup
// CHECK: tensor.collapse_shape %{{.+}} {{\[}}[0, 1], [2]] : tensor<4x6x5xf32> into tensor<24x5xf32>
// CHECK: tensor.expand_shape %{{.+}} {{\[}}[0, 1], [2]] output_shape [8, 3, 5]
func.func @regroup(%x: tensor<4x6x5xf32>) -> tensor<8x3x5xf32> {
  %s = arith.constant dense<[8, 3, 5]> : tensor<3xi64>
  %0 = onnx.node "Reshape"(%x, %s) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<4x6x5xf32>, tensor<3xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<8x3x5xf32>
  return %r0 : tensor<8x3x5xf32>
}

// CHECK-LABEL: func.func @scalar
// CHECK-DAG: tensor.collapse_shape %{{.+}} [] : tensor<1x1xf32> into tensor<f32>
// CHECK-DAG: tensor.expand_shape %{{.+}} {{\[}}[0], [1, 2]] output_shape [1, 1, 1]
func.func @scalar(%x: tensor<1x1xf32>) -> (tensor<f32>, tensor<1x1x1xf32>) {
  %s = arith.constant dense<> : tensor<0xi64>
  %0 = onnx.node "Reshape"(%x, %s) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<1x1xf32>, tensor<0xi64>) -> !onnx.value
  %t = arith.constant dense<[1, 1, 1]> : tensor<3xi64>
  %1 = onnx.node "Reshape"(%0, %t) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, tensor<3xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<f32>
  %r1 = builtin.unrealized_conversion_cast %1 : !onnx.value to tensor<1x1x1xf32>
  return %r0, %r1 : tensor<f32>, tensor<1x1x1xf32>
}

// Not provably as many elements: a check, then a flat view.
// CHECK-LABEL: func.func @checked_at_run_time
// CHECK: cf.assert %{{.+}}, "node 'n' {{.*}}: a reshape changes the number of elements"
// CHECK: tensor.collapse_shape
func.func @checked_at_run_time(%x: tensor<?x4xf32>, %y: tensor<?xf32>) -> tensor<?xf32> {
  %0 = onnx.node "Shape"(%y) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?xf32>) -> !onnx.value
  %1 = onnx.node "Reshape"(%x, %0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x4xf32>, !onnx.value) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %1 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// Each entry may be 0 or -1 when it comes at run time.
// CHECK-LABEL: func.func @sizes_as_input
// CHECK-COUNT-2: tensor.extract
// CHECK: cf.assert %{{.+}}, "{{.*}}a size is negative"
// CHECK: cf.assert %{{.+}}, "{{.*}}a size is negative"
// CHECK: cf.assert %{{.+}}, "{{.*}}a reshape changes the number of elements"
// CHECK: tensor.expand_shape
func.func @sizes_as_input(%x: tensor<2x6xf32>, %s: tensor<2xi64>) -> tensor<?x?xf32> {
  %0 = onnx.node "Reshape"(%x, %s) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x6xf32>, tensor<2xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?x?xf32>
  return %r0 : tensor<?x?xf32>
}

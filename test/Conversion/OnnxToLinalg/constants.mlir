// RUN: dilated-opt --convert-onnx-to-linalg %s | FileCheck %s

// Constant, ConstantOfShape, Range.

// CHECK-LABEL: func.func @constants
// CHECK-NEXT: %[[C:.+]] = arith.constant dense<2.500000e+00> : tensor<3x4xf32>
// CHECK-NEXT: return %[[C]]
func.func @constants() -> tensor<3x4xf32> {
  %0 = onnx.node "Constant"() {attributes = {value_ints = array<i64: 3, 4>}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : () -> !onnx.value
  %1 = onnx.node "Constant"() {attributes = {value_float = 2.5 : f32}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : () -> !onnx.value
  %2 = onnx.node "ConstantOfShape"(%0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %3 = onnx.node "Add"(%2, %1) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, !onnx.value) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %3 : !onnx.value to tensor<3x4xf32>
  return %r0 : tensor<3x4xf32>
}

// CHECK-LABEL: func.func @constant_of_dynamic_shape
// CHECK: %[[N:.+]] = tensor.dim
// CHECK: %[[E:.+]] = tensor.empty(%[[N]]) : tensor<?x8xi64>
// CHECK: linalg.fill ins(%c7_i64 : i64) outs(%[[E]]
func.func @constant_of_dynamic_shape(%x: tensor<?x8xf32>) -> tensor<?x8xi64> {
  %0 = onnx.node "Shape"(%x) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x8xf32>) -> !onnx.value
  %1 = onnx.node "ConstantOfShape"(%0) {attributes = {value = dense<7> : tensor<1xi64>}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %1 : !onnx.value to tensor<?x8xi64>
  return %r0 : tensor<?x8xi64>
}

// CHECK-LABEL: func.func @range
// CHECK: arith.constant dense<[5, 2, -1]> : tensor<3xi64>
func.func @range() -> tensor<3xi64> {
  %a = arith.constant dense<5> : tensor<i64>
  %b = arith.constant dense<-2> : tensor<i64>
  %d = arith.constant dense<-3> : tensor<i64>
  %0 = onnx.node "Range"(%a, %b, %d) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<i64>, tensor<i64>, tensor<i64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<3xi64>
  return %r0 : tensor<3xi64>
}

// CHECK-LABEL: func.func @range_at_run_time
// CHECK: %[[N:.+]] = tensor.extract
// CHECK: arith.select
// CHECK: linalg.generic
// CHECK: linalg.index 0
func.func @range_at_run_time(%n: tensor<i64>) -> tensor<?xi64> {
  %a = arith.constant dense<0> : tensor<i64>
  %d = arith.constant dense<1> : tensor<i64>
  %0 = onnx.node "Range"(%a, %n, %d) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<i64>, tensor<i64>, tensor<i64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xi64>
  return %r0 : tensor<?xi64>
}

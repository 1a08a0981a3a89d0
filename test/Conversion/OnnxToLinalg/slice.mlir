// RUN: dilated-opt --convert-onnx-to-linalg %s | FileCheck %s

// Slice.

// CHECK-LABEL: func.func @clamped
// CHECK: tensor.extract_slice %{{.+}}[3, 0] [3, 7] [2, 3]
func.func @clamped(%x: tensor<10x20xf32>) -> tensor<3x7xf32> {
  %s = arith.constant dense<[-100, 3]> : tensor<2xi64>
  %e = arith.constant dense<[100, -2]> : tensor<2xi64>
  %a = arith.constant dense<[-1, 0]> : tensor<2xi64>
  %t = arith.constant dense<[3, 2]> : tensor<2xi64>
  %0 = onnx.node "Slice"(%x, %s, %e, %a, %t) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<10x20xf32>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>, tensor<2xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<3x7xf32>
  return %r0 : tensor<3x7xf32>
}

// CHECK-LABEL: func.func @whole
// CHECK-SAME: (%[[X:.+]]: tensor<?x20xf32>
// CHECK-NEXT: return %[[X]]
func.func @whole(%x: tensor<?x20xf32>) -> tensor<?x20xf32> {
  %s = arith.constant dense<[0]> : tensor<1xi64>
  %e = arith.constant dense<[9223372036854775807]> : tensor<1xi64>
  %a = arith.constant dense<[0]> : tensor<1xi64>
  %t = arith.constant dense<[1]> : tensor<1xi64>
  %0 = onnx.node "Slice"(%x, %s, %e, %a, %t) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x20xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?x20xf32>
  return %r0 : tensor<?x20xf32>
}

// There may be none.
// CHECK-LABEL: func.func @first_of_dynamic
// CHECK: arith.minsi
// CHECK: tensor.extract_slice %{{.+}}[0, 0] [%{{.+}}, 20] [1, 1]
func.func @first_of_dynamic(%x: tensor<?x20xf32>) -> tensor<?x20xf32> {
  %s = arith.constant dense<[0]> : tensor<1xi64>
  %e = arith.constant dense<[1]> : tensor<1xi64>
  %a = arith.constant dense<[0]> : tensor<1xi64>
  %t = arith.constant dense<[1]> : tensor<1xi64>
  %0 = onnx.node "Slice"(%x, %s, %e, %a, %t) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x20xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?x20xf32>
  return %r0 : tensor<?x20xf32>
}

// CHECK-LABEL: func.func @backwards
// CHECK: linalg.generic
// CHECK: tensor.extract
func.func @backwards(%x: tensor<100xf32>) -> tensor<100xf32> {
  %s = arith.constant dense<[-1]> : tensor<1xi64>
  %e = arith.constant dense<[-9223372036854775808]> : tensor<1xi64>
  %a = arith.constant dense<[0]> : tensor<1xi64>
  %t = arith.constant dense<[-1]> : tensor<1xi64>
  %0 = onnx.node "Slice"(%x, %s, %e, %a, %t) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<100xf32>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<100xf32>
  return %r0 : tensor<100xf32>
}

// CHECK-LABEL: func.func @of_a_shape
// CHECK: arith.constant dense<[8, 2]> : tensor<2xi64>
func.func @of_a_shape(%x: tensor<2x?x8xf32>) -> tensor<2xi64> {
  %0 = onnx.node "Shape"(%x) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x?x8xf32>) -> !onnx.value
  %s = arith.constant dense<[-1]> : tensor<1xi64>
  %e = arith.constant dense<[-4]> : tensor<1xi64>
  %a = arith.constant dense<[0]> : tensor<1xi64>
  %t = arith.constant dense<[-2]> : tensor<1xi64>
  %1 = onnx.node "Slice"(%0, %s, %e, %a, %t) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %1 : !onnx.value to tensor<2xi64>
  return %r0 : tensor<2xi64>
}

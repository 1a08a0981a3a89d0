// RUN: dilated-opt --convert-onnx-to-linalg %s | FileCheck %s

// Pad.

// A negative pad cuts.
// CHECK-LABEL: func.func @constant
// CHECK: tensor.extract_slice %{{.+}}[0, 0] [2, 2] [1, 1]
// CHECK: tensor.pad %{{.+}} low[0, 1] high[2, 0]
func.func @constant(%x: tensor<2x3xf32>) -> tensor<4x3xf32> {
  %p = arith.constant dense<[0, 1, 2, -1]> : tensor<4xi64>
  %c = arith.constant dense<5.0> : tensor<f32>
  %0 = onnx.node "Pad"(%x, %p, %c) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<4xi64>, tensor<f32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<4x3xf32>
  return %r0 : tensor<4x3xf32>
}

// CHECK-LABEL: func.func @axes
// CHECK: tensor.pad %{{.+}} low[0, 1] high[0, 1]
func.func @axes(%x: tensor<?x3xf32>) -> tensor<?x5xf32> {
  %p = arith.constant dense<[1, 1]> : tensor<2xi64>
  %a = arith.constant dense<-1> : tensor<1xi64>
  %0 = onnx.node "Pad"(%x, %p, %a) {absent = array<i64: 2>, attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x3xf32>, tensor<2xi64>, tensor<1xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?x5xf32>
  return %r0 : tensor<?x5xf32>
}

// CHECK-LABEL: func.func @nothing
// CHECK-SAME: (%[[X:.+]]: tensor<?x3xf32>
// CHECK-NEXT: return %[[X]]
func.func @nothing(%x: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %p = arith.constant dense<0> : tensor<4xi64>
  %0 = onnx.node "Pad"(%x, %p) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x3xf32>, tensor<4xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?x3xf32>
  return %r0 : tensor<?x3xf32>
}

// CHECK-LABEL: func.func @reflect
// CHECK: linalg.generic
// CHECK: arith.remsi
// CHECK: tensor.extract
func.func @reflect(%x: tensor<5xf32>) -> tensor<9xf32> {
  %p = arith.constant dense<[2, 2]> : tensor<2xi64>
  %0 = onnx.node "Pad"(%x, %p) {attributes = {mode = "reflect"}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<5xf32>, tensor<2xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<9xf32>
  return %r0 : tensor<9xf32>
}

// CHECK-LABEL: func.func @pads_as_input
// CHECK: cf.assert %{{.+}}, "{{.*}}a pad known only at run time is negative"
// CHECK: tensor.pad
func.func @pads_as_input(%x: tensor<5xf32>, %p: tensor<2xi64>) -> tensor<?xf32> {
  %0 = onnx.node "Pad"(%x, %p) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<5xf32>, tensor<2xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// RUN: dilated-opt --convert-onnx-to-linalg %s | FileCheck %s

// Activations.

// CHECK-LABEL: func.func @activations
// CHECK: arith.maximumf
// CHECK: arith.negf
// CHECK: math.exp
// CHECK: arith.divf
// CHECK: math.tanh
func.func @activations(%x: tensor<9xf32>) -> tensor<9xf32> {
  %0 = onnx.node "Relu"(%x) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<9xf32>) -> !onnx.value
  %1 = onnx.node "Sigmoid"(%0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %2 = onnx.node "Tanh"(%1) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %2 : !onnx.value to tensor<9xf32>
  return %r0 : tensor<9xf32>
}

// CHECK-LABEL: func.func @gelu
// CHECK: math.erf
func.func @gelu(%x: tensor<9xf32>) -> tensor<9xf32> {
  %0 = onnx.node "Gelu"(%x) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 20 : i64}
      : (tensor<9xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<9xf32>
  return %r0 : tensor<9xf32>
}

// CHECK-LABEL: func.func @gelu_tanh
// CHECK: arith.extf
// CHECK: math.tanh %{{.+}} : f32
// CHECK: arith.truncf
func.func @gelu_tanh(%x: tensor<9xbf16>) -> tensor<9xbf16> {
  %0 = onnx.node "Gelu"(%x) {attributes = {approximate = "tanh"}, domain = "", index = 0 : i64, node = "n", opset = 20 : i64}
      : (tensor<9xbf16>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<9xbf16>
  return %r0 : tensor<9xbf16>
}

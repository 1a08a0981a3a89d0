// RUN: dilated-opt --convert-onnx-to-linalg %s | FileCheck %s

// Cast and CastLike.

// Towards zero; what does not fit is clamped, so that nothing is undefined.
// CHECK-LABEL: func.func @f32_to_i64
// CHECK: arith.cmpf olt
// CHECK: arith.cmpf oge
// CHECK: arith.cmpf uno
// CHECK: arith.fptosi
func.func @f32_to_i64(%x: tensor<9xf32>) -> tensor<9xi64> {
  %0 = onnx.node "Cast"(%x) {attributes = {to = 7 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<9xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<9xi64>
  return %r0 : tensor<9xi64>
}

// CHECK-LABEL: func.func @f16_to_bf16
// CHECK: arith.extf %{{.+}} : f16 to f32
// CHECK: arith.truncf %{{.+}} : f32 to bf16
func.func @f16_to_bf16(%x: tensor<9xf16>) -> tensor<9xbf16> {
  %0 = onnx.node "Cast"(%x) {attributes = {to = 16 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<9xf16>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<9xbf16>
  return %r0 : tensor<9xbf16>
}

// CHECK-LABEL: func.func @f64_to_f32
// CHECK: arith.truncf %{{.+}} : f64 to f32
func.func @f64_to_f32(%x: tensor<9xf64>) -> tensor<9xf32> {
  %0 = onnx.node "Cast"(%x) {attributes = {to = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<9xf64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<9xf32>
  return %r0 : tensor<9xf32>
}

// CHECK-LABEL: func.func @i64_to_f32
// CHECK: arith.sitofp %{{.+}} : i64 to f32
func.func @i64_to_f32(%x: tensor<9xi64>) -> tensor<9xf32> {
  %0 = onnx.node "Cast"(%x) {attributes = {to = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<9xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<9xf32>
  return %r0 : tensor<9xf32>
}

// CHECK-LABEL: func.func @bool_to_f32
// CHECK: arith.uitofp %{{.+}} : i1 to f32
func.func @bool_to_f32(%x: tensor<9xi1>) -> tensor<9xf32> {
  %0 = onnx.node "Cast"(%x) {attributes = {to = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<9xi1>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<9xf32>
  return %r0 : tensor<9xf32>
}

// NaN is true.
// CHECK-LABEL: func.func @f32_to_bool
// CHECK: arith.cmpf une
func.func @f32_to_bool(%x: tensor<9xf32>) -> tensor<9xi1> {
  %0 = onnx.node "Cast"(%x) {attributes = {to = 9 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<9xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<9xi1>
  return %r0 : tensor<9xi1>
}

// CHECK-LABEL: func.func @i64_to_i32
// CHECK: arith.trunci
func.func @i64_to_i32(%x: tensor<9xi64>) -> tensor<9xi32> {
  %0 = onnx.node "Cast"(%x) {attributes = {to = 6 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<9xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<9xi32>
  return %r0 : tensor<9xi32>
}

// CHECK-LABEL: func.func @bool_to_i64
// CHECK: arith.extui
func.func @bool_to_i64(%x: tensor<9xi1>) -> tensor<9xi64> {
  %0 = onnx.node "Cast"(%x) {attributes = {to = 7 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<9xi1>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<9xi64>
  return %r0 : tensor<9xi64>
}

// CHECK-LABEL: func.func @same
// CHECK-NOT: linalg.generic
// CHECK: return
func.func @same(%x: tensor<9xf32>) -> tensor<9xf32> {
  %0 = onnx.node "Cast"(%x) {attributes = {to = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<9xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<9xf32>
  return %r0 : tensor<9xf32>
}

// CHECK-LABEL: func.func @cast_like
// CHECK: arith.sitofp %{{.+}} : i64 to f64
func.func @cast_like(%x: tensor<9xi64>, %y: tensor<f64>) -> tensor<9xf64> {
  %0 = onnx.node "CastLike"(%x, %y) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<9xi64>, tensor<f64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<9xf64>
  return %r0 : tensor<9xf64>
}

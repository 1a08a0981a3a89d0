// RUN: dilated-opt --convert-onnx-to-linalg %s | FileCheck %s

// LayerNormalization and Softmax.

// Mean, then centred variance, in f32; rounded once.
// CHECK-LABEL: func.func @layer_norm
// CHECK: linalg.generic {{.*}} "reduction"]
// CHECK: arith.addf %{{.+}} : f32
// CHECK: arith.divf
// CHECK: linalg.generic {{.*}} "reduction"]
// CHECK: arith.subf
// CHECK: arith.mulf
// CHECK: math.sqrt
// CHECK: linalg.generic
// CHECK: arith.truncf %{{.+}} : f32 to f16
func.func @layer_norm(%x: tensor<?x4x16xf16>, %g: tensor<16xf16>, %c: tensor<16xf16>) -> tensor<?x4x16xf16> {
  %0 = onnx.node "LayerNormalization"(%x, %g, %c) {attributes = {axis = -1 : i64, epsilon = 1.0e-5 : f32}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x4x16xf16>, tensor<16xf16>, tensor<16xf16>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?x4x16xf16>
  return %r0 : tensor<?x4x16xf16>
}

// Computed in f64, the statistics rounded to f32 as the standard has them.
// CHECK-LABEL: func.func @statistics
// CHECK: iterator_types = ["parallel", "reduction", "reduction"]
// CHECK: arith.addf %{{.+}} : f64
// CHECK: arith.truncf %{{.+}} : f64 to f32
func.func @statistics(%x: tensor<2x4x16xf64>, %g: tensor<4x16xf64>) -> (tensor<2x4x16xf64>, tensor<2x1x1xf32>, tensor<2x1x1xf32>) {
  %0, %1, %2 = onnx.node "LayerNormalization"(%x, %g) {attributes = {axis = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x4x16xf64>, tensor<4x16xf64>) -> (!onnx.value, !onnx.value, !onnx.value)
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<2x4x16xf64>
  %r1 = builtin.unrealized_conversion_cast %1 : !onnx.value to tensor<2x1x1xf32>
  %r2 = builtin.unrealized_conversion_cast %2 : !onnx.value to tensor<2x1x1xf32>
  return %r0, %r1, %r2 : tensor<2x4x16xf64>, tensor<2x1x1xf32>, tensor<2x1x1xf32>
}

// CHECK-LABEL: func.func @softmax
// CHECK: arith.maximumf
// CHECK: arith.subf
// CHECK: math.exp
// CHECK: arith.addf
// CHECK: arith.divf
func.func @softmax(%x: tensor<2x4x16xf32>) -> tensor<2x4x16xf32> {
  %0 = onnx.node "Softmax"(%x) {attributes = {axis = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x4x16xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<2x4x16xf32>
  return %r0 : tensor<2x4x16xf32>
}

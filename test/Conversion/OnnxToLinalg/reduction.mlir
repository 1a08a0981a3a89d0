// RUN: dilated-opt --convert-onnx-to-linalg %s | FileCheck %s

// Reductions, with axes as an attribute and as an input.

// Up to version 17 axes are an attribute. f16 is summed in f32.
// CHECK-LABEL: func.func @mean_attribute
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction", "parallel"]
// CHECK: arith.addf %{{.+}} : f32
// CHECK: arith.divf
// CHECK: arith.truncf
// CHECK: tensor.expand_shape
func.func @mean_attribute(%x: tensor<2x3x4xf16>) -> tensor<2x1x4xf16> {
  %0 = onnx.node "ReduceMean"(%x) {attributes = {axes = array<i64: -2>, keepdims = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 17 : i64}
      : (tensor<2x3x4xf16>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<2x1x4xf16>
  return %r0 : tensor<2x1x4xf16>
}

// CHECK-LABEL: func.func @sum_input
// CHECK: linalg.generic {{.*}} iterator_types = ["parallel", "reduction"]
// CHECK: return %{{.+}} : tensor<2xf32>
func.func @sum_input(%x: tensor<2x?xf32>) -> tensor<2xf32> {
  %a = arith.constant dense<1> : tensor<1xi64>
  %0 = onnx.node "ReduceSum"(%x, %a) {attributes = {keepdims = 0 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x?xf32>, tensor<1xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<2xf32>
  return %r0 : tensor<2xf32>
}

// CHECK-LABEL: func.func @all_axes
// CHECK: arith.constant -9223372036854775808 : i64
// CHECK: iterator_types = ["reduction", "reduction"]
// CHECK: arith.maxsi
func.func @all_axes(%x: tensor<2x3xi64>) -> tensor<i64> {
  %0 = onnx.node "ReduceMax"(%x) {attributes = {keepdims = 0 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<i64>
  return %r0 : tensor<i64>
}

// CHECK-LABEL: func.func @no_axes
// CHECK-SAME: (%[[X:.+]]: tensor<2x3xf32>
// CHECK-NEXT: return %[[X]]
func.func @no_axes(%x: tensor<2x3xf32>) -> tensor<2x3xf32> {
  %0 = onnx.node "ReduceMax"(%x) {attributes = {noop_with_empty_axes = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<2x3xf32>
  return %r0 : tensor<2x3xf32>
}

// CHECK-LABEL: func.func @mean_of_dynamic
// CHECK: %[[N:.+]] = tensor.dim
// CHECK: arith.index_cast %[[N]]
// CHECK: arith.sitofp
// CHECK: arith.divf
func.func @mean_of_dynamic(%x: tensor<?x3xf32>) -> tensor<3xf32> {
  %a = arith.constant dense<0> : tensor<1xi64>
  %0 = onnx.node "ReduceMean"(%x, %a) {attributes = {keepdims = 0 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x3xf32>, tensor<1xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<3xf32>
  return %r0 : tensor<3xf32>
}

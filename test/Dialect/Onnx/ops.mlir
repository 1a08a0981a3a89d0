// Every op round-trips as text, in generic form and as bytecode.
// RUN: dilated-opt %s | FileCheck %s
// RUN: dilated-opt %s | dilated-opt | FileCheck %s
// RUN: dilated-opt %s --mlir-print-op-generic | dilated-opt | FileCheck %s
// RUN: dilated-opt %s --emit-bytecode | dilated-opt | FileCheck %s

// CHECK-LABEL: @tensors_and_values
// CHECK-SAME: -> !onnx.value
func.func @tensors_and_values(%x: tensor<?x64xf32>, %w: tensor<64x32xf32>) -> !onnx.value {
  // CHECK: %[[M:.*]] = onnx.node "MatMul"(%{{.*}}, %{{.*}}) {attributes = {}, domain = "", index = 0 : i64, node = "product", opset = 18 : i64} : (tensor<?x64xf32>, tensor<64x32xf32>) -> !onnx.value
  %0 = onnx.node "MatMul"(%x, %w) {attributes = {}, domain = "", index = 0 : i64, node = "product", opset = 18 : i64} : (tensor<?x64xf32>, tensor<64x32xf32>) -> !onnx.value
  // CHECK: onnx.node "Relu"(%[[M]])
  %1 = onnx.node "Relu"(%0) {attributes = {}, domain = "", index = 1 : i64, node = "", opset = 18 : i64} : (!onnx.value) -> !onnx.value
  return %1 : !onnx.value
}

// CHECK-LABEL: @every_kind_of_attribute
func.func @every_kind_of_attribute(%x: tensor<4xf32>) {
  // CHECK: onnx.node "Any"
  // CHECK-SAME: attributes = {float = 1.500000e+00 : f32, floats = array<f32: 1.000000e+00, 2.000000e+00>,
  // CHECK-SAME: int = -1 : i64, ints = array<i64: 3, 4>, none = array<i64>, string = "text",
  // CHECK-SAME: strings = ["a", "b"], tensor = dense<[1, 2]> : tensor<2xi64>,
  // CHECK-SAME: tensors = [dense<true> : tensor<i1>]}
  // CHECK-SAME: unsupported_attributes = {body = "GRAPH"}
  %0 = onnx.node "Any"(%x) {
    attributes = {float = 1.5 : f32, floats = array<f32: 1.0, 2.0>,
                  int = -1 : i64, ints = array<i64: 3, 4>, none = array<i64>, string = "text",
                  strings = ["a", "b"], tensor = dense<[1, 2]> : tensor<2xi64>,
                  tensors = [dense<true> : tensor<i1>]},
    domain = "org.example", index = 7 : i64, node = "n", opset = 1 : i64,
    unsupported_attributes = {body = "GRAPH"}} : (tensor<4xf32>) -> !onnx.value
  return
}

// Inputs 1 and 3 of four are left out, as is every output but two.
// CHECK-LABEL: @absent
func.func @absent(%x: tensor<4xf32>, %y: tensor<*xf32>) {
  // CHECK: %{{.*}}:2 = onnx.node "Op"(%{{.*}}, %{{.*}}) {absent = array<i64: 1, 3>, {{.*}}} : (tensor<4xf32>, tensor<*xf32>) -> (!onnx.value, !onnx.value)
  %0:2 = onnx.node "Op"(%x, %y) {absent = array<i64: 1, 3>, attributes = {}, domain = "", index = 0 : i64, node = "", opset = 23 : i64} : (tensor<4xf32>, tensor<*xf32>) -> (!onnx.value, !onnx.value)
  return
}

// CHECK-LABEL: @no_inputs_no_outputs
func.func @no_inputs_no_outputs() {
  // CHECK: onnx.node "Nothing"() {{.*}} : () -> ()
  onnx.node "Nothing"() {attributes = {}, domain = "", index = 0 : i64, node = "", opset = 18 : i64} : () -> ()
  return
}

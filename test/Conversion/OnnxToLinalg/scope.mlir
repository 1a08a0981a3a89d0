// RUN: not dilated-opt --convert-onnx-to-linalg %s 2>&1 | FileCheck %s

// A message names the PyTorch scope when the location has one.

// CHECK: node 'first' (index 0, ai.onnx Frobnicate, opset 18) on f32[2, 3], in encoder.layers.0: the operator is not known
func.func @scope(%x: tensor<2x3xf32>) {
  %0 = onnx.node "Frobnicate"(%x) {attributes = {}, domain = "", index = 0 : i64, node = "first", opset = 18 : i64}
      : (tensor<2x3xf32>) -> !onnx.value loc("encoder.layers.0"("first"))
  return
}

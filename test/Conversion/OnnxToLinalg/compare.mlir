// RUN: dilated-opt --convert-onnx-to-linalg %s | FileCheck %s

// Comparisons, logic and Where.

// CHECK-LABEL: func.func @comparisons
// CHECK: arith.cmpf oeq
// CHECK: arith.cmpi slt
// CHECK: arith.cmpf ogt
// CHECK: arith.andi
// CHECK: arith.ori
// CHECK: arith.xori
// CHECK: arith.select
func.func @comparisons(%x: tensor<9xf32>, %y: tensor<9xf32>, %i: tensor<9xi64>) -> tensor<9xf32> {
  %0 = onnx.node "Equal"(%x, %y) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<9xf32>, tensor<9xf32>) -> !onnx.value
  %1 = onnx.node "Less"(%i, %i) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<9xi64>, tensor<9xi64>) -> !onnx.value
  %2 = onnx.node "Greater"(%x, %y) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<9xf32>, tensor<9xf32>) -> !onnx.value
  %3 = onnx.node "And"(%0, %1) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, !onnx.value) -> !onnx.value
  %4 = onnx.node "Or"(%3, %2) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, !onnx.value) -> !onnx.value
  %5 = onnx.node "Not"(%4) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %6 = onnx.node "Where"(%5, %x, %y) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, tensor<9xf32>, tensor<9xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %6 : !onnx.value to tensor<9xf32>
  return %r0 : tensor<9xf32>
}

// What TorchScript writes for expand(-1, -1, ...): sizes of 1 where the size stays.
// CHECK-LABEL: func.func @fold_where
// CHECK-SAME: (%[[X:.+]]: tensor<2x1x4xf32>
// CHECK-NEXT: return %[[X]]
func.func @fold_where(%x: tensor<2x1x4xf32>) -> tensor<2x1x4xf32> {
  %c = arith.constant dense<[1, -1, -1]> : tensor<3xi64>
  %three = arith.constant dense<3> : tensor<1xi64>
  %m = arith.constant dense<-1> : tensor<i64>
  %0 = onnx.node "ConstantOfShape"(%three) {attributes = {value = dense<1> : tensor<1xi64>}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<1xi64>) -> !onnx.value
  %1 = onnx.node "Mul"(%0, %m) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, tensor<i64>) -> !onnx.value
  %2 = onnx.node "Equal"(%c, %1) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<3xi64>, !onnx.value) -> !onnx.value
  %3 = onnx.node "Where"(%2, %0, %c) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, !onnx.value, tensor<3xi64>) -> !onnx.value
  %4 = onnx.node "Expand"(%x, %3) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x1x4xf32>, !onnx.value) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %4 : !onnx.value to tensor<2x1x4xf32>
  return %r0 : tensor<2x1x4xf32>
}

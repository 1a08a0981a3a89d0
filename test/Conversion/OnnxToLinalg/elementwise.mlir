// RUN: dilated-opt --convert-onnx-to-linalg %s | FileCheck %s

// Broadcasting, folding and single elements.

// A size of 1 is dropped and the map repeats the rest.
// CHECK-DAG: #[[$ALL:.+]] = affine_map<(d0, d1) -> (d0, d1)>
// CHECK-DAG: #[[$ROWS:.+]] = affine_map<(d0, d1) -> (d0)>
// CHECK-LABEL: func.func @broadcast
// CHECK-SAME: (%[[X:.+]]: tensor<2x3xf32>, %[[Y:.+]]: tensor<2x1xf32>)
// CHECK: %[[COLUMN:.+]] = tensor.collapse_shape %[[Y]] {{\[}}[0, 1]] : tensor<2x1xf32> into tensor<2xf32>
// CHECK: linalg.generic {indexing_maps = [#[[$ALL]], #[[$ROWS]], #[[$ALL]]]
// CHECK-SAME: ins(%[[X]], %[[COLUMN]] :
// CHECK: arith.addf
func.func @broadcast(%x: tensor<2x3xf32>, %y: tensor<2x1xf32>) -> tensor<2x3xf32> {
  %0 = onnx.node "Add"(%x, %y) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>, tensor<2x1xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<2x3xf32>
  return %r0 : tensor<2x3xf32>
}

// Of two sizes known only at run time each may be 1 then. An operand that is repeated
// is made anew, the others are read as they are.
// CHECK-LABEL: func.func @dynamic_sizes_are_checked
// CHECK-SAME: (%[[X:.+]]: tensor<?x3xf32>, %[[Y:.+]]: tensor<?x3xf32>)
// CHECK: %[[EQUAL:.+]] = arith.cmpi eq, %{{.+}}, %{{.+}} : index
// CHECK: cf.assert %{{.+}}, "node 'n' (index 0, ai.onnx Mul, opset 18) on f32[?, 3], f32[?, 3]: two sizes known only at run time do not broadcast in dimension 0"
// CHECK: scf.if
// CHECK-NEXT: scf.yield %[[X]]
// CHECK: tensor.extract %[[X]]
// CHECK: scf.if
// CHECK-NEXT: scf.yield %[[Y]]
// CHECK: tensor.extract %[[Y]]
// CHECK: linalg.generic
func.func @dynamic_sizes_are_checked(%x: tensor<?x3xf32>, %y: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %0 = onnx.node "Mul"(%x, %y) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x3xf32>, tensor<?x3xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?x3xf32>
  return %r0 : tensor<?x3xf32>
}

// Beside a constant only the other size may be 1: the result has the constant.
// CHECK-LABEL: func.func @constant_against_dynamic
// CHECK-SAME: (%[[X:.+]]: tensor<?xf32>, %[[Y:.+]]: tensor<5xf32>)
// CHECK: cf.assert
// CHECK: %[[ALIGNED:.+]] = scf.if
// CHECK: tensor.cast %[[X]] : tensor<?xf32> to tensor<5xf32>
// CHECK: tensor.extract %[[X]]
// CHECK: linalg.generic {{.*}} ins(%[[ALIGNED]], %[[Y]]
func.func @constant_against_dynamic(%x: tensor<?xf32>, %y: tensor<5xf32>) -> tensor<5xf32> {
  %0 = onnx.node "Mul"(%x, %y) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?xf32>, tensor<5xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<5xf32>
  return %r0 : tensor<5xf32>
}

// CHECK-LABEL: func.func @same_operand
// CHECK-NOT: cf.assert
// CHECK: arith.mulf
func.func @same_operand(%x: tensor<?x?xf32>) -> tensor<?x?xf32> {
  %0 = onnx.node "Mul"(%x, %x) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x?xf32>, tensor<?x?xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?x?xf32>
  return %r0 : tensor<?x?xf32>
}

// f16 is computed in f32 and rounded once.
// CHECK-LABEL: func.func @narrow_floats
// CHECK: arith.extf %{{.+}} : f16 to f32
// CHECK: arith.extf %{{.+}} : f16 to f32
// CHECK: arith.mulf %{{.+}} : f32
// CHECK: arith.truncf %{{.+}} : f32 to f16
func.func @narrow_floats(%x: tensor<4xf16>, %y: tensor<4xf16>) -> tensor<4xf16> {
  %0 = onnx.node "Mul"(%x, %y) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<4xf16>, tensor<4xf16>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<4xf16>
  return %r0 : tensor<4xf16>
}

// CHECK-LABEL: func.func @times_one
// CHECK-SAME: (%[[X:.+]]: tensor<?x4xf32>
// CHECK-NEXT: return %[[X]]
func.func @times_one(%x: tensor<?x4xf32>) -> tensor<?x4xf32> {
  %c = arith.constant dense<1.0> : tensor<f32>
  %0 = onnx.node "Mul"(%x, %c) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x4xf32>, tensor<f32>) -> !onnx.value
  %1 = onnx.node "Div"(%0, %c) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, tensor<f32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %1 : !onnx.value to tensor<?x4xf32>
  return %r0 : tensor<?x4xf32>
}

// A splat is a constant of the body, not an input of the loop nest.
// CHECK-LABEL: func.func @scalar_constant
// CHECK: %[[TWO:.+]] = arith.constant 2.000000e+00 : f32
// CHECK: linalg.generic {{.*}} ins(%{{[^,]+}} : tensor<4xf32>)
// CHECK: arith.mulf %{{.+}}, %[[TWO]]
func.func @scalar_constant(%x: tensor<4xf32>) -> tensor<4xf32> {
  %c = arith.constant dense<2.0> : tensor<f32>
  %0 = onnx.node "Mul"(%x, %c) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<4xf32>, tensor<f32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<4xf32>
  return %r0 : tensor<4xf32>
}

// Integers divide towards zero.
// CHECK-LABEL: func.func @fold_shape_arithmetic
// CHECK: arith.constant dense<[3, -3]> : tensor<2xi64>
func.func @fold_shape_arithmetic() -> tensor<2xi64> {
  %a = arith.constant dense<[7, -7]> : tensor<2xi64>
  %b = arith.constant dense<2> : tensor<i64>
  %0 = onnx.node "Div"(%a, %b) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2xi64>, tensor<i64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<2xi64>
  return %r0 : tensor<2xi64>
}

// Neither 0 nor -1 as a divisor traps.
// CHECK-LABEL: func.func @integer_division
// CHECK: linalg.generic
// CHECK: %[[SAFE:.+]] = arith.select
// CHECK: arith.divsi %{{.+}}, %[[SAFE]]
func.func @integer_division(%x: tensor<99xi32>, %y: tensor<99xi32>) -> tensor<99xi32> {
  %0 = onnx.node "Div"(%x, %y) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<99xi32>, tensor<99xi32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<99xi32>
  return %r0 : tensor<99xi32>
}

// CHECK-LABEL: func.func @power
// CHECK-NOT: math.powf
// CHECK: arith.mulf
func.func @power(%x: tensor<9xf32>) -> tensor<9xf32> {
  %c = arith.constant dense<2.0> : tensor<f32>
  %0 = onnx.node "Pow"(%x, %c) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<9xf32>, tensor<f32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<9xf32>
  return %r0 : tensor<9xf32>
}

// NaN wins.
// CHECK-LABEL: func.func @maximum
// CHECK: arith.maximumf
// CHECK: arith.maximumf
func.func @maximum(%x: tensor<9xf32>, %y: tensor<9xf32>, %z: tensor<1xf32>) -> tensor<9xf32> {
  %0 = onnx.node "Max"(%x, %y, %z) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<9xf32>, tensor<9xf32>, tensor<1xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<9xf32>
  return %r0 : tensor<9xf32>
}

// CHECK-LABEL: func.func @unary
// CHECK: arith.negf
// CHECK: math.sqrt
// CHECK: arith.divf
// CHECK: math.exp
// CHECK: math.log
// CHECK: math.floor
// CHECK: math.erf
func.func @unary(%x: tensor<9xf32>) -> tensor<9xf32> {
  %0 = onnx.node "Neg"(%x) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<9xf32>) -> !onnx.value
  %1 = onnx.node "Sqrt"(%0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %2 = onnx.node "Reciprocal"(%1) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %3 = onnx.node "Exp"(%2) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %4 = onnx.node "Log"(%3) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %5 = onnx.node "Floor"(%4) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %6 = onnx.node "Erf"(%5) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %6 : !onnx.value to tensor<9xf32>
  return %r0 : tensor<9xf32>
}

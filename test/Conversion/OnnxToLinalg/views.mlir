// RUN: dilated-opt --convert-onnx-to-linalg %s | FileCheck %s

// Reshapes and transposes look through each other.

// The rearrangements around an exported attention cancel.
// CHECK-LABEL: func.func @attention_static
// CHECK-SAME: (%[[Q:[a-z0-9]+]]: tensor<2x300x128xf32>{{.*}}, %[[K:[a-z0-9]+]]: tensor<2x300x128xf32>{{.*}}, %[[V:[a-z0-9]+]]: tensor<2x300x128xf32>
// CHECK-NOT: linalg.transpose
// CHECK: %[[Q4:.+]] = tensor.expand_shape %[[Q]] {{\[}}[0], [1], [2, 3]]
// CHECK-NEXT: %[[K4:.+]] = tensor.expand_shape %[[K]] {{\[}}[0], [1], [2, 3]]
// CHECK-NEXT: %[[V4:.+]] = tensor.expand_shape %[[V]] {{\[}}[0], [1], [2, 3]]
// CHECK: %[[A:.+]] = dilated.attention %[[Q4]], %[[K4]], %[[V4]]
// CHECK-NEXT: %[[O:.+]] = tensor.collapse_shape %[[A]] {{\[}}[0], [1], [2, 3]]
// CHECK-NEXT: return %[[O]]
func.func @attention_static(%q: tensor<2x300x128xf32>, %k: tensor<2x300x128xf32>, %v: tensor<2x300x128xf32>) -> tensor<2x300x128xf32> {
  %split = arith.constant dense<[2, 300, 4, 32]> : tensor<4xi64>
  %heads = arith.constant dense<[8, 300, 32]> : tensor<3xi64>
  %unheads = arith.constant dense<[2, 4, 300, 32]> : tensor<4xi64>
  %join = arith.constant dense<[2, 300, 128]> : tensor<3xi64>
  %q0 = onnx.node "Reshape"(%q, %split) {attributes = {allowzero = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x300x128xf32>, tensor<4xi64>) -> !onnx.value
  %q1 = onnx.node "Transpose"(%q0) {attributes = {perm = array<i64: 0, 2, 1, 3>}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %q2 = onnx.node "Reshape"(%q1, %heads) {attributes = {allowzero = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, tensor<3xi64>) -> !onnx.value
  %q3 = onnx.node "Reshape"(%q2, %unheads) {attributes = {allowzero = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, tensor<4xi64>) -> !onnx.value
  %q4 = onnx.node "Transpose"(%q3) {attributes = {perm = array<i64: 0, 2, 1, 3>}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %k0 = onnx.node "Reshape"(%k, %split) {attributes = {allowzero = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x300x128xf32>, tensor<4xi64>) -> !onnx.value
  %k1 = onnx.node "Transpose"(%k0) {attributes = {perm = array<i64: 0, 2, 1, 3>}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %k2 = onnx.node "Reshape"(%k1, %heads) {attributes = {allowzero = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, tensor<3xi64>) -> !onnx.value
  %k3 = onnx.node "Reshape"(%k2, %unheads) {attributes = {allowzero = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, tensor<4xi64>) -> !onnx.value
  %k4 = onnx.node "Transpose"(%k3) {attributes = {perm = array<i64: 0, 2, 1, 3>}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %v0 = onnx.node "Reshape"(%v, %split) {attributes = {allowzero = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x300x128xf32>, tensor<4xi64>) -> !onnx.value
  %v1 = onnx.node "Transpose"(%v0) {attributes = {perm = array<i64: 0, 2, 1, 3>}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %v2 = onnx.node "Reshape"(%v1, %heads) {attributes = {allowzero = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, tensor<3xi64>) -> !onnx.value
  %v3 = onnx.node "Reshape"(%v2, %unheads) {attributes = {allowzero = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, tensor<4xi64>) -> !onnx.value
  %v4 = onnx.node "Transpose"(%v3) {attributes = {perm = array<i64: 0, 2, 1, 3>}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %a = onnx.node "DilatedAttention"(%q4, %k4, %v4) {attributes = {dilation_rates = array<i64: 1, 2>, segment_lengths = array<i64: 64, 128>}, domain = "org.dilated_mlir", index = 0 : i64, node = "n", opset = 1 : i64}
      : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %o = onnx.node "Reshape"(%a, %join) {attributes = {allowzero = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, tensor<3xi64>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %o : !onnx.value to tensor<2x300x128xf32>
  return %r0 : tensor<2x300x128xf32>
}

// The rearrangements around an exported attention cancel, also with
// dynamic batch and sequence.
// CHECK-LABEL: func.func @attention_dynamic
// CHECK-SAME: (%[[Q:[a-z0-9]+]]: tensor<?x?x128xf32>{{.*}}, %[[K:[a-z0-9]+]]: tensor<?x?x128xf32>{{.*}}, %[[V:[a-z0-9]+]]: tensor<?x?x128xf32>
// CHECK-NOT: linalg.transpose
// CHECK: %[[Q4:.+]] = tensor.expand_shape %[[Q]] {{\[}}[0], [1], [2, 3]]
// CHECK-NEXT: %[[K4:.+]] = tensor.expand_shape %[[K]] {{\[}}[0], [1], [2, 3]]
// CHECK-NEXT: %[[V4:.+]] = tensor.expand_shape %[[V]] {{\[}}[0], [1], [2, 3]]
// CHECK: %[[A:.+]] = dilated.attention %[[Q4]], %[[K4]], %[[V4]]
// CHECK-NEXT: %[[O:.+]] = tensor.collapse_shape %[[A]] {{\[}}[0], [1], [2, 3]]
// CHECK-NEXT: return %[[O]]
func.func @attention_dynamic(%q: tensor<?x?x128xf32> {dilated.name = "q", dilated.symbols = ["batch", "sequence", ""]}, %k: tensor<?x?x128xf32> {dilated.name = "k", dilated.symbols = ["batch", "sequence", ""]}, %v: tensor<?x?x128xf32> {dilated.name = "v", dilated.symbols = ["batch", "sequence", ""]}) -> tensor<?x?x128xf32> {
  %h = arith.constant dense<4> : tensor<1xi64>
  %d = arith.constant dense<32> : tensor<1xi64>
  %hd = arith.constant dense<128> : tensor<1xi64>
  %zero = arith.constant dense<0> : tensor<i64>
  %b = onnx.node "Shape"(%q) {attributes = {start = 0 : i64, end = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x?x128xf32>) -> !onnx.value
  %n = onnx.node "Shape"(%q) {attributes = {start = 1 : i64, end = 2 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x?x128xf32>) -> !onnx.value
  %split = onnx.node "Concat"(%b, %n, %h, %d) {attributes = {axis = 0 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, !onnx.value, tensor<1xi64>, tensor<1xi64>) -> !onnx.value
  %bh = onnx.node "Mul"(%b, %h) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, tensor<1xi64>) -> !onnx.value
  %heads = onnx.node "Concat"(%bh, %n, %d) {attributes = {axis = 0 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, !onnx.value, tensor<1xi64>) -> !onnx.value
  %unheads = onnx.node "Concat"(%b, %h, %n, %d) {attributes = {axis = 0 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, tensor<1xi64>, !onnx.value, tensor<1xi64>) -> !onnx.value
  %join = onnx.node "Concat"(%b, %n, %hd) {attributes = {axis = 0 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, !onnx.value, tensor<1xi64>) -> !onnx.value
  %q0 = onnx.node "Reshape"(%q, %split) {attributes = {allowzero = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x?x128xf32>, !onnx.value) -> !onnx.value
  %q1 = onnx.node "Transpose"(%q0) {attributes = {perm = array<i64: 0, 2, 1, 3>}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %q2 = onnx.node "Reshape"(%q1, %heads) {attributes = {allowzero = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, !onnx.value) -> !onnx.value
  %q3 = onnx.node "Reshape"(%q2, %unheads) {attributes = {allowzero = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, !onnx.value) -> !onnx.value
  %q4 = onnx.node "Transpose"(%q3) {attributes = {perm = array<i64: 0, 2, 1, 3>}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %k0 = onnx.node "Reshape"(%k, %split) {attributes = {allowzero = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x?x128xf32>, !onnx.value) -> !onnx.value
  %k1 = onnx.node "Transpose"(%k0) {attributes = {perm = array<i64: 0, 2, 1, 3>}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %k2 = onnx.node "Reshape"(%k1, %heads) {attributes = {allowzero = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, !onnx.value) -> !onnx.value
  %k3 = onnx.node "Reshape"(%k2, %unheads) {attributes = {allowzero = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, !onnx.value) -> !onnx.value
  %k4 = onnx.node "Transpose"(%k3) {attributes = {perm = array<i64: 0, 2, 1, 3>}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %v0 = onnx.node "Reshape"(%v, %split) {attributes = {allowzero = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x?x128xf32>, !onnx.value) -> !onnx.value
  %v1 = onnx.node "Transpose"(%v0) {attributes = {perm = array<i64: 0, 2, 1, 3>}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %v2 = onnx.node "Reshape"(%v1, %heads) {attributes = {allowzero = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, !onnx.value) -> !onnx.value
  %v3 = onnx.node "Reshape"(%v2, %unheads) {attributes = {allowzero = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, !onnx.value) -> !onnx.value
  %v4 = onnx.node "Transpose"(%v3) {attributes = {perm = array<i64: 0, 2, 1, 3>}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %a = onnx.node "DilatedAttention"(%q4, %k4, %v4) {attributes = {dilation_rates = array<i64: 1, 2>, segment_lengths = array<i64: 64, 128>}, domain = "org.dilated_mlir", index = 0 : i64, node = "n", opset = 1 : i64}
      : (!onnx.value, !onnx.value, !onnx.value) -> !onnx.value
  %o = onnx.node "Reshape"(%a, %join) {attributes = {allowzero = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value, !onnx.value) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %o : !onnx.value to tensor<?x?x128xf32>
  return %r0 : tensor<?x?x128xf32>
}

// CHECK-LABEL: func.func @transposes_compose
// CHECK-SAME: (%[[X:.+]]: tensor<2x3x4xf32>)
// CHECK: %[[T:.+]] = linalg.transpose ins(%[[X]] : {{.*}} permutation = [2, 0, 1]
// CHECK-NOT: linalg.transpose
// CHECK: return %[[T]], %[[X]]
func.func @transposes_compose(%x: tensor<2x3x4xf32>) -> (tensor<4x2x3xf32>, tensor<2x3x4xf32>) {
  %0 = onnx.node "Transpose"(%x) {attributes = {perm = array<i64: 1, 2, 0>}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3x4xf32>) -> !onnx.value
  %1 = onnx.node "Transpose"(%0) {attributes = {perm = array<i64: 1, 2, 0>}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %2 = onnx.node "Transpose"(%1) {attributes = {perm = array<i64: 1, 2, 0>}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (!onnx.value) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %1 : !onnx.value to tensor<4x2x3xf32>
  %r1 = builtin.unrealized_conversion_cast %2 : !onnx.value to tensor<2x3x4xf32>
  return %r0, %r1 : tensor<4x2x3xf32>, tensor<2x3x4xf32>
}

// GigaPath's table of positions: 3 GB at true size, so it must not be copied.
// CHECK-LABEL: func.func @unit_dimension
// CHECK-NOT: linalg.transpose
// CHECK: tensor.collapse_shape
// CHECK: tensor.expand_shape
func.func @unit_dimension(%x: tensor<1x1601x144xf32>) -> tensor<1601x1x144xf32> {
  %0 = onnx.node "Transpose"(%x) {attributes = {perm = array<i64: 1, 0, 2>}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<1x1601x144xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<1601x1x144xf32>
  return %r0 : tensor<1601x1x144xf32>
}

// CHECK-LABEL: func.func @default_permutation
// CHECK: linalg.transpose {{.*}} permutation = [1, 0]
func.func @default_permutation(%x: tensor<2x3xf32>) -> tensor<3x2xf32> {
  %0 = onnx.node "Transpose"(%x) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x3xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<3x2xf32>
  return %r0 : tensor<3x2xf32>
}

// RUN: dilated-opt --convert-onnx-to-linalg %s | FileCheck %s

// MatMul and Gemm.

// CHECK-LABEL: func.func @rows
// CHECK: %[[ROWS:.+]] = tensor.collapse_shape %{{.+}} {{\[}}[0, 1], [2]]
// CHECK: %[[P:.+]] = linalg.matmul ins(%[[ROWS]], %{{.+}} : tensor<?x128xf32>, tensor<128x64xf32>)
// CHECK: tensor.expand_shape %[[P]] {{\[}}[0, 1], [2]]
func.func @rows(%x: tensor<?x?x128xf32>, %w: tensor<128x64xf32>) -> tensor<?x?x64xf32> {
  %0 = onnx.node "MatMul"(%x, %w) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x?x128xf32>, tensor<128x64xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?x?x64xf32>
  return %r0 : tensor<?x?x64xf32>
}

// bf16 is accumulated in f32.
// CHECK-LABEL: func.func @narrow
// CHECK: linalg.matmul ins({{.*}} : tensor<4x8xbf16>, tensor<8x5xbf16>) outs({{.*}} : tensor<4x5xf32>)
// CHECK: arith.truncf %{{.+}} : f32 to bf16
func.func @narrow(%x: tensor<4x8xbf16>, %w: tensor<8x5xbf16>) -> tensor<4x5xbf16> {
  %0 = onnx.node "MatMul"(%x, %w) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<4x8xbf16>, tensor<8x5xbf16>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<4x5xbf16>
  return %r0 : tensor<4x5xbf16>
}

// The transpose is read through the indexing map.
// CHECK-LABEL: func.func @batch
// CHECK-NOT: linalg.transpose
// CHECK: linalg.batch_matmul
// CHECK-SAME: indexing_maps = [#{{.+}}, #{{.+}}, #{{.+}}] ins(%{{.+}}, %{{.+}} : tensor<8x?x8xf32>, tensor<8x?x8xf32>)
// CHECK: tensor.expand_shape %{{.+}} {{\[}}[0, 1], [2], [3]]
func.func @batch(%x: tensor<2x4x?x8xf32>, %y: tensor<2x4x?x8xf32>) -> tensor<2x4x?x?xf32> {
  %0 = onnx.node "Transpose"(%y) {attributes = {perm = array<i64: 0, 1, 3, 2>}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x4x?x8xf32>) -> !onnx.value
  %1 = onnx.node "MatMul"(%x, %0) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x4x?x8xf32>, !onnx.value) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %1 : !onnx.value to tensor<2x4x?x?xf32>
  return %r0 : tensor<2x4x?x?xf32>
}

// CHECK-LABEL: func.func @broadcast_batch
// CHECK: linalg.batch_matmul ins(%{{.+}}, %{{.+}} : tensor<8x3x8xf32>, tensor<8x8x5xf32>)
func.func @broadcast_batch(%x: tensor<2x1x3x8xf32>, %y: tensor<4x8x5xf32>) -> tensor<2x4x3x5xf32> {
  %0 = onnx.node "MatMul"(%x, %y) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<2x1x3x8xf32>, tensor<4x8x5xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<2x4x3x5xf32>
  return %r0 : tensor<2x4x3x5xf32>
}

// CHECK-LABEL: func.func @vectors
// CHECK: linalg.matmul ins(%{{.+}}, %{{.+}} : tensor<1x8xf32>, tensor<8x1xf32>)
// CHECK: tensor.collapse_shape %{{.+}} [] : tensor<1x1xf32> into tensor<f32>
func.func @vectors(%x: tensor<8xf32>, %y: tensor<8xf32>) -> tensor<f32> {
  %0 = onnx.node "MatMul"(%x, %y) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<8xf32>, tensor<8xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<f32>
  return %r0 : tensor<f32>
}

// CHECK-LABEL: func.func @gemm
// CHECK: linalg.matmul indexing_maps = [#[[$A:.+]], #[[$B:.+]], #[[$C:.+]]] ins(%{{.+}}, %{{.+}} : tensor<?x8xf32>, tensor<5x8xf32>)
// CHECK: linalg.generic
// CHECK: arith.mulf
// CHECK: arith.addf
func.func @gemm(%x: tensor<?x8xf32>, %w: tensor<5x8xf32>, %c: tensor<5xf32>) -> tensor<?x5xf32> {
  %0 = onnx.node "Gemm"(%x, %w, %c) {attributes = {alpha = 2.0 : f32, transB = 1 : i64}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x8xf32>, tensor<5x8xf32>, tensor<5xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?x5xf32>
  return %r0 : tensor<?x5xf32>
}

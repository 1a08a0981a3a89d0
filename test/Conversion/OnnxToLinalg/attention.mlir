// RUN: dilated-opt --convert-onnx-to-linalg %s | FileCheck %s

// org.dilated_mlir DilatedAttention.

// Sizes known only at run time are compared before any work.
// CHECK-LABEL: func.func @four_dimensions
// CHECK-SAME: (%[[Q:.+]]: tensor<2x?x4x32xf32>, %[[K:.+]]: tensor<2x?x4x32xf32>, %[[V:.+]]: tensor<2x?x4x32xf32>)
// CHECK: cf.assert %{{.+}}, "{{.*}}query and key differ in sequence length [C5]"
// CHECK: cf.assert %{{.+}}, "{{.*}}query and value differ in sequence length [C5]"
// CHECK: cf.assert %{{.+}}, "{{.*}}the sequence is empty (length 0), expected at least 1 position [C10]"
// CHECK: dilated.attention %[[Q]], %[[K]], %[[V]] pattern(<[segment<64, 1>, segment<128, 2>], offset = block, padding = null_keys>) :
// CHECK-SAME: -> tensor<2x?x4x32xf32>
// CHECK-NEXT: return
func.func @four_dimensions(%q: tensor<2x?x4x32xf32>, %k: tensor<2x?x4x32xf32>, %v: tensor<2x?x4x32xf32>) -> tensor<2x?x4x32xf32> {
  %0 = onnx.node "DilatedAttention"(%q, %k, %v) {attributes = {dilation_rates = array<i64: 1, 2>, segment_lengths = array<i64: 64, 128>}, domain = "org.dilated_mlir", index = 0 : i64, node = "n", opset = 1 : i64}
      : (tensor<2x?x4x32xf32>, tensor<2x?x4x32xf32>, tensor<2x?x4x32xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<2x?x4x32xf32>
  return %r0 : tensor<2x?x4x32xf32>
}

// CHECK-LABEL: func.func @packed
// CHECK-COUNT-3: tensor.expand_shape %{{.+}} {{\[}}[0], [1], [2, 3]] output_shape [1, 301, 4, 32]
// CHECK: %[[A:.+]] = dilated.attention %{{.+}} pattern(<[segment<64, 1>, segment<128, 2>], offset = modulo, padding = exclude>) causal scale(5.000000e-01)
// CHECK: tensor.collapse_shape %[[A]] {{\[}}[0], [1], [2, 3]] : tensor<1x301x4x32xf16> into tensor<1x301x128xf16>
func.func @packed(%q: tensor<1x301x128xf16>, %k: tensor<1x301x128xf16>, %v: tensor<1x301x128xf16>) -> tensor<1x301x128xf16> {
  %0 = onnx.node "DilatedAttention"(%q, %k, %v) {attributes = {dilation_rates = array<i64: 1, 2>, segment_lengths = array<i64: 64, 128>, head_offset = "modulo", is_causal = 1 : i64, num_heads = 4 : i64, padding = "exclude", scale = 0.5 : f32}, domain = "org.dilated_mlir", index = 0 : i64, node = "n", opset = 1 : i64}
      : (tensor<1x301x128xf16>, tensor<1x301x128xf16>, tensor<1x301x128xf16>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<1x301x128xf16>
  return %r0 : tensor<1x301x128xf16>
}

// CHECK-LABEL: func.func @grouped_with_lse
// CHECK: dilated.attention {{.*}} offset = end
// CHECK-SAME: -> tensor<1x50x8x24xf64>, tensor<1x8x50xf64>
func.func @grouped_with_lse(%q: tensor<1x50x8x16xf64>, %k: tensor<1x50x2x16xf64>, %v: tensor<1x50x2x24xf64>) -> (tensor<1x50x8x24xf64>, tensor<1x8x50xf64>) {
  %0, %1 = onnx.node "DilatedAttention"(%q, %k, %v) {attributes = {dilation_rates = array<i64: 1, 2>, segment_lengths = array<i64: 64, 128>, head_offset = "end", kv_num_heads = 2 : i64, num_heads = 8 : i64}, domain = "org.dilated_mlir", index = 0 : i64, node = "n", opset = 1 : i64}
      : (tensor<1x50x8x16xf64>, tensor<1x50x2x16xf64>, tensor<1x50x2x24xf64>) -> (!onnx.value, !onnx.value)
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<1x50x8x24xf64>
  %r1 = builtin.unrealized_conversion_cast %1 : !onnx.value to tensor<1x8x50xf64>
  return %r0, %r1 : tensor<1x50x8x24xf64>, tensor<1x8x50xf64>
}

// CHECK-LABEL: func.func @unused_lse
// CHECK: dilated.attention {{.*}} -> tensor<1x50x8x16xf32>{{$}}
func.func @unused_lse(%q: tensor<1x50x8x16xf32>, %k: tensor<1x50x8x16xf32>, %v: tensor<1x50x8x16xf32>) -> tensor<1x50x8x16xf32> {
  %0, %1 = onnx.node "DilatedAttention"(%q, %k, %v) {attributes = {dilation_rates = array<i64: 1, 2>, segment_lengths = array<i64: 64, 128>}, domain = "org.dilated_mlir", index = 0 : i64, node = "n", opset = 1 : i64}
      : (tensor<1x50x8x16xf32>, tensor<1x50x8x16xf32>, tensor<1x50x8x16xf32>) -> (!onnx.value, !onnx.value)
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<1x50x8x16xf32>
  return %r0 : tensor<1x50x8x16xf32>
}

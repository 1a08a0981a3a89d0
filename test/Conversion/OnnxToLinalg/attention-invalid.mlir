// RUN: dilated-opt --convert-onnx-to-linalg --split-input-file --verify-diagnostics %s

// What breaks a constraint of DilatedAttention; labels are those of docs/spec.md.

func.func @lengths(%q: tensor<1x50x8x16xf32>, %k: tensor<1x50x8x16xf32>, %v: tensor<1x50x8x16xf32>) -> tensor<1x50x8x16xf32> {
  // expected-error @+1 {{segment_lengths has 2 entries and dilation_rates 1, expected as many [C1]}}
  %0 = onnx.node "DilatedAttention"(%q, %k, %v) {attributes = {dilation_rates = array<i64: 1>, segment_lengths = array<i64: 64, 128>}, domain = "org.dilated_mlir", index = 0 : i64, node = "n", opset = 1 : i64}
      : (tensor<1x50x8x16xf32>, tensor<1x50x8x16xf32>, tensor<1x50x8x16xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<1x50x8x16xf32>
  return %r0 : tensor<1x50x8x16xf32>
}

// -----

func.func @none(%q: tensor<1x50x8x16xf32>, %k: tensor<1x50x8x16xf32>, %v: tensor<1x50x8x16xf32>) -> tensor<1x50x8x16xf32> {
  // expected-error @+1 {{segment_lengths is empty, expected at least one branch [C1]}}
  %0 = onnx.node "DilatedAttention"(%q, %k, %v) {attributes = {dilation_rates = array<i64>, segment_lengths = array<i64>}, domain = "org.dilated_mlir", index = 0 : i64, node = "n", opset = 1 : i64}
      : (tensor<1x50x8x16xf32>, tensor<1x50x8x16xf32>, tensor<1x50x8x16xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<1x50x8x16xf32>
  return %r0 : tensor<1x50x8x16xf32>
}

// -----

func.func @rate(%q: tensor<1x50x8x16xf32>, %k: tensor<1x50x8x16xf32>, %v: tensor<1x50x8x16xf32>) -> tensor<1x50x8x16xf32> {
  // expected-error @+1 {{branch 0 has length 64 and rate 0, expected both to be at least 1 [C2]}}
  %0 = onnx.node "DilatedAttention"(%q, %k, %v) {attributes = {dilation_rates = array<i64: 0>, segment_lengths = array<i64: 64>}, domain = "org.dilated_mlir", index = 0 : i64, node = "n", opset = 1 : i64}
      : (tensor<1x50x8x16xf32>, tensor<1x50x8x16xf32>, tensor<1x50x8x16xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<1x50x8x16xf32>
  return %r0 : tensor<1x50x8x16xf32>
}

// -----

func.func @required(%q: tensor<1x50x8x16xf32>, %k: tensor<1x50x8x16xf32>, %v: tensor<1x50x8x16xf32>) -> tensor<1x50x8x16xf32> {
  // expected-error @+1 {{required attribute 'dilation_rates' is missing}}
  %0 = onnx.node "DilatedAttention"(%q, %k, %v) {attributes = {segment_lengths = array<i64: 64>}, domain = "org.dilated_mlir", index = 0 : i64, node = "n", opset = 1 : i64}
      : (tensor<1x50x8x16xf32>, tensor<1x50x8x16xf32>, tensor<1x50x8x16xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<1x50x8x16xf32>
  return %r0 : tensor<1x50x8x16xf32>
}

// -----

func.func @offset(%q: tensor<1x50x8x16xf32>, %k: tensor<1x50x8x16xf32>, %v: tensor<1x50x8x16xf32>) -> tensor<1x50x8x16xf32> {
  // expected-error @+1 {{attribute 'head_offset' is 'constant'; supported are 'block', 'modulo', 'end'}}
  %0 = onnx.node "DilatedAttention"(%q, %k, %v) {attributes = {dilation_rates = array<i64: 1, 2>, segment_lengths = array<i64: 64, 128>, head_offset = "constant"}, domain = "org.dilated_mlir", index = 0 : i64, node = "n", opset = 1 : i64}
      : (tensor<1x50x8x16xf32>, tensor<1x50x8x16xf32>, tensor<1x50x8x16xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<1x50x8x16xf32>
  return %r0 : tensor<1x50x8x16xf32>
}

// -----

func.func @padding(%q: tensor<1x50x8x16xf32>, %k: tensor<1x50x8x16xf32>, %v: tensor<1x50x8x16xf32>) -> tensor<1x50x8x16xf32> {
  // expected-error @+1 {{attribute 'padding' is 'zeros'; supported are 'null_keys', 'exclude'}}
  %0 = onnx.node "DilatedAttention"(%q, %k, %v) {attributes = {dilation_rates = array<i64: 1, 2>, segment_lengths = array<i64: 64, 128>, padding = "zeros"}, domain = "org.dilated_mlir", index = 0 : i64, node = "n", opset = 1 : i64}
      : (tensor<1x50x8x16xf32>, tensor<1x50x8x16xf32>, tensor<1x50x8x16xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<1x50x8x16xf32>
  return %r0 : tensor<1x50x8x16xf32>
}

// -----

func.func @unknown(%q: tensor<1x50x8x16xf32>, %k: tensor<1x50x8x16xf32>, %v: tensor<1x50x8x16xf32>) -> tensor<1x50x8x16xf32> {
  // expected-error @+1 {{attribute 'dropout' is not supported; known are segment_lengths, dilation_rates, is_causal, scale, num_heads, kv_num_heads, head_offset, padding}}
  %0 = onnx.node "DilatedAttention"(%q, %k, %v) {attributes = {dilation_rates = array<i64: 1, 2>, segment_lengths = array<i64: 64, 128>, dropout = 0.1 : f32}, domain = "org.dilated_mlir", index = 0 : i64, node = "n", opset = 1 : i64}
      : (tensor<1x50x8x16xf32>, tensor<1x50x8x16xf32>, tensor<1x50x8x16xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<1x50x8x16xf32>
  return %r0 : tensor<1x50x8x16xf32>
}

// -----

func.func @kind(%q: tensor<1x50x8x16xf32>, %k: tensor<1x50x8x16xf32>, %v: tensor<1x50x8x16xf32>) -> tensor<1x50x8x16xf32> {
  // expected-error @+1 {{attribute 'num_heads' is "8", expected kind int}}
  %0 = onnx.node "DilatedAttention"(%q, %k, %v) {attributes = {dilation_rates = array<i64: 1, 2>, segment_lengths = array<i64: 64, 128>, num_heads = "8"}, domain = "org.dilated_mlir", index = 0 : i64, node = "n", opset = 1 : i64}
      : (tensor<1x50x8x16xf32>, tensor<1x50x8x16xf32>, tensor<1x50x8x16xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<1x50x8x16xf32>
  return %r0 : tensor<1x50x8x16xf32>
}

// -----

func.func @heads(%q: tensor<1x50x8x16xf32>, %k: tensor<1x50x8x16xf32>, %v: tensor<1x50x8x16xf32>) -> tensor<1x50x8x16xf32> {
  // expected-error @+1 {{attribute 'num_heads' is 4, but the query has 8 heads}}
  %0 = onnx.node "DilatedAttention"(%q, %k, %v) {attributes = {dilation_rates = array<i64: 1, 2>, segment_lengths = array<i64: 64, 128>, num_heads = 4 : i64}, domain = "org.dilated_mlir", index = 0 : i64, node = "n", opset = 1 : i64}
      : (tensor<1x50x8x16xf32>, tensor<1x50x8x16xf32>, tensor<1x50x8x16xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<1x50x8x16xf32>
  return %r0 : tensor<1x50x8x16xf32>
}

// -----

func.func @groups(%q: tensor<1x50x8x16xf32>, %k: tensor<1x50x3x16xf32>, %v: tensor<1x50x3x16xf32>) -> tensor<1x50x8x16xf32> {
  // expected-error @+1 {{the number of query heads, 8, is not a multiple of the number of key heads, 3 [C4]}}
  %0 = onnx.node "DilatedAttention"(%q, %k, %v) {attributes = {dilation_rates = array<i64: 1, 2>, segment_lengths = array<i64: 64, 128>}, domain = "org.dilated_mlir", index = 0 : i64, node = "n", opset = 1 : i64}
      : (tensor<1x50x8x16xf32>, tensor<1x50x3x16xf32>, tensor<1x50x3x16xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<1x50x8x16xf32>
  return %r0 : tensor<1x50x8x16xf32>
}

// -----

func.func @sequence(%q: tensor<1x50x8x16xf32>, %k: tensor<1x51x8x16xf32>, %v: tensor<1x51x8x16xf32>) -> tensor<1x50x8x16xf32> {
  // expected-error @+1 {{query and key differ in sequence length: 50 and 51 [C5]}}
  %0 = onnx.node "DilatedAttention"(%q, %k, %v) {attributes = {dilation_rates = array<i64: 1, 2>, segment_lengths = array<i64: 64, 128>}, domain = "org.dilated_mlir", index = 0 : i64, node = "n", opset = 1 : i64}
      : (tensor<1x50x8x16xf32>, tensor<1x51x8x16xf32>, tensor<1x51x8x16xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<1x50x8x16xf32>
  return %r0 : tensor<1x50x8x16xf32>
}

// -----

func.func @types(%q: tensor<1x50x8x16xf32>, %k: tensor<1x50x8x16xf16>, %v: tensor<1x50x8x16xf32>) -> tensor<1x50x8x16xf32> {
  // expected-error @+1 {{inputs 0 and 1 have different element types, 'f32' and 'f16'}}
  %0 = onnx.node "DilatedAttention"(%q, %k, %v) {attributes = {dilation_rates = array<i64: 1, 2>, segment_lengths = array<i64: 64, 128>}, domain = "org.dilated_mlir", index = 0 : i64, node = "n", opset = 1 : i64}
      : (tensor<1x50x8x16xf32>, tensor<1x50x8x16xf16>, tensor<1x50x8x16xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<1x50x8x16xf32>
  return %r0 : tensor<1x50x8x16xf32>
}

// -----

func.func @scale(%q: tensor<1x50x8x16xf32>, %k: tensor<1x50x8x16xf32>, %v: tensor<1x50x8x16xf32>) -> tensor<1x50x8x16xf32> {
  // expected-error @+1 {{attribute 'scale' is INF, expected a finite number [C7]}}
  %0 = onnx.node "DilatedAttention"(%q, %k, %v) {attributes = {dilation_rates = array<i64: 1, 2>, segment_lengths = array<i64: 64, 128>, scale = 0x7F800000 : f32}, domain = "org.dilated_mlir", index = 0 : i64, node = "n", opset = 1 : i64}
      : (tensor<1x50x8x16xf32>, tensor<1x50x8x16xf32>, tensor<1x50x8x16xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<1x50x8x16xf32>
  return %r0 : tensor<1x50x8x16xf32>
}

// -----

func.func @head_size(%q: tensor<1x50x8x257xf32>, %k: tensor<1x50x8x257xf32>, %v: tensor<1x50x8x257xf32>) -> tensor<1x50x8x257xf32> {
  // expected-error @+1 {{the head size of the query, 257, is not in 1..256 [C9]}}
  %0 = onnx.node "DilatedAttention"(%q, %k, %v) {attributes = {dilation_rates = array<i64: 1, 2>, segment_lengths = array<i64: 64, 128>}, domain = "org.dilated_mlir", index = 0 : i64, node = "n", opset = 1 : i64}
      : (tensor<1x50x8x257xf32>, tensor<1x50x8x257xf32>, tensor<1x50x8x257xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<1x50x8x257xf32>
  return %r0 : tensor<1x50x8x257xf32>
}

// -----

func.func @packed(%q: tensor<1x50x128xf32>, %k: tensor<1x50x128xf32>, %v: tensor<1x50x128xf32>) -> tensor<1x50x128xf32> {
  // expected-error @+1 {{operands of rank 3 need attribute 'num_heads'}}
  %0 = onnx.node "DilatedAttention"(%q, %k, %v) {attributes = {dilation_rates = array<i64: 1, 2>, segment_lengths = array<i64: 64, 128>}, domain = "org.dilated_mlir", index = 0 : i64, node = "n", opset = 1 : i64}
      : (tensor<1x50x128xf32>, tensor<1x50x128xf32>, tensor<1x50x128xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<1x50x128xf32>
  return %r0 : tensor<1x50x128xf32>
}

// -----

func.func @packed_heads(%q: tensor<1x50x128xf32>, %k: tensor<1x50x128xf32>, %v: tensor<1x50x128xf32>) -> tensor<1x50x128xf32> {
  // expected-error @+1 {{the last size of the query, 128, is not a multiple of its 3 heads}}
  %0 = onnx.node "DilatedAttention"(%q, %k, %v) {attributes = {dilation_rates = array<i64: 1, 2>, segment_lengths = array<i64: 64, 128>, num_heads = 3 : i64}, domain = "org.dilated_mlir", index = 0 : i64, node = "n", opset = 1 : i64}
      : (tensor<1x50x128xf32>, tensor<1x50x128xf32>, tensor<1x50x128xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<1x50x128xf32>
  return %r0 : tensor<1x50x128xf32>
}

// -----

func.func @mixed_ranks(%q: tensor<1x50x8x16xf32>, %k: tensor<1x50x128xf32>, %v: tensor<1x50x128xf32>) -> tensor<1x50x8x16xf32> {
  // expected-error @+1 {{input 1 has rank 3, expected 4}}
  %0 = onnx.node "DilatedAttention"(%q, %k, %v) {attributes = {dilation_rates = array<i64: 1, 2>, segment_lengths = array<i64: 64, 128>, num_heads = 8 : i64}, domain = "org.dilated_mlir", index = 0 : i64, node = "n", opset = 1 : i64}
      : (tensor<1x50x8x16xf32>, tensor<1x50x128xf32>, tensor<1x50x128xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<1x50x8x16xf32>
  return %r0 : tensor<1x50x8x16xf32>
}

// -----

func.func @rank(%q: tensor<50x16xf32>, %k: tensor<50x16xf32>, %v: tensor<50x16xf32>) -> tensor<50x16xf32> {
  // expected-error @+1 {{the query has rank 2, expected 3 or 4}}
  %0 = onnx.node "DilatedAttention"(%q, %k, %v) {attributes = {dilation_rates = array<i64: 1, 2>, segment_lengths = array<i64: 64, 128>}, domain = "org.dilated_mlir", index = 0 : i64, node = "n", opset = 1 : i64}
      : (tensor<50x16xf32>, tensor<50x16xf32>, tensor<50x16xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<50x16xf32>
  return %r0 : tensor<50x16xf32>
}

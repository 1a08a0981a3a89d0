// RUN: dilated-opt %s --dilated-absorb-transposes | FileCheck %s

// A [B, H, N, D] key reaches the kernel as it is.
// CHECK-LABEL: @operand
// CHECK-SAME: %[[Q:.*]]: tensor<1x32x4x16xf32>, %[[K:.*]]: tensor<1x4x32x16xf32>
// CHECK: dilated.fused_attention ins(%[[Q]], %[[K]], %[[Q]])
// CHECK-SAME: key_layout = #dilated<layout bhnd>
func.func @operand(%q: tensor<1x32x4x16xf32>, %k: tensor<1x4x32x16xf32>) -> tensor<1x32x4x16xf32> {
  %i = tensor.empty() : tensor<1x32x4x16xf32>
  %t = linalg.transpose ins(%k : tensor<1x4x32x16xf32>) outs(%i : tensor<1x32x4x16xf32>) permutation = [0, 2, 1, 3]
  %out = dilated.fused_attention ins(%q, %t, %q) outs(%i) pattern(<[segment<8, 1>]>)
      : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32> into tensor<1x32x4x16xf32> -> tensor<1x32x4x16xf32>
  return %out : tensor<1x32x4x16xf32>
}

// The transpose of the result; other attributes stay.
// CHECK-LABEL: @result
// CHECK-NOT: linalg.transpose
// CHECK: dilated.fused_attention
// CHECK-SAME: out_layout = #dilated<layout bhnd>, softmax = #dilated<softmax online>
func.func @result(%q: tensor<1x32x4x16xf32>) -> tensor<1x4x32x16xf32> {
  %i = tensor.empty() : tensor<1x32x4x16xf32>
  %j = tensor.empty() : tensor<1x4x32x16xf32>
  %out = dilated.fused_attention ins(%q, %q, %q) outs(%i) pattern(<[segment<8, 1>]>) {softmax = #dilated<softmax online>}
      : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32> into tensor<1x32x4x16xf32> -> tensor<1x32x4x16xf32>
  %t = linalg.transpose ins(%out : tensor<1x32x4x16xf32>) outs(%j : tensor<1x4x32x16xf32>) permutation = [0, 2, 1, 3]
  return %t : tensor<1x4x32x16xf32>
}

// A result that something else reads keeps its layout.
// CHECK-LABEL: @shared_result
// CHECK: %[[OUT:.*]] = dilated.fused_attention
// CHECK-NOT: out_layout
// CHECK: linalg.transpose ins(%[[OUT]]
func.func @shared_result(%q: tensor<1x32x4x16xf32>) -> (tensor<1x32x4x16xf32>, tensor<1x4x32x16xf32>) {
  %i = tensor.empty() : tensor<1x32x4x16xf32>
  %j = tensor.empty() : tensor<1x4x32x16xf32>
  %out = dilated.fused_attention ins(%q, %q, %q) outs(%i) pattern(<[segment<8, 1>]>)
      : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32> into tensor<1x32x4x16xf32> -> tensor<1x32x4x16xf32>
  %t = linalg.transpose ins(%out : tensor<1x32x4x16xf32>) outs(%j : tensor<1x4x32x16xf32>) permutation = [0, 2, 1, 3]
  return %out, %t : tensor<1x32x4x16xf32>, tensor<1x4x32x16xf32>
}

// Another permutation is not a layout.
// CHECK-LABEL: @other_permutation
// CHECK: linalg.transpose
// CHECK-NOT: bhnd
func.func @other_permutation(%q: tensor<16x32x4x1xf32>, %k: tensor<1x32x4x16xf32>) -> tensor<1x32x4x16xf32> {
  %i = tensor.empty() : tensor<1x32x4x16xf32>
  %t = linalg.transpose ins(%q : tensor<16x32x4x1xf32>) outs(%i : tensor<1x32x4x16xf32>) permutation = [3, 1, 2, 0]
  %out = dilated.fused_attention ins(%t, %k, %k) outs(%i) pattern(<[segment<8, 1>]>)
      : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32> into tensor<1x32x4x16xf32> -> tensor<1x32x4x16xf32>
  return %out : tensor<1x32x4x16xf32>
}

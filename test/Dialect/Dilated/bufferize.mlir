// Destination style: the kernel writes into what it is given; a projection's
// expand_shape reaches it as a view, without a copy.
// RUN: dilated-opt %s --one-shot-bufferize="bufferize-function-boundaries function-boundary-type-conversion=identity-layout-map" | FileCheck %s

// CHECK-LABEL: @projection
// CHECK-NOT: memref.copy
// CHECK: %[[OUT:.*]] = memref.alloc
// CHECK: dilated.fused_attention ins(%{{.*}}, %{{.*}}, %{{.*}}) outs(%[[OUT]])
// CHECK-NOT: memref.copy
// CHECK: return %[[OUT]]
func.func @projection(%x: tensor<1x32x64xf32>) -> tensor<1x32x4x16xf32> {
  %q = tensor.expand_shape %x [[0], [1], [2, 3]] output_shape [1, 32, 4, 16]
      : tensor<1x32x64xf32> into tensor<1x32x4x16xf32>
  %init = tensor.empty() : tensor<1x32x4x16xf32>
  %out = dilated.fused_attention ins(%q, %q, %q) outs(%init) pattern(<[segment<8, 1>]>)
      : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32>
      into tensor<1x32x4x16xf32> -> tensor<1x32x4x16xf32>
  return %out : tensor<1x32x4x16xf32>
}

// Its destination's old contents are not read: nothing is copied into it.
// CHECK-LABEL: @destination_is_overwritten
// CHECK-NOT: memref.copy
func.func @destination_is_overwritten(%q: tensor<1x32x4x16xf32>, %old: tensor<1x32x4x16xf32> {bufferization.writable = false})
    -> tensor<1x32x4x16xf32> {
  %out = dilated.fused_attention ins(%q, %q, %q) outs(%old) pattern(<[segment<8, 1>]>)
      : tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32>, tensor<1x32x4x16xf32>
      into tensor<1x32x4x16xf32> -> tensor<1x32x4x16xf32>
  return %out : tensor<1x32x4x16xf32>
}

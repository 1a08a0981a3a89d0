// Between the projection of queries, keys and values and the attention there are
// views; the attention writes to the caller's memory.
//
// RUN: dilated-opt %s --dilated-cpu-kernel --split-input-file | FileCheck %s
// RUN: dilated-opt %s --pipeline-kernel --split-input-file | FileCheck %s --check-prefix=HEAP

// HEAP-NOT: memref.alloc(
// HEAP-NOT: memref.copy

// CHECK-LABEL: func.func @main
// CHECK-NOT: memref.copy
// CHECK: call @dilated_matmul_f32_f32_f32(
// CHECK-NOT: memref.copy
// CHECK: %[[HEADS:.*]] = memref.expand_shape
// CHECK-NOT: memref.copy
// CHECK: %[[POINTER:.*]] = call @dilated_rt_output(
// CHECK: llvm.insertvalue %[[POINTER]]
// CHECK: %[[OUT:.*]] = memref.view
// CHECK-NOT: [C5]
// CHECK: %[[Q:.*]] = memref.cast %[[HEADS]]
// CHECK: %[[RESULT:.*]] = memref.cast %[[OUT]]
// CHECK: call @dilated_attention_f32_d32(%[[Q]], %[[Q]], %[[Q]], %[[RESULT]])
// CHECK-NOT: memref.copy
// CHECK: return
func.func @main(%x: tensor<1x?x128xf32>, %w: tensor<128x128xf32>, %bias: tensor<128xf32>) -> tensor<1x?x4x32xf32> {
  %c1 = arith.constant 1 : index
  %zero = arith.constant 0.0 : f32
  %n = tensor.dim %x, %c1 : tensor<1x?x128xf32>
  %flat = tensor.collapse_shape %x [[0, 1], [2]] : tensor<1x?x128xf32> into tensor<?x128xf32>
  %empty = tensor.empty(%n) : tensor<?x128xf32>
  %init = linalg.fill ins(%zero : f32) outs(%empty : tensor<?x128xf32>) -> tensor<?x128xf32>
  %product = linalg.matmul ins(%flat, %w : tensor<?x128xf32>, tensor<128x128xf32>) outs(%init : tensor<?x128xf32>) -> tensor<?x128xf32>
  %q = linalg.generic {indexing_maps = [affine_map<(m, n) -> (m, n)>, affine_map<(m, n) -> (n)>, affine_map<(m, n) -> (m, n)>],
                       iterator_types = ["parallel", "parallel"]}
    ins(%product, %bias : tensor<?x128xf32>, tensor<128xf32>) outs(%empty : tensor<?x128xf32>) {
  ^bb0(%a: f32, %b: f32, %o: f32):
    %0 = arith.addf %a, %b : f32
    linalg.yield %0 : f32
  } -> tensor<?x128xf32>
  %heads = tensor.expand_shape %q [[0, 1], [2, 3]] output_shape [1, %n, 4, 32] : tensor<?x128xf32> into tensor<1x?x4x32xf32>
  %out = tensor.empty(%n) : tensor<1x?x4x32xf32>
  %r = dilated.fused_attention ins(%heads, %heads, %heads) outs(%out) pattern(<[segment<64, 1>, segment<128, 2>]>)
    : tensor<1x?x4x32xf32>, tensor<1x?x4x32xf32>, tensor<1x?x4x32xf32> into tensor<1x?x4x32xf32> -> tensor<1x?x4x32xf32>
  return %r : tensor<1x?x4x32xf32>
}

// -----

// An attention library has no memory of its own, but that of tasks.
// CHECK-LABEL: func.func @main
// CHECK-NOT: dilated_rt_scratch
// CHECK-NOT: memref.copy
// CHECK: call @dilated_rt_output(
// CHECK: call @dilated_attention_f32_d48(
// CHECK-NEXT: return
func.func @main(%q: tensor<1x?x16x48xf32>, %k: tensor<1x?x16x48xf32>, %v: tensor<1x?x16x48xf32>) -> tensor<1x?x16x48xf32> {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %q, %c1 : tensor<1x?x16x48xf32>
  %out = tensor.empty(%n) : tensor<1x?x16x48xf32>
  %r = dilated.fused_attention ins(%q, %k, %v) outs(%out) pattern(<[segment<64, 1>, segment<128, 2>]>)
    : tensor<1x?x16x48xf32>, tensor<1x?x16x48xf32>, tensor<1x?x16x48xf32> into tensor<1x?x16x48xf32> -> tensor<1x?x16x48xf32>
  return %r : tensor<1x?x16x48xf32>
}

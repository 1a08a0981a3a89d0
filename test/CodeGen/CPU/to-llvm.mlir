// The whole way: nothing but the LLVM dialect is left, for every element type.
//
// RUN: dilated-opt %s --dilated-cpu-kernel --dilated-cpu-llvm | FileCheck %s
// RUN: dilated-opt %s --dilated-cpu-kernel=vector-bytes=32 --dilated-cpu-llvm=vector-bytes=32 | FileCheck %s

// CHECK-NOT: builtin.unrealized_conversion_cast
// CHECK-DAG: llvm.func hidden @dilated_main(%{{.*}}: !llvm.ptr)
// CHECK-DAG: llvm.func @dilated_rt_parallel_for(!llvm.ptr, !llvm.ptr, i64)
// CHECK-DAG: llvm.func internal @dilated_attention_f32_d32_task
// CHECK-DAG: llvm.func internal @dilated_attention_bf16_d32_task
// CHECK-DAG: llvm.func internal @dilated_attention_f64_d32_task
// CHECK-NOT: func.func
#p = #dilated.pattern<[segment<64, 1>, segment<128, 2>]>
func.func @main(%a: tensor<1x?x4x32xf32>, %b: tensor<1x?x4x32xbf16>, %c: tensor<1x?x4x32xf64>)
    -> (tensor<1x?x4x32xf32>, tensor<1x?x4x32xbf16>, tensor<1x?x4x32xf64>) {
  %c1 = arith.constant 1 : index
  %n = tensor.dim %a, %c1 : tensor<1x?x4x32xf32>
  %ea = tensor.empty(%n) : tensor<1x?x4x32xf32>
  %eb = tensor.empty(%n) : tensor<1x?x4x32xbf16>
  %ec = tensor.empty(%n) : tensor<1x?x4x32xf64>
  %ra = dilated.fused_attention ins(%a, %a, %a) outs(%ea) pattern(#p)
    : tensor<1x?x4x32xf32>, tensor<1x?x4x32xf32>, tensor<1x?x4x32xf32> into tensor<1x?x4x32xf32> -> tensor<1x?x4x32xf32>
  %rb = dilated.fused_attention ins(%b, %b, %b) outs(%eb) pattern(#p) causal
    : tensor<1x?x4x32xbf16>, tensor<1x?x4x32xbf16>, tensor<1x?x4x32xbf16> into tensor<1x?x4x32xbf16> -> tensor<1x?x4x32xbf16>
  %rc = dilated.fused_attention ins(%c, %c, %c) outs(%ec) pattern(#p)
    : tensor<1x?x4x32xf64>, tensor<1x?x4x32xf64>, tensor<1x?x4x32xf64> into tensor<1x?x4x32xf64> -> tensor<1x?x4x32xf64>
  return %ra, %rb, %rc : tensor<1x?x4x32xf32>, tensor<1x?x4x32xbf16>, tensor<1x?x4x32xf64>
}

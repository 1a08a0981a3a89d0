// RUN: dilated-opt %s --dilated-lower-weights --split-input-file --verify-diagnostics | FileCheck %s

// CHECK: llvm.mlir.global external hidden @dilated_weights(#llvm.zero) {{.*}} : !llvm.array<2 x ptr>
// CHECK-NOT: ml_program
ml_program.global private @a(#ml_program.extern : tensor<4x8xf32>) : tensor<4x8xf32>
    {dilated.weight = {file = "model.onnx.data", offset = 0 : i64, length = 128 : i64}}
ml_program.global private @b(#ml_program.extern : tensor<8xf16>) : tensor<8xf16>
    {dilated.weight = {file = "model.onnx.data", offset = 128 : i64, length = 16 : i64}}

// CHECK-LABEL: func.func @main
func.func @main() -> tensor<8xf16> {
  // CHECK: %[[TABLE:.*]] = llvm.mlir.addressof @dilated_weights
  // CHECK: %[[SLOT:.*]] = llvm.getelementptr %[[TABLE]][1] : (!llvm.ptr) -> !llvm.ptr, !llvm.ptr
  // CHECK: %[[DATA:.*]] = llvm.load %[[SLOT]]
  // CHECK: llvm.insertvalue %[[DATA]]
  // CHECK: %[[M:.*]] = builtin.unrealized_conversion_cast %{{.*}} to memref<8xf16>
  // CHECK: %[[T:.*]] = bufferization.to_tensor %[[M]] restrict : memref<8xf16>
  // CHECK: return %[[T]]
  %b = ml_program.global_load_const @b : tensor<8xf16>
  return %b : tensor<8xf16>
}

// -----

ml_program.global private @c(dense<1.0> : tensor<4xf32>) : tensor<4xf32>
func.func @not_a_weight() -> tensor<4xf32> {
  // expected-error @+1 {{expects a weight, an extern constant with dilated.weight, got @c}}
  %c = ml_program.global_load_const @c : tensor<4xf32>
  return %c : tensor<4xf32>
}

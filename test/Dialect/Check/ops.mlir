// RUN: dilated-opt %s | FileCheck %s
// RUN: dilated-opt %s --mlir-print-op-generic | dilated-opt | FileCheck %s
// RUN: dilated-opt %s --emit-bytecode | dilated-opt | FileCheck %s
// RUN: dilated-opt %s --one-shot-bufferize=bufferize-function-boundaries | FileCheck %s --check-prefix=BUFFER

// CHECK-LABEL: @f
// BUFFER-LABEL: @f
func.func @f(%a: tensor<4x?xf32>, %b: tensor<4x8xf32>) {
  // CHECK: check.expect_close %{{.*}}, %{{.*}} rtol(1.000000e-05) atol(0.000000e+00) : tensor<4x?xf32>, tensor<4x8xf32>
  // BUFFER: check.expect_close %{{.*}}, %{{.*}} rtol(1.000000e-05) atol(0.000000e+00) : memref<4x?xf32{{.*}}>, memref<4x8xf32{{.*}}>
  check.expect_close %a, %b rtol(1.0e-5) atol(0.0) : tensor<4x?xf32>, tensor<4x8xf32>
  return
}

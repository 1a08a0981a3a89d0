// RUN: dilated-opt %s --dilated-split-destinations | FileCheck %s

// CHECK-LABEL: func.func @empty
func.func @empty(%a: tensor<4xf32>) -> (tensor<4xf32>, tensor<4xf32>) {
  // CHECK-COUNT-2: tensor.empty
  %0 = tensor.empty() : tensor<4xf32>
  %1 = linalg.exp ins(%a : tensor<4xf32>) outs(%0 : tensor<4xf32>) -> tensor<4xf32>
  %2 = linalg.log ins(%a : tensor<4xf32>) outs(%0 : tensor<4xf32>) -> tensor<4xf32>
  return %1, %2 : tensor<4xf32>, tensor<4xf32>
}

// CHECK-LABEL: func.func @fill
func.func @fill(%a: tensor<4x4xf32>, %z: f32) -> (tensor<4x4xf32>, tensor<4x4xf32>) {
  // CHECK-DAG: %[[E0:.*]] = tensor.empty
  // CHECK-DAG: %[[F0:.*]] = linalg.fill {{.*}} outs(%[[E0]]
  // CHECK-DAG: %[[E1:.*]] = tensor.empty
  // CHECK-DAG: %[[F1:.*]] = linalg.fill {{.*}} outs(%[[E1]]
  // CHECK: linalg.matmul
  // CHECK: linalg.matmul
  %0 = tensor.empty() : tensor<4x4xf32>
  %1 = linalg.fill ins(%z : f32) outs(%0 : tensor<4x4xf32>) -> tensor<4x4xf32>
  %2 = linalg.matmul ins(%a, %a : tensor<4x4xf32>, tensor<4x4xf32>) outs(%1 : tensor<4x4xf32>) -> tensor<4x4xf32>
  %3 = linalg.matmul ins(%2, %a : tensor<4x4xf32>, tensor<4x4xf32>) outs(%1 : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %2, %3 : tensor<4x4xf32>, tensor<4x4xf32>
}

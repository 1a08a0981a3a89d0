// What the kernel does not compute stays for loops.
//
// RUN: dilated-opt %s --dilated-lower-matmul | FileCheck %s

// CHECK-NOT: call
// CHECK-LABEL: func.func @integers
func.func @integers(%a: memref<4x4xi32>, %c: memref<4x4xi32>) {
  // CHECK: linalg.matmul
  linalg.matmul ins(%a, %a : memref<4x4xi32>, memref<4x4xi32>) outs(%c : memref<4x4xi32>)
  return
}

// CHECK-LABEL: func.func @other_body
func.func @other_body(%a: memref<4x4xf32>, %c: memref<4x4xf32>) {
  // CHECK: linalg.generic
  linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
                                   affine_map<(m, n, k) -> (m, n)>],
                  iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%a, %a : memref<4x4xf32>, memref<4x4xf32>) outs(%c : memref<4x4xf32>) {
  ^bb0(%x: f32, %y: f32, %z: f32):
    %0 = math.exp %x : f32
    %1 = arith.mulf %0, %y : f32
    %2 = arith.addf %z, %1 : f32
    linalg.yield %2 : f32
  }
  return
}

// CHECK-LABEL: func.func @tensors
func.func @tensors(%a: tensor<4x4xf32>, %c: tensor<4x4xf32>) -> tensor<4x4xf32> {
  // CHECK: linalg.matmul
  %0 = linalg.matmul ins(%a, %a : tensor<4x4xf32>, tensor<4x4xf32>) outs(%c : tensor<4x4xf32>) -> tensor<4x4xf32>
  return %0 : tensor<4x4xf32>
}

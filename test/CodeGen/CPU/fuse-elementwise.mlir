// RUN: dilated-opt %s --dilated-fuse-elementwise | FileCheck %s

#id = affine_map<(m, n) -> (m, n)>
#row = affine_map<(m, n) -> (m)>

// CHECK-LABEL: func.func @chain
func.func @chain(%a: tensor<?x128xf32>, %e: tensor<?x128xf32>, %r: tensor<?xf32>) -> tensor<?xf32> {
  // CHECK: linalg.generic
  // CHECK: arith.negf
  // CHECK-NEXT: arith.addf
  // CHECK-NOT: linalg.generic
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
    ins(%a : tensor<?x128xf32>) outs(%e : tensor<?x128xf32>) {
  ^bb0(%x: f32, %o: f32):
    %1 = arith.negf %x : f32
    linalg.yield %1 : f32
  } -> tensor<?x128xf32>
  %2 = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%0 : tensor<?x128xf32>) outs(%r : tensor<?xf32>) {
  ^bb0(%x: f32, %o: f32):
    %3 = arith.addf %o, %x : f32
    linalg.yield %3 : f32
  } -> tensor<?xf32>
  return %2 : tensor<?xf32>
}

// The square root of a row would be taken for each of its elements.
// CHECK-LABEL: func.func @broadcast
func.func @broadcast(%a: tensor<?x128xf32>, %e: tensor<?x128xf32>, %r: tensor<?xf32>) -> tensor<?x128xf32> {
  // CHECK: linalg.generic
  // CHECK: math.sqrt
  // CHECK: linalg.generic
  // CHECK: arith.divf
  %0 = linalg.generic {indexing_maps = [affine_map<(m) -> (m)>, affine_map<(m) -> (m)>], iterator_types = ["parallel"]}
    ins(%r : tensor<?xf32>) outs(%r : tensor<?xf32>) {
  ^bb0(%x: f32, %o: f32):
    %1 = math.sqrt %x : f32
    linalg.yield %1 : f32
  } -> tensor<?xf32>
  %2 = linalg.generic {indexing_maps = [#id, #row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%a, %0 : tensor<?x128xf32>, tensor<?xf32>) outs(%e : tensor<?x128xf32>) {
  ^bb0(%x: f32, %y: f32, %o: f32):
    %3 = arith.divf %x, %y : f32
    linalg.yield %3 : f32
  } -> tensor<?x128xf32>
  return %2 : tensor<?x128xf32>
}

// A product of matrices stays one.
// CHECK-LABEL: func.func @matmul
func.func @matmul(%a: tensor<16x16xf32>, %e: tensor<16x16xf32>) -> tensor<16x16xf32> {
  // CHECK: arith.negf
  // CHECK: linalg.generic
  // CHECK-NOT: arith.negf
  // CHECK: arith.mulf
  // CHECK-NEXT: arith.addf
  %0 = linalg.generic {indexing_maps = [#id, #id], iterator_types = ["parallel", "parallel"]}
    ins(%a : tensor<16x16xf32>) outs(%e : tensor<16x16xf32>) {
  ^bb0(%x: f32, %o: f32):
    %1 = arith.negf %x : f32
    linalg.yield %1 : f32
  } -> tensor<16x16xf32>
  %2 = linalg.generic {indexing_maps = [affine_map<(m, n, k) -> (m, k)>, affine_map<(m, n, k) -> (k, n)>,
                                        affine_map<(m, n, k) -> (m, n)>],
                       iterator_types = ["parallel", "parallel", "reduction"]}
    ins(%0, %a : tensor<16x16xf32>, tensor<16x16xf32>) outs(%e : tensor<16x16xf32>) {
  ^bb0(%x: f32, %y: f32, %z: f32):
    %3 = arith.mulf %x, %y : f32
    %4 = arith.addf %z, %3 : f32
    linalg.yield %4 : f32
  } -> tensor<16x16xf32>
  return %2 : tensor<16x16xf32>
}

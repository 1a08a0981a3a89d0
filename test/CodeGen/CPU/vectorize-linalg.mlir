// RUN: dilated-opt %s --dilated-vectorize-linalg --canonicalize | FileCheck %s
// RUN: dilated-opt %s --dilated-vectorize-linalg=vector-bytes=32 --canonicalize | FileCheck %s --check-prefix=AVX2

#id = affine_map<(m, n) -> (m, n)>
#row = affine_map<(m, n) -> (m)>

// Four registers divide 128.
// CHECK-LABEL: func.func @exact
// AVX2-LABEL: func.func @exact
func.func @exact(%a: tensor<?x128xf32>, %e: tensor<?x128xf32>) -> tensor<?x128xf32> {
  // CHECK: scf.for {{.*}} step %c64
  // CHECK: vector.transfer_read %arg0[{{.*}}], {{.*}} vector<64xf32>
  // CHECK: math.exp %{{.*}} : vector<64xf32>
  // CHECK: vector.transfer_write
  // CHECK-NOT: vector.create_mask
  // AVX2: math.exp %{{.*}} : vector<32xf32>
  %0 = linalg.exp ins(%a : tensor<?x128xf32>) outs(%e : tensor<?x128xf32>) -> tensor<?x128xf32>
  return %0 : tensor<?x128xf32>
}

// CHECK-LABEL: func.func @ragged
func.func @ragged(%a: tensor<4x?xf32>, %e: tensor<4x?xf32>) -> tensor<4x?xf32> {
  // CHECK: scf.for {{.*}} step %c16
  // CHECK: vector.create_mask {{.*}} vector<16xi1>
  // CHECK: math.exp %{{.*}} : vector<16xf32>
  %0 = linalg.exp ins(%a : tensor<4x?xf32>) outs(%e : tensor<4x?xf32>) -> tensor<4x?xf32>
  return %0 : tensor<4x?xf32>
}

// CHECK-LABEL: func.func @row_sum
func.func @row_sum(%a: tensor<?x128xf32>, %r: tensor<?xf32>) -> tensor<?xf32> {
  // CHECK: vector.multi_reduction <add>, %{{.*}}, %{{.*}} [0] : vector<64xf32> to f32
  %0 = linalg.generic {indexing_maps = [#id, #row], iterator_types = ["parallel", "reduction"]}
    ins(%a : tensor<?x128xf32>) outs(%r : tensor<?xf32>) {
  ^bb0(%x: f32, %o: f32):
    %1 = arith.addf %o, %x : f32
    linalg.yield %1 : f32
  } -> tensor<?xf32>
  return %0 : tensor<?xf32>
}

// Lanes are those of the widest elements.
// CHECK-LABEL: func.func @widest
func.func @widest(%a: tensor<4x128xf64>, %e: tensor<4x128xf64>) -> tensor<4x128xf64> {
  // CHECK: math.exp %{{.*}} : vector<32xf64>
  %0 = linalg.exp ins(%a : tensor<4x128xf64>) outs(%e : tensor<4x128xf64>) -> tensor<4x128xf64>
  return %0 : tensor<4x128xf64>
}

// Reads across rows stay.
// CHECK-LABEL: func.func @transpose
func.func @transpose(%a: tensor<128x64xf32>, %e: tensor<64x128xf32>) -> tensor<64x128xf32> {
  // CHECK: linalg.transpose
  %0 = linalg.transpose ins(%a : tensor<128x64xf32>) outs(%e : tensor<64x128xf32>) permutation = [1, 0]
  return %0 : tensor<64x128xf32>
}

// CHECK-LABEL: func.func @gather
func.func @gather(%t: tensor<500x96xf32>, %i: tensor<?xi64>, %e: tensor<?x96xf32>) -> tensor<?x96xf32> {
  // CHECK: linalg.generic
  // CHECK: tensor.extract
  %0 = linalg.generic {indexing_maps = [#row, #id], iterator_types = ["parallel", "parallel"]}
    ins(%i : tensor<?xi64>) outs(%e : tensor<?x96xf32>) {
  ^bb0(%x: i64, %o: f32):
    %1 = arith.index_cast %x : i64 to index
    %2 = linalg.index 1 : index
    %3 = tensor.extract %t[%1, %2] : tensor<500x96xf32>
    linalg.yield %3 : f32
  } -> tensor<?x96xf32>
  return %0 : tensor<?x96xf32>
}

// RUN: dilated-opt %s --dilated-verify-indices --split-input-file --verify-diagnostics
// The same in every phase that IR written by hand may enter.
// RUN: not dilated-opt %s --pipeline-graph --split-input-file 2>&1 | FileCheck %s
// RUN: not dilated-opt %s --pipeline-fused --split-input-file 2>&1 | FileCheck %s
// RUN: not dilated-opt %s --pipeline-kernel --split-input-file 2>&1 | FileCheck %s
// RUN: not dilated-opt %s --pipeline-kernel='target=nvptx' --split-input-file 2>&1 | FileCheck %s
// CHECK: dimension -2 is outside of
// CHECK: dimension 9223372036854775807 is outside of
// CHECK: groups dimension 4294967296 where 0 is expected

func.func @main(%a: tensor<?x3xf32>) -> tensor<?x3xf32> {
  %c = arith.constant -2 : index
  // expected-error @+1 {{dimension -2 is outside of 'tensor<?x3xf32>', whose rank is 2}}
  %n = tensor.dim %a, %c : tensor<?x3xf32>
  %init = tensor.empty(%n) : tensor<?x3xf32>
  %sum = linalg.add ins(%a, %a : tensor<?x3xf32>, tensor<?x3xf32>)
                    outs(%init : tensor<?x3xf32>) -> tensor<?x3xf32>
  return %sum : tensor<?x3xf32>
}

// -----

// Also where it takes folding to see it.
func.func @main(%a: tensor<1x?xf64>) -> index {
  %c1 = arith.constant 9223372036854775806 : index
  %c2 = arith.constant 1 : index
  %c = arith.addi %c1, %c2 : index
  // expected-error @+1 {{dimension 9223372036854775807 is outside of 'tensor<1x?xf64>', whose rank is 2}}
  %n = tensor.dim %a, %c : tensor<1x?xf64>
  return %n : index
}

// -----

func.func @main(%k: tensor<2x1x?xf32>) -> tensor<2x?xf32> {
  // expected-error @+1 {{groups dimension 4294967296 where 0 is expected}}
  %0 = tensor.collapse_shape %k [[4294967296, 1], [2]] : tensor<2x1x?xf32> into tensor<2x?xf32>
  return %0 : tensor<2x?xf32>
}

// -----

// All problems in one report.
func.func @main(%a: tensor<4xf32>, %b: memref<4xf32>, %n: index) -> tensor<?xf32> {
  %m1 = arith.constant -1 : index
  %c0 = arith.constant 0 : index
  %c4 = arith.constant 4 : index
  %c5 = arith.constant 5 : index
  // expected-error @+1 {{index 4 of dimension 0 is outside of 'tensor<4xf32>'}}
  %0 = tensor.extract %a[%c4] : tensor<4xf32>
  // expected-error @+1 {{index -1 of dimension 0 is outside of 'tensor<4xf32>'}}
  %1 = tensor.insert %0 into %a[%m1] : tensor<4xf32>
  // expected-error @+1 {{index 5 of dimension 0 is outside of 'memref<4xf32>'}}
  memref.store %0, %b[%c5] : memref<4xf32>
  // expected-error @+1 {{offset -1 of dimension 0 is negative}}
  %2 = tensor.extract_slice %1[%m1] [%n] [1] : tensor<4xf32> to tensor<?xf32>
  // expected-error @+1 {{size -1 of dimension 0 is negative}}
  %3 = tensor.extract_slice %1[0] [%m1] [1] : tensor<4xf32> to tensor<?xf32>
  // expected-error @+1 {{the slice of dimension 0 with offset 0, size 5 and stride 1 is outside of 'tensor<4xf32>'}}
  %4 = tensor.extract_slice %1[%c0] [%c5] [1] : tensor<4xf32> to tensor<?xf32>
  // Nothing is read.
  %5 = tensor.extract_slice %1[%c4] [%c0] [1] : tensor<4xf32> to tensor<?xf32>
  return %5 : tensor<?xf32>
}

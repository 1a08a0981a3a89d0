// RUN: dilated-opt %s --dilated-guard-indices --canonicalize | FileCheck %s
// An imported model has nothing to guard when phase graph begins.

// CHECK-LABEL: @extract
// CHECK: cf.assert %{{.*}}, "{{.*}}guard-indices.mlir:{{[0-9]+}}: 'tensor.extract': out-of-bounds access"
// CHECK: tensor.extract
func.func @extract(%a: tensor<?xf32>, %i: index) -> f32 {
  %0 = tensor.extract %a[%i] : tensor<?xf32>
  return %0 : f32
}

// What is provably inside is not checked.
// CHECK-LABEL: @inside
// CHECK-NOT: cf.assert
func.func @inside(%a: tensor<4xf32>) -> (f32, tensor<2xf32>, tensor<2x2xf32>) {
  %c3 = arith.constant 3 : index
  %0 = tensor.extract %a[%c3] : tensor<4xf32>
  %1 = tensor.extract_slice %a[2] [2] [1] : tensor<4xf32> to tensor<2xf32>
  %2 = tensor.expand_shape %a [[0, 1]] output_shape [2, 2] : tensor<4xf32> into tensor<2x2xf32>
  return %0, %1, %2 : f32, tensor<2xf32>, tensor<2x2xf32>
}

// CHECK-LABEL: @expand
// CHECK: cf.assert %{{.*}}, "{{.*}}'tensor.expand_shape': size 0 of the result is negative"
// CHECK: cf.assert %{{.*}}, "{{.*}}'tensor.expand_shape': dimension 0 does not have as many elements as the sizes it is expanded to"
func.func @expand(%a: tensor<?xf32>, %n: index) -> tensor<?x3xf32> {
  %0 = tensor.expand_shape %a [[0, 1]] output_shape [%n, 3] : tensor<?xf32> into tensor<?x3xf32>
  return %0 : tensor<?x3xf32>
}

// CHECK-LABEL: @insert
// CHECK: cf.assert %{{.*}}, "{{.*}}'tensor.insert_slice': the slice runs out-of-bounds along dimension 0"
func.func @insert(%a: tensor<8xf32>, %b: tensor<4xf32>, %i: index) -> tensor<8xf32> {
  %0 = tensor.insert_slice %b into %a[%i] [4] [1] : tensor<4xf32> into tensor<8xf32>
  return %0 : tensor<8xf32>
}

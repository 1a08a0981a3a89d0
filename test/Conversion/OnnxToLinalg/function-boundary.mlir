// RUN: dilated-opt --convert-onnx-to-linalg %s | FileCheck %s

// Dimension symbols of inputs, declared types of outputs.

// Inputs that share a symbol are compared once, at entry; from there on there is
// one size.
// CHECK-LABEL: func.func @symbols
// CHECK-SAME: (%[[X:.+]]: tensor<?x?xf32> {{.*}}, %[[Y:.+]]: tensor<?x?xf32>
// CHECK-DAG: %[[B:.+]] = tensor.dim %[[X]], %c0
// CHECK-DAG: %[[N:.+]] = tensor.dim %[[X]], %c1
// CHECK: cf.assert %{{.+}}, "inputs 'tokens' and 'mask' have different sizes for dimension 'batch'"
// CHECK: cf.assert %{{.+}}, "inputs 'tokens' and 'mask' have different sizes for dimension 'sequence'"
// CHECK-NOT: cf.assert
// CHECK: tensor.empty(%[[B]], %[[N]])
func.func @symbols(%x: tensor<?x?xf32> {dilated.name = "tokens", dilated.symbols = ["batch", "sequence"]}, %y: tensor<?x?xf32> {dilated.name = "mask", dilated.symbols = ["batch", "sequence"]}) -> (tensor<?x?xf32> {dilated.name = "out", dilated.symbols = ["batch", "sequence"]}) {
  %0 = onnx.node "Mul"(%x, %y) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?x?xf32>, tensor<?x?xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?x?xf32>
  return %r0 : tensor<?x?xf32>
}

// An expression is not a name.
// CHECK-LABEL: func.func @expressions
// CHECK: cf.assert %{{.+}}, "node 'n' {{.*}}two sizes known only at run time
func.func @expressions(%x: tensor<?xf32> {dilated.name = "x", dilated.symbols = ["tiles + 1"]}, %y: tensor<?xf32> {dilated.name = "y", dilated.symbols = ["tiles + 1"]}) -> tensor<?xf32> {
  %0 = onnx.node "Mul"(%x, %y) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?xf32>, tensor<?xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// One input's constant size is the other's.
// CHECK-LABEL: func.func @given_size
// CHECK: cf.assert
// CHECK: cf.assert
// CHECK-NOT: cf.assert
// CHECK: return %{{.+}} : tensor<7x3xf32>
func.func @given_size(%x: tensor<7x?xf32> {dilated.name = "tokens", dilated.symbols = ["batch", "sequence"]}, %y: tensor<?x3xf32> {dilated.name = "mask", dilated.symbols = ["batch", "sequence"]}) -> tensor<7x3xf32> {
  %0 = onnx.node "Mul"(%x, %y) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<7x?xf32>, tensor<?x3xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<7x3xf32>
  return %r0 : tensor<7x3xf32>
}

// CHECK-LABEL: func.func @declared_more
// CHECK: cf.assert %{{.+}}, "output 'out': dimension 0 is not of the declared size 5"
// CHECK: tensor.cast %{{.+}} : tensor<?xf32> to tensor<5xf32>
func.func @declared_more(%x: tensor<?xf32>) -> (tensor<5xf32> {dilated.name = "out"}) {
  %0 = onnx.node "Neg"(%x) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<5xf32>
  return %r0 : tensor<5xf32>
}

// CHECK-LABEL: func.func @declared_less
// CHECK-NOT: cf.assert
// CHECK: tensor.cast %{{.+}} : tensor<5xf32> to tensor<?xf32>
func.func @declared_less(%x: tensor<5xf32>) -> tensor<?xf32> {
  %0 = onnx.node "Neg"(%x) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<5xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

// CHECK-LABEL: func.func @input_returned
// CHECK-SAME: (%[[X:.+]]: tensor<?xf32>
// CHECK-NEXT: return %[[X]]
func.func @input_returned(%x: tensor<?xf32>) -> tensor<?xf32> {
  %0 = onnx.node "Identity"(%x) {attributes = {}, domain = "", index = 0 : i64, node = "n", opset = 18 : i64}
      : (tensor<?xf32>) -> !onnx.value
  %r0 = builtin.unrealized_conversion_cast %0 : !onnx.value to tensor<?xf32>
  return %r0 : tensor<?xf32>
}

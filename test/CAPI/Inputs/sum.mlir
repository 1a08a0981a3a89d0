func.func @main(%a: tensor<2x3xf32> {dilated.name = "left"}, %b: tensor<2x3xf32>) -> (tensor<2x3xf32> {dilated.name = "sum"}) {
  %e = tensor.empty() : tensor<2x3xf32>
  %0 = linalg.add ins(%a, %b : tensor<2x3xf32>, tensor<2x3xf32>) outs(%e : tensor<2x3xf32>) -> tensor<2x3xf32>
  return %0 : tensor<2x3xf32>
}

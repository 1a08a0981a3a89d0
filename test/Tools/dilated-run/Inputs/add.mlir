func.func @main(%a: tensor<?x3xf32> {dilated.name = "a", dilated.symbols = ["n", ""]},
                %b: tensor<?x3xf32> {dilated.name = "b", dilated.symbols = ["n", ""]})
    -> (tensor<?x3xf32> {dilated.name = "sum", dilated.symbols = ["n", ""]}) {
  %c0 = arith.constant 0 : index
  %n = tensor.dim %a, %c0 : tensor<?x3xf32>
  %init = tensor.empty(%n) : tensor<?x3xf32>
  %sum = linalg.add ins(%a, %b : tensor<?x3xf32>, tensor<?x3xf32>)
                    outs(%init : tensor<?x3xf32>) -> tensor<?x3xf32>
  return %sum : tensor<?x3xf32>
}

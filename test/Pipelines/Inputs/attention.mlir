func.func @main(%q: tensor<1x?x2x4xf32> {dilated.name = "q"}) -> (tensor<1x?x2x4xf32> {dilated.name = "out"}) {
  %out = dilated.attention %q, %q, %q pattern(<[segment<4, 1>, segment<8, 2>], offset = block, padding = null_keys>)
      : tensor<1x?x2x4xf32>, tensor<1x?x2x4xf32>, tensor<1x?x2x4xf32> -> tensor<1x?x2x4xf32>
  return %out : tensor<1x?x2x4xf32>
}

func.func @main(%q: tensor<1x8x2x8xf32>) -> tensor<1x8x2x8xf32> {
  %out = dilated.attention %q, %q, %q pattern(<[segment<4, 0>], offset = block, padding = null_keys>) : tensor<1x8x2x8xf32>, tensor<1x8x2x8xf32>, tensor<1x8x2x8xf32> -> tensor<1x8x2x8xf32>
  return %out : tensor<1x8x2x8xf32>
}

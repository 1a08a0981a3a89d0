// RUN: dilated-opt %s --dilated-warn-uncovered-rows --verify-diagnostics

func.func @f(%q: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-warning @below {{no term of the pattern has dilation rate 1, so some rows may have no key at all; they are exactly 0}}
  %a = dilated.attention %q, %q, %q pattern(<[segment<4, 2>, segment<8, 4>]>)
      : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  %b = dilated.attention %a, %q, %q pattern(<[segment<4, 1>, segment<8, 4>]>)
      : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %b : tensor<1x8x4x8xf32>
}

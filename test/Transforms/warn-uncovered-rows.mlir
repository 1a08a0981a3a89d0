// RUN: dilated-opt %s --dilated-warn-uncovered-rows --verify-diagnostics

func.func @f(%q: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-warning @below {{no term of the pattern covers every position, so some rows may have no key at all; they are exactly 0}}
  %a = dilated.attention %q, %q, %q pattern(<[segment<4, 2>, segment<8, 4>]>)
      : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  %b = dilated.attention %a, %q, %q pattern(<[segment<4, 1>, segment<8, 4>]>)
      : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  // A window covers every row by itself, and so do columns that begin at 0.
  %c = dilated.attention %b, %q, %q pattern(<[segment<4, 2>, window<0, 0, 4>]>)
      : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  %d = dilated.attention %c, %q, %q pattern(<[segment<4, 2>, columns<0, 1>]>) causal
      : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  // expected-warning @below {{no term of the pattern covers every position}}
  %e = dilated.attention %d, %q, %q pattern(<[segment<4, 2>, columns<1, 8>]>)
      : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %e : tensor<1x8x4x8xf32>
}

// RUN: dilated-opt %s --canonicalize | FileCheck %s

// (S1) Segments clamp to a static N; equal ones merge with a multiplicity (S6).
// CHECK-LABEL: @clamp_and_merge
func.func @clamp_and_merge(%q: tensor<1x300x4x8xf32>) -> tensor<1x300x4x8xf32> {
  // CHECK: pattern(<[segment<64, 1>, segment<300, 2, multiplicity = 2>, segment<300, 4>], offset = block, padding = null_keys>)
  %out = dilated.attention %q, %q, %q
      pattern(<[segment<64, 1>, segment<512, 2>, segment<1024, 2>, segment<2048, 4>]>)
      : tensor<1x300x4x8xf32>, tensor<1x300x4x8xf32>, tensor<1x300x4x8xf32> -> tensor<1x300x4x8xf32>
  return %out : tensor<1x300x4x8xf32>
}

// One branch that covers everything is dense: offset and multiplicity go.
// CHECK-LABEL: @dense
func.func @dense(%q: tensor<1x300x4x8xf32>) -> tensor<1x300x4x8xf32> {
  // CHECK: pattern(<[segment<300, 1>], offset = block, padding = null_keys>)
  %out = dilated.attention %q, %q, %q
      pattern(<[segment<512, 1>, segment<1024, 1>], offset = modulo>)
      : tensor<1x300x4x8xf32>, tensor<1x300x4x8xf32>, tensor<1x300x4x8xf32> -> tensor<1x300x4x8xf32>
  return %out : tensor<1x300x4x8xf32>
}

// A multiplicity shifts the log-sum-exp, so with one it stays.
// CHECK-LABEL: @dense_with_lse
func.func @dense_with_lse(%q: tensor<1x300x4x8xf32>) -> (tensor<1x300x4x8xf32>, tensor<1x4x300xf32>) {
  // CHECK: pattern(<[segment<300, 1, multiplicity = 2>], offset = block
  %out, %lse = dilated.attention %q, %q, %q
      pattern(<[segment<512, 1>, segment<1024, 1>], offset = modulo>)
      : tensor<1x300x4x8xf32>, tensor<1x300x4x8xf32>, tensor<1x300x4x8xf32> -> tensor<1x300x4x8xf32>, tensor<1x4x300xf32>
  return %out, %lse : tensor<1x300x4x8xf32>, tensor<1x4x300xf32>
}

// Windows and columns clamp to a static N too. What begins beyond it stays.
// CHECK-LABEL: @clamp_windows
func.func @clamp_windows(%q: tensor<1x300x4x8xf32>) -> tensor<1x300x4x8xf32> {
  // CHECK: pattern(<[window<3, 299, multiplicity = 2>, window<2, 2, 120>, columns<4, 300>, columns<300, 301>], offset = block, padding = exclude>)
  %out = dilated.attention %q, %q, %q
      pattern(<[window<3, 299>, window<3, 9223372036854775807>, window<9, 5, 120>, columns<4, 9223372036854775807>, columns<300, 301>]>)
      : tensor<1x300x4x8xf32>, tensor<1x300x4x8xf32>, tensor<1x300x4x8xf32> -> tensor<1x300x4x8xf32>
  return %out : tensor<1x300x4x8xf32>
}

// (S9) A set counts each term once.
// CHECK-LABEL: @set
func.func @set(%q: tensor<1x300x4x8xf32>) -> tensor<1x300x4x8xf32> {
  // CHECK: pattern(<[segment<300, 2>, window<3, 0>], offset = block, padding = exclude, overlap = set>)
  %out = dilated.attention %q, %q, %q
      pattern(<[segment<512, 2, multiplicity = 3>, segment<1024, 2>, window<3, 0, multiplicity = 2>], overlap = set>)
      : tensor<1x300x4x8xf32>, tensor<1x300x4x8xf32>, tensor<1x300x4x8xf32> -> tensor<1x300x4x8xf32>
  return %out : tensor<1x300x4x8xf32>
}

// A window or columns that reach over the whole sequence are dense as well.
// CHECK-LABEL: @dense_window
func.func @dense_window(%q: tensor<1x300x4x8xf32>) -> (tensor<1x300x4x8xf32>, tensor<1x300x4x8xf32>, tensor<1x300x4x8xf32>) {
  // CHECK: pattern(<[segment<300, 1>], offset = block, padding = exclude>) :
  %a = dilated.attention %q, %q, %q pattern(<[window<299, 400>]>)
      : tensor<1x300x4x8xf32>, tensor<1x300x4x8xf32>, tensor<1x300x4x8xf32> -> tensor<1x300x4x8xf32>
  // CHECK: pattern(<[segment<300, 1>], offset = block, padding = exclude>) causal
  %b = dilated.attention %q, %q, %q pattern(<[window<299, 0>]>) causal
      : tensor<1x300x4x8xf32>, tensor<1x300x4x8xf32>, tensor<1x300x4x8xf32> -> tensor<1x300x4x8xf32>
  // CHECK: pattern(<[window<299, 0>], offset = block, padding = exclude>) :
  %c = dilated.attention %q, %q, %q pattern(<[window<299, 0>]>)
      : tensor<1x300x4x8xf32>, tensor<1x300x4x8xf32>, tensor<1x300x4x8xf32> -> tensor<1x300x4x8xf32>
  return %a, %b, %c : tensor<1x300x4x8xf32>, tensor<1x300x4x8xf32>, tensor<1x300x4x8xf32>
}

// With a dynamic N nothing is known.
// CHECK-LABEL: @dynamic
func.func @dynamic(%q: tensor<1x?x4x8xf32>) -> tensor<1x?x4x8xf32> {
  // CHECK: pattern(<[segment<512, 1>, segment<1024, 1>], offset = modulo
  %out = dilated.attention %q, %q, %q
      pattern(<[segment<512, 1>, segment<1024, 1>], offset = modulo>)
      : tensor<1x?x4x8xf32>, tensor<1x?x4x8xf32>, tensor<1x?x4x8xf32> -> tensor<1x?x4x8xf32>
  return %out : tensor<1x?x4x8xf32>
}

// The sequence dimension follows the layout.
// CHECK-LABEL: @layout
func.func @layout(%q: tensor<1x4x300x8xf32>) -> tensor<1x4x300x8xf32> {
  // CHECK: pattern(<[segment<64, 1>, segment<300, 2>]
  %out = dilated.attention %q, %q, %q pattern(<[segment<64, 1>, segment<512, 2>]>)
      {query_layout = #dilated<layout bhnd>, key_layout = #dilated<layout bhnd>,
       value_layout = #dilated<layout bhnd>, out_layout = #dilated<layout bhnd>}
      : tensor<1x4x300x8xf32>, tensor<1x4x300x8xf32>, tensor<1x4x300x8xf32> -> tensor<1x4x300x8xf32>
  return %out : tensor<1x4x300x8xf32>
}

// CHECK-LABEL: @unused_lse
func.func @unused_lse(%q: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // CHECK: dilated.attention
  // CHECK-SAME: -> tensor<1x8x4x8xf32>{{$}}
  %out, %lse = dilated.attention %q, %q, %q pattern(<[segment<4, 1>]>)
      : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>, tensor<1x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// CHECK-LABEL: @equal_partials
// CHECK-SAME: %[[O:.*]]: tensor<1x8x4x8xf32>, %[[L:.*]]: tensor<1x4x8xf32>, %[[O2:.*]]: tensor<1x8x4x8xf32>
func.func @equal_partials(%o: tensor<1x8x4x8xf32>, %l: tensor<1x4x8xf32>, %o2: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // CHECK: dilated.combine(%[[O]], %[[O2]]) lse(%[[L]], %[[L]]) multiplicities [4, 1]
  %out = dilated.combine (%o, %o2, %o) lse(%l, %l, %l) multiplicities [1, 1, 3]
      : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>
      lse tensor<1x4x8xf32>, tensor<1x4x8xf32>, tensor<1x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

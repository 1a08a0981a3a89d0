// RUN: dilated-opt %s --split-input-file --verify-diagnostics --dilated-verify-phase=phase=branches

func.func @attention_is_decomposed(%q: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{may not stand after phase branches}}
  %out = dilated.attention %q, %q, %q pattern(<[segment<4, 1>]>)
      : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// Every op that breaks the contract is reported.
func.func @buffers_come_later(%m: memref<4xf32>, %i: index) -> f32 {
  // expected-error @below {{may not stand after phase branches}}
  %x = memref.load %m[%i] : memref<4xf32>
  // expected-error @below {{may not stand after phase branches}}
  memref.store %x, %m[%i] : memref<4xf32>
  return %x : f32
}

// -----

func.func @fine(%a: tensor<4xf32>) -> tensor<4xf32> {
  return %a : tensor<4xf32>
}

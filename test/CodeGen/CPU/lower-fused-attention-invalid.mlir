// RUN: dilated-opt %s --dilated-lower-fused-attention --split-input-file --verify-diagnostics

!t = tensor<1x8x2x16xf32>
func.func @tensors(%q: !t) -> !t {
  // expected-error @+1 {{expects memrefs, got tensors: bufferise before}}
  %0 = dilated.fused_attention ins(%q, %q, %q) outs(%q) pattern(<[segment<4, 1>]>)
    : !t, !t, !t into !t -> !t
  return %0 : !t
}

// RUN: dilated-opt %s --dilated-lower-fused-attention=tile-vectors=8 --split-input-file --verify-diagnostics

!t = tensor<1x8x2x16xf32>
func.func @tensors(%q: !t) -> !t {
  // expected-error @+1 {{expects memrefs, got tensors: bufferize before}}
  %0 = dilated.fused_attention ins(%q, %q, %q) outs(%q) pattern(<[segment<4, 1>]>)
    : !t, !t, !t into !t -> !t
  return %0 : !t
}

// -----

!m = memref<1x8x2x16xf32>
func.func @masks(%q: !m, %o: !m) {
  // A multiset has no masks.
  dilated.fused_attention ins(%q, %q, %q) outs(%o)
    pattern(<[window<3, 0>, columns<0, 4>]>) : !m, !m, !m into !m
  // expected-error @+1 {{expects tiles of at most 64 rows for overlap = set [S9], got 128 rows: vector-bytes 64, tile-vectors 8}}
  dilated.fused_attention ins(%q, %q, %q) outs(%o)
    pattern(<[window<3, 0>, columns<0, 4>], overlap = set>) : !m, !m, !m into !m
  return
}

// One case per constraint; labels are those of docs/spec.md.
// RUN: dilated-opt %s --split-input-file --verify-diagnostics

// C1: at least one term
func.func @f(%q: tensor<1x8x4x8xf32>, %k: tensor<1x8x4x8xf32>, %v: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @+1 {{expects at least one term [C1]}}
  %out = dilated.attention %q, %k, %v pattern(<[]>)  : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// C2: w >= 1
func.func @f(%q: tensor<1x8x4x8xf32>, %k: tensor<1x8x4x8xf32>, %v: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects segment length (0) to be at least 1 [C2]}}
  %out = dilated.attention %q, %k, %v pattern(<[segment<0, 1>]>)  : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// C2: r >= 1
func.func @f(%q: tensor<1x8x4x8xf32>, %k: tensor<1x8x4x8xf32>, %v: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects dilation rate (-3) to be at least 1 [C2]}}
  %out = dilated.attention %q, %k, %v pattern(<[segment<8, -3>]>)  : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// C3: a constant head offset is in [0, r)
func.func @f(%q: tensor<1x8x4x8xf32>, %k: tensor<1x8x4x8xf32>, %v: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects constant head offset (2) to be in [0, 2) [C3]}}
  %out = dilated.attention %q, %k, %v pattern(<[segment<8, 2>], offset = constant<2>>)  : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// C4: H is a multiple of Hkv
func.func @f(%q: tensor<1x8x4x8xf32>, %k: tensor<1x8x3x8xf32>, %v: tensor<1x8x3x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects number of query heads (4) to be a multiple of the number of key heads (3) [C4]}}
  %out = dilated.attention %q, %k, %v pattern(<[segment<8, 1>]>)  : tensor<1x8x4x8xf32>, tensor<1x8x3x8xf32>, tensor<1x8x3x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// C5: batch size
func.func @f(%q: tensor<1x8x4x8xf32>, %k: tensor<2x8x4x8xf32>, %v: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects batch size of key (2) to equal that of query (1) [C5]}}
  %out = dilated.attention %q, %k, %v pattern(<[segment<8, 1>]>)  : tensor<1x8x4x8xf32>, tensor<2x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// C5: sequence length
func.func @f(%q: tensor<1x8x4x8xf32>, %k: tensor<1x8x4x8xf32>, %v: tensor<1x9x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects sequence length of value (9) to equal that of query (8) [C5]}}
  %out = dilated.attention %q, %k, %v pattern(<[segment<8, 1>]>)  : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x9x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// C5: head size
func.func @f(%q: tensor<1x8x4x8xf32>, %k: tensor<1x8x4x16xf32>, %v: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects head size of key (16) to equal that of query (8) [C5]}}
  %out = dilated.attention %q, %k, %v pattern(<[segment<8, 1>]>)  : tensor<1x8x4x8xf32>, tensor<1x8x4x16xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// C5: number of heads of key and value
func.func @f(%q: tensor<1x8x4x8xf32>, %k: tensor<1x8x4x8xf32>, %v: tensor<1x8x2x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects number of heads of value (2) to equal that of key (4) [C5]}}
  %out = dilated.attention %q, %k, %v pattern(<[segment<8, 1>]>)  : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x2x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// C5: element type
func.func @f(%q: tensor<1x8x4x8xf32>, %k: tensor<1x8x4x8xf16>, %v: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects element type of key ('f16') to equal that of query ('f32') [C5]}}
  %out = dilated.attention %q, %k, %v pattern(<[segment<8, 1>]>)  : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf16>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// C6: null keys are counted as a multiset
func.func @f(%q: tensor<1x8x4x8xf32>, %k: tensor<1x8x4x8xf32>, %v: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects overlap = multiset with padding = null_keys [C6]}}
  %out = dilated.attention %q, %k, %v pattern(<[segment<8, 1>], padding = null_keys, overlap = set>)  : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// C7: the scale is finite
func.func @f(%q: tensor<1x8x4x8xf32>, %k: tensor<1x8x4x8xf32>, %v: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects a finite scale [C7]}}
  %out = dilated.attention %q, %k, %v pattern(<[segment<8, 1>]>) scale(0x7FF0000000000000) : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// C9: a static head size
func.func @f(%q: tensor<1x8x4x?xf32>, %k: tensor<1x8x4x8xf32>, %v: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects a static head size of query [C9]}}
  %out = dilated.attention %q, %k, %v pattern(<[segment<8, 1>]>)  : tensor<1x8x4x?xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// C9: at most 256
func.func @f(%q: tensor<1x8x4x257xf32>, %k: tensor<1x8x4x257xf32>, %v: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects head size of query (257) to be in [1, 256] [C9]}}
  %out = dilated.attention %q, %k, %v pattern(<[segment<8, 1>]>)  : tensor<1x8x4x257xf32>, tensor<1x8x4x257xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// the result has the value's head size
func.func @f(%q: tensor<1x8x4x8xf32>, %k: tensor<1x8x4x8xf32>, %v: tensor<1x8x4x8xf32>) -> tensor<1x8x4x7xf32> {
  // expected-error @below {{expects head size of out (7) to equal that of value (8)}}
  %out = dilated.attention %q, %k, %v pattern(<[segment<8, 1>]>)  : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x7xf32>
  return %out : tensor<1x8x4x7xf32>
}

// -----

// ranks
func.func @f(%q: tensor<8x4x8xf32>, %k: tensor<1x8x4x8xf32>, %v: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects query to have rank 4, got 'tensor<8x4x8xf32>'}}
  %out = dilated.attention %q, %k, %v pattern(<[segment<8, 1>]>)  : tensor<8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// C8: f32 unless the query is f64
func.func @f(%q: tensor<1x8x4x8xf32>) -> (tensor<1x8x4x8xf32>, tensor<1x4x8xf64>) {
  // expected-error @below {{expects element type of lse ('f64') to be 'f32' for a query of 'f32' [C8]}}
  %out, %lse = dilated.attention %q, %q, %q pattern(<[segment<8, 1>]>) : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>, tensor<1x4x8xf64>
  return %out, %lse : tensor<1x8x4x8xf32>, tensor<1x4x8xf64>
}

// -----

// C8: [B, H, N]
func.func @f(%q: tensor<1x8x4x8xf32>) -> (tensor<1x8x4x8xf32>, tensor<1x8x4xf32>) {
  // expected-error @below {{expects number of heads of lse (8) to equal that of query (4) [C8]}}
  %out, %lse = dilated.attention %q, %q, %q pattern(<[segment<8, 1>]>) : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>, tensor<1x8x4xf32>
  return %out, %lse : tensor<1x8x4x8xf32>, tensor<1x8x4xf32>
}

// -----

func.func @f(%q: tensor<1x8x4x8xf32>) -> tensor<1x2x4x3x8xf32> {
  // expected-error @below {{expects number of rows per segment of gathered (3) to equal that of the segment (2)}}
  %0 = dilated.gather %q segment(<4, 2>) offset(<block>) : tensor<1x8x4x8xf32> -> tensor<1x2x4x3x8xf32>
  return %0 : tensor<1x2x4x3x8xf32>
}

// -----

func.func @f(%q: tensor<1x8x4x8xf32>) -> tensor<1x3x4x2x8xf32> {
  // expected-error @below {{expects number of segments of gathered (3) to equal that of the sequence (2)}}
  %0 = dilated.gather %q segment(<4, 2>) offset(<block>) : tensor<1x8x4x8xf32> -> tensor<1x3x4x2x8xf32>
  return %0 : tensor<1x3x4x2x8xf32>
}

// -----

// C3
func.func @f(%q: tensor<1x8x4x8xf32>) -> tensor<1x2x4x2x8xf32> {
  // expected-error @below {{expects constant head offset (5) to be in [0, 2) [C3]}}
  %0 = dilated.gather %q segment(<4, 2>) offset(<constant<5>>) : tensor<1x8x4x8xf32> -> tensor<1x2x4x2x8xf32>
  return %0 : tensor<1x2x4x2x8xf32>
}

// -----

// C5
func.func @f(%q: tensor<1x2x4x2x8xf32>, %k: tensor<1x2x4x3x8xf32>) -> (tensor<1x2x4x2x8xf32>, tensor<1x2x4x2xf32>) {
  // expected-error @below {{expects number of rows of key (3) to equal that of query (2) [C5]}}
  %o, %l = dilated.dense_attention %q, %k, %k : tensor<1x2x4x2x8xf32>, tensor<1x2x4x3x8xf32>, tensor<1x2x4x3x8xf32> -> tensor<1x2x4x2x8xf32>, tensor<1x2x4x2xf32>
  return %o, %l : tensor<1x2x4x2x8xf32>, tensor<1x2x4x2xf32>
}

// -----

func.func @f(%o: tensor<1x2x4x2x8xf16>, %l: tensor<1x2x4x2xf32>, %z: tensor<1x8x4x8xf32>, %m: tensor<1x4x8xf32>) {
  // expected-error @below {{expects element types of the destinations ('f32', 'f32') to equal those of the sources ('f16', 'f32')}}
  %0, %1 = dilated.scatter %o, %l into %z, %m segment(<4, 2>) offset(<block>) : tensor<1x2x4x2x8xf16>, tensor<1x2x4x2xf32> into tensor<1x8x4x8xf32>, tensor<1x4x8xf32>
  return
}

// -----

// C1
func.func @f(%o: tensor<1x8x4x8xf32>, %l: tensor<1x4x8xf32>) {
  // expected-error @below {{expects as many multiplicities (2) as partial results (1) [C1]}}
  %0 = dilated.combine (%o) lse(%l) multiplicities [1, 2] : tensor<1x8x4x8xf32> lse tensor<1x4x8xf32> -> tensor<1x8x4x8xf32>
  return
}

// -----

// C8
func.func @f(%o: tensor<1x8x4x8xf32>, %l: tensor<1x8x4xf32>) {
  // expected-error @below {{expects dimension 1 of a partial lse (8) to equal that of its partial result (4) [C8]}}
  %0 = dilated.combine (%o) lse(%l) : tensor<1x8x4x8xf32> lse tensor<1x8x4xf32> -> tensor<1x8x4x8xf32>
  return
}

// -----

func.func @f(%q: memref<1x8x4x8xf32>, %o: tensor<1x8x4x8xf32>) {
  // expected-error @below {{expects operands to be all tensors or all memrefs}}
  %0 = dilated.fused_attention ins(%q, %q, %q) outs(%o) pattern(<[segment<8, 1>]>) : memref<1x8x4x8xf32>, memref<1x8x4x8xf32>, memref<1x8x4x8xf32> into tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return
}

// -----

// expected-error @below {{expected head offset rule block, modulo, end or constant<s>, got 'diagonal'}}
func.func private @f() attributes {p = #dilated.pattern<[segment<4, 1>], offset = diagonal>}

// -----

// expected-error @below {{expected padding null_keys or exclude, got 'zeros'}}
func.func private @f() attributes {p = #dilated.pattern<[segment<4, 1>], padding = zeros>}

// -----

// expected-error @below {{expects pattern terms, got 4 : i64}}
func.func private @f() attributes {p = #dilated.pattern<[4 : i64]>}

// -----

// (C10) an empty sequence.
func.func @empty_sequence(%q: tensor<1x0x4x8xf32>) -> tensor<1x0x4x8xf32> {
  // expected-error @+1 {{expects sequence length of query (0) to be at least 1 [C10]}}
  %out = dilated.attention %q, %q, %q pattern(<[segment<4, 1>]>) : tensor<1x0x4x8xf32>, tensor<1x0x4x8xf32>, tensor<1x0x4x8xf32> -> tensor<1x0x4x8xf32>
  return %out : tensor<1x0x4x8xf32>
}

// -----

// (C10)
func.func @gather_empty(%q: tensor<1x0x4x8xf32>) {
  // expected-error @+1 {{expects sequence length of source (0) to be at least 1 [C10]}}
  %g = dilated.gather %q segment(<4, 1>) offset(<block>) : tensor<1x0x4x8xf32> -> tensor<1x?x4x4x8xf32>
  return
}

// -----

// C6: windows and columns have no null keys
func.func @f(%q: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects padding = exclude with the term #dilated.window<3, 0>: null keys belong to segments [C6]}}
  %out = dilated.attention %q, %q, %q pattern(<[segment<8, 1>, window<3, 0>], padding = null_keys>) : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// C11
func.func @f(%q: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects left of a window (-1) to be at least 0 [C11]}}
  %out = dilated.attention %q, %q, %q pattern(<[window<-1, 0>]>) : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// C11
func.func @f(%q: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects right of a window (-9223372036854775808) to be at least 0 [C11]}}
  %out = dilated.attention %q, %q, %q pattern(<[window<0, -9223372036854775808>]>) : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// C11
func.func @f(%q: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects dilation of a window (0) to be at least 1 [C11]}}
  %out = dilated.attention %q, %q, %q pattern(<[window<0, 0, 0>]>) : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// C12
func.func @f(%q: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects begin of columns (-1) to be at least 0 [C12]}}
  %out = dilated.attention %q, %q, %q pattern(<[columns<-1, 4>]>) : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// C12
func.func @f(%q: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects begin of columns (4) to be less than their end (4) [C12]}}
  %out = dilated.attention %q, %q, %q pattern(<[columns<4, 4>]>) : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// multiplicities are positive
func.func @f(%q: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects multiplicity (0) to be at least 1}}
  %out = dilated.attention %q, %q, %q pattern(<[columns<0, 4, multiplicity = 0>]>) : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// a term is one of ours
func.func @f(%q: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expected segment, window or columns, got 'rows'}}
  %out = dilated.attention %q, %q, %q pattern(<[rows<0, 4>]>) : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// a term is no other attribute
func.func @f(%q: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects pattern terms, got 3 : i64}}
  %out = dilated.attention %q, %q, %q pattern(<[3]>) : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>
  return %out : tensor<1x8x4x8xf32>
}

// -----

// masked_attention: C3
func.func @f(%q: tensor<1x8x4x8xf32>, %k: tensor<1x8x4x8xf32>, %v: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects constant head offset (2) to be in [0, 2) [C3]}}
  %o, %l = dilated.masked_attention %q, %k, %v term(#dilated.segment<8, 2>) offset(<constant<2>>) : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>, tensor<1x4x8xf32>
  return %o : tensor<1x8x4x8xf32>
}

// -----

// masked_attention: C3 of what is left out
func.func @f(%q: tensor<1x8x4x8xf32>, %k: tensor<1x8x4x8xf32>, %v: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects constant head offset (2) to be in [0, 1) [C3]}}
  %o, %l = dilated.masked_attention %q, %k, %v term(#dilated.window<3, 0>) except([#dilated.segment<8, 1>]) offset(<constant<2>>) : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>, tensor<1x4x8xf32>
  return %o : tensor<1x8x4x8xf32>
}

// -----

// masked_attention: C4
func.func @f(%q: tensor<1x8x4x8xf32>, %k: tensor<1x8x3x8xf32>, %v: tensor<1x8x3x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects number of query heads (4) to be a multiple of the number of key heads (3) [C4]}}
  %o, %l = dilated.masked_attention %q, %k, %v term(#dilated.window<3, 0>) offset(<block>) : tensor<1x8x4x8xf32>, tensor<1x8x3x8xf32>, tensor<1x8x3x8xf32> -> tensor<1x8x4x8xf32>, tensor<1x4x8xf32>
  return %o : tensor<1x8x4x8xf32>
}

// -----

// masked_attention: C5
func.func @f(%q: tensor<1x8x4x8xf32>, %k: tensor<1x9x4x8xf32>, %v: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects sequence length of key (9) to equal that of query (8) [C5]}}
  %o, %l = dilated.masked_attention %q, %k, %v term(#dilated.window<3, 0>) offset(<block>) : tensor<1x8x4x8xf32>, tensor<1x9x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>, tensor<1x4x8xf32>
  return %o : tensor<1x8x4x8xf32>
}

// -----

// masked_attention: C7
func.func @f(%q: tensor<1x8x4x8xf32>, %k: tensor<1x8x4x8xf32>, %v: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects a finite scale [C7]}}
  %o, %l = dilated.masked_attention %q, %k, %v term(#dilated.window<3, 0>) offset(<block>) scale(0x7FF0000000000000) : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>, tensor<1x4x8xf32>
  return %o : tensor<1x8x4x8xf32>
}

// -----

// masked_attention: C8
func.func @f(%q: tensor<1x8x4x8xf32>, %k: tensor<1x8x4x8xf32>, %v: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects sequence length of lse (9) to equal that of query (8) [C8]}}
  %o, %l = dilated.masked_attention %q, %k, %v term(#dilated.window<3, 0>) offset(<block>) : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>, tensor<1x4x9xf32>
  return %o : tensor<1x8x4x8xf32>
}

// -----

// masked_attention: C9
func.func @f(%q: tensor<1x8x4x257xf32>, %k: tensor<1x8x4x257xf32>, %v: tensor<1x8x4x8xf32>) -> tensor<1x8x4x8xf32> {
  // expected-error @below {{expects head size of query (257) to be in [1, 256] [C9]}}
  %o, %l = dilated.masked_attention %q, %k, %v term(#dilated.window<3, 0>) offset(<block>) : tensor<1x8x4x257xf32>, tensor<1x8x4x257xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x8xf32>, tensor<1x4x8xf32>
  return %o : tensor<1x8x4x8xf32>
}

// -----

// masked_attention: C10
func.func @f(%q: tensor<1x0x4x8xf32>, %k: tensor<1x0x4x8xf32>, %v: tensor<1x0x4x8xf32>) -> tensor<1x0x4x8xf32> {
  // expected-error @below {{expects sequence length of query (0) to be at least 1 [C10]}}
  %o, %l = dilated.masked_attention %q, %k, %v term(#dilated.window<3, 0>) offset(<block>) : tensor<1x0x4x8xf32>, tensor<1x0x4x8xf32>, tensor<1x0x4x8xf32> -> tensor<1x0x4x8xf32>, tensor<1x4x0xf32>
  return %o : tensor<1x0x4x8xf32>
}

// -----

// masked_attention: the result has the value's head size
func.func @f(%q: tensor<1x8x4x8xf32>, %k: tensor<1x8x4x8xf32>, %v: tensor<1x8x4x8xf32>) -> tensor<1x8x4x7xf32> {
  // expected-error @below {{expects head size of out (7) to equal that of value (8)}}
  %o, %l = dilated.masked_attention %q, %k, %v term(#dilated.window<3, 0>) offset(<block>) : tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32>, tensor<1x8x4x8xf32> -> tensor<1x8x4x7xf32>, tensor<1x4x8xf32>
  return %o : tensor<1x8x4x7xf32>
}

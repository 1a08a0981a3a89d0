//===- DilatedOps.td - ops of dilated attention ------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_OPS_TD
#define DILATED_OPS_TD

include "DilatedAttrs.td"
include "mlir/Interfaces/DestinationStyleOpInterface.td"
include "mlir/Interfaces/InferTypeOpInterface.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

class Dilated_Op<string mnemonic, list<Trait> traits = []>
    : Op<Dilated_Dialect, mnemonic, traits> {
  let hasVerifier = 1;
}

def Dilated_FloatTensor : RankedTensorOf<[F16, BF16, F32, F64]>;
def Dilated_FloatShaped : AnyTypeOf<[RankedTensorOf<[F16, BF16, F32, F64]>,
                                     StridedMemRefOf<[F16, BF16, F32, F64]>]>;
def Dilated_LseTensor : RankedTensorOf<[F32, F64]>;
def Dilated_LseShaped : AnyTypeOf<[RankedTensorOf<[F32, F64]>,
                                   StridedMemRefOf<[F32, F64]>]>;

//===----------------------------------------------------------------------===//
// Phase graph
//===----------------------------------------------------------------------===//

def Dilated_AttentionOp : Dilated_Op<"attention", [
    Pure, DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface,
                              ["reifyResultShapes"]>]> {
  let summary = "attention over the keys that a pattern selects";
  let description = [{
    For each batch b, head h and position p: one softmax over the multiset of
    keys that the terms of `pattern` select for (p, h), null keys included, and
    the values weighted by it (S1 to S8). Scores are
    `scale * dot(query[p], key[k])`, computed in f32 at least; `scale` is
    1/sqrt(D) when absent. With `causal`, keys after p are cut (S4).

    Operands are `[B, N, H, D]`; a layout attribute of `bhnd` says that an operand
    (or the result) is `[B, H, N, D]`. Key and value may have Hkv heads with
    H mod Hkv = 0; query head h reads head h div (H/Hkv).

    The second result, when asked for, is the natural-log log-sum-exp
    `[B, H, N]` with the scale applied, -inf for a row without keys.

    Preconditions: (C4) H mod Hkv = 0; (C5) B, N, D and element types agree;
    (C7) finite scale; (C9) D and Dv in 1..256; (C10) N >= 1. What is dynamic is checked at run
    time before any work.

    Postconditions: a row that no term covers is exactly 0, its lse -inf (S7).

    Example:

    ```mlir
    %out = dilated.attention %q, %k, %v
        pattern(<[segment<1024, 1>, segment<5792, 2>], offset = block, padding = null_keys>)
        scale(0.144)
        : tensor<1x?x16x48xf32>, tensor<1x?x16x48xf32>, tensor<1x?x16x48xf32>
        -> tensor<1x?x16x48xf32>
    ```
  }];
  let arguments = (ins
      Dilated_FloatTensor:$query, Dilated_FloatTensor:$key, Dilated_FloatTensor:$value,
      Dilated_PatternAttr:$pattern, UnitAttr:$causal, OptionalAttr<F64Attr>:$scale,
      DefaultValuedAttr<Dilated_LayoutAttr, "::mlir::dilated::Layout::BNHD">:$query_layout,
      DefaultValuedAttr<Dilated_LayoutAttr, "::mlir::dilated::Layout::BNHD">:$key_layout,
      DefaultValuedAttr<Dilated_LayoutAttr, "::mlir::dilated::Layout::BNHD">:$value_layout,
      DefaultValuedAttr<Dilated_LayoutAttr, "::mlir::dilated::Layout::BNHD">:$out_layout);
  let results = (outs Dilated_FloatTensor:$out, Optional<Dilated_LseTensor>:$lse);
  let assemblyFormat = [{
    $query `,` $key `,` $value `pattern` `(` $pattern `)` (`causal` $causal^)?
    (`scale` `(` $scale^ `)`)? attr-dict
    `:` type($query) `,` type($key) `,` type($value) `->` type($out) (`,` type($lse)^)?
  }];
  let hasCanonicalizer = 1;
  let extraClassDeclaration = [{
    /// The scale in force: the attribute, or 1/sqrt(D).
    double getScaleOrDefault();
  }];
}

//===----------------------------------------------------------------------===//
// Phase branches: a partial result per term, then the mixture
//===----------------------------------------------------------------------===//

def Dilated_GatherOp : Dilated_Op<"gather", [
    Pure, DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface,
                              ["reifyResultShapes"]>]> {
  let summary = "the rows of every (segment, residue class), compacted";
  let description = [{
    `source` is `[B, N, Hs, D]`; `gathered` is `[B, G, H, L, D]` with, for
    w' = min(w, N) (S1): G = ceil(N/w') segments and L = ceil(w'/r) rows. Row
    (b, g, h, j) is the source row at position p = g*w' + o(h) + r*j of head
    h div (H/Hs) when o(h) + r*j < w' and p < N, else a row of zeros: a null key
    (S5).

    H is `heads` when given (keys and values with fewer heads than the query:
    the head offset depends on the query head), else Hs.

    The second result, when asked for, holds the number of real rows of every
    (segment, head), `[G, H]` of index: max(0, ceil((len - o(h))/r)) with
    len = min(w', N - g*w'). It is what `padding = exclude` needs.

    Preconditions: (C2) on the segment, (C3) on the offset, N >= 1.

    Example:

    ```mlir
    %q1 = dilated.gather %q segment(<5792, 2>) offset(<block>)
        : tensor<1x?x16x48xf32> -> tensor<1x?x16x?x48xf32>
    ```
  }];
  let arguments = (ins Dilated_FloatTensor:$source, Optional<Index>:$heads,
                       Dilated_SegmentAttr:$segment, Dilated_HeadOffsetAttr:$offset);
  let results = (outs Dilated_FloatTensor:$gathered,
                      Optional<RankedTensorOf<[Index]>>:$counts);
  let assemblyFormat = [{
    $source (`heads` `(` $heads^ `)`)? `segment` `(` $segment `)` `offset` `(` $offset `)`
    attr-dict `:` type($source) `->` type($gathered) (`,` type($counts)^)?
  }];
}

def Dilated_DenseAttentionOp : Dilated_Op<"dense_attention", [
    Pure, DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface,
                              ["reifyResultShapes"]>]> {
  let summary = "softmax attention within every (segment, head) of gathered rows";
  let description = [{
    query, key, value are `[B, G, H, L, D]` (value Dv), as `gather` makes them;
    `out` is `[B, G, H, L, Dv]` and `lse` `[B, G, H, L]`, natural log, scale
    applied. Rows attend to all L keys, rows of zeros included (they are the null
    keys of S5), or, with `counts` `[G, H]`, to the first counts[g, h] keys alone.
    With `causal`, row i attends to keys j <= i. A row without keys gives out 0 and
    lse -inf.

    The element type of `out` may be wider than that of the operands, so that
    the mixture rounds once.

    Preconditions: (C5), (C7), (C9).

    Example:

    ```mlir
    %o1, %l1 = dilated.dense_attention %q1, %k1, %v1 scale(0.144)
        : tensor<1x?x16x?x48xf32>, tensor<1x?x16x?x48xf32>, tensor<1x?x16x?x48xf32>
        -> tensor<1x?x16x?x48xf32>, tensor<1x?x16x?xf32>
    ```
  }];
  let arguments = (ins Dilated_FloatTensor:$query, Dilated_FloatTensor:$key,
                       Dilated_FloatTensor:$value,
                       Optional<RankedTensorOf<[Index]>>:$counts,
                       UnitAttr:$causal, OptionalAttr<F64Attr>:$scale);
  let results = (outs Dilated_FloatTensor:$out, Dilated_LseTensor:$lse);
  let assemblyFormat = [{
    $query `,` $key `,` $value (`counts` `(` $counts^ `:` type($counts) `)`)?
    (`causal` $causal^)? (`scale` `(` $scale^ `)`)? attr-dict
    `:` type($query) `,` type($key) `,` type($value) `->` type($out) `,` type($lse)
  }];
  let extraClassDeclaration = [{
    /// The scale in force: the attribute, or 1/sqrt(D).
    double getScaleOrDefault();
  }];
}

def Dilated_ScatterOp : Dilated_Op<"scatter", [
    Pure, DestinationStyleOpInterface,
    AllTypesMatch<["out_init", "out"]>, AllTypesMatch<["lse_init", "lse"]>,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface,
                              ["reifyResultShapes"]>]> {
  let summary = "puts gathered rows back to their positions";
  let description = [{
    The inverse of `gather`: position p of head h with g = p div w', l = p mod w'
    and l mod r = o(h) gets row (g, h, l div r) of `source` and `source_lse`. What
    the branch does not cover (S2) keeps the value of the destination, so the
    destinations are filled with 0 and -inf.

    `source` is `[B, G, H, L, Dv]`, `source_lse` `[B, G, H, L]`, `out`
    `[B, N, H, Dv]`, `lse` `[B, H, N]`.

    Example:

    ```mlir
    %d1, %e1 = dilated.scatter %o1, %l1 into %zero, %minus_inf
        segment(<5792, 2>) offset(<block>)
        : tensor<1x?x16x?x48xf32>, tensor<1x?x16x?xf32>
        into tensor<1x?x16x48xf32>, tensor<1x16x?xf32>
    ```
  }];
  let arguments = (ins Dilated_FloatTensor:$source, Dilated_LseTensor:$source_lse,
                       Dilated_FloatTensor:$out_init, Dilated_LseTensor:$lse_init,
                       Dilated_SegmentAttr:$segment, Dilated_HeadOffsetAttr:$offset);
  let results = (outs Dilated_FloatTensor:$out, Dilated_LseTensor:$lse);
  let assemblyFormat = [{
    $source `,` $source_lse `into` $out_init `,` $lse_init
    `segment` `(` $segment `)` `offset` `(` $offset `)` attr-dict
    `:` type($source) `,` type($source_lse) `into` type($out_init) `,` type($lse_init)
  }];
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable() {
      return ::mlir::MutableOperandRange(getOperation(), /*start=*/2, /*length=*/2);
    }
  }];
}

def Dilated_MaskedAttentionOp : Dilated_Op<"masked_attention", [
    Pure, DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface,
                              ["reifyResultShapes"]>]> {
  let summary = "dense attention under the mask of one term";
  let description = [{
    Softmax attention over the whole sequence in which row p of head h sees the
    keys that `term` selects for it (S2, S3, S10, S11), with `causal` those at
    positions up to p alone (S4), and without those that a term of `except`
    selects. There are no null keys. A multiplicity of a term means nothing: how
    often the result counts is a matter of `combine`.

    The terms of a set (S9) mix by `combine` when each is without the keys of the
    terms before it: then every key counts once.

    Operands are `[B, N, H, D]`; key and value may have Hkv heads with H mod Hkv = 0.
    `out` is `[B, N, H, Dv]`, `lse` `[B, H, N]`, natural log, scale applied. A row
    without keys gives out 0 and lse -inf. The element type of `out` may be wider
    than that of the operands, so that the mixture rounds once.

    Preconditions: (C3) on the offset; (C4), (C5), (C7) to (C10) as `attention`.

    Example:

    ```mlir
    %d1, %e1 = dilated.masked_attention %q, %k, %v term(#dilated.columns<0, 4>)
        except([#dilated.window<1023, 0>]) offset(<block>) causal
        : tensor<1x?x16x48xf32>, tensor<1x?x16x48xf32>, tensor<1x?x16x48xf32>
        -> tensor<1x?x16x48xf32>, tensor<1x16x?xf32>
    ```
  }];
  let arguments = (ins Dilated_FloatTensor:$query, Dilated_FloatTensor:$key,
                       Dilated_FloatTensor:$value, Dilated_TermAttrInterface:$term,
                       OptionalAttr<TypedArrayAttrBase<Dilated_TermAttrInterface,
                                                       "terms">>:$except,
                       Dilated_HeadOffsetAttr:$offset,
                       UnitAttr:$causal, OptionalAttr<F64Attr>:$scale);
  let results = (outs Dilated_FloatTensor:$out, Dilated_LseTensor:$lse);
  let assemblyFormat = [{
    $query `,` $key `,` $value `term` `(` $term `)` (`except` `(` $except^ `)`)?
    `offset` `(` $offset `)` (`causal` $causal^)? (`scale` `(` $scale^ `)`)? attr-dict
    `:` type($query) `,` type($key) `,` type($value) `->` type($out) `,` type($lse)
  }];
  let extraClassDeclaration = [{
    /// The scale in force: the attribute, or 1/sqrt(D).
    double getScaleOrDefault();
    /// The terms of `except`, none when it is absent.
    ::llvm::SmallVector<::mlir::dilated::TermAttrInterface> getExceptTerms();
  }];
}

def Dilated_CombineOp : Dilated_Op<"combine", [
    Pure, SameVariadicOperandSize,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface,
                              ["reifyResultShapes"]>]> {
  let summary = "merges partial attention results by their log-sum-exp";
  let description = [{
    out = sum_i a_i out_i with a_i = m_i exp(lse_i) / sum_j m_j exp(lse_j), in log
    space (S6, S8); m_i is `multiplicities[i]`, 1 when absent. Associative and
    commutative with identity (0, -inf), so branches, split keys and partial
    results of several machines merge by the same op. A row whose every lse is
    -inf is exactly 0, its lse -inf (S7).

    `outs` are `[B, N, H, Dv]`, `lses` `[B, H, N]`. The element type of the result
    may be narrower than that of `outs`.

    Example:

    ```mlir
    %out = dilated.combine (%d0, %d1) lse(%e0, %e1)
        : tensor<1x?x16x48xf32>, tensor<1x?x16x48xf32>
        lse tensor<1x16x?xf32>, tensor<1x16x?xf32> -> tensor<1x?x16x48xf32>
    ```
  }];
  let arguments = (ins Variadic<Dilated_FloatTensor>:$outs,
                       Variadic<Dilated_LseTensor>:$lses,
                       OptionalAttr<DenseI64ArrayAttr>:$multiplicities);
  let results = (outs Dilated_FloatTensor:$out, Optional<Dilated_LseTensor>:$lse);
  let assemblyFormat = [{
    `(` $outs `)` `lse` `(` $lses `)` (`multiplicities` $multiplicities^)? attr-dict
    `:` type($outs) `lse` type($lses) `->` type($out) (`,` type($lse)^)?
  }];
  let hasCanonicalizer = 1;
}

//===----------------------------------------------------------------------===//
// Phase fused
//===----------------------------------------------------------------------===//

def Dilated_FusedAttentionOp : Dilated_Op<"fused_attention", [
    DestinationStyleOpInterface,
    DeclareOpInterfaceMethods<MemoryEffectsOpInterface>,
    DeclareOpInterfaceMethods<ReifyRankedShapedTypeOpInterface,
                              ["reifyResultShapes"]>]> {
  let summary = "attention in destination style: one kernel for all branches";
  let description = [{
    The meaning of `attention`, with the results written to destinations. On
    tensors it returns them; on memrefs, of any strides, it writes in place. This
    is what the code generators of every target take.

    Preconditions and postconditions are those of `attention`; the destinations'
    old contents are not read.

    `softmax` says what the scores of a row are taken relative to: `online`, the
    maximum so far; `fixed_maximum`, the maximum over the first keys, which saves the
    kernel the corrections, with the rows whose weights leave the range by that
    computed once more online. Both are exact to rounding. Without it the code
    generator chooses. GPUs' kernels are always online.

    Example:

    ```mlir
    %out = dilated.fused_attention ins(%q, %k, %v) outs(%init)
        pattern(<[segment<1024, 1>, segment<5792, 2>], offset = block, padding = null_keys>)
        : tensor<1x?x16x48xf32>, tensor<1x?x16x48xf32>, tensor<1x?x16x48xf32>
        into tensor<1x?x16x48xf32> -> tensor<1x?x16x48xf32>
    ```
  }];
  let arguments = (ins
      Dilated_FloatShaped:$query, Dilated_FloatShaped:$key, Dilated_FloatShaped:$value,
      Dilated_FloatShaped:$out_init, Optional<Dilated_LseShaped>:$lse_init,
      Dilated_PatternAttr:$pattern, UnitAttr:$causal, OptionalAttr<F64Attr>:$scale,
      OptionalAttr<Dilated_SoftmaxFormAttr>:$softmax,
      DefaultValuedAttr<Dilated_LayoutAttr, "::mlir::dilated::Layout::BNHD">:$query_layout,
      DefaultValuedAttr<Dilated_LayoutAttr, "::mlir::dilated::Layout::BNHD">:$key_layout,
      DefaultValuedAttr<Dilated_LayoutAttr, "::mlir::dilated::Layout::BNHD">:$value_layout,
      DefaultValuedAttr<Dilated_LayoutAttr, "::mlir::dilated::Layout::BNHD">:$out_layout);
  let results = (outs Variadic<AnyRankedTensor>:$results);
  let assemblyFormat = [{
    `ins` `(` $query `,` $key `,` $value `)` `outs` `(` $out_init (`,` $lse_init^)? `)`
    `pattern` `(` $pattern `)` (`causal` $causal^)? (`scale` `(` $scale^ `)`)? attr-dict
    `:` type($query) `,` type($key) `,` type($value)
    `into` type($out_init) (`,` type($lse_init)^)? (`->` type($results)^)?
  }];
  let hasCanonicalizer = 1;
  let extraClassDeclaration = [{
    ::mlir::MutableOperandRange getDpsInitsMutable();

    /// The scale in force: the attribute, or 1/sqrt(D).
    double getScaleOrDefault();
  }];
}

#endif // DILATED_OPS_TD

//===- DilatedAttrs.td - patterns as attributes ------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_ATTRS_TD
#define DILATED_ATTRS_TD

include "DilatedDialect.td"
include "DilatedInterfaces.td"
include "mlir/IR/AttrTypeBase.td"
include "mlir/IR/EnumAttr.td"

class Dilated_Attr<string name, string attrMnemonic, list<Trait> traits = []>
    : AttrDef<Dilated_Dialect, name, traits> {
  let mnemonic = attrMnemonic;
}

//===----------------------------------------------------------------------===//
// Enumerations
//===----------------------------------------------------------------------===//

def Dilated_HeadOffsetRule : I32EnumAttr<"HeadOffsetRule",
    "which residue class o(h) of a dilated segment head h takes (spec, section 3)", [
      I32EnumAttrCase<"Block", 0, "block">,
      I32EnumAttrCase<"Modulo", 1, "modulo">,
      I32EnumAttrCase<"End", 2, "end">,
      I32EnumAttrCase<"Constant", 3, "constant">]> {
  let cppNamespace = "::mlir::dilated";
  let genSpecializedAttr = 0;
}

def Dilated_Padding : I32EnumAttr<"Padding",
    "what stands where a segment's class has fewer real keys than rows (S5)", [
      I32EnumAttrCase<"NullKeys", 0, "null_keys">,
      I32EnumAttrCase<"Exclude", 1, "exclude">]> {
  let cppNamespace = "::mlir::dilated";
  let genSpecializedAttr = 0;
}

def Dilated_Overlap : I32EnumAttr<"Overlap",
    "how often a key counts that several terms select (S6, S9)", [
      I32EnumAttrCase<"Multiset", 0, "multiset">,
      I32EnumAttrCase<"Set", 1, "set">]> {
  let cppNamespace = "::mlir::dilated";
  let genSpecializedAttr = 0;
}

def Dilated_Layout : I32EnumAttr<"Layout",
    "order of the dimensions batch, sequence, head, feature of an operand", [
      I32EnumAttrCase<"BNHD", 0, "bnhd">,
      I32EnumAttrCase<"BHND", 1, "bhnd">]> {
  let cppNamespace = "::mlir::dilated";
  let genSpecializedAttr = 0;
}

def Dilated_SoftmaxForm : I32EnumAttr<"SoftmaxForm",
    "which number the scores of a row are taken relative to, before 2^x", [
      I32EnumAttrCase<"Online", 0, "online">,
      I32EnumAttrCase<"FixedMaximum", 1, "fixed_maximum">]> {
  let cppNamespace = "::mlir::dilated";
  let genSpecializedAttr = 0;
}

def Dilated_LayoutAttr : EnumAttr<Dilated_Dialect, Dilated_Layout, "layout"> {
  let assemblyFormat = "$value";
}
def Dilated_PaddingAttr : EnumAttr<Dilated_Dialect, Dilated_Padding, "padding"> {
  let assemblyFormat = "$value";
}
def Dilated_SoftmaxFormAttr : EnumAttr<Dilated_Dialect, Dilated_SoftmaxForm, "softmax"> {
  let assemblyFormat = "$value";
}

//===----------------------------------------------------------------------===//
// Head offset
//===----------------------------------------------------------------------===//

def Dilated_HeadOffsetAttr : Dilated_Attr<"HeadOffset", "head_offset"> {
  let summary = "the head offset rule of a pattern";
  let description = [{
    | syntax | o(h) | who |
    | --- | --- | --- |
    | `block` | h div ceil(H/r) | torchscale, Prov-GigaPath, LongViT |
    | `modulo` | h mod r | the LongNet paper |
    | `end` | r - 1 - (h mod r) | research |
    | `constant<s>` | s | sub-sequence patterns |

    H is the number of query heads and r the dilation rate as written, not as
    clamped. A constant is in [0, r) of every segment that uses it (C3).
  }];
  let parameters = (ins "::mlir::dilated::HeadOffsetRule":$rule,
                        DefaultValuedParameter<"int64_t", "0">:$constant);
  let hasCustomAssemblyFormat = 1;
}

//===----------------------------------------------------------------------===//
// Terms
//===----------------------------------------------------------------------===//

class Dilated_TermAttr<string name, string attrMnemonic>
    : Dilated_Attr<name, attrMnemonic,
                   [DeclareAttrInterfaceMethods<Dilated_TermAttrInterface>]> {
  let genVerifyDecl = 1;
  let hasCustomAssemblyFormat = 1;
}

def Dilated_SegmentAttr : Dilated_TermAttr<"Segment", "segment"> {
  let summary = "LongNet's segment<length, rate>: one branch of dilated attention";
  let description = [{
    Positions are cut into segments of `length`; in each, head h takes every
    `rate`-th position from its head offset, and attends within that residue
    class (S1 to S5). `multiplicity` counts equal terms (S6); it is 1 unless
    canonicalization merged some.

    Syntax: `segment<5792, 2>`, `segment<300, 1, multiplicity = 2>`.

    Constraints: (C2) length >= 1 and rate >= 1.
  }];
  let parameters = (ins "int64_t":$length, "int64_t":$rate,
                        DefaultValuedParameter<"int64_t", "1">:$multiplicity);
}

def Dilated_WindowAttr : Dilated_TermAttr<"Window", "window"> {
  let summary = "window<left, right, dilation>: keys around the row's own position";
  let description = [{
    The row at position p selects the keys at p + j * dilation, j = -left ...
    right, that exist (S10). All heads select alike.

    Syntax: `window<1023, 0>` with dilation 1, `window<4, 4, 2>`,
    `window<4, 4, 2, multiplicity = 2>`.

    Constraints: (C11) left >= 0, right >= 0 and dilation >= 1.
  }];
  let parameters = (ins "int64_t":$left, "int64_t":$right,
                        DefaultValuedParameter<"int64_t", "1">:$dilation,
                        DefaultValuedParameter<"int64_t", "1">:$multiplicity);
}

def Dilated_ColumnsAttr : Dilated_TermAttr<"Columns", "columns"> {
  let summary = "columns<begin, end>: keys that every row selects";
  let description = [{
    Every row selects the keys at positions begin ... end - 1 that exist (S11):
    attention sinks, and the global keys of Longformer.

    Syntax: `columns<0, 4>`, `columns<0, 4, multiplicity = 2>`.

    Constraints: (C12) 0 <= begin < end.
  }];
  let parameters = (ins "int64_t":$begin, "int64_t":$end,
                        DefaultValuedParameter<"int64_t", "1">:$multiplicity);
}

//===----------------------------------------------------------------------===//
// Patterns
//===----------------------------------------------------------------------===//

def Dilated_PatternAttr : Dilated_Attr<"Pattern", "pattern"> {
  let summary = "which keys a query attends to";
  let description = [{
    A list of terms, the head offset rule that segments share, what pads a ragged
    segment, and how overlapping terms count. The defaults are `offset = block`,
    `overlap = multiset`, and for a multiset of segments `padding = null_keys` as
    in torchscale, for every other pattern `padding = exclude`.

    ```mlir
    #longnet = #dilated.pattern<[segment<1024, 1>, segment<5792, 2>],
                                offset = block, padding = null_keys>
    #streaming = #dilated.pattern<[window<1023, 0>, columns<0, 4>], overlap = set>
    ```

    Constraints: (C1) at least one term; (C3) a constant head offset is below every
    rate of a segment; (C6) null keys only with segment terms and multiset overlap.
  }];
  let parameters = (ins ArrayRefParameter<"::mlir::Attribute">:$terms,
                        "::mlir::dilated::HeadOffsetAttr":$offset,
                        "::mlir::dilated::Padding":$padding,
                        "::mlir::dilated::Overlap":$overlap);
  let extraClassDeclaration = [{
    /// The terms, each with its geometry (getTerm).
    ::llvm::SmallVector<::mlir::dilated::TermAttrInterface> getTermAttrs() const;

    /// The terms as segments; std::nullopt when the pattern has other terms.
    std::optional<::llvm::SmallVector<::mlir::dilated::SegmentAttr>> getSegments() const;

    /// True when some row may have no key at all: no term covers every position.
    bool mayLeaveRowsUncovered() const;

    /// The pattern with its terms clamped to a static sequence length N >= 1
    /// (S1) and equal terms merged: with a multiplicity (S6), or, of a set, once
    /// (S9).
    PatternAttr clampTo(int64_t n) const;
  }];
  let genVerifyDecl = 1;
  let hasCustomAssemblyFormat = 1;
}

#endif // DILATED_ATTRS_TD

//===- DilatedInterfaces.td - what a pattern term can answer -*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_INTERFACES_TD
#define DILATED_INTERFACES_TD

include "mlir/IR/OpBase.td"

def Dilated_TermAttrInterface : AttrInterface<"TermAttrInterface"> {
  let cppNamespace = "::mlir::dilated";
  let description = [{
    One term of a pattern (spec, section 5): which keys a row selects. Whoever
    counts, plans, verifies or lowers asks for the geometry, and does not look at
    which attribute it is.
  }];
  let methods = [
    InterfaceMethod<[{
      The geometry (dilated-mlir/Plan/Geometry.h), as written: nothing is clamped,
      and the offset of a segment, which is a head's, is 0.
    }], "::dilated::plan::Term<>", "getTerm">,
    InterfaceMethod<"The same kind of attribute with other numbers.",
      "::mlir::dilated::TermAttrInterface", "withTerm",
      (ins "const ::dilated::plan::Term<> &":$term)>,
  ];
  let extraClassDeclaration = [{
    /// How often the term counts (S6: patterns are multisets unless they say
    /// that they are sets).
    int64_t getMultiplicity() const;
    /// The same term counted `multiplicity` times.
    TermAttrInterface withMultiplicity(int64_t multiplicity) const;
    /// True for segments, which may carry null keys (C6).
    bool mayHaveNullKeys() const;
    /// True when the term gives every position at least one key, whatever the
    /// sequence length and the head, causal or not.
    bool coversEveryPosition() const;
    /// The same term with what a static sequence length N >= 1 makes redundant
    /// removed (S1). The rate of a segment stays, for the head offset follows
    /// from it.
    TermAttrInterface clampTo(int64_t n) const;
  }];
}

#endif // DILATED_INTERFACES_TD

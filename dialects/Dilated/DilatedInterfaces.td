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
    One term of a pattern (spec, section 5): a lattice of queries times a
    lattice of keys times an interval. `segment` is the first; `window`,
    `columns`, `rows` and `listed` will implement the same interface.
  }];
  let methods = [
    InterfaceMethod<[{
      True for terms that may carry null keys (C6): they divide the sequence into
      segments of a fixed length.
    }], "bool", "mayHaveNullKeys">,
    InterfaceMethod<[{
      True when the term gives every position at least one key, whatever the
      sequence length and head.
    }], "bool", "coversEveryPosition">,
    InterfaceMethod<[{
      The same term with what a static sequence length N makes redundant removed
      (S1: lengths clamp to N).
    }], "::mlir::dilated::TermAttrInterface", "clampTo", (ins "int64_t":$n)>,
    InterfaceMethod<[{How often the term counts (S6: patterns are multisets).}],
      "int64_t", "getMultiplicity">,
    InterfaceMethod<"The same term counted `multiplicity` times.",
      "::mlir::dilated::TermAttrInterface", "withMultiplicity",
      (ins "int64_t":$multiplicity)>,
  ];
}

#endif // DILATED_INTERFACES_TD

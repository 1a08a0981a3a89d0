//===- DilatedDialect.td - the dilated dialect -------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_DIALECT_TD
#define DILATED_DIALECT_TD

include "mlir/IR/OpBase.td"

def Dilated_Dialect : Dialect {
  let name = "dilated";
  let cppNamespace = "::mlir::dilated";
  let summary = "Dilated attention on whole tensors, independent of any target";
  let description = [{
    What LongNet's dilated attention means, in three forms that stand one after
    the other in the compiler:

    | phase | ops |
    | --- | --- |
    | graph | `attention` |
    | branches | `gather`, `dense_attention`, `scatter` (the paper's form), `masked_attention`; `combine` |
    | fused | `fused_attention` |

    The meaning of all of them is docs/spec.md; labels S1 to S11 and C1 to C12 are
    its labels. Patterns are attributes (`#dilated.pattern`), so one op serves every
    configuration.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::tensor::TensorDialect"];
  let useDefaultAttributePrinterParser = 1;
  let extraClassDeclaration = [{
    /// Adds the attributes; defined where their storage is (DilatedAttrs.cpp).
    void registerAttributes();
  }];
}

#endif // DILATED_DIALECT_TD

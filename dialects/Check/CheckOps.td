//===- CheckOps.td - numerics as tests ---------------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef CHECK_OPS_TD
#define CHECK_OPS_TD

include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Check_Dialect : Dialect {
  let name = "check";
  let cppNamespace = "::mlir::check";
  let summary = "Expectations on computed values, for tests alone";
  let description = [{
    A numeric test is a function that computes something, computes or holds what
    it should be, and ends in `check.expect_close`. `dilated-run` executes it and
    exits with 1 when an expectation fails.
  }];
}

// The write is the report that the run keeps: no expectation is dead.
def Check_ExpectCloseOp : Op<Check_Dialect, "expect_close",
    [MemoryEffects<[MemRead, MemWrite]>]> {
  let summary = "fails the run unless two tensors agree";
  let description = [{
    Every element must satisfy |actual - expected| <= atol + rtol * |expected|;
    NaN agrees with NaN and an infinity with the same infinity. On a mismatch the
    run reports the largest error and its index, goes on, and exits with 1.

    Preconditions: equal element types and, where static, equal shapes.

    Postconditions: none; the op returns nothing.

    Example:

    ```mlir
    check.expect_close %actual, %expected rtol(1.0e-5) atol(1.0e-6) : tensor<4x?xf32>, tensor<4x?xf32>
    ```
  }];
  let arguments = (ins AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef]>:$actual,
                       AnyTypeOf<[AnyRankedTensor, AnyStridedMemRef]>:$expected,
                       F64Attr:$rtol, F64Attr:$atol);
  let assemblyFormat = [{
    $actual `,` $expected `rtol` `(` $rtol `)` `atol` `(` $atol `)` attr-dict
    `:` type($actual) `,` type($expected)
  }];
  let hasVerifier = 1;
}

#endif // CHECK_OPS_TD

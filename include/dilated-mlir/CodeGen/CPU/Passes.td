//===- Passes.td - code generation for the CPU -------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_CODEGEN_CPU_PASSES_TD
#define DILATED_CODEGEN_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def DilatedLowerFusedAttention : Pass<"dilated-lower-fused-attention", "::mlir::ModuleOp"> {
  let summary = "Lower fused_attention on memrefs to calls of a vectorised kernel";
  let description = [{
    Every `dilated.fused_attention` becomes a call of a private function that is
    emitted once per element types, head sizes, pattern, causality and scale. The
    kernel takes memrefs whose strides, offset and sizes B, N, H are dynamic, so
    layouts and views cost nothing and layers of a model share it.

    The kernel is one task per (batch, head, block of query rows), one online
    softmax over all terms of the pattern (S6), blocks of keys packed into
    scratch memory, and register tiles whose lanes are query rows. It needs
    scratch memory for the rows of a task only.

    Preconditions: operands are memrefs with a static head size; the pattern
    consists of segments; overlap is multiset where it has several terms.
    Postconditions: no `fused_attention` is left. What (C4) and (C5) ask of dynamic
    sizes is asserted by `cf.assert` before the call where it is not provable.

    Example:

    ```mlir
    dilated.fused_attention ins(%q, %k, %v) outs(%out) pattern(<[segment<1024, 1>]>)
        : memref<1x?x16x48xf32>, memref<1x?x16x48xf32>, memref<1x?x16x48xf32>
        into memref<1x?x16x48xf32>
    ```

    becomes

    ```mlir
    cf.assert %same_length, "dilated attention: key and query differ in sequence length [C5]"
    ...
    %q1 = memref.cast %q : memref<1x?x16x48xf32> to memref<?x?x?x48xf32, strided<[?, ?, ?, ?], offset: ?>>
    ...
    func.call @dilated_attention_f32_d48(%q1, %k1, %v1, %out1) : ...
    ```
  }];
  let options = [
    Option<"vectorBytes", "vector-bytes", "int64_t", "64",
           "bytes of a vector register: 16, 32 or 64">,
    Option<"blockRows", "block-rows", "int64_t", "256", "query rows of a task">,
    Option<"blockKeys", "block-keys", "int64_t", "64",
           "keys that are packed and used at a time">,
    Option<"tileRows", "tile-rows", "int64_t", "8",
           "keys (or value features) of a register tile">,
    Option<"tileVectors", "tile-vectors", "int64_t", "2",
           "vectors of query rows of a register tile">,
  ];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect",
    "::mlir::func::FuncDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"];
}

#endif // DILATED_CODEGEN_CPU_PASSES_TD

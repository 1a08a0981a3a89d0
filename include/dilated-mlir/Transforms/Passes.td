//===- Passes.td - passes on dilated attention -------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TRANSFORMS_PASSES_TD
#define DILATED_MLIR_TRANSFORMS_PASSES_TD

include "mlir/Pass/PassBase.td"

def DilatedDecomposeAttention : Pass<"dilated-decompose-attention"> {
  let summary = "Write attention as the paper does: gather, attend, scatter, combine";
  let description = [{
    Replaces every `dilated.attention` whose pattern consists of segments by, per
    segment, a `gather` of query, key and value, a `dense_attention`, a `scatter`
    to the positions it came from, and one `combine` of all of them (S1 to S8).

    In: `dilated.attention`. Out: `dilated.{gather, dense_attention, scatter,
    combine}`, `tensor.empty`, `linalg.fill`, and `linalg.transpose` for operands in
    layout `bhnd`. Partial results are f32 (f64 for f64), so that the mixture rounds
    once. A pattern with other terms, or with overlap = set, is an error that names
    it.

    ```mlir
    %out = dilated.attention %q, %k, %v pattern(<[segment<8, 1>, segment<16, 2>], ...>)
    ```
    becomes
    ```mlir
    %q0 = dilated.gather %q segment(<8, 1>) offset(<block>)
    ...
    %o0, %l0 = dilated.dense_attention %q0, %k0, %v0
    %d0, %e0 = dilated.scatter %o0, %l0 into %zero, %minus_inf segment(<8, 1>) offset(<block>)
    ...
    %out = dilated.combine (%d0, %d1) lse(%e0, %e1)
    ```

    Run: `dilated-opt --dilated-decompose-attention`
  }];
  let dependentDialects = ["::mlir::dilated::DilatedDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect", "::mlir::arith::ArithDialect"];
}

def DilatedFuseBranches : Pass<"dilated-fuse-branches"> {
  let summary = "Fuse gather, dense attention, scatter and combine into one kernel";
  let description = [{
    A mixture of branches is one softmax over the concatenated keys (S6), so
    `combine` over `scatter`s of `dense_attention`s of `gather`s of the same query,
    key and value is one `dilated.fused_attention`. The pass looks at the IR alone:
    it works on what `dilated-decompose-attention` made and on IR written by hand. A
    `scatter` that no `combine` reads fuses as a pattern of one segment.

    Where a `combine` or `scatter` does not fuse, a remark says why and where; the IR
    stays as it is and still runs (`convert-dilated-branches-to-linalg`).

    Run: `dilated-opt --dilated-fuse-branches`
  }];
  let dependentDialects = ["::mlir::dilated::DilatedDialect", "::mlir::tensor::TensorDialect"];
  let statistics = [
    Statistic<"numFused", "num-fused", "Number of attention kernels made">,
    Statistic<"numUnfused", "num-unfused", "Number of combines and scatters left">];
}

def DilatedAbsorbTransposes : Pass<"dilated-absorb-transposes"> {
  let summary = "Turn transposes around fused attention into operand layouts";
  let description = [{
    A `linalg.transpose` that swaps sequence and head of an operand of
    `dilated.fused_attention` becomes the operand's layout attribute; so does one
    of its result, when nothing else reads the result. The kernel reads and writes
    any strides, so no copy of Q, K, V or the output is left.

    Run: `dilated-opt --dilated-absorb-transposes`
  }];
  let dependentDialects = ["::mlir::dilated::DilatedDialect", "::mlir::tensor::TensorDialect"];
}

def DilatedLowerBranches : Pass<"dilated-lower-branches"> {
  let summary = "Run unfused branches through linalg: the readable reference";
  let description = [{
    Lowers `gather`, `dense_attention`, `scatter` and `combine` to linalg on tensors,
    line by line as docs/spec.md has them. Scores are materialised per segment, so
    this is the reference and the way for branches that did not fuse, not the fast
    path.

    In: `dilated.{gather, dense_attention, scatter, combine}`. Out: `linalg`, `tensor`,
    `arith`, `math`. Matrix products are `linalg.batch_matmul` over the collapsed
    (batch, segment, head).

    Run: `dilated-opt --dilated-lower-branches`
  }];
  let dependentDialects = ["::mlir::dilated::DilatedDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect", "::mlir::arith::ArithDialect",
                           "::mlir::math::MathDialect", "::mlir::cf::ControlFlowDialect"];
}

def DilatedWarnUncoveredRows : Pass<"dilated-warn-uncovered-rows"> {
  let summary = "Warn where some row can have no key at all";
  let description = [{
    Legal, and almost always a slip: a pattern without a term of rate 1 leaves
    rows that no branch covers; they are exactly 0 (S7; spec, section 6).

    Run: `dilated-opt --dilated-warn-uncovered-rows`
  }];
}

def DilatedLowerChecks : Pass<"dilated-lower-checks", "::mlir::ModuleOp"> {
  let summary = "Turn expectations on buffers into run-time calls";
  let description = [{
    `check.expect_close` on memrefs becomes a call of `dilated_rt_expect_close` with
    both as unranked descriptors, the tolerances, and a string that holds the op's
    location.

    Run: `dilated-opt --dilated-lower-checks`
  }];
  let dependentDialects = ["::mlir::func::FuncDialect", "::mlir::LLVM::LLVMDialect",
                           "::mlir::memref::MemRefDialect"];
}

def DilatedVerifyPhase : Pass<"dilated-verify-phase", "::mlir::ModuleOp"> {
  let summary = "Check what may and may not stand after a phase";
  let description = [{
    Every phase of the compiler has a contract: the dialects and ops that may be
    left when it is done. The table is in docs/architecture.md. Reports every op that
    breaks the contract, by name and location, not only the first.

    Run: `dilated-opt --dilated-verify-phase=phase=branches`
  }];
  let options = [Option<"phase", "phase", "std::string", "\"\"",
      "import, graph, branches, fused, kernel or llvm">];
}

#endif // DILATED_MLIR_TRANSFORMS_PASSES_TD

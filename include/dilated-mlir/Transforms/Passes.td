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
    Replaces every `dilated.attention` by a partial result per term and one `combine`
    of all of them (S1 to S11). A segment is a `gather` of query, key and value, a
    `dense_attention`, and a `scatter` to the positions it came from. Any other term
    is a `masked_attention`; so is every term of a set of several terms, without the
    keys of the terms before it (S9).

    In: `dilated.attention`. Out: `dilated.{gather, dense_attention, scatter,
    masked_attention, combine}`, `tensor.empty`, `linalg.fill`, and
    `linalg.transpose` for operands in layout `bhnd`. Partial results are f32 (f64 for
    f64), so that the mixture rounds once.

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
    `combine` over `scatter`s of `dense_attention`s of `gather`s, and over
    `masked_attention`s, of the same query, key and value is one
    `dilated.fused_attention`. Where each partial result is without the keys of exactly
    those before it, the terms are a set (S9). The pass looks at the IR alone: it works
    on what `dilated-decompose-attention` made and on IR written by hand. A partial
    result that no `combine` reads fuses as a pattern of one term.

    Where a `combine` or a partial result does not fuse, a remark says why and where, or a
    warning, where it was an attention once (`dilated.decomposed`); the IR
    stays as it is and still runs (`convert-dilated-branches-to-linalg`).

    Run: `dilated-opt --dilated-fuse-branches`
  }];
  let dependentDialects = ["::mlir::dilated::DilatedDialect", "::mlir::tensor::TensorDialect"];
  let statistics = [
    Statistic<"numFused", "num-fused", "Number of attention kernels made">,
    Statistic<"numUnfused", "num-unfused", "Number of combines and partial results left">];
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
    Lowers `gather`, `dense_attention`, `scatter`, `masked_attention` and `combine` to
    linalg on tensors, line by line as docs/spec.md has them. Scores are materialized
    per segment, of `masked_attention` those of the whole sequence, so
    this is the reference and the way for branches that did not fuse, not the fast
    path.

    In: `dilated.{gather, dense_attention, scatter, masked_attention, combine}`. Out: `linalg`, `tensor`,
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
    Legal, and almost always a slip: a pattern without a segment of rate 1, a window
    or columns from 0 on leaves rows that no term covers; they are exactly 0 (S7;
    spec, section 6).

    Run: `dilated-opt --dilated-warn-uncovered-rows`
  }];
}

def AnalyzePattern : Pass<"analyze-pattern", "::mlir::ModuleOp"> {
  let summary = "Print what the patterns of a module select";
  let description = [{
    For every op with a `#dilated.pattern` (`dilated.attention`,
    `dilated.fused_attention`) prints to stderr, per term: clamping (S1), the
    residue class of each head, rows covered (S2), useful query-key pairs and their
    share of dense attention (S3, S4, S10, S11), null keys (S5); and for all terms
    together: pairs and different pairs (those selected twice count twice in LongNet,
    S6, and once in a set, S9),
    rows that nothing covers (S7), real keys per row. One batch element, all heads.
    Counts are closed forms; nothing is run, and N may be 2^62. What would take too
    long to count is said to be not counted. The IR does not change.

    ```
    dilated.attention at slide.mlir:3:10: 16 heads, 1069 positions, not causal
      offset = block, padding = null_keys, overlap = multiset
      segment<1024, 1>: 2 segments of 1024, the last of 45
        phase 0: heads 0-15
        covers 17104 of 17104 rows, 16809616 pairs (0.9194 of dense), 979 null keys per head ...
    ```

    Run: `dilated-opt --analyze-pattern="seq=8192" model.mlir -o /dev/null`
  }];
  let options = [
    Option<"sequence", "seq", "int64_t", "0",
           "sequence length where it is dynamic; 0: not known">,
    Option<"heads", "heads", "int64_t", "0",
           "number of query heads where it is dynamic; 0: not known">];
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

def DilatedGuardDivision : Pass<"dilated-guard-division"> {
  let summary = "Give integer division a result where the machine has none";
  let description = [{
    A division by zero, or of the least integer by -1, ends the process on most
    machines, and the numbers come from whoever runs the model. As in NumPy, x / 0 and
    x mod 0 are 0, and the least integer by -1 wraps: quotient itself, remainder 0.
    Divisions by a constant that is neither 0 nor -1 stay as they are.

    In and out: `arith` on integers and index.

    ```mlir
    %0 = arith.divui %x, %y : i32
    ```
    becomes
    ```mlir
    %none = arith.cmpi eq, %y, %c0 : i32
    %safe = arith.select %none, %c1, %y : i32
    %q = arith.divui %x, %safe : i32
    %0 = arith.select %none, %c0, %q : i32
    ```

    Run: `dilated-opt --dilated-guard-division`
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect"];
}

def DilatedIsolateNames : Pass<"dilated-isolate-names", "::mlir::ModuleOp"> {
  let summary = "Keep the names of a model apart from those of the run-time";
  let description = [{
    What a module defines besides its entry is its own business: it becomes private
    and gets the prefix `model.`, which no C function, no function of the run-time
    library and no generated kernel has. So a helper may be called `memcpy`,
    `expf` or `dilated_main`. A module without the entry is left alone.

    ```mlir
    func.func @main() { call @memcpy() : () -> () ... }
    func.func @memcpy() { ... }
    ```
    becomes
    ```mlir
    func.func @main() { call @model.memcpy() : () -> () ... }
    func.func private @model.memcpy() { ... }
    ```

    Run: `dilated-opt --dilated-isolate-names`
  }];
  let options = [Option<"entry", "entry", "std::string", "\"main\"",
      "the function that keeps its name">];
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

def DilatedVerifyIndices : Pass<"dilated-verify-indices", "::mlir::ModuleOp"> {
  let summary = "Refuse constant indices outside of what they index";
  let description = [{
    Passes, upstream's and ours, trust that the dimension a `tensor.dim` asks for
    exists, that a reshape groups dimensions that are there, and that constant
    indices, offsets and sizes lie inside of their tensor. Upstream's verifier says
    of such IR that it is valid and its behavior undefined. This pass refuses it, so
    it stands first in every phase that IR written by hand may enter. Indices that
    fold to a constant count as constants.

    ```mlir
    %c2 = arith.constant 2 : index
    %n = tensor.dim %a, %c2 : tensor<?x3xf32> // error: dimension 2 is outside of …
    ```

    Run: `dilated-opt --dilated-verify-indices`
  }];
}

def DilatedGuardIndices : Pass<"dilated-guard-indices", "::mlir::ModuleOp"> {
  let summary = "Check at run time the indices of tensor ops";
  let description = [{
    Adds upstream's run-time verification of `tensor.extract`, `insert`,
    `extract_slice`, `dim` and `cast`, and the same for `insert_slice` and
    `expand_shape`, which upstream has none for. IR written by hand has such ops when
    phase graph begins; an imported model has none yet, and its operators are lowered
    with checks of their own. What is provably inside is folded away.

    Run: `dilated-opt --dilated-guard-indices`
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::cf::ControlFlowDialect", "::mlir::scf::SCFDialect",
                           "::mlir::tensor::TensorDialect"];
}

#endif // DILATED_MLIR_TRANSFORMS_PASSES_TD

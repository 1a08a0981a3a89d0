//===- Passes.td - code generation for the CPU -------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_CODEGEN_CPU_PASSES_TD
#define DILATED_CODEGEN_CPU_PASSES_TD

include "mlir/Pass/PassBase.td"

//===----------------------------------------------------------------------===//
// Linalg on tensors, before bufferisation
//===----------------------------------------------------------------------===//

def DilatedStrideInputs : Pass<"dilated-stride-inputs", "::mlir::ModuleOp"> {
  let summary = "Let inputs that only attention reads have any strides";
  let description = [{
    An argument of `function` whose uses, through casts, slices and expansions, are
    operands of `dilated.fused_attention` or `dilated.gather` becomes a memref with a
    dynamic strided layout, read as a tensor. So a slice of a projection or a
    transposed tensor is an input without a copy. All other arguments stay tensors,
    whose layout will be row-major, and are marked as not writable.

    Preconditions: before bufferisation.
    Postconditions: nothing writes to an input.

    Example:

    ```mlir
    func.func @main(%q: tensor<1x?x16x48xf32>, ...)
    ```

    becomes

    ```mlir
    func.func @main(%m: memref<1x?x16x48xf32, strided<[?, ?, ?, ?], offset: ?>>, ...) {
      %q = bufferization.to_tensor %m restrict : ...
    ```
  }];
  let options = [Option<"function", "function", "std::string", "\"main\"",
                        "the entry of the module">];
  let dependentDialects = ["::mlir::bufferization::BufferizationDialect",
                           "::mlir::memref::MemRefDialect"];
}

def DilatedFuseElementwise : Pass<"dilated-fuse-elementwise"> {
  let summary = "Fuse elementwise linalg ops where nothing is computed twice";
  let description = [{
    Upstream's elementwise fusion, restricted: the producer has one reader, each
    iteration of the reader reads another element, and the reader is not a product of
    matrices. Reshapes stay where they are, as views.

    Example: the sum of squared differences of a layer norm

    ```mlir
    %d = linalg.generic ... { %0 = arith.subf %x, %mean ... } -> tensor<?x128xf32>
    %v = linalg.generic ... { %0 = arith.mulf %d, %d ; %1 = arith.addf %acc, %0 ... } -> tensor<?xf32>
    ```

    becomes one op if `%d` has no other reader.
  }];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def DilatedSplitDestinations : Pass<"dilated-split-destinations"> {
  let summary = "Give every op an empty or filled destination of its own";
  let description = [{
    A `tensor.empty`, or a `linalg.fill` of one, with several uses is repeated for
    each of them: ops that share a destination would be taken to write to one buffer.
    No CSE may follow before bufferisation.

    Example:

    ```mlir
    %0 = tensor.empty() : tensor<4xf32>
    %1 = linalg.exp ins(%a : tensor<4xf32>) outs(%0 : tensor<4xf32>) -> tensor<4xf32>
    %2 = linalg.log ins(%a : tensor<4xf32>) outs(%0 : tensor<4xf32>) -> tensor<4xf32>
    ```

    becomes the same with a second `tensor.empty` for `%2`.
  }];
  let dependentDialects = ["::mlir::linalg::LinalgDialect",
                           "::mlir::tensor::TensorDialect"];
}

def DilatedTileLinalg : Pass<"dilated-tile-linalg"> {
  let summary = "Cut linalg ops on tensors into parallel chunks of rows";
  let description = [{
    Tiles elementwise ops, reductions and transpositions by `scf.forall` along their
    outer parallel loops, so that a task has about `task-size` elements. An op of
    static size with less than two tasks' work stays whole. Products of matrices
    are left to `dilated-lower-matmul`.

    Example:

    ```mlir
    %1 = linalg.generic ... ins(%0 : tensor<1x?x128xf32>) outs(%init : tensor<1x?x128xf32>)
    ```

    becomes

    ```mlir
    %1 = scf.forall (%i) = (0) to (%n) step (128) shared_outs(%out = %init) -> (tensor<1x?x128xf32>) {
      %slice = tensor.extract_slice %0[0, %i, 0] [1, %size, 128] [1, 1, 1] ...
      ...
    }
    ```
  }];
  let options = [Option<"taskSize", "task-size", "int64_t", "16384",
                        "elements of a task">];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect"];
}

def DilatedVectorizeLinalg : Pass<"dilated-vectorize-linalg"> {
  let summary = "Turn linalg ops on tensors into loops over vectors";
  let description = [{
    Tiles elementwise ops, broadcasts and reductions to vectors along their innermost
    loop and vectorises the tiles. A vector is up to four registers where they divide
    the extent of the loop, the extent where it is shorter, and one register with a
    mask otherwise.

    Postconditions: ops that are not arithmetic on elements, read an operand across
    its rows, or are products of matrices, stay as they are.

    Example:

    ```mlir
    %1 = linalg.exp ins(%0 : tensor<?x128xf32>) outs(%init : tensor<?x128xf32>) -> tensor<?x128xf32>
    ```

    becomes

    ```mlir
    %1 = scf.for %i = %c0 to %n step %c1 iter_args(%a = %init) -> (tensor<?x128xf32>) {
      %2 = scf.for %j = %c0 to %c128 step %c64 iter_args(%b = %a) -> (tensor<?x128xf32>) {
        %x = vector.transfer_read %0[%i, %j], %poison {in_bounds = [true]} : tensor<?x128xf32>, vector<64xf32>
        %y = math.exp %x : vector<64xf32>
        %r = vector.transfer_write %y, %b[%i, %j] {in_bounds = [true]} : vector<64xf32>, tensor<?x128xf32>
        ...
    ```
  }];
  let options = [Option<"vectorBytes", "vector-bytes", "int64_t", "64",
                        "bytes of a vector register: 16, 32 or 64">];
  let dependentDialects = ["::mlir::affine::AffineDialect", "::mlir::arith::ArithDialect",
                           "::mlir::scf::SCFDialect", "::mlir::tensor::TensorDialect",
                           "::mlir::vector::VectorDialect"];
}

//===----------------------------------------------------------------------===//
// Memory, after bufferisation
//===----------------------------------------------------------------------===//

def DilatedPlaceOutputs : Pass<"dilated-place-outputs", "::mlir::ModuleOp"> {
  let summary = "Write the results of the entry function to the caller's memory";
  let description = [{
    Where `function` returns a buffer that it allocates, as a whole, the allocation
    becomes a call of `dilated_rt_output`, which answers with the caller's memory.
    What else it returns (an input, a weight, a part of a buffer, a buffer for the
    second time, one of several buffers) is copied there at the end.

    Preconditions: bufferized; `function` has one block and no callers.
    Postconditions: `function` has no results; every output is asked for once.

    Example:

    ```mlir
    %0 = memref.alloc(%n) : memref<?x8xf32>
    ...
    return %0 : memref<?x8xf32>
    ```

    becomes

    ```mlir
    %pointer = call @dilated_rt_output(%index, %rank, %sizes) : (i64, i64, !llvm.ptr) -> !llvm.ptr
    ...
    %0 = builtin.unrealized_conversion_cast %descriptor : ... to memref<?x8xf32>
    ...
    return
    ```
  }];
  let options = [Option<"function", "function", "std::string", "\"main\"",
                        "the entry of the module">];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::arith::ArithDialect",
                           "::mlir::func::FuncDialect", "::mlir::memref::MemRefDialect"];
}

def DilatedPlanMemory : Pass<"dilated-plan-memory", "::mlir::ModuleOp"> {
  let summary = "Make intermediate buffers views of one block of memory";
  let description = [{
    Every buffer of `function` whose sizes are a matter of the inputs' sizes becomes a
    view of one arena, which `dilated_rt_scratch` answers with at the start. Offsets
    are multiples of 64 bytes. Buffers that are not in use at the same time share
    memory: large ones are placed first, each into the smallest gap that it fits.
    Dynamic sizes are estimated for that; which buffer lies above which is then fixed,
    and where it begins is computed from the sizes when the function runs. Sizes that
    overflow give an arena that no machine has, not a small one.

    The size of the arena is also a function of its own, `@<function>_scratch`, of the
    same arguments, which the attribute `dilated.scratch` of `function` names.

    Buffers stay where they are, for the deallocation passes, when their sizes depend
    on data, they live from one iteration of a loop to the next, they leave the
    function, they are freed by hand, or stand in a parallel loop
    (`dilated-plan-task-memory` has those).

    Preconditions: bufferized; `function` has one block.

    Example:

    ```mlir
    %0 = memref.alloc(%n) : memref<?x8xf32>
    ```

    becomes

    ```mlir
    %arena = builtin.unrealized_conversion_cast %descriptor : ... to memref<?xi8>
    ...
    %0 = memref.view %arena[%offset][%n] : memref<?xi8> to memref<?x8xf32>
    ```
  }];
  let options = [
    Option<"function", "function", "std::string", "\"main\"", "the entry of the module">,
    Option<"report", "report", "bool", "false",
           "say in a remark how many buffers are in the arena">];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::arith::ArithDialect",
                           "::mlir::func::FuncDialect", "::mlir::memref::MemRefDialect"];
}

def DilatedPlanTaskMemory : Pass<"dilated-plan-task-memory", "::mlir::ModuleOp"> {
  let summary = "Make buffers of parallel loops views of one block per task";
  let description = [{
    Buffers of static size inside the body of an outermost `scf.forall` or
    `scf.parallel` become views of one block, which `dilated_rt_task_scratch` answers
    with at the start of a task. Buffers that are not in use at the same time share
    memory. The constant `@dilated_task_scratch_bytes` is the most that any task asks
    for, in functions that it calls included.

    Preconditions: bufferized; before `dilated-outline-parallel-loops`.

    Example:

    ```mlir
    scf.forall (%i) in (%n) {
      %0 = memref.alloc() : memref<64xf32>
      ...
      memref.dealloc %0 : memref<64xf32>
    }
    ```

    becomes

    ```mlir
    scf.forall (%i) in (%n) {
      %pointer = func.call @dilated_rt_task_scratch(%c256) : (i64) -> !llvm.ptr
      ...
      %0 = memref.view %block[%c0][] : memref<?xi8> to memref<64xf32>
      ...
    }
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::arith::ArithDialect",
                           "::mlir::func::FuncDialect", "::mlir::memref::MemRefDialect"];
}

//===----------------------------------------------------------------------===//
// Kernels, on memrefs
//===----------------------------------------------------------------------===//

def DilatedLowerFusedAttention : Pass<"dilated-lower-fused-attention", "::mlir::ModuleOp"> {
  let summary = "Lower fused_attention on memrefs to calls of a vectorized kernel";
  let description = [{
    Every `dilated.fused_attention` becomes a call of a private function that is
    emitted once per element types, head sizes, pattern, causality, scale and softmax. The
    kernel takes memrefs whose strides, offset and sizes B, N, H are dynamic, so
    layouts and views cost nothing and layers of a model share it.

    A task is a share of the tiles of a block of positions of one head. Which rows
    share a tile, and which keys of each strided key range a row sees, is queried from
    the tile plan in the run-time library; results do not depend on the shares. One softmax goes over all terms of the
    pattern (S6); chunks of keys are packed into scratch memory and met by all tiles
    of the block; lanes of a register tile are query rows. Scratch memory is that of
    a task's rows only.

    Preconditions: operands are memrefs with a static head size; where overlap is set
    and the pattern has several terms, a tile has at most 64 rows (S9).
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
    Option<"blockBytes", "block-bytes", "int64_t", "524288",
           "bytes of queries and outputs of a task, at most; with stages, of packed keys and values, too">,
    Option<"blockKeys", "block-keys", "int64_t", "128",
           "keys that are used at a time">,
    Option<"packedKeys", "packed-keys", "int64_t", "1024",
           "with stages: keys that are packed at a time, at most; else block-keys">,
    Option<"stageKeys", "stage-keys", "int64_t", "64",
           "keys of a stage, in which products of tiles (AMX) and the softmax are software-pipelined; 0: one after the other">,
    Option<"tileRows", "tile-rows", "int64_t", "8",
           "keys (or value features) of a register tile">,
    Option<"tileVectors", "tile-vectors", "int64_t", "2",
           "vectors of query rows of a register tile">,
    Option<"products", "products", "::mlir::dilated::ProductKind",
           "::mlir::dilated::ProductKind::Fma",
           "how matrix products of bf16 are computed",
           [{::llvm::cl::values(
             clEnumValN(::mlir::dilated::ProductKind::Fma, "fma", "in f32"),
             clEnumValN(::mlir::dilated::ProductKind::Bf16Dot, "bf16-dot",
                        "from pairs of bf16 (AVX-512 BF16)"),
             clEnumValN(::mlir::dilated::ProductKind::AmxBf16, "amx-bf16",
                        "from tiles of bf16 (AMX)"))}]>,
    Option<"softmax", "softmax", "::mlir::dilated::SoftmaxForm",
           "::mlir::dilated::SoftmaxForm::FixedMaximum",
           "what scores are taken relative to, where the op does not say",
           [{::llvm::cl::values(
             clEnumValN(::mlir::dilated::SoftmaxForm::Online, "online",
                        "the maximum so far"),
             clEnumValN(::mlir::dilated::SoftmaxForm::FixedMaximum, "fixed-maximum",
                        "the maximum over the first keys; online where that leaves the range"))}]>,
    Option<"exponent", "exponent", "::mlir::dilated::ExponentForm",
           "::mlir::dilated::ExponentForm::Bits",
           "how 2^x gets its exponent",
           [{::llvm::cl::values(
             clEnumValN(::mlir::dilated::ExponentForm::Bits, "bits", "by shifts"),
             clEnumValN(::mlir::dilated::ExponentForm::Scale, "scale",
                        "by vreduce and vscalef (AVX-512 DQ)"))}]>,
  ];
  let dependentDialects = [
    "::mlir::LLVM::LLVMDialect", "::mlir::amx::AMXDialect",
    "::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect",
    "::mlir::func::FuncDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"];
}

def DilatedLowerMatmul : Pass<"dilated-lower-matmul", "::mlir::ModuleOp"> {
  let summary = "Lower matrix products on memrefs to calls of a packed kernel";
  let description = [{
    `linalg.matmul`, `linalg.batch_matmul` and every other linalg op that is a
    product of matrices (one loop of depth, at most two loops beside rows and
    columns) becomes a call of a private function, one per element types. The kernel
    takes memrefs of any sizes and strides: transposed and broadcast operands are
    strides. It is parallel over blocks of the result, copies blocks of the operands
    to scratch memory and accumulates in registers.

    Element types are f16, bf16, f32, f64; sums are f32, or f64 when the result is,
    and are rounded once when they are added to the result.

    Preconditions: memrefs. Postconditions: products that the kernel does not compute
    (integers, depth of two loops, other bodies) stay as they are.

    Example:

    ```mlir
    linalg.matmul ins(%a, %b : memref<?x128xf32>, memref<128x64xf32>) outs(%c : memref<?x64xf32>)
    ```

    becomes

    ```mlir
    %a4 = memref.reinterpret_cast %a ... to memref<?x?x?x?xf32, strided<[?, ?, ?, ?], offset: ?>>
    ...
    func.call @dilated_matmul_f32_f32_f32(%a4, %b4, %c4) : ...
    ```
  }];
  let options = [
    Option<"vectorBytes", "vector-bytes", "int64_t", "64",
           "bytes of a vector register: 16, 32 or 64">,
    Option<"blockRows", "block-rows", "int64_t", "192",
           "most rows of the result of a task">,
    Option<"blockColumns", "block-columns", "int64_t", "256",
           "columns of the result of a task">,
    Option<"blockDepth", "block-depth", "int64_t", "256",
           "depth that is copied at a time">,
    Option<"tileRows", "tile-rows", "int64_t", "12", "rows of a register tile">,
    Option<"tileVectors", "tile-vectors", "int64_t", "2",
           "vectors of columns of a register tile">,
  ];
  let dependentDialects = [
    "::mlir::LLVM::LLVMDialect",
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::memref::MemRefDialect", "::mlir::scf::SCFDialect",
    "::mlir::vector::VectorDialect"];
}

//===----------------------------------------------------------------------===//
// Towards LLVM
//===----------------------------------------------------------------------===//

def DilatedLowerWeights : Pass<"dilated-lower-weights", "::mlir::ModuleOp"> {
  let summary = "Read weights through a table of pointers";
  let description = [{
    `ml_program.global_load_const` of a weight, a global with the attribute
    `dilated.weight`, becomes a read-only tensor at the address that entry i of
    `@dilated_weights` holds; i counts the weights in the order of the module. The
    table is zero until whoever loads the program fills it.

    Preconditions: every constant that is loaded is a weight of static shape.
    Postconditions: no weight is left in the module; who loads the program has read
    before what each entry is.

    Example:

    ```mlir
    %w = ml_program.global_load_const @weight : tensor<128x128xf32>
    ```

    becomes

    ```mlir
    %table = llvm.mlir.addressof @dilated_weights : !llvm.ptr
    %data = llvm.load %table : !llvm.ptr -> !llvm.ptr
    ...
    %m = builtin.unrealized_conversion_cast %descriptor : !llvm.struct<...> to memref<128x128xf32>
    %w = bufferization.to_tensor %m restrict : memref<128x128xf32> to tensor<128x128xf32>
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect",
                           "::mlir::bufferization::BufferizationDialect",
                           "::mlir::memref::MemRefDialect"];
}

def DilatedLowerExpandShape : Pass<"dilated-lower-expand-shape"> {
  let summary = "Replace memref.expand_shape by sizes and strides";
  let description = [{
    `memref.expand_shape` becomes `memref.extract_strided_metadata` and
    `memref.reinterpret_cast`, with the sizes that the op was given. Any number of
    dimensions may be dynamic.

    Example:

    ```mlir
    %1 = memref.expand_shape %0 [[0, 1], [2]] output_shape [%b, %n, 128]
        : memref<?x128xf32> into memref<?x?x128xf32>
    ```

    becomes

    ```mlir
    %1 = memref.reinterpret_cast %base to offset: [0], sizes: [%b, %n, 128], strides: [%stride, 128, 1] ...
    ```
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::memref::MemRefDialect"];
}

def DilatedApproximateMath : Pass<"dilated-approximate-math"> {
  let summary = "Replace functions of f32 by polynomials";
  let description = [{
    `math.exp`, `log`, `erf` and `tanh` of f32, scalars and vectors, become the
    polynomials that upstream has for them. Other types and functions stay, for the
    C library. Around the polynomials stands what they lack at the ends of the range,
    so that every result is within 4 ulp of the C library's, subnormal ones too, and
    zeros with their sign, infinities and NaN are exactly its.

    Example:

    ```mlir
    %y = math.exp %x : vector<16xf32>
    ```

    becomes multiplications, `math.fma` and bit operations on `vector<16xf32>`.
  }];
  let dependentDialects = ["::mlir::arith::ArithDialect", "::mlir::math::MathDialect",
                           "::mlir::vector::VectorDialect"];
}

def DilatedOutlineParallelLoops
    : Pass<"dilated-outline-parallel-loops", "::mlir::ModuleOp"> {
  let summary = "Turn parallel loops into tasks of the run-time library";
  let description = [{
    The body of every outermost `scf.forall` or `scf.parallel` becomes a function of
    a context pointer and an index; the loop becomes a call of
    `dilated_rt_parallel_for`, its dimensions collapsed to one index whose last
    dimension runs fastest. Parallel loops inside a task run in order.

    Preconditions: no tensors; `scf.parallel` with reductions stays as it is.
    Postconditions: no `scf.forall` is left.

    Example:

    ```mlir
    scf.forall (%i) in (%n) {
      memref.store %x, %m[%i] : memref<?xf32>
    }
    ```

    becomes

    ```mlir
    %context = llvm.alloca ... : !llvm.struct<(f32, struct<(ptr, ptr, i64, array<1 x i64>, array<1 x i64>)>)>
    ...
    %task = constant @f_task : (!llvm.ptr, i64) -> ()
    call @dilated_rt_parallel_for(%task_pointer, %context, %n) : (!llvm.ptr, !llvm.ptr, i64) -> ()
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::arith::ArithDialect",
                           "::mlir::func::FuncDialect", "::mlir::scf::SCFDialect"];
}

def DilatedLowerAsserts : Pass<"dilated-lower-asserts", "::mlir::ModuleOp"> {
  let summary = "Report failed run-time checks through the run-time library";
  let description = [{
    `cf.assert %c, "message"` becomes a call of `dilated_rt_fail` with the message,
    when `%c` is false. That function does not return.

    Example:

    ```mlir
    cf.assert %c, "key and query differ in sequence length [C5]"
    ```

    becomes

    ```mlir
    scf.if %broken {
      %text = llvm.mlir.addressof @dilated_message : !llvm.ptr
      func.call @dilated_rt_fail(%text) : (!llvm.ptr) -> ()
    }
    ```
  }];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::arith::ArithDialect",
                           "::mlir::func::FuncDialect", "::mlir::scf::SCFDialect"];
}

def DilatedEmitEntry : Pass<"dilated-emit-entry", "::mlir::ModuleOp"> {
  let summary = "Add the C functions and tables that a model is run by";
  let description = [{
    Adds what the run-time library links with, hidden from others:

    ```c
    void dilated_main(void **arguments);
    int64_t dilated_scratch(void **arguments);
    const int64_t dilated_task_scratch_bytes;
    const uint8_t dilated_row_major_inputs[inputs];
    ```

    `arguments[i]` points to the memref descriptor of input i. `dilated_main` calls
    `function` with them. `dilated_scratch` says how many bytes of scratch memory it
    will ask for; it reads sizes only. An input whose entry of
    `dilated_row_major_inputs` is 0 may have any strides. Also gives private
    functions, `function` among them, internal linkage.

    Preconditions: bufferized; outputs are in the caller's memory.
    Postconditions: nothing else changes. A module without `function` gets nothing.

    Example: for `@main(memref<?xf32>)`

    ```mlir
    llvm.func hidden @dilated_main(%arguments: !llvm.ptr) {
      ...
      func.call @main(%in) : (memref<?xf32>) -> ()
      llvm.return
    }
    ```
  }];
  let options = [Option<"function", "function", "std::string", "\"main\"",
                        "the function to call">];
  let dependentDialects = ["::mlir::LLVM::LLVMDialect", "::mlir::arith::ArithDialect",
                           "::mlir::func::FuncDialect"];
}

#endif // DILATED_CODEGEN_CPU_PASSES_TD

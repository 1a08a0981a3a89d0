//===- Passes.td - code generation for GPUs ----------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_CODEGEN_GPU_PASSES_TD
#define DILATED_CODEGEN_GPU_PASSES_TD

include "mlir/Pass/PassBase.td"

def DilatedEmitAttentionKernels
    : Pass<"dilated-emit-attention-kernels", "::mlir::ModuleOp"> {
  let summary = "Emit the GPU kernels of a module's attention ops";
  let description = [{
    For each `dilated.fused_attention` on memrefs, adds the kernel that computes it to
    `gpu.module @kernels`; ops that agree in what a kernel is compiled for share one.
    The ops stay: who launches the kernels replaces them.

    Preconditions: element types f16, bf16 or f32, a static head size.
    Postconditions: kernels consist of ops of tile, scf, arith, math, gpu and llvm. Their
    attribute `tile.launch` says what a launch needs. The pattern is an argument: the
    tile list (dilated-mlir/Plan/TileList.h).

    Example:

    ```mlir
    gpu.module @kernels {
      gpu.func @dilated_attention_bf16_d64_v64(%query: !llvm.ptr, ...) kernel
          attributes {tile.launch = #tile.launch<type = bf16, head_dim = 64, ...>}
    ```
  }];
  let options = [Option<"chip", "chip", "std::string", "\"sm_80\"", "the GPU's architecture">,
                 Option<"allowTF32", "allow-tf32", "bool", "false",
                        "multiply f32 with the precision of tf32">];
  let dependentDialects = [
    "::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect", "::mlir::arith::ArithDialect",
    "::mlir::gpu::GPUDialect", "::mlir::math::MathDialect", "::mlir::scf::SCFDialect",
    "::mlir::tile::TileDialect"];
}

def ConvertTileToNVVM : Pass<"convert-tile-to-nvvm", "::mlir::gpu::GPUModuleOp"> {
  let summary = "Lower tiles to registers and instructions of sm_80 and later";
  let description = [{
    A fragment becomes a vector of the registers of a lane, a shared tile its address,
    copies become `cp.async` or loops, operands `ldmatrix`, products `mma.sync`. `math.exp2`
    and `math.log2` of f32 become the one approximate instruction that a GPU has for each.
    Dynamic shared memory is `@dilated_shared`.

    Preconditions: functions that copy have a `known_block_size` of a multiple of 64
    threads in one dimension.
    Postconditions: no op and no type of the tile dialect is left.

    Example:

    ```mlir
    %s1 = tile.mma %q, %k, %s : !tile.fragment<16x16xbf16, a>, !tile.fragment<16x8xbf16, b>,
                                !tile.fragment<16x8xf32, accumulator>
    ```

    becomes

    ```mlir
    %0:4 = vector.to_elements %q : vector<4xi32>
    ...
    %3 = nvvm.mma.sync A[%0#0, %0#1, %0#2, %0#3] B[%1#0, %1#1] C[%2#0, %2#1, %2#2, %2#3] {...}
    ```
  }];
  let dependentDialects = [
    "::mlir::LLVM::LLVMDialect", "::mlir::NVVM::NVVMDialect", "::mlir::arith::ArithDialect",
    "::mlir::scf::SCFDialect", "::mlir::vector::VectorDialect"];
}

#endif // DILATED_CODEGEN_GPU_PASSES_TD

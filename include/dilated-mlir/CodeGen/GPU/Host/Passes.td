//===- Passes.td - the host side of GPU kernels ------------*- tablegen -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_CODEGEN_GPUHOST_PASSES_TD
#define DILATED_CODEGEN_GPUHOST_PASSES_TD

include "mlir/Pass/PassBase.td"

def DilatedLowerAttentionToGpu
    : Pass<"dilated-lower-attention-to-gpu", "::mlir::ModuleOp"> {
  let summary = "Replace attention by launches of GPU kernels, with the copies";
  let description = [{
    Every `dilated.fused_attention` on memrefs of f32, f16 or bf16 becomes a launch
    of a kernel in `gpu.module @kernels`; ops that agree in what a kernel is compiled
    for share one. Operands are copied to memory of the device before the launch and
    results back after it, all in upstream's gpu dialect. There is a launch for each
    piece of the tile list, which the run-time library makes. Memory that a caller may
    have on the device (arguments of `function` that only attention reads, and
    outputs that only attention writes) is asked where it is, and used in place if
    there. Attention on other types stays for the CPU, with a warning.

    Preconditions: after bufferisation. Postconditions: the module is a
    `gpu.container_module`; the global `dilated_device_inputs` says which arguments
    may be on the device.

    Example:

    ```mlir
    dilated.fused_attention ins(%q, %k, %v) outs(%out) pattern(...) : memref<1x?x16x48xf32>, ...
    ```

    becomes

    ```mlir
    %dq = gpu.alloc(%n) : memref<1x?x16x48xf32>
    gpu.memcpy %dq, %q : memref<1x?x16x48xf32>, memref<1x?x16x48xf32>
    ...
    scf.while : () -> i64 {
      %tiles = call @dilated_rt_device_tiles(%pattern, %b, %h, %n, %c64, %pieces) : (...) -> i64
      ...
    } do {
    ^bb0(%tiles: i64):
      gpu.launch_func @kernels::@dilated_attention_f32_d48_v48 blocks in (%x, %batches, %c1) ...
    }
    gpu.memcpy %out, %do : memref<1x?x16x48xf32>, memref<1x?x16x48xf32>
    gpu.dealloc %dq : memref<1x?x16x48xf32>
    ```

    `dilated-opt --dilated-lower-attention-to-gpu=chip=sm_90`
  }];
  let options = [
    Option<"function", "function", "std::string", "\"main\"",
           "the entry of the module">,
    Option<"chip", "chip", "std::string", "\"sm_80\"", "the GPU architecture">,
    Option<"ptxVersion", "ptx-version", "unsigned", "80",
           "version of the PTX language, 10 * major + minor">,
    Option<"allowTF32", "allow-tf32", "bool", "false",
           "multiply f32 with the precision of tf32">];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::cf::ControlFlowDialect",
    "::mlir::func::FuncDialect", "::mlir::gpu::GPUDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::math::MathDialect",
    "::mlir::memref::MemRefDialect", "::mlir::NVVM::NVVMDialect",
    "::mlir::scf::SCFDialect", "::mlir::tile::TileDialect"];
}

def DilatedLowerGpuToRuntime
    : Pass<"dilated-lower-gpu-to-runtime", "::mlir::ModuleOp"> {
  let summary = "Turn memory, copies and launches of GPUs into run-time calls";
  let description = [{
    Outside of gpu.module, `gpu.alloc`, `gpu.dealloc`, `gpu.memcpy` and
    `gpu.launch_func` become calls of the run-time library: dilated_rt_device_alloc,
    _free, _copy and _launch. They are in the order of the run's stream; tokens
    (`async`) are an error.

    Example:

    ```mlir
    %d = gpu.alloc(%n) : memref<?xf32>
    ```

    becomes

    ```mlir
    %p = call @dilated_rt_device_alloc(%bytes) : (i64) -> !llvm.ptr
    %d = memref.view ... : memref<?xi8> to memref<?xf32>
    ```

    `dilated-opt --dilated-lower-gpu-to-runtime`
  }];
  let dependentDialects = [
    "::mlir::arith::ArithDialect", "::mlir::func::FuncDialect",
    "::mlir::LLVM::LLVMDialect", "::mlir::memref::MemRefDialect"];
}

#endif // DILATED_CODEGEN_GPUHOST_PASSES_TD

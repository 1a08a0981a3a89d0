// From a gpu.module in the LLVM and NVVM dialects to PTX, in one process, without CUDA.
// RUN: split-file %s %t
// RUN: dilated-translate --mlir-to-ptx %t/scale.mlir | FileCheck %s --check-prefix=PTX
// RUN: dilated-translate --mlir-to-ptx %t/scale.mlir --chip=sm_120 | FileCheck %s --check-prefix=SM120
// RUN: dilated-translate --mlir-to-ptx %t/scale.mlir --chip=sm_90a --ptx-version=8.3 | FileCheck %s --check-prefix=SM90A
// RUN: dilated-translate --mlir-to-ptx %t/scale.mlir | dilated-ptx-run /dev/stdin --kernel scale --block 32 \
// RUN:   --arg f32[32]=1.5 --arg f32=2 --out 0=@%t/y.npy
// RUN: %python -c "import numpy as np; print(np.load('%t/y.npy').sum())" | FileCheck %s --check-prefix=SUM
// PTX: .version 8.0
// PTX-NEXT: .target sm_86
// PTX: .visible .entry scale(
// SM120: .version 8.7
// SM120-NEXT: .target sm_120
// SM90A: .version 8.3
// SM90A-NEXT: .target sm_90a
// SUM: 96.0

// What can't be: unknown chips and versions, and pairs of them.
// RUN: not dilated-translate --mlir-to-ptx %t/scale.mlir --chip=sm_77 2>&1 | FileCheck %s --check-prefix=CHIP
// RUN: not dilated-translate --mlir-to-ptx %t/scale.mlir --chip=sm_100 --ptx-version=8.0 2>&1 | FileCheck %s --check-prefix=LOW
// RUN: not dilated-translate --mlir-to-ptx %t/scale.mlir --ptx-version=7.9 2>&1 | FileCheck %s --check-prefix=VERSION
// RUN: not dilated-translate --mlir-to-ptx %t/scale.mlir --ptx-version=eight 2>&1 | FileCheck %s --check-prefix=NUMBER
// CHIP: error: unknown chip 'sm_77'; known are sm_80, sm_86, sm_89, sm_90, sm_90a, sm_100, sm_100a, sm_120, sm_120a
// LOW: error: PTX version 8.0 is too low for chip 'sm_100', which needs 8.6
// VERSION: error: unknown PTX version 7.9; known are 7.0,
// NUMBER: error: --ptx-version=eight is not a version such as 8.0

// Shared memory, declared and dynamic.
// RUN: dilated-translate --mlir-to-ptx %t/shared.mlir --chip=sm_80 | FileCheck %s --check-prefix=SHARED
// RUN: not dilated-translate --mlir-to-ptx %t/shared.mlir --chip=sm_86 2>&1 | FileCheck %s --check-prefix=LIMIT
// SHARED: .entry large
// LIMIT: error: kernel 'large' needs 102400 bytes of shared memory per block, chip 'sm_86' has 101376

// RUN: not dilated-translate --mlir-to-ptx %t/none.mlir 2>&1 | FileCheck %s --check-prefix=NONE
// RUN: not dilated-translate --mlir-to-ptx %t/two.mlir 2>&1 | FileCheck %s --check-prefix=TWO
// NONE: error: has no gpu.module
// TWO: error: a second gpu.module; the kernels of a program are in one
// TWO: note: the first one is here

//--- scale.mlir
gpu.module @kernels [#nvvm.target<chip = "sm_86">] {
  llvm.func @scale(%x: !llvm.ptr<1>, %s: f32) attributes {gpu.kernel, nvvm.kernel} {
    %i = nvvm.read.ptx.sreg.tid.x : i32
    %p = llvm.getelementptr %x[%i] : (!llvm.ptr<1>, i32) -> !llvm.ptr<1>, f32
    %v = llvm.load %p : !llvm.ptr<1> -> f32
    %w = llvm.fmul %v, %s : f32
    llvm.store %w, %p : f32, !llvm.ptr<1>
    llvm.return
  }
}
//--- shared.mlir
gpu.module @kernels {
  llvm.mlir.global internal @tile() {addr_space = 3 : i32} : !llvm.array<4096 x i8>
  llvm.func @large() attributes {gpu.kernel, nvvm.kernel, tile.launch = #tile.launch<type = f32, head_dim = 1, value_dim = 1, lse = false,
      block_keys = 64, threads = 128, shared_bytes = 98304>} {
    llvm.return
  }
}
//--- none.mlir
llvm.func @f()
//--- two.mlir
gpu.module @a {
}
gpu.module @b {
}

//===- PtxEmission.h - from a gpu.module to PTX -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//
//
// The last phase on GPUs, in this process and without a CUDA toolkit: kernels
// in the LLVM and NVVM dialects become LLVM IR, are optimised and written as
// PTX text. ptxas, where there is one, makes a cubin of it.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_TARGET_PTXEMISSION_H
#define DILATED_MLIR_TARGET_PTXEMISSION_H

#include "dilated-mlir/Target/NvptxTarget.h"
#include "mlir/IR/Operation.h"

namespace mlir::dilated {

/// The only gpu.module of `module`, null without one. An error when there are
/// several.
FailureOr<Operation *> findKernelModule(Operation *module);

/// The chip that a gpu.module says it is for, "" where it does not.
std::string getKernelChip(Operation *gpuModule);

/// PTX of a gpu.module in the LLVM and NVVM dialects. `options` are resolved.
/// `llvmIr`, when given, receives the optimised LLVM IR. Errors: what has no
/// translation, and more shared memory than the chip has.
FailureOr<std::string> emitPtx(Operation *gpuModule,
                               const NvptxOptions &options,
                               raw_ostream *llvmIr = nullptr);

/// The path of ptxas: on PATH, or in bin of CUDA_HOME or CUDA_PATH; "" where
/// there is none.
std::string findPtxas();

/// The cubin that ptxas makes of `ptx` for `chip`. Its lines become
/// diagnostics at `loc`: a remark per kernel with registers, shared memory and
/// spills, warnings (spills are one), errors. With a folder of compiled code
/// (Support/CompilationCache.h), a cubin and its lines may come from there.
FailureOr<SmallVector<char>> assemble(StringRef ptx, StringRef chip,
                                      Location loc, StringRef cacheDir = "");

} // namespace mlir::dilated

#endif // DILATED_MLIR_TARGET_PTXEMISSION_H

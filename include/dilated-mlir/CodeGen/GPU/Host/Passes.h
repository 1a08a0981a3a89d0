//===- Passes.h - the host side of GPU kernels -------------------*- C++
//-*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// What the CPU does for kernels of a GPU: memory, copies and launches.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CODEGEN_GPU_HOST_PASSES_H
#define DILATED_MLIR_CODEGEN_GPU_HOST_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::dilated {

#define GEN_PASS_DECL
#include "dilated-mlir/CodeGen/GPU/Host/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "dilated-mlir/CodeGen/GPU/Host/Passes.h.inc"

} // namespace mlir::dilated

#endif // DILATED_MLIR_CODEGEN_GPU_HOST_PASSES_H

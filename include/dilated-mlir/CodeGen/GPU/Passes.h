//===- Passes.h - code generation for GPUs ----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The passes of the phases kernel and llvm for GPUs; Pipeline.h has their
// order.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CODEGEN_GPU_PASSES_H
#define DILATED_MLIR_CODEGEN_GPU_PASSES_H

#include "mlir/Dialect/GPU/IR/GPUDialect.h"
#include "mlir/Pass/Pass.h"

namespace mlir::dilated {

#define GEN_PASS_DECL
#include "dilated-mlir/CodeGen/GPU/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "dilated-mlir/CodeGen/GPU/Passes.h.inc"

} // namespace mlir::dilated

#endif // DILATED_MLIR_CODEGEN_GPU_PASSES_H

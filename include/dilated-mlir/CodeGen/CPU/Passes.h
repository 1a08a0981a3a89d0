//===- Passes.h - code generation for the CPU -------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
// The passes of the phases kernel and llvm for CPUs; Pipeline.h has their
// order.
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CODEGEN_CPU_PASSES_H
#define DILATED_MLIR_CODEGEN_CPU_PASSES_H

#include "dilated-mlir/CodeGen/CPU/AttentionForms.h"
#include "mlir/Pass/Pass.h"

namespace mlir::dilated {

#define GEN_PASS_DECL
#include "dilated-mlir/CodeGen/CPU/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "dilated-mlir/CodeGen/CPU/Passes.h.inc"

} // namespace mlir::dilated

#endif // DILATED_MLIR_CODEGEN_CPU_PASSES_H

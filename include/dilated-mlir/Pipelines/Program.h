//===- Program.h - is a module a program? -----------------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_PIPELINES_PROGRAM_H
#define DILATED_MLIR_PIPELINES_PROGRAM_H

#include "dilated-mlir/Target/Signature.h"

namespace mlir::dilated {

/// The signature of @main of a module that can become machine code: every
/// function that @main reaches is defined and none calls itself. Errors say
/// what is not so.
FailureOr<Signature> readProgram(ModuleOp module);

} // namespace mlir::dilated

#endif // DILATED_MLIR_PIPELINES_PROGRAM_H

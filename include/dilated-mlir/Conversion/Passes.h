//===- Passes.h - conversions into our dialects -----------------*- C++ -*-===//
//
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//
//===----------------------------------------------------------------------===//

#ifndef DILATED_MLIR_CONVERSION_PASSES_H
#define DILATED_MLIR_CONVERSION_PASSES_H

#include "mlir/Pass/Pass.h"

namespace mlir::dilated {

#define GEN_PASS_DECL
#include "dilated-mlir/Conversion/Passes.h.inc"

#define GEN_PASS_REGISTRATION
#include "dilated-mlir/Conversion/Passes.h.inc"

} // namespace mlir::dilated

#endif // DILATED_MLIR_CONVERSION_PASSES_H
